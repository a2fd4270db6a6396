// Level avx2: AVX2, FMA, F16C (Haswell, Zen and later).
//
// A multiply-add takes 4 to 5 cycles and two start per cycle, so 10 independent sums keep the units busy. The
// panel kernel holds 6 rows x 2 registers of 8 queries = 12 sums; with 2 queries and 1 broadcast that is 15
// of the 16 registers.
#if !defined(__AVX2__) || (!defined(__FMA__) && !defined(_MSC_VER))
#error "avx2.cpp must be compiled with the flags of its level"
#endif

#include <immintrin.h>

#include "kernels.h"

namespace vecstore {
namespace {

using Vec = __m256;
constexpr size_t kWidth = 8, kRows = 6, kPanels = 2;

// Eight set words, then eight clear ones: loading from kFirst + 8 - count gives a mask of count lanes.
const int32_t kFirst[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
inline __m256i first(size_t count) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kFirst + kWidth - count));
}

inline Vec zero() { return _mm256_setzero_ps(); }
inline Vec set1(float x) { return _mm256_set1_ps(x); }
inline Vec load(const float* p) { return _mm256_loadu_ps(p); }
inline Vec load(const uint16_t* p) { return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))); }
inline Vec load_tail(const float* p, size_t count) { return _mm256_maskload_ps(p, first(count)); }
inline Vec load_tail(const uint16_t* p, size_t count) {
  alignas(16) uint16_t whole[kWidth] = {};
  for (size_t i = 0; i < count; ++i) whole[i] = p[i];
  return load(whole);
}
inline void store(float* p, Vec v) { _mm256_storeu_ps(p, v); }
inline void store_tail(float* p, Vec v, size_t count) { _mm256_maskstore_ps(p, first(count), v); }
inline Vec fma(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }
inline Vec add(Vec a, Vec b) { return _mm256_add_ps(a, b); }
inline Vec mul(Vec a, Vec b) { return _mm256_mul_ps(a, b); }
inline Vec max0(Vec v) { return _mm256_max_ps(v, zero()); }
inline Vec sub(Vec a, Vec b) { return _mm256_sub_ps(a, b); }
inline float sum(Vec v) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}
inline uint64_t not_below(Vec a, Vec b) {
  return static_cast<uint64_t>(_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_NLT_UQ)));
}

using DVec = __m256d;
constexpr size_t kDWidth = 4;

inline DVec dzero() { return _mm256_setzero_pd(); }
inline DVec dload(const float* p) { return _mm256_cvtps_pd(_mm_loadu_ps(p)); }
inline void dstore(double* p, DVec v) { _mm256_storeu_pd(p, v); }
inline DVec dmuladd_exact(DVec a, DVec b, DVec c) { return _mm256_fmadd_pd(a, b, c); }
inline DVec dmul(DVec a, DVec b) { return _mm256_mul_pd(a, b); }
inline DVec dadd(DVec a, DVec b) { return _mm256_add_pd(a, b); }
inline DVec dsub(DVec a, DVec b) { return _mm256_sub_pd(a, b); }

#include "body.h"

}  // namespace

const KernelTable kAvx2Kernels = {
    "avx2",       kPanels * kWidth,  kWidth,
    dot,          sq_euclidean,      dot_rows,
    dot_rows_f16, sq_euclidean_rows, sq_euclidean_rows_f16,
    sq_norms,     widen,             filter_panel,
    dot_panel,    filter_mul,        dot_exact,
    sq_euclidean_exact,
};

}  // namespace vecstore
