// The distance that answers carry: float64, from the stored values, the same bits at every level.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "blocks.h"
#include "dispatch.h"

namespace vecstore {

// q.x / sqrt(|q|^2 |x|^2), which is exactly 1 for x = q; 0 where either vector is zero. Squares of float32
// values lie within 2^-298 and 2^256, so nothing over- or underflows.
inline double exact_cosine(double product, double query_sq_norm, double row_sq_norm) {
  const double lengths = std::sqrt(query_sq_norm * row_sq_norm);
  return lengths == 0.0 ? 0.0 : product / lengths;
}

// 0 for 0, so that a zero row scaled to unit length stays zero.
inline double reciprocal(double length) { return length == 0.0 ? 0.0 : 1.0 / length; }

// cosine: 1 - cos, clamped to >= 0; euclidean: the length of the difference; dot: -(q.x), never -0.
inline double exact_distance(const KernelTable& kernels, Metric metric, const float* query, double query_sq_norm,
                             const float* row, size_t dim) {
  if (metric == Metric::euclidean) return std::sqrt(kernels.sq_euclidean_exact(query, row, dim));
  const double product = kernels.dot_exact(query, row, dim);
  if (metric == Metric::dot) return 0.0 - product;
  // In this order of arguments std::max lets NaN through, which is no answer to anything.
  return std::max(1.0 - exact_cosine(product, query_sq_norm, kernels.dot_exact(row, row, dim)), 0.0);
}

// A row as float32: where it lies, or widened into `scratch`, which has room for dim floats.
inline const float* float_row(const KernelTable& kernels, const Block& block, size_t row, size_t dim, float* scratch) {
  if (!block.half) return static_cast<const float*>(block.data) + row * block.stride;
  kernels.widen(static_cast<const uint16_t*>(block.data) + row * block.stride, dim, scratch);
  return scratch;
}

}  // namespace vecstore
