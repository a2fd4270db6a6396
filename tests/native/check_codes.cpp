// The 8-bit scan against the float32 scan, which check_scan.cpp holds to brute force: the same rows and the same
// bits at every level, on everything. Level amx runs on emulated tiles.
#include "check.h"
#include "coded.h"
#include "codes/scan_codes.h"
#include "rows.h"

namespace vecstore {
extern const KernelTable kEmulatedTiles;  // emulated_amx.cpp
}

namespace vecstore::check {
namespace {

constexpr Metric kMetrics[] = {Metric::cosine, Metric::euclidean, Metric::dot};
constexpr const char* kMetricNames[] = {"cosine", "euclidean", "dot"};

std::vector<const KernelTable*> levels() {
  std::vector<const KernelTable*> all = available_levels();
#if defined(VECSTORE_EMULATED_TILES)
  for (const KernelTable* table : available_levels())
    if (std::string(table->name) == "avx512") all.push_back(&kEmulatedTiles);
#endif
  return all;
}

std::string difference(const Answers& expected, const Answers& got) {
  for (size_t i = 0; i < expected.rows.size(); ++i)
    if (expected.rows[i] != got.rows[i] || !same_bits(expected.distances[i], got.distances[i]))
      return "place " + std::to_string(i) + ": row " + std::to_string(got.rows[i]) + " instead of " +
             std::to_string(expected.rows[i]);
  return expected.counts == got.counts ? "" : "counts";
}

void check_scans(Random& random, Kind kind) {
  const size_t dims[] = {1, 2, 3, 4, 7, 16, 33, 63, 64, 65, 100, 128, 223, 300};
  const size_t dim = dims[below(random, std::size(dims))];
  Rows rows(dim);
  for (size_t b = 1 + below(random, 3); b > 0; --b)
    rows.add(kind, random, below(random, 400), below(random, 3) == 0, below(random, 2) * 3, below(random, 3) == 0, 0.3);
  const size_t metric_index = below(random, 3), n_queries = 1 + below(random, 70);
  const Metric metric = kMetrics[metric_index];
  const size_t k = below(random, 4) == 0 ? below(random, rows.size() + 4) : 1 + below(random, 12);
  std::vector<float> queries = vectors(kind == Kind::nan_rows ? Kind::uniform : kind, random, n_queries, dim);
  for (size_t q = 0; q < n_queries; ++q) {
    float* query = queries.data() + q * dim;
    if (rows.size() > 0 && below(random, 3) == 0) std::copy_n(rows.row(below(random, rows.size())), dim, query);
    bool zero = true;
    for (size_t j = 0; j < dim; ++j) {
      if (!std::isfinite(query[j])) query[j] = 1.0f;
      zero &= query[j] == 0.0f;
    }
    if (zero) query[0] = 1.0f;
  }
  const Queries asked = {queries.data(), n_queries, dim};
  const Excluded excluded(random, n_queries, rows.size());
  std::vector<Block> blocks = rows.blocks(metric == Metric::cosine);
  std::deque<Coded> coded;
  std::vector<float> center = center_of(rows, random);
  for (Block& block : blocks) {
    if (below(random, 4) == 0) center = center_of(rows, random);
    coded.emplace_back(block, dim, metric, center);
  }
  Answers expected(n_queries, k);
  scan(kScalarKernels, blocks, asked, k, metric, excluded.view(), 1, expected.view());
  for (const KernelTable* level : levels()) {
    const size_t threads = 1 + below(random, 3);
    Answers got(n_queries, k);
    scan_codes(*level, blocks, asked, k, metric, excluded.view(), threads, got.view());
    const std::string wrong = difference(expected, got);
    that(wrong.empty(), "%s %s %s dim %zu rows %zu queries %zu k %zu threads %zu: %s", level->name,
         kMetricNames[metric_index], name(kind), dim, rows.size(), n_queries, k, threads, wrong.c_str());
  }
}

// Every code's promise, in long double: the residual is within the error, the length is the length.
void check_encoding(Random& random, Kind kind) {
  const size_t dim = 1 + below(random, 130), n = 1 + below(random, 70);
  Rows rows(dim);
  rows.add(kind, random, n, false, 0, false, 1);
  std::vector<Block> blocks = rows.blocks(false);
  const std::vector<float> center = center_of(rows, random);
  const Coded coded(blocks[0], dim, Metric::euclidean, center);
  for (size_t i = 0; i < n; ++i) {
    long double residual = 0, length = 0;
    for (size_t j = 0; j < dim; ++j) {
      const long double y = static_cast<long double>(rows.row(i)[j]) - center[j];
      const int code = coded.codes[i * code_stride(dim) + j] - 128;
      const long double rest = y - static_cast<long double>(coded.bounds[i / kCodeBlock].scale) * code;
      residual += rest * rest;
      length += y * y;
    }
    const float error = coded.errors[i];
    const bool none = !std::isfinite(error);
    that(none || std::sqrt(residual) <= static_cast<long double>(error), "error of row %zu, %s", i, name(kind));
    that(none || std::abs(std::sqrt(length) - coded.norms[i]) <= std::sqrt(length) * 0x1p-23L + 0x1p-149L,
         "length of row %zu, %s", i, name(kind));
    that(error <= coded.bounds[i / kCodeBlock].error, "block's error, row %zu, %s", i, name(kind));
  }
}

}  // namespace
}  // namespace vecstore::check

int main() {
  using namespace vecstore::check;
  Random random(20261121);
  for (int round = 0; round < 25; ++round)
    for (const Kind kind : kEverything) {
      check_scans(random, kind);
      check_encoding(random, kind);
    }
  return summary();
}
