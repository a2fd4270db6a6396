// 3CosMul: its kernel against the contract in kernels.h, its scan against brute force.

#include "check.h"
#include "rows.h"

namespace vecstore::check {
namespace {

constexpr double kEpsilon = 1e-6;

// Indices of the inputs of each question, as compressed rows.
struct Groups {
  std::vector<int64_t> offsets = {0}, indices;

  void add(Random& random, size_t count, size_t n_vectors) {
    for (size_t i = 0; i < count; ++i) indices.push_back(static_cast<int64_t>(below(random, n_vectors)));
    offsets.push_back(static_cast<int64_t>(indices.size()));
  }
  size_t size(size_t i) const { return static_cast<size_t>(offsets[i + 1] - offsets[i]); }
};

// filter_mul on random shifted cosines, with the threshold at what some lane reaches.
void kernel(const KernelTable& level, uint64_t seed) {
  Random random(seed);
  const size_t n_vectors = 1 + below(random, 6);
  const size_t lanes = level.lane_step * (1 + below(random, level.lanes / level.lane_step));
  std::vector<float> terms(n_vectors * lanes);
  for (float& term : terms) term = static_cast<float>(uniform(random, 0, 1));
  const bool with_nan = below(random, 3) == 0;
  if (with_nan) terms[below(random, terms.size())] = NAN;
  Groups positive, negative;
  positive.add(random, below(random, 6), n_vectors);
  negative.add(random, below(random, 6), n_vectors);
  const float error = static_cast<float>(std::pow(10.0, uniform(random, -8, -1)));

  // The contract's bound, in double.
  const auto term = [&](int64_t v, size_t l) { return terms[static_cast<size_t>(v) * lanes + l]; };
  std::vector<double> bounds(lanes);
  for (size_t l = 0; l < lanes; ++l) {
    double upper = 1, lower = 1;
    for (const int64_t v : positive.indices) upper *= static_cast<double>(term(v, l)) + error;
    for (const int64_t v : negative.indices)
      lower *= std::isnan(term(v, l)) ? 0.0 : std::max(0.0, static_cast<double>(term(v, l)) - error);
    bounds[l] = upper / (lower + kEpsilon);
  }
  float threshold = static_cast<float>(bounds[below(random, lanes)]);
  if (std::isnan(threshold)) threshold = 0.5f;
  if (below(random, 10) == 0) threshold = -HUGE_VALF;
  const uint64_t hits = level.filter_mul(terms.data(), lanes, positive.indices.data(), positive.indices.size(),
                                         negative.indices.data(), negative.indices.size(), error, threshold);
  const double factors = static_cast<double>(positive.indices.size() + negative.indices.size());
  const double rounding = (4 * factors + 4) * 0x1p-24;
  for (size_t l = 0; l < lanes; ++l) {
    const bool hit = hits >> l & 1, reached = !(bounds[l] < threshold);
    const bool close = std::fabs(bounds[l] - threshold) <= rounding * std::fabs(bounds[l]);
    that(hit == reached || close, "%s filter_mul seed=%llu: lane %zu is %s; bound %.9g, threshold %.9g", level.name,
         static_cast<unsigned long long>(seed), l, hit ? "a hit" : "no hit", bounds[l], threshold);
  }
  that(lanes == 64 || hits >> lanes == 0, "%s filter_mul seed=%llu: hits beyond lane %zu", level.name,
       static_cast<unsigned long long>(seed), lanes);
}

double cosine(const float* a, const float* b, size_t dim) {
  const KernelTable& exact = kScalarKernels;
  const double lengths = std::sqrt(exact.dot_exact(a, a, dim) * exact.dot_exact(b, b, dim));
  return lengths == 0.0 ? 0.0 : exact.dot_exact(a, b, dim) / lengths;
}

struct Case {
  std::string text;
  size_t k, threads;
};

void compare(const Rows& rows, const Case& it, const std::vector<float>& inputs, const Groups& positive,
             const Groups& negative, const Excluded* excluded) {
  const size_t dim = rows.dim(), n = positive.offsets.size() - 1;
  const auto product = [&](const Groups& groups, size_t question, const float* row) {
    double result = 1.0;
    for (int64_t i = groups.offsets[question]; i < groups.offsets[question + 1]; ++i)
      result *= (1.0 + cosine(inputs.data() + static_cast<size_t>(groups.indices[i]) * dim, row, dim)) / 2.0;
    return result;
  };
  std::vector<std::vector<Neighbor>> expected;
  for (size_t q = 0; q < n; ++q)
    expected.push_back(nearest(rows, it.k, excluded, q, [&](const float* row) {
      return -(product(positive, q, row) / (product(negative, q, row) + kEpsilon));
    }));
  for (const KernelTable* level : available_levels()) {
    Answers answers(n, it.k);
    scan_mul(*level, rows.blocks(true),
             {{inputs.data(), inputs.size() / dim, dim},
              n,
              positive.offsets.data(),
              positive.indices.data(),
              negative.offsets.data(),
              negative.indices.data()},
             it.k, excluded != nullptr ? excluded->view() : Exclusions{nullptr, nullptr}, it.threads, answers.view());
    for (size_t q = 0; q < n; ++q) {
      const std::string difference = answers.difference(q, expected[q]);
      that(difference.empty(), "scan_mul %s, %s n=%zu dim=%zu k=%zu threads=%zu: question %zu (%zu / %zu): %s",
           level->name, it.text.c_str(), rows.size(), dim, it.k, it.threads, q, positive.size(q), negative.size(q),
           difference.c_str());
    }
  }
}

void random_case(uint64_t seed) {
  constexpr size_t kDims[] = {1, 2, 7, 16, 50};
  constexpr size_t kSizes[] = {0, 1, 47, 48, 49, 200, 500};
  Random random(seed);
  const Kind kind = kEverything[below(random, std::size(kEverything))];
  Rows rows(kDims[below(random, std::size(kDims))]);
  for (size_t b = below(random, 4); b > 0; --b) {
    const bool half = below(random, 3) == 0, masked = below(random, 3) == 0;
    rows.add(kind, random, kSizes[below(random, std::size(kSizes))], half, 0, masked, 0.5);
  }
  const size_t n_vectors = 1 + below(random, 9), n = below(random, 12);
  const Kind input_kind = kind == Kind::nan_rows || kind == Kind::zero_rows ? Kind::uniform : kind;
  const std::vector<float> inputs = vectors(input_kind, random, n_vectors, rows.dim());
  Groups positive, negative;
  for (size_t q = 0; q < n; ++q) {
    positive.add(random, below(random, 4), n_vectors);
    negative.add(random, below(random, 3), n_vectors);
  }
  const Excluded excluded(random, n, rows.size());
  const size_t ks[] = {0, 1, 3, 10, rows.size(), rows.size() + 3};
  const Case it = {std::string(name(kind)) + " seed=" + std::to_string(seed), ks[below(random, 6)],
                   1 + below(random, 4)};
  compare(rows, it, inputs, positive, negative, below(random, 2) == 0 ? &excluded : nullptr);
}

// Products of very many factors leave the range where float32's relative errors are small. These
// factors, (1 + c)/2 for the cosines c below, make every rounding of a subnormal product go down by
// almost half a unit, from 100 units to 3: row 200 is the best, and a filter that trusted its
// products would not see it after row 0.
void products_below_float32() {
  std::vector<double> factors(142, 0.5);
  for (int units = 100; units > 3; --units) factors.push_back(1.0 - 0.51 / units);
  std::vector<float> inputs;
  Groups positive, negative;
  for (const double factor : factors) {
    const double c = 2 * factor - 1;
    inputs.push_back(static_cast<float>(c));
    inputs.push_back(static_cast<float>(std::sqrt(1 - c * c)));
    positive.indices.push_back(static_cast<int64_t>(positive.indices.size()));
  }
  positive.offsets.push_back(static_cast<int64_t>(factors.size()));
  negative.offsets.push_back(0);

  std::vector<float> values = {1.0f, 0.0f};
  for (int i = 1; i < 200; ++i) values.insert(values.end(), {-1.0f, -0.5f});
  values.insert(values.end(), {1.0f, 1e-4f});
  Rows rows(2);
  rows.add(values, std::vector<bool>(201, true), false, 0, false);
  compare(rows, {"products below float32", 1, 1}, inputs, positive, negative, nullptr);
}

}  // namespace
}  // namespace vecstore::check

int main() {
  using namespace vecstore::check;
  for (const vecstore::KernelTable* level : vecstore::available_levels())
    for (uint64_t seed = 1; seed <= 3000; ++seed) kernel(*level, seed);
  for (uint64_t seed = 1; seed <= 600; ++seed) random_case(seed);
  products_below_float32();
  return summary();
}
