// Every kernel of every level against plain double arithmetic, within the bounds of kernels.h, on
// rows of every awkward length that end at a page which may not be read.

#include <cstring>
#include <string>

#include "check.h"
#include "core/dispatch.h"
#include "data.h"
#include "fenced.h"

namespace vecstore::check {
namespace {

constexpr size_t kDims[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 100, 128, 223, 300, 768};
constexpr size_t kRowCounts[] = {0, 1, 3, 64, 65};
constexpr size_t kShifts[] = {0, 1, 3};
constexpr size_t kGaps[] = {0, 3};
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// A sum in double of what are exact products or differences, and the sum of its terms' magnitudes.
struct Sum {
  double value = 0, magnitude = 0;
};

Sum dot(const float* a, const float* b, size_t dim) {
  Sum sum;
  for (size_t j = 0; j < dim; ++j) {
    const double term = static_cast<double>(a[j]) * b[j];
    sum.value += term, sum.magnitude += std::fabs(term);
  }
  return sum;
}

Sum sq_euclidean(const float* a, const float* b, size_t dim) {
  Sum sum;
  for (size_t j = 0; j < dim; ++j) {
    const double d = static_cast<double>(a[j]) - b[j];
    sum.value += d * d;
  }
  sum.magnitude = sum.value;
  return sum;
}

// The bounds of kernels.h, in its order: float32 sums of products, of squared differences, float64
// sums.
double g(size_t n) { return static_cast<double>(n) * 0x1p-24 / (1 - static_cast<double>(n) * 0x1p-24); }
double dot_bound(size_t dim, const Sum& sum) { return g(dim) * sum.magnitude + static_cast<double>(dim) * 0x1p-126; }
double sq_euclidean_bound(size_t dim, const Sum& sum) {
  return g(dim + 2) * sum.magnitude + static_cast<double>(dim) * 0x1p-126;
}
double exact_bound(size_t dim, const Sum& sum) { return static_cast<double>(dim) * 0x1p-52 * sum.magnitude; }

bool within(double got, const Sum& sum, double bound) {
  return std::fabs(got - sum.value) <= bound;  // false for NaN
}

// Rows and queries of one kind and shape, what the kernels should make of them, and fenced places
// for what they read and write.
struct Inputs {
  Kind kind;
  size_t dim, n;
  std::vector<float> queries, rows, widened;  // widened: the values of `halves`
  std::vector<uint16_t> halves;
  std::vector<Sum> dots, sq_distances, half_dots, half_sq_distances, squares;

  Inputs(Kind kind_, size_t dim_, size_t n_, Random& random)
      : kind(kind_), dim(dim_), n(n_), queries(vectors(kind, random, kMaxLanes, dim)),
        rows(vectors(kind, random, n, dim)) {
    const float scale = kind == Kind::denormal ? 0x1p112f : 1.0f;  // subnormal as a half, too
    for (const float x : rows) {
      halves.push_back(half_of(x * scale));
      widened.push_back(static_cast<float>(value_of(halves.back())));
    }
    const float* query = queries.data();
    for (size_t i = 0; i < n; ++i) {
      const float *x = rows.data() + i * dim, *h = widened.data() + i * dim;
      for (size_t l = 0; l < kMaxLanes; ++l) dots.push_back(check::dot(query + l * dim, x, dim));
      sq_distances.push_back(check::sq_euclidean(query, x, dim));
      half_dots.push_back(check::dot(query, h, dim));
      half_sq_distances.push_back(check::sq_euclidean(query, h, dim));
      squares.push_back(check::dot(x, x, dim));
    }
  }
  const Sum& dot(size_t row, size_t query) const { return dots[row * kMaxLanes + query]; }
};

const Fenced query_place(1 << 16), row_place(1 << 19), half_place(1 << 18), panel_place(1 << 20);
const Fenced out_place(1 << 20), terms_place[3] = {Fenced(1 << 12), Fenced(1 << 12), Fenced(1 << 12)};
const Fenced threshold_place(1 << 12), slack_place(1 << 12), hit_place(1 << 13);

// A copy that ends `shift` elements before its fence, n rows `stride` apart with `filler` between
// them.
template <class T>
T* laid_out(const Fenced& place, const std::vector<T>& rows, size_t n, size_t dim, size_t stride, size_t shift,
            T filler) {
  const size_t count = n == 0 ? 0 : (n - 1) * stride + dim;
  T* to = place.room<T>(count, shift);
  std::fill_n(to, count, filler);
  for (size_t i = 0; i < n; ++i) std::copy_n(rows.data() + i * dim, dim, to + i * stride);
  return to;
}

// One level on one set of inputs at one place in memory.
class KernelCheck {
 public:
  KernelCheck(const KernelTable& kernels, const Inputs& in, size_t gap, size_t shift)
      : k_(kernels), in_(in), n_(in.n), dim_(in.dim), stride_(in.dim + gap), shift_(shift),
        query_(laid_out(query_place, in.queries, 1, dim_, dim_, shift, kNan)),
        rows_(laid_out(row_place, in.rows, n_, dim_, stride_, shift, kNan)),
        halves_(laid_out(half_place, in.halves, n_, dim_, stride_, shift, uint16_t{0x7e00})) {}

  void run(Random& random) {
    rows_against_a_query();
    pairs();
    widening();
    for (size_t lanes = k_.lane_step; lanes <= k_.lanes; lanes += k_.lane_step) panel(lanes, random);
  }

 private:
  template <class Expected, class Bound>
  void compare(const char* kernel, const float* out, const Expected& expected, const Bound& bound) {
    for (size_t i = 0; i < n_; ++i) {
      const Sum& sum = expected(i);
      report(kernel, within(out[i], sum, bound(dim_, sum)), i, out[i], sum.value, bound(dim_, sum));
    }
  }

  void report(const char* kernel, bool holds, size_t i, double got, double expected, double bound) {
    that(holds, "%s %s, %s, dim=%zu n=%zu stride=%zu shift=%zu: row %zu gives %.9g, not %.9g +- %.3g", k_.name, kernel,
         name(in_.kind), dim_, n_, stride_, shift_, i, got, expected, bound);
  }

  void rows_against_a_query() {
    float* out = out_place.room<float>(n_);
    k_.dot_rows(query_, rows_, n_, stride_, dim_, out);
    compare("dot_rows", out, [&](size_t i) { return in_.dot(i, 0); }, dot_bound);
    k_.sq_euclidean_rows(query_, rows_, n_, stride_, dim_, out);
    compare("sq_euclidean_rows", out, [&](size_t i) { return in_.sq_distances[i]; }, sq_euclidean_bound);
    k_.dot_rows_f16(query_, halves_, n_, stride_, dim_, out);
    compare("dot_rows_f16", out, [&](size_t i) { return in_.half_dots[i]; }, dot_bound);
    k_.sq_euclidean_rows_f16(query_, halves_, n_, stride_, dim_, out);
    compare("sq_euclidean_rows_f16", out, [&](size_t i) { return in_.half_sq_distances[i]; }, sq_euclidean_bound);
    k_.sq_norms(rows_, n_, stride_, dim_, out);
    compare("sq_norms", out, [&](size_t i) { return in_.squares[i]; }, dot_bound);
  }

  void pairs() {
    for (size_t i = 0; i < n_; ++i) {
      const float* x = rows_ + i * stride_;
      const Sum &product = in_.dot(i, 0), &square = in_.sq_distances[i];
      const double bound = dot_bound(dim_, product), sq_bound = sq_euclidean_bound(dim_, square);
      const float got = k_.dot(query_, x, dim_), sq_got = k_.sq_euclidean(query_, x, dim_);
      report("dot", within(got, product, bound), i, got, product.value, bound);
      report("sq_euclidean", within(sq_got, square, sq_bound), i, sq_got, square.value, sq_bound);
      exact("dot_exact", k_.dot_exact, x, i, product);
      exact("sq_euclidean_exact", k_.sq_euclidean_exact, x, i, square);
    }
  }

  // The bits that the order of kernels.h gives, and those close to long double's.
  template <class Kernel>
  void exact(const char* kernel, Kernel own, const float* x, size_t i, const Sum& sum) {
    const bool product = own == k_.dot_exact;
    long double expected = 0;
    double sums[16] = {};
    for (size_t j = 0; j < dim_; ++j) {
      const long double q = query_[j], d = q - x[j];
      expected += product ? q * x[j] : d * d;
      const double rounded = static_cast<double>(query_[j]) - x[j];
      sums[j % 16] += product ? static_cast<double>(query_[j]) * x[j] : rounded * rounded;
    }
    for (const size_t half : {8, 4, 2, 1})
      for (size_t l = 0; l < half; ++l) sums[l] += sums[l + half];
    const double got = own(query_, x, dim_), bound = exact_bound(dim_, sum);
    report(kernel, std::fabs(got - expected) <= bound, i, got, static_cast<double>(expected), bound);
    report(kernel, std::memcmp(&got, sums, sizeof got) == 0, i, got, sums[0], 0);
  }

  void widening() {
    float* out = out_place.room<float>(dim_, shift_);
    for (size_t i = 0; i < n_; ++i) {
      k_.widen(halves_ + i * stride_, dim_, out);
      const bool same = std::equal(out, out + dim_, in_.widened.data() + i * dim_);
      report("widen", same, i, out[0], in_.widened[i * dim_], 0);
    }
  }

  void panel(size_t lanes, Random& random) {
    float* packed = panel_place.room<float>(dim_ * lanes, shift_);
    for (size_t j = 0; j < dim_; ++j)
      for (size_t l = 0; l < lanes; ++l) packed[j * lanes + l] = in_.queries[l * dim_ + j];

    float* out = out_place.room<float>(n_ * lanes, shift_);
    k_.dot_panel(rows_, n_, stride_, dim_, packed, lanes, out);
    for (size_t i = 0; i < n_; ++i)
      for (size_t l = 0; l < lanes; ++l) {
        const double got = out[i * lanes + l], bound = dot_bound(dim_, in_.dot(i, l));
        report("dot_panel", within(got, in_.dot(i, l), bound), i, got, in_.dot(i, l).value, bound);
      }
    filter(packed, lanes, random);
  }

  // filter_panel by its own contract: a row is a hit where its bound reaches the threshold or is no
  // number. Within the rounding of the bound itself either answer is right.
  void filter(const float* packed, size_t lanes, Random& random) {
    float* term[3];  // scale, bias, slack
    for (size_t t = 0; t < 3; ++t) {
      term[t] = terms_place[t].room<float>(n_);
      for (size_t i = 0; i < n_; ++i) term[t][i] = static_cast<float>(uniform(random, -1, 1));
      if (n_ > 2 && below(random, 4) == 0) term[t][below(random, n_)] = kNan;
    }
    float* slack = slack_place.room<float>(lanes);
    float* threshold = threshold_place.room<float>(lanes);
    for (size_t l = 0; l < lanes; ++l) {
      slack[l] = static_cast<float>(uniform(random, 0, 1));
      // Close to what some row reaches, so that it matters; now and then everything or nothing.
      threshold[l] = n_ == 0 ? 0.0f : static_cast<float>(bound_of(term, slack, below(random, n_), l).value);
      if (below(random, 8) == 0) threshold[l] = below(random, 2) != 0 ? HUGE_VALF : -HUGE_VALF;
      if (std::isnan(threshold[l])) threshold[l] = 0.0f;
    }
    Hit* hits = hit_place.room<Hit>(n_);
    const size_t found =
        k_.filter_panel(rows_, n_, stride_, dim_, packed, lanes, {term[0], term[1], term[2]}, threshold, slack, hits);
    std::vector<uint64_t> hit(n_);
    for (size_t h = 0; h < found; ++h) {
      const bool sane = hits[h].row < n_ && hit[hits[h].row] == 0 && hits[h].lanes != 0 &&
                        (lanes == 64 || hits[h].lanes >> lanes == 0);
      report("filter_panel's hits", sane, h, hits[h].row, static_cast<double>(n_), 0);
      if (sane) hit[hits[h].row] = hits[h].lanes;
    }
    for (size_t i = 0; i < n_; ++i)
      for (size_t l = 0; l < lanes; ++l) {
        const Sum bound = bound_of(term, slack, i, l);
        const bool is_hit = hit[i] >> l & 1;
        const bool close = std::fabs(bound.value - threshold[l]) <= bound.magnitude;
        const bool reached = !(bound.value < threshold[l]);
        report("filter_panel", is_hit == reached || close, i, is_hit, reached, 0);
      }
  }

  // The upper bound that the filter computes for row i and query l, and how far rounding may move
  // it.
  Sum bound_of(float* const (&term)[3], const float* slack, size_t i, size_t l) const {
    const double scale = term[0][i], bias = term[1][i], extra = static_cast<double>(term[2][i]) * slack[l];
    const Sum& product = in_.dot(i, l);
    const double rounding = g(4) * (std::fabs(scale * product.value) + std::fabs(bias) + std::fabs(extra));
    return {scale * product.value + bias + extra,
            2 * (std::fabs(scale) * dot_bound(dim_, product) + rounding + 0x1p-126)};
  }

  const KernelTable& k_;
  const Inputs& in_;
  size_t n_, dim_, stride_, shift_;
  const float *query_, *rows_;
  const uint16_t* halves_;
};

void grid() {
  Random random(20);
  for (const size_t dim : kDims)
    for (const size_t n : kRowCounts)
      for (const Kind kind : kFiniteSums) {
        const Inputs inputs(kind, dim, n, random);
        for (const KernelTable* level : available_levels())
          for (const size_t gap : kGaps)
            for (const size_t shift : kShifts) KernelCheck(*level, inputs, gap, shift).run(random);
      }
}

void widen_every_half() {
  std::vector<uint16_t> halves(65536);
  for (size_t h = 0; h < halves.size(); ++h) halves[h] = static_cast<uint16_t>(h);
  std::vector<float> out(halves.size());
  for (const KernelTable* level : available_levels()) {
    level->widen(halves.data(), halves.size(), out.data());
    for (size_t h = 0; h < halves.size(); ++h) {
      const float expected = static_cast<float>(value_of(halves[h]));
      const bool same = std::isnan(expected) ? std::isnan(out[h])
                                             : expected == out[h] && std::signbit(expected) == std::signbit(out[h]);
      that(same, "%s widen: half %04zx gives %.9g, not %.9g", level->name, h, out[h], expected);
    }
  }
}

// A level that cannot run here is named, so that silence never passes for success.
void name_missing_levels() {
  for (const char* level : {"avx512", "avx2"}) {
    bool here = false;
    for (const KernelTable* table : available_levels()) here |= std::string(table->name) == level;
    if (!here) std::printf("SKIPPED level %s: not on this processor\n", level);
  }
}

}  // namespace
}  // namespace vecstore::check

int main() {
  vecstore::check::name_missing_levels();
  vecstore::check::widen_every_half();
  vecstore::check::grid();
  return vecstore::check::summary();
}
