// Level avx2: AVX2, FMA, F16C (Haswell, Zen and later).
//
// A multiply-add takes 4 to 5 cycles and two start per cycle, so 10 independent sums keep the units busy. The
// panel kernel holds 6 rows x 2 registers of 8 queries = 12 sums; with 2 queries and 1 broadcast that is 15
// of the 16 registers.
#if !defined(__AVX2__) || (!defined(__FMA__) && !defined(_MSC_VER))
#error "avx2.cpp must be compiled with the flags of its level"
#endif

#include <immintrin.h>
#include <string.h>

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

inline Vec min_or_nan(Vec limit, Vec v) { return _mm256_min_ps(limit, v); }

using IVec = __m256i;
constexpr size_t kCodeRows = 4, kCodePanels = 2;

inline IVec iload(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
inline void istore(int32_t* p, IVec v) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v); }
inline IVec iset1(int32_t x) { return _mm256_set1_epi32(x); }
inline IVec iadd(IVec a, IVec b) { return _mm256_add_epi32(a, b); }
inline IVec imax(IVec a, IVec b) { return _mm256_max_epi32(a, b); }
inline uint64_t at_least(IVec a, IVec b) {
  return 0xff & ~static_cast<uint64_t>(_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(b, a))));
}
inline Vec to_float(IVec v) { return _mm256_cvtepi32_ps(v); }
inline IVec to_int_down(Vec v) { return _mm256_cvtps_epi32(_mm256_floor_ps(v)); }

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

// Two codes of one row, widened to 16 bits, against two of each of eight queries. (VPMADDUBSW would take four
// 8-bit ones but saturates its sums at 16 bits.)
constexpr size_t kEntryCodes = 2;
inline IVec code_entry(const void* row) {
  int32_t two;
  memcpy(&two, row, sizeof two);
  return _mm256_set1_epi32(two);
}
inline IVec code_muladd(IVec sum, IVec row, IVec query) { return _mm256_add_epi32(sum, _mm256_madd_epi16(row, query)); }

void prepare_codes(const uint8_t* codes, size_t n, size_t stride, size_t dim, void* to, size_t to_stride) noexcept {
  for (size_t i = 0; i < n; ++i) {
    const uint8_t* from = codes + i * stride;
    uint16_t* row = reinterpret_cast<uint16_t*>(static_cast<unsigned char*>(to) + i * to_stride);
    size_t j = 0;
    for (; j + 16 <= dim; j += 16)
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(row + j),
                          _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from + j))));
    for (; j < dim; ++j) row[j] = from[j];
    if (dim % 2) row[dim] = 0;
  }
}

// Eight rows' dots with one query. The last sixteen bytes of a row are read whole, ending with the row, and
// multiplied by a query tail that is zero where they were counted before.
inline __m256i products(const uint8_t* row, __m256i query) {
  return _mm256_madd_epi16(_mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(row))), query);
}
inline __m256i widened(const int8_t* query) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(query)));
}
inline int32_t row_dot(const uint8_t* row, const int8_t* query, __m256i tail, size_t dim) {
  if (dim < 16) {
    int32_t sum = 0;
    for (size_t j = 0; j < dim; ++j) sum += row[j] * query[j];
    return sum;
  }
  __m256i sum = dim % 16 == 0 ? _mm256_setzero_si256() : products(row + dim - 16, tail);
  for (size_t j = 0; j + 16 <= dim; j += 16) sum = _mm256_add_epi32(sum, products(row + j, widened(query + j)));
  __m128i s = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
}

template <class Row>
inline IVec code_dots(const Row& row, const int8_t* query, size_t dim) {
  int16_t tail[16] = {};
  if (dim >= 16)
    for (size_t i = 16 - dim % 16; i < 16; ++i) tail[i] = query[dim - 16 + i];
  const __m256i last = iload(tail);
  alignas(32) int32_t dots[kWidth];
  for (size_t r = 0; r < kWidth; ++r) dots[r] = row_dot(row(r), query, last, dim);
  return iload(dots);
}

#include "body_codes.h"

}  // namespace

const KernelTable kAvx2Kernels = {
    "avx2",
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
