// The 8-bit kernels, written once over a level's vocabulary, included after body.h in the same way. They need
//
//   IVec, kCodeRows, kCodePanels   a register of kWidth int32; the tile: kCodeRows rows x kCodePanels registers
//   iload(p) istore(p, v) iset1(x) iadd(a, b) imax(a, b) to_float(v)
//   to_int_down(v)                 rounded down; the least integer for NaN and where it does not fit
//   at_least(a, b)                 bit l set where a[l] >= b[l]
//   min_or_nan(limit, v)           the smaller; v where v is NaN
//   code_entry(p), kEntryCodes     the four bytes at p in every lane, and how many codes they are
//   code_muladd(sum, row, query)   sum + the products of the codes in each entry
//   code_dots(row, query, dim)     the sums of u_j a_j of kWidth rows as stored; row(r) says where row r begins
// No include guard: it is a body, not an interface.

// What happens for every tile is inlined and unrolled at the source: sums that a loop indexes, or whose address
// reaches a call, compilers keep in memory. What happens for few tiles is not inlined.
#if defined(_MSC_VER)
#define VECSTORE_ALWAYS_INLINE __forceinline
#define VECSTORE_NEVER_INLINE __declspec(noinline)
#define VECSTORE_INLINE_BODY
#else
#define VECSTORE_ALWAYS_INLINE inline __attribute__((always_inline))
#define VECSTORE_NEVER_INLINE __attribute__((noinline))
#define VECSTORE_INLINE_BODY __attribute__((always_inline))
#endif

template <size_t I>
struct Index {
  constexpr operator size_t() const { return I; }
};

// Calls body(Index<0>), ..., body(Index<N - 1>).
template <size_t N, size_t I = 0, class Body>
VECSTORE_ALWAYS_INLINE void each(const Body& body) {
  if constexpr (I < N) {
    body(Index<I>());
    each<N, I + 1>(body);
  }
}

// Compares the dots of some rows of one block with the thresholds of a panel's queries.
class CodeFilter {
 public:
  CodeFilter(const CodeRows& rows, const CodePanel& panel, CodeHit* hits) : rows_(rows), panel_(panel), hits_(hits) {}

  // Sets the thresholds of register v for a block of rows.
  Vec threshold(size_t block, size_t v) const {
    const size_t l = v * kWidth;
    const Vec lost =
        fma(load(panel_.length + l), set1(rows_.error[block]), mul(load(panel_.error + l), set1(rows_.length[block])));
    const Vec slack = fma(load(panel_.inverse_step + l), set1(rows_.offset_slack[block]), set1(1.0f));
    return sub(sub(mul(load(panel_.wanted + l), set1(rows_.inverse_scale[block])), lost), slack);
  }

  // `dots` of rows first .. first + R - 1 with the queries of register v.
  template <size_t R>
  VECSTORE_ALWAYS_INLINE void take(size_t first, size_t v, const IVec (&dots)[R], Vec threshold) {
    if (rows_.offset != nullptr) return take_offset(first, v, dots, threshold);
    // No dot reaches 2^31 - 128, so capping changes no answer; it keeps the conversion in range.
    const IVec least = to_int_down(min_or_nan(set1(2147483520.0f), threshold));
    IVec largest = dots[0];
    each<R>([&](auto r) VECSTORE_INLINE_BODY { largest = imax(largest, dots[r]); });
    if (at_least(largest, least) == 0) return;
    each<R>([&](auto r) VECSTORE_INLINE_BODY {
      if (const uint64_t lanes = at_least(dots[r], least)) emit(first + r, v, dots[r], lanes);
    });
  }

  size_t found() const { return found_; }

 private:
  template <size_t R>
  VECSTORE_ALWAYS_INLINE void take_offset(size_t first, size_t v, const IVec (&dots)[R], Vec threshold) {
    const Vec inverse_step = load(panel_.inverse_step + v * kWidth);
    each<R>([&](auto r) VECSTORE_INLINE_BODY {
      const Vec least = sub(threshold, mul(inverse_step, set1(rows_.offset[first + r])));
      if (const uint64_t lanes = not_below(to_float(dots[r]), least)) emit(first + r, v, dots[r], lanes);
    });
  }

  VECSTORE_NEVER_INLINE void emit(size_t row, size_t v, IVec dots, uint64_t lanes) {
    int32_t values[kWidth];
    istore(values, dots);
    for (size_t l = 0; l < kWidth; ++l)
      if (lanes >> l & 1)
        hits_[found_++] = {static_cast<uint32_t>(row), static_cast<uint32_t>(v * kWidth + l), values[l]};
  }

  const CodeRows& rows_;
  const CodePanel& panel_;
  CodeHit* hits_;
  size_t found_ = 0;
};

#ifndef VECSTORE_OWN_CODE_TILES

template <size_t R, size_t V>
VECSTORE_ALWAYS_INLINE void code_tile(const CodeRows& rows, const CodePanel& panel, size_t first,
                                      const Vec (&threshold)[V], CodeFilter& filter) {
  const unsigned char* row = static_cast<const unsigned char*>(rows.codes) + first * rows.stride;
  const unsigned char* query = static_cast<const unsigned char*>(panel.codes);
  const size_t line = kWidth * 4, group = panel.steps * line;
  IVec sums[V][R];
  each<V>([&](auto v) VECSTORE_INLINE_BODY {
    each<R>([&](auto r) VECSTORE_INLINE_BODY { sums[v][r] = iload(panel.start + v * kWidth); });
  });
  for (size_t j = 0; j < panel.steps; ++j) {
    IVec q[V];
    each<V>([&](auto v) VECSTORE_INLINE_BODY { q[v] = iload(query + v * group + j * line); });
    each<R>([&](auto r) VECSTORE_INLINE_BODY {
      const IVec x = code_entry(row + r * rows.stride + 4 * j);
      each<V>([&](auto v) VECSTORE_INLINE_BODY { sums[v][r] = code_muladd(sums[v][r], x, q[v]); });
    });
  }
  each<V>([&](auto v) VECSTORE_INLINE_BODY { filter.take(first, v, sums[v], threshold[v]); });
}

template <size_t V>
inline size_t filter_code_width(const CodeRows& rows, const CodePanel& panel, CodeHit* hits) {
  // With one register of queries a tile takes twice the rows, to have sums enough to hide the latency.
  constexpr size_t kTall = V == 1 ? 2 * kCodeRows : kCodeRows;
  static_assert(kCodeBlock % kTall == 0, "a tile must not straddle blocks");
  CodeFilter filter(rows, panel, hits);
  for (size_t start = 0; start < rows.n; start += kCodeBlock) {
    const size_t end = start + kCodeBlock < rows.n ? start + kCodeBlock : rows.n;
    Vec threshold[V];
    for (size_t v = 0; v < V; ++v) threshold[v] = filter.threshold(start / kCodeBlock, v);
    size_t i = start;
    for (; i + kTall <= end; i += kTall) code_tile<kTall, V>(rows, panel, i, threshold, filter);
    for (; i < end; ++i) code_tile<1, V>(rows, panel, i, threshold, filter);
  }
  return filter.found();
}

size_t filter_codes(const CodeRows& rows, const CodePanel& panel, CodeHit* hits) noexcept {
  switch (panel.lanes / kWidth) {
    case 1:
      return filter_code_width<1>(rows, panel, hits);
    case 2:
      return filter_code_width<2>(rows, panel, hits);
    default:
      return filter_code_width<kCodePanels>(rows, panel, hits);
  }
}

#endif

// (Level amx has its own of these.)
#ifndef VECSTORE_OWN_CODE_TILES
size_t multiply_codes(size_t rounds, int32_t* sums) noexcept {
  constexpr size_t kSumsAtOnce = kCodeRows * kCodePanels;
  IVec s[kSumsAtOnce];
  // A row that changes keeps compilers from multiplying once.
  IVec row = code_entry(sums);
  const IVec query = iset1(sums[1]), one = iset1(1);
  each<kSumsAtOnce>([&](auto i) VECSTORE_INLINE_BODY { s[i] = iset1(sums[0]); });
  for (size_t round = 0; round < rounds; ++round) {
    each<kSumsAtOnce>([&](auto i) VECSTORE_INLINE_BODY { s[i] = code_muladd(s[i], row, i % 2 == 0 ? query : row); });
    row = iadd(row, one);
  }
  each<kSumsAtOnce>([&](auto i) VECSTORE_INLINE_BODY { s[0] = iadd(s[0], s[i]); });
  istore(sums, s[0]);
  return rounds * kSumsAtOnce * kWidth * kEntryCodes;
}
#endif

// One query outruns the processor's own prefetching of memory: codes are asked for this many bytes ahead, past
// the end of the rows too, which harms nothing.
constexpr size_t kAhead = 8192;

inline void prefetch(const uint8_t* codes, size_t bytes) {
#if defined(__GNUC__)
  for (size_t line = 0; line < bytes; line += 64) __builtin_prefetch(codes + line);
#else
  (void)codes, (void)bytes;
#endif
}

// Lanes are rows here.
size_t filter_codes_one(const CodeRows& rows, const CodePanel& panel, size_t dim, CodeHit* hits) noexcept {
  const uint8_t* codes = static_cast<const uint8_t*>(rows.codes);
  const int8_t* query = static_cast<const int8_t*>(panel.codes);
  size_t found = 0;
  for (size_t i = 0; i < rows.n; i += kWidth) {
    const size_t block = i / kCodeBlock, count = rows.n - i < kWidth ? rows.n - i : kWidth;
    prefetch(codes + i * rows.stride + kAhead, kWidth * rows.stride);
    const float slack = 1.0f + panel.inverse_step[0] * rows.offset_slack[block];
    const float least = panel.wanted[0] * rows.inverse_scale[block] - panel.length[0] * rows.error[block] -
                        panel.error[0] * rows.length[block] - slack;
    IVec dots;
    Vec offset = zero();
    if (count == kWidth) {
      const uint8_t* begin = codes + i * rows.stride;
      dots = code_dots([=](size_t r) VECSTORE_INLINE_BODY { return begin + r * rows.stride; }, query, dim);
      if (rows.offset != nullptr) offset = load(rows.offset + i);
    } else {
      int32_t left[kWidth] = {};
      for (size_t r = 0; r < count; ++r)
        for (size_t j = 0; j < dim; ++j) left[r] += codes[(i + r) * rows.stride + j] * query[j];
      dots = iload(left);
      if (rows.offset != nullptr) offset = load_tail(rows.offset + i, count);
    }
    dots = iadd(dots, iset1(panel.start[0]));
    const Vec wanted = sub(set1(least), mul(offset, set1(panel.inverse_step[0])));
    uint64_t lanes = not_below(to_float(dots), wanted) & ((uint64_t{1} << count) - 1);
    if (lanes == 0) continue;
    int32_t values[kWidth];
    istore(values, dots);
    for (size_t r = 0; r < count; ++r)
      if (lanes >> r & 1) hits[found++] = {static_cast<uint32_t>(i + r), 0, values[r]};
  }
  return found;
}

void dot_codes(const uint8_t* codes, size_t stride, const uint32_t* rows, size_t n, const int8_t* query, size_t dim,
               int32_t* out) noexcept {
  for (size_t i = 0; i < n; i += kWidth) {
    const size_t last = (n - i < kWidth ? n - i : kWidth) - 1;
    // The last row stands in for those that fill the register up.
    const auto row = [=](size_t r) VECSTORE_INLINE_BODY { return codes + rows[i + (r < last ? r : last)] * stride; };
    int32_t dots[kWidth];
    istore(dots, code_dots(row, query, dim));
    memcpy(out + i, dots, (last + 1) * sizeof *dots);
  }
}
