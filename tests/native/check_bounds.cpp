// The float32 filter's bound, hunted for a counterexample: an upper bound below the score it
// bounds, or a threshold that drops the very row it was made from.
//
// Prints how much of the allowance for rounding the worst pair left over. It must stay above 0.

#include "scan/bounds.h"

#include <utility>

#include "check.h"
#include "core/exact.h"
#include "rows.h"
#include "scan/queries.h"

namespace vecstore::check {
namespace {

constexpr Metric kMetrics[] = {Metric::cosine, Metric::euclidean, Metric::dot};
constexpr const char* kMetricNames[] = {"cosine", "euclidean", "dot"};

using Vector = std::vector<float>;

long double exact_dot(const Vector& a, const Vector& b) {
  long double sum = 0;
  for (size_t j = 0; j < a.size(); ++j) sum += static_cast<long double>(a[j]) * b[j];
  return sum;
}

// Pairs on which float32 goes as wrong as it can.
enum class Trick { random, absorbed, cancelling, edge_of_range, overflowing, tiny, mixed, equal, count };
constexpr const char* kTrickNames[] = {"random",      "absorbed", "cancelling", "edge of range",
                                       "overflowing", "tiny",     "mixed",      "equal"};

// `low` and `high` are exponents; an even scale is a power of two.
double scale(Random& random, double low, double high, bool even = false) {
  const double exponent = uniform(random, low, high);
  return std::exp2(even ? std::floor(exponent) : exponent);
}

// Of the scales of a trick's vectors. The filter trusts float32 for lengths up to 2^60.
std::pair<double, double> exponents(Trick trick) {
  switch (trick) {
    case Trick::edge_of_range:
      return {53, 60.2};
    case Trick::overflowing:
      return {57, 126};
    case Trick::tiny:
      return {-149, 4};
    default:
      return {-3, 4.2};
  }
}

struct Pair {
  Vector query, row;
};

Pair pair(Trick trick, Random& random, size_t dim) {
  Pair p = {Vector(dim), Vector(dim)};
  // Each product of the tail is just below half a unit in the last place of the sum so far, so that
  // every addition loses all of it: the error nears g(dim) |q||x|, and downwards.
  const bool even = below(random, 2) != 0;  // scaled by powers of two the sums are exactly as planned
  const double tail = (even ? 1.0 - 0x1p-24 : uniform(random, 0.9, 1.001)) * 0x1p-12;
  const auto [low, high] = exponents(trick);
  const double query_scale = scale(random, low, high, even);
  const double row_scale = scale(random, low, high, even);
  for (size_t j = 0; j < dim; ++j) {
    double q = uniform(random, -1, 1), x = uniform(random, -1, 1);
    if (trick == Trick::absorbed) q = x = j == 0 ? 1.0 : tail;
    if (trick == Trick::cancelling) q = j % 2 != 0 ? 1.0 : -1.0, x = uniform(random, 0.999, 1.0);
    // The sum goes to -inf half way, which what follows does not undo.
    if (trick == Trick::overflowing) q = 2 * j < dim ? -1.0 : 1.0, x = uniform(random, 0.5, 1.0);
    if (trick == Trick::equal) q = x;
    if (trick == Trick::mixed) q *= scale(random, -126, 55), x *= scale(random, -126, 55);
    p.query[j] = static_cast<float>(q * query_scale);
    p.row[j] = static_cast<float>(x * row_scale);
  }
  if (trick == Trick::equal) p.query = p.row;
  if (exact_dot(p.query, p.query) == 0) p.query[0] = 1.0f;
  return p;
}

// What the filter knows of one row, and what it makes of it with each form of the arithmetic.
struct Filtered {
  float scale, bias, slack, query_slack;
  double lowest;  // the lower of the upper bounds with and without fused multiply-adds

  double allowance(long double bias_without) const {
    return static_cast<double>(static_cast<long double>(slack) * query_slack + bias - bias_without);
  }
};

class PairCheck {
 public:
  PairCheck(const KernelTable& kernels, Metric metric, const Pair& pair)
      : kernels_(kernels), metric_(metric), dim_(pair.query.size()), pair_(pair),
        prepared_(kernels, {pair.query.data(), 1, dim_}, metric, {nullptr, nullptr}) {
    Block block = {};
    block.data = pair.row.data(), block.n = 1, block.stride = dim_;
    float inverse_norm = 0, sq_norm = 0;
    inverse_norms(kernels, block, dim_, 1, &inverse_norm);
    kernels.sq_norms(pair.row.data(), 1, dim_, dim_, &sq_norm);
    fill_terms(metric, dim_, &inverse_norm, &sq_norm, 1, &seen_.scale, &seen_.bias, &seen_.slack);
    seen_.query_slack = prepared_.slack(0);
    distance_ = exact_distance(kernels, metric, pair.query.data(), prepared_.sq_norm(0), pair.row.data(), dim_);
    panel_.resize(kernels.lane_step * dim_);
    prepared_.pack(0, kernels.lane_step, panel_.data());
  }

  // The share of the allowance that rounding left; infinite where the pair is a hit without a
  // bound.
  double check(const char* where) {
    const double left = upper_bound_holds(where);
    survives_its_own_threshold(where);
    if (metric_ == Metric::euclidean) survives_directly(where);
    return left;
  }

 private:
  double upper_bound_holds(const char* where) {
    float dots[kMaxLanes], row_dot;
    kernels_.dot_panel(pair_.row.data(), 1, dim_, dim_, panel_.data(), kernels_.lane_step, dots);
    kernels_.dot_rows(prepared_.prepared(0), pair_.row.data(), 1, dim_, dim_, &row_dot);
    seen_.lowest = std::min(std::min(plain(dots[0]), fused(dots[0])), std::min(plain(row_dot), fused(row_dot)));
    if (std::isnan(seen_.lowest)) return HUGE_VAL;

    const long double square = exact_dot(pair_.row, pair_.row), product = exact_dot(pair_.query, pair_.row);
    const long double lengths = std::sqrt(exact_dot(pair_.query, pair_.query)) * std::sqrt(square);
    const long double score = metric_ == Metric::cosine      ? product / lengths
                              : metric_ == Metric::euclidean ? product - square / 2
                                                             : product;
    // Beyond 2^60 the query's threshold lets everything pass.
    if (!(prepared_.threshold(0, distance_) > kAlways)) return HUGE_VAL;
    const double left =
        static_cast<double>(seen_.lowest - score) / seen_.allowance(metric_ == Metric::euclidean ? -square / 2 : 0);
    that(left >= 0, "%s: %s %s dim=%zu: upper bound %.9g is below the score %.9Lg", where, kernels_.name,
         kMetricNames[static_cast<size_t>(metric_)], dim_, seen_.lowest, score);
    return left;
  }

  void survives_its_own_threshold(const char* where) {
    std::vector<float> thresholds(kernels_.lane_step, kNever), slacks(kernels_.lane_step, 0.0f);
    thresholds[0] = prepared_.threshold(0, distance_);
    slacks[0] = seen_.query_slack;
    Hit hit = {0, 0};
    const size_t found =
        kernels_.filter_panel(pair_.row.data(), 1, dim_, dim_, panel_.data(), kernels_.lane_step,
                              {&seen_.scale, &seen_.bias, &seen_.slack}, thresholds.data(), slacks.data(), &hit);
    that(found == 1 && (hit.lanes & 1) != 0, "%s: %s %s dim=%zu: dropped at its own distance %.17g", where,
         kernels_.name, kMetricNames[static_cast<size_t>(metric_)], dim_, distance_);
    that(!(seen_.lowest < thresholds[0]), "%s: %s %s dim=%zu: alone, dropped at its own distance %.17g", where,
         kernels_.name, kMetricNames[static_cast<size_t>(metric_)], dim_, distance_);
  }

  void survives_directly(const char* where) {
    float sum;
    kernels_.sq_euclidean_rows(pair_.query.data(), pair_.row.data(), 1, dim_, dim_, &sum);
    that(!(-sum < direct_threshold(dim_, distance_)), "%s: %s direct dim=%zu: dropped at its own distance %.17g", where,
         kernels_.name, dim_, distance_);
  }

  float plain(float dot) const { return seen_.scale * dot + (seen_.slack * seen_.query_slack + seen_.bias); }
  float fused(float dot) const {
    return std::fma(seen_.scale, dot, std::fma(seen_.slack, seen_.query_slack, seen_.bias));
  }

  const KernelTable& kernels_;
  Metric metric_;
  size_t dim_;
  const Pair& pair_;
  PreparedQueries prepared_;
  Filtered seen_ = {};
  double distance_ = 0;
  std::vector<float> panel_;
};

struct Closest {
  double left = HUGE_VAL;
  size_t dim = 0;
  Trick trick = Trick::random;
};

void every_trick(const KernelTable& kernels, Metric metric, Closest& closest) {
  Random random(9);
  for (const size_t dim : {1, 2, 3, 7, 16, 33, 100, 300, 768, 4096})
    for (size_t t = 0; t < static_cast<size_t>(Trick::count); ++t)
      for (size_t trial = 0; trial < 3 + 20000 / (dim + 60); ++trial) {
        const Trick trick = static_cast<Trick>(t);
        const Pair p = pair(trick, random, dim);
        const double left = PairCheck(kernels, metric, p).check(kTrickNames[t]);
        if (left < closest.left) closest = {left, dim, trick};
      }
}

// Changes a pair little by little wherever that leaves less of the allowance.
void climb(const KernelTable& kernels, Metric metric, Closest& closest) {
  Random random(10);
  for (const size_t dim : {1, 2, 5, 24})
    for (const Trick trick : {Trick::random, Trick::absorbed}) {
      Pair best = pair(trick, random, dim);
      double least = PairCheck(kernels, metric, best).check("climb");
      for (size_t step = 0; step < 800; ++step) {
        Pair next = best;
        Vector& changed = below(random, 2) != 0 ? next.query : next.row;
        const double size = std::exp2(uniform(random, -24, 0));
        if (below(random, 2) != 0)
          changed[below(random, dim)] *= static_cast<float>(1 + size * uniform(random, -1, 1));
        else
          for (float& x : changed) x *= static_cast<float>(1 + size);
        const double left = PairCheck(kernels, metric, next).check("climb");
        if (left <= least) least = left, best = next;
      }
      if (least < closest.left) closest = {least, dim, trick};
    }
}

}  // namespace
}  // namespace vecstore::check

int main() {
  using namespace vecstore::check;
  for (const vecstore::KernelTable* level : vecstore::available_levels())
    for (const vecstore::Metric metric : kMetrics) {
      Closest closest;
      every_trick(*level, metric, closest);
      climb(*level, metric, closest);
      std::printf("%s %s: the worst pair left %.2f %% of the allowance (%s, dim=%zu)\n", level->name,
                  kMetricNames[static_cast<size_t>(metric)], 100 * closest.left,
                  kTrickNames[static_cast<size_t>(closest.trick)], closest.dim);
    }
  return summary();
}
