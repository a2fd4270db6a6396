#include "compose.h"

#include <algorithm>

#include "core/exact.h"
#include "core/float_mode.h"
#include "core/threads.h"

namespace vecstore {
namespace {

constexpr size_t kRowsPerTask = 1024;

// Calls visit(first, last, scratch) over spans of rows in parallel, each with room for one float32 row.
template <class Visit>
void over_rows(size_t n, size_t dim, size_t threads, const Visit& visit) {
  parallel_for((n + kRowsPerTask - 1) / kRowsPerTask, threads, [&](size_t task) {
    std::vector<float> scratch(dim);
    visit(task * kRowsPerTask, std::min(n, (task + 1) * kRowsPerTask), scratch.data());
  });
}

const Block& block_holding(const std::vector<Block>& blocks, int64_t row) {
  const auto after = std::upper_bound(blocks.begin(), blocks.end(), row,
                                      [](int64_t r, const Block& block) { return r < block.first_row; });
  return *(after - 1);
}

// In the order of the exact kernels (kernels.h), so that every engine composes the same bits.
double length_of(const double* v, size_t dim) {
  double sums[16] = {};
  for (size_t j = 0; j < dim; ++j) sums[j % 16] += v[j] * v[j];
  for (size_t half = 8; half > 0; half /= 2)
    for (size_t i = 0; i < half; ++i) sums[i] += sums[i + half];
  return std::sqrt(sums[0]);
}

}  // namespace

void compose(const KernelTable& kernels, const std::vector<Block>& blocks, size_t dim, const int64_t* rows,
             const double* weights, const int64_t* offsets, size_t n, bool unit, size_t threads, float* out) {
  over_rows(n, dim, threads, [&](size_t first, size_t last, float* scratch) {
    std::vector<double> sum(dim);
    for (size_t i = first; i < last; ++i) {
      std::fill(sum.begin(), sum.end(), 0.0);
      for (int64_t j = offsets[i]; j < offsets[i + 1]; ++j) {
        const Block& block = block_holding(blocks, rows[j]);
        const float* x = float_row(kernels, block, static_cast<size_t>(rows[j] - block.first_row), dim, scratch);
        const double weight = unit ? weights[j] * reciprocal(std::sqrt(kernels.dot_exact(x, x, dim))) : weights[j];
        for (size_t d = 0; d < dim; ++d) sum[d] += weight * static_cast<double>(x[d]);
      }
      const double scale = unit ? reciprocal(length_of(sum.data(), dim)) : 1.0;
      for (size_t d = 0; d < dim; ++d) out[i * dim + d] = static_cast<float>(sum[d] * scale);
    }
  });
}

void inverse_norms(const KernelTable& kernels, const Block& block, size_t dim, size_t threads, float* out) {
  over_rows(block.n, dim, threads, [&](size_t first, size_t last, float* scratch) {
    for (size_t i = first; i < last; ++i) {
      const float* x = float_row(kernels, block, i, dim, scratch);
      out[i] = static_cast<float>(reciprocal(std::sqrt(kernels.dot_exact(x, x, dim))));
    }
  });
}

void distances(const KernelTable& kernels, const Block& block, const Queries& queries, Metric metric, size_t threads,
               double* out) {
  const IeeeFloats ieee;
  std::vector<double> sq_norms(queries.n);
  for (size_t q = 0; q < queries.n; ++q) {
    const float* query = queries.data + q * queries.dim;
    sq_norms[q] = kernels.dot_exact(query, query, queries.dim);
  }
  over_rows(block.n, queries.dim, threads, [&](size_t first, size_t last, float* scratch) {
    for (size_t i = first; i < last; ++i) {
      const float* x = float_row(kernels, block, i, queries.dim, scratch);
      for (size_t q = 0; q < queries.n; ++q)
        out[q * block.n + i] =
            exact_distance(kernels, metric, queries.data + q * queries.dim, sq_norms[q], x, queries.dim);
    }
  });
}

}  // namespace vecstore
