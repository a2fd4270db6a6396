// The float32 filter's bounds: everything that makes it safe to drop a row without scoring it in float64.
//
// The filter works on scores, larger = nearer:  cosine  cos(q, x);  dot  q.x;  euclidean  q.x - |x|^2 / 2,
// which is (|q|^2 - distance^2) / 2. For each row it computes in float32 (kernels.h, RowTerms)
//
//   upper = scale * dot(p, x) + (slack * query_slack + bias),      p the prepared query (cosine: unit length)
//
// and drops the row if upper < threshold, the score of the k-th best distance found so far, rounded down.
// Proof that upper >= score, with u = 2^-24, g(n) = n*u/(1 - n*u), |p| and |x| true lengths:
//  1. dot(p, x) is off by at most g(dim) |p||x| + dim * 2^-126 (kernels.h).
//  2. p is rounded to float32 from its float64 value: another u |p||x|. An inverse norm is rounded once and
//     multiplied once: 2u; the two fused multiply-adds round twice: 2u of at most |p||x| scale + |bias|.
//  3. All together below g(dim + 12) (|p||x| scale + |bias|), which slack * query_slack (and for euclidean
//     the raised bias) adds; lengths enter rounded up. `dim * 2^-126` times scale is in bias.
//  4. Where float32 could overflow or a scale is out of range (|x| or |p| beyond 2^60, an inverse norm
//     outside [2^-60, 2^60]) the terms are NaN, or the threshold is -inf: such pairs are always hits.
// float64 distances differ from true ones by at most dim * 2^-51 relative to |p||x|, 2^-28 of what 3 adds.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>

#include "core/blocks.h"

namespace vecstore {

constexpr double kUnit = 0x1p-24;
constexpr float kNever = std::numeric_limits<float>::infinity();    // a threshold no row reaches
constexpr float kAlways = -std::numeric_limits<float>::infinity();  // one that every row does
constexpr double kHuge = 0x1p60;

inline double gamma(size_t dim) {
  const double nu = static_cast<double>(dim + 12) * kUnit;
  return nu < 0.5 ? nu / (1.0 - nu) : std::numeric_limits<double>::infinity();
}

inline float round_up(double x) { return std::nextafterf(static_cast<float>(x), kNever); }
inline float round_down(double x) { return std::nextafterf(static_cast<float>(x), kAlways); }

// |x| from the float32 sum of squares, not below the true length.
inline double length_bound(float sq_norm, size_t dim) {
  return std::sqrt((static_cast<double>(sq_norm) + static_cast<double>(dim) * 0x1p-126) * (1.0 + 2 * gamma(dim)));
}

// Fills the terms of rows first .. first + n - 1 of a block. `sq_norms` is read unless the metric is cosine.
inline void fill_terms(Metric metric, size_t dim, const float* inverse_norms, const float* sq_norms, size_t n,
                       float* scale, float* bias, float* slack) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const double g = gamma(dim), underflow = static_cast<double>(dim) * 0x1p-125;
  if (metric == Metric::cosine) {
    const float tiny = round_up(underflow * kHuge);
    for (size_t i = 0; i < n; ++i) {
      const float s = inverse_norms[i];
      scale[i] = s >= 1 / static_cast<float>(kHuge) && s <= static_cast<float>(kHuge) ? s : nan;
      bias[i] = tiny;
      slack[i] = 1.0f;
    }
    return;
  }
  for (size_t i = 0; i < n; ++i) {
    const double length = length_bound(sq_norms[i], dim);
    scale[i] = length <= kHuge ? 1.0f : nan;
    slack[i] = round_up(length);
    // For euclidean, -|x|^2/2 not below its true value.
    const double half_square = metric == Metric::euclidean ? 0.5 * static_cast<double>(sq_norms[i]) : 0.0;
    bias[i] = round_up(2 * underflow - half_square * (1.0 - 2 * g));
  }
}

// What a query multiplies a row's slack by; `length` is |p|.
inline float query_slack(size_t dim, double length) { return round_up(1.001 * gamma(dim) * length); }

// The score below which nothing is nearer than `distance`, rounded down. `sq_norm` is |q|^2, `length` |p|.
inline float threshold(Metric metric, size_t dim, double sq_norm, double length, double distance) {
  if (!(distance < std::numeric_limits<double>::infinity()) || !(length <= kHuge)) return kAlways;
  if (metric == Metric::cosine) return round_down(1.0 - distance - 0x1p-44);
  if (metric == Metric::dot) return round_down(-distance);
  const double square = distance * distance, rounding = static_cast<double>(dim + 8) * 0x1p-51;
  return round_down(0.5 * (sq_norm - square) - rounding * (sq_norm + square));
}

// The same for the kernels that sum (q - x)^2 directly, where the score is -sum and has relative error only.
// Beyond 1e38 the float32 sum may overflow, so everything is a hit.
inline float direct_threshold(size_t dim, double distance) {
  const double square = distance * distance * (1.0 + 4 * gamma(dim)) + static_cast<double>(dim) * 0x1p-120;
  return square < 1e38 ? round_down(-square) : kAlways;
}

}  // namespace vecstore
