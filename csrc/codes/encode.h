// 8-bit codes of rows, with what is known of the error each code makes (csrc/README.md).
#pragma once

#include "core/blocks.h"
#include "core/dispatch.h"

namespace vecstore {

// Codes are dim bytes, padded with 128 to a multiple of four.
inline size_t code_stride(size_t dim) { return (dim + 3) / 4 * 4; }
// Relative to the lengths that go into it, what float64 may have rounded off a vector's residual.
constexpr double kRounded = 0x1p-44;

// For |x| < 2^51: adding and subtracting 1.5 * 2^52 rounds to the nearest integer, and vectorises.
inline double nearest_integer(double x) { return (x + 0x1.8p52) - 0x1.8p52; }
inline bool is_integer(double x) { return nearest_integer(x) == x; }

inline size_t code_blocks(size_t n) { return (n + kCodeBlock - 1) / kCodeBlock; }

// A code u of a row in a block of scale s stands for s * (u - 128). The row meant is the prepared one (cosine:
// unit length) less the centre; `errors` bounds its distance to what its code stands for, from above, and is
// inf where the row has no usable code; `norms` is its length, rounded to nearest.
struct CodesOut {
  uint8_t* codes;      // (n, code_stride(dim))
  CodeBounds* bounds;  // (code_blocks(n),)
  float* errors;       // (n,)
  float* norms;        // (n,)
};

void encode(const KernelTable& kernels, const Block& block, size_t dim, Metric metric, const float* center,
            size_t threads, const CodesOut& out);

}  // namespace vecstore
