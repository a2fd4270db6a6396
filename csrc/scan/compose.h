// Vectors made of stored rows, and measures of rows against each other.
#pragma once

#include <vector>

#include "core/blocks.h"
#include "core/dispatch.h"

namespace vecstore {

// out[i] = sum of weights[j] * x[rows[j]] for j in [offsets[i], offsets[i + 1]), in float64, rounded once.
// `unit`: each row is scaled to unit length first and so is the sum (a zero sum stays zero).
// `blocks` are in order of their first_row and hold every row named.
void compose(const KernelTable& kernels, const std::vector<Block>& blocks, size_t dim, const int64_t* rows,
             const double* weights, const int64_t* offsets, size_t n, bool unit, size_t threads, float* out);

// 1 / |x| per row, computed in float64 and rounded once; 0 for a zero row.
void inverse_norms(const KernelTable& kernels, const Block& block, size_t dim, size_t threads, float* out);

// out[i * block.n + r]: the float64 distance of query i and row r.
void distances(const KernelTable& kernels, const Block& block, const Queries& queries, Metric metric, size_t threads,
               double* out);

}  // namespace vecstore
