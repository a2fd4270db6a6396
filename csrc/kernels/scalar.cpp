// Level scalar: plain C++ for any processor, built with the platform's baseline flags. A "register" is four
// floats in a struct, which compilers turn into the baseline's vectors (SSE2, NEON) where it has them.
#include <string.h>

#include "kernels.h"

namespace vecstore {
namespace {

constexpr size_t kWidth = 4, kRows = 4, kPanels = 2;
struct Vec {
  float v[kWidth];
};

// A half float's value: exponent 0 is subnormal (a multiple of 2^-24), exponent 31 infinity or NaN.
inline float half_value(uint16_t h) {
  union {
    uint32_t bits;
    float value;
  } f;
  const uint32_t sign = static_cast<uint32_t>(h & 0x8000u) << 16, exponent = (h >> 10) & 31u, fraction = h & 0x3ffu;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }
  f.bits = sign | (exponent == 31 ? 0x7f800000u : (exponent + 112) << 23) | fraction << 13;
  return f.value;
}

inline float value(float x) { return x; }
inline float value(uint16_t x) { return half_value(x); }

inline Vec zero() { return {}; }
inline Vec set1(float x) { return {{x, x, x, x}}; }
template <class T>
inline Vec load(const T* p) {
  return {{value(p[0]), value(p[1]), value(p[2]), value(p[3])}};
}
template <class T>
inline Vec load_tail(const T* p, size_t count) {
  Vec r = {};
  for (size_t i = 0; i < count; ++i) r.v[i] = value(p[i]);
  return r;
}
inline void store_tail(float* p, Vec v, size_t count) {
  for (size_t i = 0; i < count; ++i) p[i] = v.v[i];
}
inline void store(float* p, Vec v) { store_tail(p, v, kWidth); }
inline Vec fma(Vec a, Vec b, Vec c) {
  for (size_t i = 0; i < kWidth; ++i) c.v[i] += a.v[i] * b.v[i];
  return c;
}
inline Vec add(Vec a, Vec b) {
  for (size_t i = 0; i < kWidth; ++i) a.v[i] += b.v[i];
  return a;
}
inline Vec mul(Vec a, Vec b) {
  for (size_t i = 0; i < kWidth; ++i) a.v[i] *= b.v[i];
  return a;
}
inline Vec max0(Vec v) {
  for (size_t i = 0; i < kWidth; ++i) v.v[i] = v.v[i] > 0.0f ? v.v[i] : 0.0f;
  return v;
}
inline Vec sub(Vec a, Vec b) {
  for (size_t i = 0; i < kWidth; ++i) a.v[i] -= b.v[i];
  return a;
}
inline float sum(Vec v) { return (v.v[0] + v.v[2]) + (v.v[1] + v.v[3]); }
inline uint64_t not_below(Vec a, Vec b) {
  uint64_t lanes = 0;
  for (size_t i = 0; i < kWidth; ++i) lanes |= static_cast<uint64_t>(!(a.v[i] < b.v[i])) << i;
  return lanes;
}

inline Vec min_or_nan(Vec limit, Vec v) {
  for (size_t i = 0; i < kWidth; ++i) v.v[i] = v.v[i] > limit.v[i] ? limit.v[i] : v.v[i];
  return v;
}

constexpr size_t kCodeRows = 4, kCodePanels = 2;
struct IVec {
  int32_t v[kWidth];
};

inline IVec iload(const void* p) {
  IVec r;
  memcpy(&r, p, sizeof r);
  return r;
}
inline void istore(int32_t* p, IVec v) { memcpy(p, &v, sizeof v); }
inline IVec iset1(int32_t x) { return {{x, x, x, x}}; }
inline IVec iadd(IVec a, IVec b) {
  for (size_t i = 0; i < kWidth; ++i) a.v[i] += b.v[i];
  return a;
}
inline IVec imax(IVec a, IVec b) {
  for (size_t i = 0; i < kWidth; ++i) a.v[i] = a.v[i] < b.v[i] ? b.v[i] : a.v[i];
  return a;
}
inline uint64_t at_least(IVec a, IVec b) {
  uint64_t lanes = 0;
  for (size_t i = 0; i < kWidth; ++i) lanes |= static_cast<uint64_t>(a.v[i] >= b.v[i]) << i;
  return lanes;
}
inline Vec to_float(IVec v) {
  Vec r;
  for (size_t i = 0; i < kWidth; ++i) r.v[i] = static_cast<float>(v.v[i]);
  return r;
}
// Below the range of integers, or NaN: the least one, as the vector levels have it.
inline IVec to_int_down(Vec v) {
  IVec r;
  for (size_t i = 0; i < kWidth; ++i) {
    const float x = v.v[i];
    const int32_t toward_zero = x > -2147483648.0f && x < 2147483648.0f ? static_cast<int32_t>(x) : INT32_MIN;
    r.v[i] = toward_zero != INT32_MIN && static_cast<float>(toward_zero) > x ? toward_zero - 1 : toward_zero;
  }
  return r;
}

constexpr size_t kDWidth = 2;
struct DVec {
  double v[kDWidth];
};

inline DVec dzero() { return {}; }
inline DVec dload(const float* p) { return {{p[0], p[1]}}; }
inline void dstore(double* p, DVec v) { p[0] = v.v[0], p[1] = v.v[1]; }
inline DVec dmul(DVec a, DVec b) { return {{a.v[0] * b.v[0], a.v[1] * b.v[1]}}; }
inline DVec dadd(DVec a, DVec b) { return {{a.v[0] + b.v[0], a.v[1] + b.v[1]}}; }
inline DVec dsub(DVec a, DVec b) { return {{a.v[0] - b.v[0], a.v[1] - b.v[1]}}; }
inline DVec dmuladd_exact(DVec a, DVec b, DVec c) { return dadd(c, dmul(a, b)); }

#include "body.h"

// Two codes of one row, widened to 16 bits, against two of each of four queries.
struct Entry {
  int16_t two[2];
};
constexpr size_t kEntryCodes = 2;
inline IVec code_entry(const void* row) {
  IVec r;
  for (size_t i = 0; i < kWidth; ++i) memcpy(&r.v[i], row, sizeof(Entry));
  return r;
}
inline IVec code_muladd(IVec sum, IVec row, IVec query) {
  Entry x[kWidth], q[kWidth];
  memcpy(x, &row, sizeof x);
  memcpy(q, &query, sizeof q);
  for (size_t i = 0; i < kWidth; ++i) sum.v[i] += x[i].two[0] * q[i].two[0] + x[i].two[1] * q[i].two[1];
  return sum;
}

void prepare_codes(const uint8_t* codes, size_t n, size_t stride, size_t dim, void* to, size_t to_stride) noexcept {
  for (size_t i = 0; i < n; ++i) {
    uint16_t* row = reinterpret_cast<uint16_t*>(static_cast<unsigned char*>(to) + i * to_stride);
    for (size_t j = 0; j < dim; ++j) row[j] = codes[i * stride + j];
    if (dim % 2) row[dim] = 0;
  }
}

template <class Row>
inline IVec code_dots(const Row& row, const int8_t* query, size_t dim) {
  IVec dots = {};
  for (size_t r = 0; r < kWidth; ++r) {
    const uint8_t* codes = row(r);
    for (size_t j = 0; j < dim; ++j) dots.v[r] += codes[j] * query[j];
  }
  return dots;
}

#include "body_codes.h"

}  // namespace

const KernelTable kScalarKernels = {
    "scalar",
    kPanels * kWidth,
    kWidth,
    dot,
    sq_euclidean,
    dot_rows,
    dot_rows_f16,
    sq_euclidean_rows,
    sq_euclidean_rows_f16,
    sq_norms,
    widen,
    filter_panel,
    dot_panel,
    filter_mul,
    filter_sums,
    dot_exact,
    sq_euclidean_exact,
    kCodePanels * kWidth,
    kWidth,
    kEntryCodes,
    1,
    prepare_codes,
    filter_codes,
    filter_codes_one,
    dot_codes,
    multiply_codes,
};

}  // namespace vecstore
