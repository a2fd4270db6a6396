// The scan against brute force: the same rows and the same bits, whatever the data, the blocks, the
// masks, the batch and the number of threads.

#include "check.h"
#include "foreign_floats.h"
#include "rows.h"

namespace vecstore::check {
namespace {

constexpr Metric kMetrics[] = {Metric::cosine, Metric::euclidean, Metric::dot};
constexpr const char* kMetricNames[] = {"cosine", "euclidean", "dot"};

// Queries that a store would accept: finite, and not zero under cosine. Some are rows, so that
// distances of 0 and ties occur.
std::vector<float> queries_for(const Rows& rows, Kind kind, Metric metric, Random& random, size_t n) {
  const size_t dim = rows.dim();
  std::vector<float> queries = vectors(kind == Kind::nan_rows ? Kind::uniform : kind, random, n, dim);
  for (size_t q = 0; q < n; ++q) {
    float* query = queries.data() + q * dim;
    const auto fits = [&] {
      bool finite = true, zero = true;
      for (size_t j = 0; j < dim; ++j) finite &= std::isfinite(query[j]), zero &= query[j] == 0.0f;
      return finite && !(zero && metric == Metric::cosine);
    };
    if (rows.size() > 0 && below(random, 3) == 0) std::copy_n(rows.row(below(random, rows.size())), dim, query);
    if (!fits()) query[below(random, dim)] = 1.0f;
    for (size_t j = 0; j < dim; ++j)
      if (!std::isfinite(query[j])) query[j] = -1.0f;
  }
  return queries;
}

struct Case {
  Kind kind;
  Metric metric;
  size_t n_queries, k, threads;
  bool foreign_floats;
  std::string text;  // the rest of the parameters, for a failure
};

void compare(const Rows& rows, const Case& it, const std::vector<float>& queries, const Excluded* excluded) {
  std::vector<std::vector<Neighbor>> expected;
  for (size_t q = 0; q < it.n_queries; ++q) {
    const float* query = queries.data() + q * rows.dim();
    expected.push_back(nearest(rows, it.k, excluded, q,
                               [&](const float* row) { return distance(it.metric, query, row, rows.dim()); }));
  }
  for (const KernelTable* level : available_levels()) {
    Answers answers(it.n_queries, it.k);
    const ForeignFloats floats(it.foreign_floats);
    scan(*level, rows.blocks(it.metric == Metric::cosine), {queries.data(), it.n_queries, rows.dim()}, it.k, it.metric,
         excluded != nullptr ? excluded->view() : Exclusions{nullptr, nullptr}, it.threads, answers.view());
    for (size_t q = 0; q < it.n_queries; ++q) {
      const std::string difference = answers.difference(q, expected[q]);
      that(difference.empty(), "scan %s %s, %s, n=%zu dim=%zu queries=%zu k=%zu threads=%zu%s: query %zu: %s",
           level->name, kMetricNames[static_cast<size_t>(it.metric)], name(it.kind), rows.size(), rows.dim(),
           it.n_queries, it.k, it.threads, it.text.c_str(), q, difference.c_str());
    }
  }
}

// Parameters drawn at random; the seed names the case.
void random_case(uint64_t seed) {
  constexpr size_t kDims[] = {1, 2, 3, 8, 17, 33, 100};
  constexpr size_t kSizes[] = {0, 1, 3, 63, 64, 65, 130, 300, 700};
  constexpr size_t kBatches[] = {1, 1, 2, 7, 8, 9, 16, 47, 48, 49, 100};
  constexpr double kDensities[] = {0.0, 0.02, 0.5, 1.0};
  Random random(seed);
  const auto pick = [&random](const auto& choices) { return choices[below(random, std::size(choices))]; };

  Case it = {pick(kEverything), pick(kMetrics), pick(kBatches), 0, 1 + below(random, 4), seed % 4 == 0, ""};
  Rows rows(pick(kDims));
  const size_t n_blocks = below(random, 4);
  it.text = " seed=" + std::to_string(seed) + " blocks=" + std::to_string(n_blocks);
  for (size_t b = 0; b < n_blocks; ++b) {
    const bool half = below(random, 3) == 0, masked = below(random, 3) == 0;
    const size_t gap = below(random, 2) * 3;
    rows.add(it.kind, random, pick(kSizes), half, gap, masked, pick(kDensities));
  }
  const size_t n = rows.size();
  const size_t ks[] = {0, 1, 2, 10, n / 2, n > 0 ? n - 1 : 0, n, n + 3};
  it.k = pick(ks);
  const std::vector<float> queries = queries_for(rows, it.kind, it.metric, random, it.n_queries);
  const Excluded excluded(random, it.n_queries, n);
  compare(rows, it, queries, below(random, 2) == 0 ? &excluded : nullptr);
}

// Enough rows that several parts of them run at once and share their thresholds.
void many_rows(Kind kind, Metric metric) {
  Random random(77);
  Rows rows(3);
  rows.add(kind, random, 20000, false, 0, false, 1);
  rows.add(kind, random, 20001, true, 1, true, 0.7);
  for (const size_t n_queries : {2, 11}) {
    const Case it = {kind, metric, n_queries, 10, 4, false, ""};
    compare(rows, it, queries_for(rows, kind, metric, random, n_queries), nullptr);
  }
}

// A row that holds an infinity has a distance or has none, and brute force says which.
void infinities(Metric metric) {
  Random random(5);
  for (const size_t n_queries : {1, 9}) {
    std::vector<float> values = vectors(Kind::uniform, random, 200, 5);
    for (size_t i = 0; i < values.size(); i += 37) values[i] = i % 2 != 0 ? HUGE_VALF : -HUGE_VALF;
    Rows rows(5);
    rows.add(values, std::vector<bool>(200, true), false, 0, false);
    const Case it = {Kind::uniform, metric, n_queries, 50, 2, false, " infinities"};
    compare(rows, it, queries_for(rows, Kind::uniform, metric, random, n_queries), nullptr);
  }
}

// Queries so short that their share of the bound is subnormal, against long rows that nearly tie.
void short_queries_in_foreign_floats() {
  Random random(6);
  const std::vector<float> center = vectors(Kind::uniform, random, 1, 16);
  std::vector<float> values;
  for (size_t i = 0; i < 400 * 16; ++i)
    values.push_back(center[i % 16] * static_cast<float>(1 + 0x1p-22 * uniform(random, -1, 1)) * 0x1p58f);
  Rows rows(16);
  rows.add(values, std::vector<bool>(400, true), false, 0, false);
  for (size_t trial = 0; trial < 20; ++trial) {
    std::vector<float> queries = vectors(Kind::uniform, random, 9, 16);
    for (float& x : queries) x *= 0x1p-108f;
    compare(rows, {Kind::uniform, Metric::dot, 9, 5, 1 + trial % 2, true, " short"}, queries, nullptr);
  }
}

}  // namespace
}  // namespace vecstore::check

int main() {
  using namespace vecstore::check;
  for (uint64_t seed = 1; seed <= 1000; ++seed) random_case(seed);
  short_queries_in_foreign_floats();
  for (const vecstore::Metric metric : kMetrics) {
    for (const Kind kind : {Kind::uniform, Kind::clustered, Kind::mixed}) many_rows(kind, metric);
    infinities(metric);
  }
  return summary();
}
