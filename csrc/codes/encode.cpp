#include "encode.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/exact.h"
#include "core/threads.h"
#include "scan/bounds.h"

namespace vecstore {
namespace {

constexpr size_t kRowsPerTask = 64 * kCodeBlock;
constexpr double kLargest = 127.0;

// One scale for sixteen rows, the largest element over 127: nothing is clipped. A clipped row has a large
// error: it survives every scan and, as thresholds are made per block, takes its neighbours with it. Measured
// on word, sentence and image vectors, clipping to the least squared error gives 1.2 to 20 times the
// survivors of this rule; one scale per row gives 0.9 times but costs work for every pair.
class BlockEncoder {
 public:
  BlockEncoder(const KernelTable& kernels, const Block& block, size_t dim, Metric metric, const float* center)
      : kernels_(kernels), block_(block), dim_(dim), metric_(metric), center_(center), rows_(kCodeBlock * dim),
        float_row_(dim) {
    double squares = 0.0;
    for (size_t j = 0; j < dim; ++j) {
      const double c = static_cast<double>(center[j]);
      integral_center_ &= is_integer(c);
      squares += c * c;
    }
    center_length_ = std::sqrt(squares);
  }

  void encode(size_t first, size_t n, const CodesOut& out) {
    double largest = 0.0;
    bool integral = true;
    for (size_t i = 0; i < n; ++i) {
      double* y = rows_.data() + i * dim_;
      integral &= prepare(first + i, y);
      for (size_t j = 0; j < dim_; ++j) {
        largest = std::max(largest, std::abs(y[j]));
      }
    }
    // Small integers (pixels, SIFT) are their own codes, without any error.
    double scale = integral && largest <= kLargest ? 1.0 : static_cast<double>(round_up(largest / kLargest));
    if (!(scale >= 0x1p-100 && scale <= 0x1p100)) scale = 1.0;
    CodeBounds& bounds = out.bounds[first / kCodeBlock];
    bounds = {static_cast<float>(scale), 0.0f, 0.0f};
    for (size_t i = first; i < first + n; ++i) {
      encode_row(i, rows_.data() + (i - first) * dim_, scale, integral, out);
      bounds.error = std::max(bounds.error, out.errors[i]);
      bounds.length = std::max(bounds.length, round_up(static_cast<double>(out.norms[i]) * (1 + kUnit) +
                                                       static_cast<double>(out.errors[i])));
    }
  }

 private:
  // Returns whether every element and every element of the centre is an integer, so that y is exact.
  bool prepare(size_t row, double* y) {
    const float* x = float_row(kernels_, block_, row, dim_, float_row_.data());
    const double scale = metric_ == Metric::cosine ? reciprocal(std::sqrt(kernels_.dot_exact(x, x, dim_))) : 1.0;
    bool integral = true;
    for (size_t j = 0; j < dim_; ++j) {
      const double element = static_cast<double>(x[j]) * scale;
      integral &= is_integer(element);
      y[j] = element - static_cast<double>(center_[j]);
    }
    return integral && integral_center_;
  }

  void encode_row(size_t row, const double* y, double scale, bool integral, const CodesOut& out) {
    uint8_t* codes = out.codes + row * code_stride(dim_);
    const double inverse = 1.0 / scale;
    double squares = 0.0, residuals = 0.0;
    bool fits = true;
    for (size_t j = 0; j < dim_; ++j) {
      const double code = nearest_integer(y[j] * inverse), rest = y[j] - scale * code;
      fits &= code >= -kLargest && code <= kLargest;
      codes[j] = static_cast<uint8_t>(static_cast<int>(fits ? code : 0.0) + 128);
      squares += y[j] * y[j];
      residuals += rest * rest;
    }
    for (size_t j = dim_; j < code_stride(dim_); ++j) codes[j] = 128;
    const double norm = std::sqrt(squares), error = std::sqrt(residuals) + (norm + center_length_) * kRounded;
    const bool usable = fits && norm <= kHuge;
    out.errors[row] = !usable ? kNever : integral && scale == 1.0 ? 0.0f : round_up(error);
    out.norms[row] = usable ? static_cast<float>(norm) : kNever;
  }

  const KernelTable& kernels_;
  const Block& block_;
  size_t dim_;
  Metric metric_;
  const float* center_;
  bool integral_center_ = true;
  double center_length_;
  std::vector<double> rows_;
  std::vector<float> float_row_;
};

}  // namespace

void encode(const KernelTable& kernels, const Block& block, size_t dim, Metric metric, const float* center,
            size_t threads, const CodesOut& out) {
  parallel_for((block.n + kRowsPerTask - 1) / kRowsPerTask, threads, [&](size_t task) {
    BlockEncoder encoder(kernels, block, dim, metric, center);
    const size_t end = std::min(block.n, (task + 1) * kRowsPerTask);
    for (size_t first = task * kRowsPerTask; first < end; first += kCodeBlock)
      encoder.encode(first, std::min(kCodeBlock, end - first), out);
  });
}

}  // namespace vecstore
