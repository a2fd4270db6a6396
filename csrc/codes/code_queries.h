// Queries made ready for the 8-bit scan: centred, quantised, packed.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/blocks.h"
#include "core/dispatch.h"
#include "core/exact.h"
#include "core/float_mode.h"
#include "encode.h"
#include "scan/bounds.h"

namespace vecstore {

// The queries against one centre. A row's score is  base + g.y  (cosine, dot: g = p, base = p.c)  or
// base + g.y - |y|^2 / 2  (euclidean: g = q - c, base = -|g|^2 / 2), where y is its prepared vector less the
// centre: cos, q.x, and -distance^2 / 2, which do not depend on the centre.
class CodeQueries {
 public:
  CodeQueries(const KernelTable& kernels, const Queries& queries, Metric metric, const float* center)
      : kernels_(kernels), queries_(queries), metric_(metric), rows_(queries.n), codes_(queries.n * queries.dim) {
    const IeeeFloats ieee;
    std::vector<double> g(queries.dim);
    for (size_t i = 0; i < queries.n; ++i) prepare(i, center, g.data());
  }

  struct Row {
    double sq_norm;  // |q|^2
    double length;   // |g|, rounded up
    double step;     // t
    double error;    // |g - t a|, rounded up
    double base;
    double rounding;  // what float64 may do to a score, beyond what grows with |y|
    int32_t start;
    bool usable;
  };

  size_t dim() const { return queries_.dim; }
  size_t size() const { return queries_.n; }
  Metric metric() const { return metric_; }
  const float* raw(size_t i) const { return queries_.data + i * queries_.dim; }
  const Row& row(size_t i) const { return rows_[i]; }

  double exact(size_t i, const float* x) const {
    return exact_distance(kernels_, metric_, raw(i), rows_[i].sq_norm, x, dim());
  }

  // The score that a distance stands for, not above its true value.
  double score(double distance) const {
    if (metric_ == Metric::cosine) return 1.0 - distance - 0x1p-52;
    if (metric_ == Metric::dot) return -distance;
    return -0.5 * distance * distance * (1.0 + 0x1p-50);
  }

  void copy_codes(size_t i, void* to) const { std::memcpy(to, codes_.data() + i * dim(), dim()); }

  // `lanes` queries from `first` on, in groups of `width`: `steps` lines of width entries of four bytes each.
  void pack(size_t first, size_t lanes, size_t width, size_t entry, size_t steps, void* to) const {
    unsigned char* out = static_cast<unsigned char*>(to);
    std::memset(out, 0, lanes * steps * 4);
    for (size_t l = 0; l < std::min(lanes, queries_.n - first); ++l) {
      const int8_t* codes = codes_.data() + (first + l) * dim();
      unsigned char* group = out + l / width * (steps * width * 4) + l % width * 4;
      for (size_t j = 0; j < dim(); ++j) {
        unsigned char* place = group + j / entry * (width * 4) + j % entry * (4 / entry);
        const int16_t wide = codes[j];
        if (entry == 4)
          std::memcpy(place, &codes[j], 1);
        else
          std::memcpy(place, &wide, 2);
      }
    }
  }

 private:
  void prepare(size_t i, const float* center, double* g) {
    Row& q = rows_[i];
    q.sq_norm = kernels_.dot_exact(raw(i), raw(i), dim());
    const double scale = metric_ == Metric::cosine ? reciprocal(std::sqrt(q.sq_norm)) : 1.0;
    double squares = 0.0, largest = 0.0, with_center = 0.0, center_squares = 0.0;
    bool integral = true;
    for (size_t j = 0; j < dim(); ++j) {
      const double c = static_cast<double>(center[j]);
      g[j] = static_cast<double>(raw(i)[j]) * scale - (metric_ == Metric::euclidean ? c : 0.0);
      squares += g[j] * g[j];
      with_center += g[j] * c;
      center_squares += c * c;
      largest = std::max(largest, std::abs(g[j]));
      integral &= is_integer(static_cast<double>(raw(i)[j]) * scale) && is_integer(c);
    }
    const double center_length = std::sqrt(center_squares);
    q.length = std::sqrt(squares) * (1.0 + 0x1p-40);
    q.base = metric_ == Metric::euclidean ? -0.5 * squares : with_center;
    const double size = metric_ == Metric::euclidean ? squares
                        : metric_ == Metric::cosine  ? 1.0 + center_length
                                                     : q.length * center_length;
    q.rounding = static_cast<double>(dim() + 8) * 0x1p-50 * size;
    q.step = largest == 0.0 || (integral && largest <= 127.0) ? 1.0 : largest / 127.0;
    q.usable = q.length <= kHuge && q.step >= 0x1p-100;
    double residuals = 0.0;
    int32_t sum = 0;
    for (size_t j = 0; j < dim() && q.usable; ++j) {
      const double code = std::min(127.0, std::max(-127.0, nearest_integer(g[j] / q.step))),
                   rest = g[j] - q.step * code;
      codes_[i * dim() + j] = static_cast<int8_t>(code);
      sum += static_cast<int32_t>(code);
      residuals += rest * rest;
    }
    // As in encode.cpp: the second term covers what float64 rounded. Small integers are exact.
    q.error = integral && q.step == 1.0 ? 0.0 : std::sqrt(residuals) + (q.length + center_length) * kRounded;
    q.start = -128 * sum;
  }

  const KernelTable& kernels_;
  Queries queries_;
  Metric metric_;
  std::vector<Row> rows_;
  std::vector<int8_t> codes_;
};

}  // namespace vecstore
