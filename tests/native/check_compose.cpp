// Sums of rows, lengths and distances against plain loops that add in the order the contract fixes.

#include "scan/compose.h"

#include "check.h"
#include "rows.h"

namespace vecstore::check {
namespace {

constexpr Metric kMetrics[] = {Metric::cosine, Metric::euclidean, Metric::dot};
constexpr Kind kFinite[] = {Kind::uniform,   Kind::one_huge,  Kind::denormal, Kind::equal,
                            Kind::zero_rows, Kind::clustered, Kind::mixed};

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

// 1 / |v|, its squares summed in the order of kernels.h; 0 for zero.
template <class T>
double reciprocal_length(const T* v, size_t dim) {
  double sums[16] = {};
  for (size_t j = 0; j < dim; ++j) sums[j % 16] += static_cast<double>(v[j]) * static_cast<double>(v[j]);
  for (const size_t half : {8, 4, 2, 1})
    for (size_t i = 0; i < half; ++i) sums[i] += sums[i + half];
  return sums[0] == 0.0 ? 0.0 : 1.0 / std::sqrt(sums[0]);
}

void compositions(Kind kind, uint64_t seed) {
  Random random(seed);
  Rows rows(1 + below(random, 40));
  const size_t dim = rows.dim();
  for (size_t b = 0; b < 3; ++b) rows.add(kind, random, b == 1 ? 0 : 40, b == 2, b, false, 1);

  // More outputs than one task takes; some are sums of nothing.
  std::vector<int64_t> members, offsets = {0};
  std::vector<double> weights;
  while (offsets.size() < 1500) {
    for (size_t i = below(random, 5); i > 0; --i) {
      members.push_back(static_cast<int64_t>(below(random, rows.size())));
      weights.push_back(uniform(random, -2, 2));
    }
    offsets.push_back(static_cast<int64_t>(members.size()));
  }
  const size_t n = offsets.size() - 1;
  for (const bool unit : {false, true}) {
    std::vector<float> expected;
    for (size_t i = 0; i < n; ++i) {
      std::vector<double> sum(dim, 0.0);
      for (size_t m = static_cast<size_t>(offsets[i]); m < static_cast<size_t>(offsets[i + 1]); ++m) {
        const float* x = rows.row(static_cast<size_t>(members[m]));
        const double weight = unit ? weights[m] * reciprocal_length(x, dim) : weights[m];
        for (size_t j = 0; j < dim; ++j) sum[j] += weight * static_cast<double>(x[j]);
      }
      const double scale = unit ? reciprocal_length(sum.data(), dim) : 1.0;
      for (const double s : sum) expected.push_back(static_cast<float>(s * scale));
    }
    for (const KernelTable* level : available_levels())
      for (const size_t threads : {1, 3}) {
        std::vector<float> out(n * dim, NAN);
        compose(*level, rows.blocks(false), dim, members.data(), weights.data(), offsets.data(), n, unit, threads,
                out.data());
        that(same_bits(out, expected), "compose %s, %s seed=%llu dim=%zu unit=%d threads=%zu", level->name, name(kind),
             static_cast<unsigned long long>(seed), dim, unit, threads);
      }
  }
}

void norms_and_distances(Kind kind, uint64_t seed) {
  Random random(seed);
  Rows rows(1 + below(random, 70));
  const size_t dim = rows.dim(), n = 1100, n_queries = 3;
  rows.add(kind, random, n, seed % 2 == 0, seed % 3, false, 1);
  const Block block = rows.blocks(false).front();
  const std::vector<float> queries = vectors(kind, random, n_queries, dim);
  std::vector<float> expected_norms;
  for (size_t i = 0; i < n; ++i) expected_norms.push_back(static_cast<float>(reciprocal_length(rows.row(i), dim)));
  for (const KernelTable* level : available_levels()) {
    std::vector<float> norms(n, NAN);
    inverse_norms(*level, block, dim, 3, norms.data());
    that(same_bits(norms, expected_norms), "inverse_norms %s, %s dim=%zu", level->name, name(kind), dim);
    for (const Metric metric : kMetrics) {
      std::vector<double> out(n * n_queries, NAN);
      distances(*level, block, {queries.data(), n_queries, dim}, metric, 2, out.data());
      size_t wrong = 0;
      for (size_t q = 0; q < n_queries; ++q)
        for (size_t i = 0; i < n; ++i)
          wrong += !check::same_bits(out[q * n + i], distance(metric, queries.data() + q * dim, rows.row(i), dim));
      that(wrong == 0, "distances %s, %s dim=%zu metric=%d: %zu differ", level->name, name(kind), dim,
           static_cast<int>(metric), wrong);
    }
  }
}

}  // namespace
}  // namespace vecstore::check

int main() {
  using namespace vecstore::check;
  for (const Kind kind : kFinite)
    for (uint64_t seed = 1; seed <= 5; ++seed) {
      compositions(kind, seed);
      norms_and_distances(kind, seed);
    }
  return summary();
}
