// Vectors that are hard on kernels and bounds, and half floats to put them in.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace vecstore::check {

using Random = std::mt19937_64;

inline double uniform(Random& random, double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(random);
}
inline size_t below(Random& random, size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random); }

enum class Kind { uniform, one_huge, denormal, equal, zero_rows, clustered, mixed, nan_rows };
constexpr Kind kFiniteSums[] = {Kind::uniform, Kind::one_huge, Kind::denormal, Kind::equal, Kind::zero_rows};
constexpr Kind kEverything[] = {Kind::uniform,   Kind::one_huge,  Kind::denormal, Kind::equal,
                                Kind::zero_rows, Kind::clustered, Kind::mixed,    Kind::nan_rows};

inline const char* name(Kind kind) {
  constexpr const char* kNames[] = {"uniform",   "one huge",  "denormal", "equal",
                                    "zero rows", "clustered", "mixed",    "NaN rows"};
  return kNames[static_cast<size_t>(kind)];
}

// n rows of dim floats, close together.
//   one_huge   2^60 at one place of each row, so that products stay below overflow
//   clustered  one row, off by a few units in the last place: distances nearly tie, and some do
//   mixed      magnitudes from 1e-38 to 1e38: sums of squares overflow float32
//   nan_rows   about every fourth row holds a NaN
inline std::vector<float> vectors(Kind kind, Random& random, size_t n, size_t dim) {
  std::vector<float> values(n * dim);
  const float center = static_cast<float>(uniform(random, 0.5, 1.0));
  for (float& value : values) {
    const double v = uniform(random, -1.0, 1.0);
    value = static_cast<float>(v);
    if (kind == Kind::denormal) value *= 0x1p-127f;
    if (kind == Kind::equal) value = center;
    if (kind == Kind::clustered) value = center + static_cast<float>(below(random, 3)) * 0x1p-23f;
    if (kind == Kind::mixed)
      value = static_cast<float>(std::pow(10.0, uniform(random, -38.0, 38.0)) * (v < 0 ? -1 : 1));
  }
  for (size_t i = 0; i < n; ++i) {
    float* row = values.data() + i * dim;
    if (kind == Kind::one_huge) row[below(random, dim)] = i % 2 != 0 ? 0x1p60f : -0x1p60f;
    if (kind == Kind::zero_rows && i % 2 != 0) std::fill_n(row, dim, 0.0f);
    if (kind == Kind::nan_rows && below(random, 4) == 0)
      row[below(random, dim)] = std::numeric_limits<float>::quiet_NaN();
  }
  return values;
}

// A half float's value, written down from IEEE 754 in the plainest way.
inline double value_of(uint16_t half) {
  const int exponent = half >> 10 & 31, fraction = half & 0x3ff;
  const double sign = half & 0x8000 ? -1.0 : 1.0;
  if (exponent == 31) return fraction != 0 ? std::numeric_limits<double>::quiet_NaN() : sign * HUGE_VAL;
  return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25));
}

// A finite half float near x: cut off, not rounded, and held to the range. NaN stays NaN.
inline uint16_t half_of(float x) {
  if (std::isnan(x)) return 0x7e00;
  const uint16_t sign = std::signbit(x) ? 0x8000 : 0;
  const double size = std::min<double>(std::fabs(x), 65504.0);
  if (size < 0x1p-14) return static_cast<uint16_t>(sign | static_cast<int>(size * 0x1p24));
  const int exponent = std::ilogb(size);
  const int fraction = static_cast<int>(std::ldexp(size, 10 - exponent)) - 1024;
  return static_cast<uint16_t>(sign | (exponent + 15) << 10 | fraction);
}

}  // namespace vecstore::check
