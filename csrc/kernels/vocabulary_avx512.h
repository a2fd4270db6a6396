// The registers of AVX-512, in the words of body.h and body_codes.h; shared by the levels avx512 and amx, and
// included inside the anonymous namespace of each. No include guard: it is a body, not an interface.

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
inline Vec min_or_nan(Vec limit, Vec v) { return _mm512_min_ps(limit, v); }

using DVec = __m512d;
constexpr size_t kDWidth = 8;

inline DVec dzero() { return _mm512_setzero_pd(); }
inline DVec dload(const float* p) { return _mm512_cvtps_pd(_mm256_loadu_ps(p)); }
inline void dstore(double* p, DVec v) { _mm512_storeu_pd(p, v); }
inline DVec dmuladd_exact(DVec a, DVec b, DVec c) { return _mm512_fmadd_pd(a, b, c); }
inline DVec dmul(DVec a, DVec b) { return _mm512_mul_pd(a, b); }
inline DVec dadd(DVec a, DVec b) { return _mm512_add_pd(a, b); }
inline DVec dsub(DVec a, DVec b) { return _mm512_sub_pd(a, b); }

using IVec = __m512i;
constexpr size_t kCodeRows = 8, kCodePanels = 3;

inline IVec iload(const void* p) { return _mm512_loadu_si512(p); }
inline void istore(int32_t* p, IVec v) { _mm512_storeu_si512(p, v); }
inline IVec iset1(int32_t x) { return _mm512_set1_epi32(x); }
inline IVec iadd(IVec a, IVec b) { return _mm512_add_epi32(a, b); }
inline IVec imax(IVec a, IVec b) { return _mm512_max_epi32(a, b); }
inline uint64_t at_least(IVec a, IVec b) { return _mm512_cmpge_epi32_mask(a, b); }
inline Vec to_float(IVec v) { return _mm512_cvtepi32_ps(v); }
inline IVec to_int_down(Vec v) { return _mm512_cvt_roundps_epi32(v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }

// Four codes of one row against four of each of sixteen queries, unsigned by signed.
constexpr size_t kEntryCodes = 4;
inline IVec code_entry(const void* row) {
  int32_t four;
  memcpy(&four, row, sizeof four);
  return _mm512_set1_epi32(four);
}
inline IVec code_muladd(IVec sum, IVec row, IVec query) {
#if defined(__GNUC__) && !defined(__clang__)
  // Through its intrinsic GCC 12 keeps a second copy of each sum, which does not fit the registers: 0.6 times
  // the speed.
  asm("vpdpbusd\t%2, %1, %0" : "+v"(sum) : "v"(row), "v"(query));
  return sum;
#else
  return _mm512_dpbusd_epi32(sum, row, query);
#endif
}

// Sixteen rows' dots with one query. The last 64 bytes of a row are read whole, ending with the row, against a
// query tail that is zero where they were counted before: masked loads of the rows cost three times as much.
// `tail` is the query's last (dim - 1) % 64 + 1 codes at the end of a register, or all of them at its start.
inline __m512i row_sums(const uint8_t* row, const int8_t* query, __m512i tail, size_t dim) {
  if (dim < 64) {
    const __mmask64 m = (uint64_t{1} << dim) - 1;
    return _mm512_dpbusd_epi32(_mm512_setzero_si512(), _mm512_maskz_loadu_epi8(m, row), tail);
  }
  __m512i sum = _mm512_dpbusd_epi32(_mm512_setzero_si512(), _mm512_loadu_si512(row + dim - 64), tail);
  for (size_t j = 0; j + 64 < dim; j += 64)
    sum = _mm512_dpbusd_epi32(sum, _mm512_loadu_si512(row + j), _mm512_loadu_si512(query + j));
  return sum;
}
inline __m512i query_tail(const int8_t* query, size_t dim) {
  int8_t tail[64] = {};
  const size_t count = dim < 64 ? dim : (dim - 1) % 64 + 1, at = dim < 64 ? 0 : 64 - count;
  memcpy(tail + at, query + dim - count, count);
  return _mm512_loadu_si512(tail);
}

// Adds each register of a pair within itself, side by side: lanes of a and b alternate in 64-bit pairs.
inline __m512i add_pairs(__m512i a, __m512i b) {
  return _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
}
inline __m512i add_quads(__m512i a, __m512i b) {
  return _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
}
// Dots of four rows within each 128-bit quarter, one row per lane.
template <class Row>
inline __m512i four_rows(const Row& row, size_t r, const int8_t* query, __m512i tail, size_t dim) {
  return add_quads(add_pairs(row_sums(row(r), query, tail, dim), row_sums(row(r + 1), query, tail, dim)),
                   add_pairs(row_sums(row(r + 2), query, tail, dim), row_sums(row(r + 3), query, tail, dim)));
}

template <class Row>
inline IVec code_dots(const Row& row, const int8_t* query, size_t dim) {
  const __m512i tail = query_tail(query, dim);
  const __m512i a = four_rows(row, 0, query, tail, dim), b = four_rows(row, 4, query, tail, dim),
                c = four_rows(row, 8, query, tail, dim), d = four_rows(row, 12, query, tail, dim);
  const __m512i ab = _mm512_add_epi32(_mm512_shuffle_i64x2(a, b, 0x88), _mm512_shuffle_i64x2(a, b, 0xdd));
  const __m512i cd = _mm512_add_epi32(_mm512_shuffle_i64x2(c, d, 0x88), _mm512_shuffle_i64x2(c, d, 0xdd));
  return _mm512_add_epi32(_mm512_shuffle_i64x2(ab, cd, 0x88), _mm512_shuffle_i64x2(ab, cd, 0xdd));
}
