// Level avx512: AVX-512 F, BW, DQ, VL, VNNI (Ice Lake server, Sapphire Rapids, Zen 4 and later).
//
// A multiply-add takes 4 cycles and two start per cycle (Ice Lake server, Zen 5), so 8 independent sums keep
// the units busy. The panel kernel holds 8 rows x 3 registers of 16 queries = 24 sums: per element of dim it
// loads 3 registers of queries and broadcasts 8 floats for 24 multiply-adds, well below the two loads that a
// cycle allows; 24 sums + 3 queries + 1 broadcast fit the 32 registers.
#if !defined(__AVX512F__) || !defined(__AVX512BW__) || !defined(__AVX512DQ__) || !defined(__AVX512VL__)
#error "avx512.cpp must be compiled with the flags of its level"
#endif

#include <immintrin.h>

#include "kernels.h"

namespace vecstore {
namespace {

using Vec = __m512;
constexpr size_t kWidth = 16, kRows = 8, kPanels = 3;

inline __mmask16 first(size_t count) { return static_cast<__mmask16>((1u << count) - 1u); }

inline Vec zero() { return _mm512_setzero_ps(); }
inline Vec set1(float x) { return _mm512_set1_ps(x); }
inline Vec load(const float* p) { return _mm512_loadu_ps(p); }
inline Vec load(const uint16_t* p) { return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))); }
inline Vec load_tail(const float* p, size_t count) { return _mm512_maskz_loadu_ps(first(count), p); }
inline Vec load_tail(const uint16_t* p, size_t count) {
  return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(first(count), p));
}
inline void store(float* p, Vec v) { _mm512_storeu_ps(p, v); }
inline void store_tail(float* p, Vec v, size_t count) { _mm512_mask_storeu_ps(p, first(count), v); }
inline Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
inline Vec add(Vec a, Vec b) { return _mm512_add_ps(a, b); }
inline Vec mul(Vec a, Vec b) { return _mm512_mul_ps(a, b); }
inline Vec max0(Vec v) { return _mm512_max_ps(v, zero()); }
inline Vec sub(Vec a, Vec b) { return _mm512_sub_ps(a, b); }
inline float sum(Vec v) { return _mm512_reduce_add_ps(v); }
inline uint64_t not_below(Vec a, Vec b) { return _mm512_cmp_ps_mask(a, b, _CMP_NLT_UQ); }

using DVec = __m512d;
constexpr size_t kDWidth = 8;

inline DVec dzero() { return _mm512_setzero_pd(); }
inline DVec dload(const float* p) { return _mm512_cvtps_pd(_mm256_loadu_ps(p)); }
inline void dstore(double* p, DVec v) { _mm512_storeu_pd(p, v); }
inline DVec dmuladd_exact(DVec a, DVec b, DVec c) { return _mm512_fmadd_pd(a, b, c); }
inline DVec dmul(DVec a, DVec b) { return _mm512_mul_pd(a, b); }
inline DVec dadd(DVec a, DVec b) { return _mm512_add_pd(a, b); }
inline DVec dsub(DVec a, DVec b) { return _mm512_sub_pd(a, b); }

#include "body.h"

}  // namespace

const KernelTable kAvx512Kernels = {
    "avx512",     kPanels * kWidth,  kWidth,
    dot,          sq_euclidean,      dot_rows,
    dot_rows_f16, sq_euclidean_rows, sq_euclidean_rows_f16,
    sq_norms,     widen,             filter_panel,
    dot_panel,    filter_mul,        dot_exact,
    sq_euclidean_exact,
};

}  // namespace vecstore
