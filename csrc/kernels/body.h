// The kernels themselves, written once over a level's vocabulary of registers.
//
// A level's file defines, in an anonymous namespace, the names below, then includes this file inside the
// same namespace and puts the functions into its table. Internal linkage keeps each level's copy its own.
//
//   Vec, kWidth          a register of kWidth floats
//   kRows, kPanels       the panel kernel's tile: kRows rows x kPanels registers of queries
//   zero() set1(x) load(p) load_tail(p, count) store(p, v) store_tail(p, v, count)   p: float or half (uint16_t)
//   fma(a, b, c) add(a, b) sub(a, b) mul(a, b) sum(v)
//   max0(v)              the larger of v and 0; 0 for NaN
//   not_below(a, b)      bit l set unless a[l] < b[l], so NaN sets it
//   DVec, kDWidth        a register of kDWidth doubles; dzero() dload(const float*) dstore(p, v)
//   dmuladd_exact(a, b, c) dmul(a, b) dadd(a, b) dsub(a, b)   the first: the product is exact, it may fuse
// No include guard: it is a body, not an interface.

struct Dot {
  static Vec add(Vec s, Vec q, Vec x) { return fma(q, x, s); }
};
struct SqEuclidean {
  static Vec add(Vec s, Vec q, Vec x) {
    const Vec d = sub(q, x);
    return fma(d, d, s);
  }
};

// One row: four sums hide the latency of the multiply-add.
template <class Op, class T>
inline float reduce_row(const float* q, const T* x, size_t dim) {
  Vec s0 = zero(), s1 = s0, s2 = s0, s3 = s0;
  size_t j = 0;
  for (; j + 4 * kWidth <= dim; j += 4 * kWidth) {
    s0 = Op::add(s0, load(q + j), load(x + j));
    s1 = Op::add(s1, load(q + j + kWidth), load(x + j + kWidth));
    s2 = Op::add(s2, load(q + j + 2 * kWidth), load(x + j + 2 * kWidth));
    s3 = Op::add(s3, load(q + j + 3 * kWidth), load(x + j + 3 * kWidth));
  }
  for (; j + kWidth <= dim; j += kWidth) s0 = Op::add(s0, load(q + j), load(x + j));
  if (j < dim) s1 = Op::add(s1, load_tail(q + j, dim - j), load_tail(x + j, dim - j));
  return sum(s0) + sum(s1) + sum(s2) + sum(s3);
}

// Four rows share each load of the query; one sum per row is enough to hide the latency.
template <class Op, class T>
inline void reduce_rows(const float* q, const T* rows, size_t n, size_t stride, size_t dim, float* out) {
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const T *x0 = rows + i * stride, *x1 = x0 + stride, *x2 = x1 + stride, *x3 = x2 + stride;
    Vec s0 = zero(), s1 = s0, s2 = s0, s3 = s0;
    size_t j = 0;
    for (; j + kWidth <= dim; j += kWidth) {
      const Vec v = load(q + j);
      s0 = Op::add(s0, v, load(x0 + j));
      s1 = Op::add(s1, v, load(x1 + j));
      s2 = Op::add(s2, v, load(x2 + j));
      s3 = Op::add(s3, v, load(x3 + j));
    }
    if (j < dim) {
      const size_t left = dim - j;
      const Vec v = load_tail(q + j, left);
      s0 = Op::add(s0, v, load_tail(x0 + j, left));
      s1 = Op::add(s1, v, load_tail(x1 + j, left));
      s2 = Op::add(s2, v, load_tail(x2 + j, left));
      s3 = Op::add(s3, v, load_tail(x3 + j, left));
    }
    out[i] = sum(s0);
    out[i + 1] = sum(s1);
    out[i + 2] = sum(s2);
    out[i + 3] = sum(s3);
  }
  for (; i < n; ++i) out[i] = reduce_row<Op>(q, rows + i * stride, dim);
}

float dot(const float* a, const float* b, size_t dim) noexcept { return reduce_row<Dot>(a, b, dim); }
float sq_euclidean(const float* a, const float* b, size_t dim) noexcept { return reduce_row<SqEuclidean>(a, b, dim); }

void dot_rows(const float* q, const float* rows, size_t n, size_t stride, size_t dim, float* out) noexcept {
  reduce_rows<Dot>(q, rows, n, stride, dim, out);
}
void dot_rows_f16(const float* q, const uint16_t* rows, size_t n, size_t stride, size_t dim, float* out) noexcept {
  reduce_rows<Dot>(q, rows, n, stride, dim, out);
}
void sq_euclidean_rows(const float* q, const float* rows, size_t n, size_t stride, size_t dim, float* out) noexcept {
  reduce_rows<SqEuclidean>(q, rows, n, stride, dim, out);
}
void sq_euclidean_rows_f16(const float* q, const uint16_t* rows, size_t n, size_t stride, size_t dim,
                           float* out) noexcept {
  reduce_rows<SqEuclidean>(q, rows, n, stride, dim, out);
}
void sq_norms(const float* rows, size_t n, size_t stride, size_t dim, float* out) noexcept {
  for (size_t i = 0; i < n; ++i) out[i] = reduce_row<Dot>(rows + i * stride, rows + i * stride, dim);
}

void widen(const uint16_t* from, size_t n, float* to) noexcept {
  size_t j = 0;
  for (; j + kWidth <= n; j += kWidth) store(to + j, load(from + j));
  if (j < n) store_tail(to + j, load_tail(from + j, n - j), n - j);
}

// R rows x V registers of queries: the sums stay in registers over the whole of dim.
template <size_t R, size_t V>
inline void tile(const float* rows, size_t stride, size_t dim, const float* panel, Vec (&s)[R][V]) {
  for (size_t r = 0; r < R; ++r)
    for (size_t v = 0; v < V; ++v) s[r][v] = zero();
  for (size_t j = 0; j < dim; ++j) {
    Vec q[V];
    for (size_t v = 0; v < V; ++v) q[v] = load(panel + (j * V + v) * kWidth);
    for (size_t r = 0; r < R; ++r) {
      const Vec x = set1(rows[r * stride + j]);
      for (size_t v = 0; v < V; ++v) s[r][v] = fma(x, q[v], s[r][v]);
    }
  }
}

// What a panel kernel does with the sums of R rows: compare them with the thresholds ...
template <size_t V>
struct Filter {
  const RowTerms& terms;
  const float* threshold;
  const float* query_slack;
  Hit* hits;
  size_t found;

  template <size_t R>
  void take(size_t first, const Vec (&s)[R][V]) {
    for (size_t r = 0; r < R; ++r) {
      const size_t i = first + r;
      const Vec scale = set1(terms.scale[i]), bias = set1(terms.bias[i]), slack = set1(terms.slack[i]);
      uint64_t lanes = 0;
      for (size_t v = 0; v < V; ++v) {
        const Vec extra = fma(slack, load(query_slack + v * kWidth), bias);
        lanes |= not_below(fma(scale, s[r][v], extra), load(threshold + v * kWidth)) << (v * kWidth);
      }
      if (lanes) hits[found++] = {static_cast<uint32_t>(i), lanes};
    }
  }
};

// ... or store them.
template <size_t V>
struct Keep {
  float* out;

  template <size_t R>
  void take(size_t first, const Vec (&s)[R][V]) {
    for (size_t r = 0; r < R; ++r)
      for (size_t v = 0; v < V; ++v) store(out + ((first + r) * V + v) * kWidth, s[r][v]);
  }
};

template <size_t V, class Sink>
inline void each_tile(const float* rows, size_t n, size_t stride, size_t dim, const float* panel, Sink& sink) {
  size_t i = 0;
  for (; i + kRows <= n; i += kRows) {
    Vec s[kRows][V];
    tile<kRows, V>(rows + i * stride, stride, dim, panel, s);
    sink.take(i, s);
  }
  for (; i < n; ++i) {
    Vec s[1][V];
    tile<1, V>(rows + i * stride, stride, dim, panel, s);
    sink.take(i, s);
  }
}

template <size_t V>
inline size_t filter_width(const float* rows, size_t n, size_t stride, size_t dim, const float* panel,
                           const RowTerms& terms, const float* threshold, const float* query_slack, Hit* hits) {
  Filter<V> sink{terms, threshold, query_slack, hits, 0};
  each_tile<V>(rows, n, stride, dim, panel, sink);
  return sink.found;
}

size_t filter_panel(const float* rows, size_t n, size_t stride, size_t dim, const float* panel, size_t lanes,
                    const RowTerms& terms, const float* threshold, const float* query_slack, Hit* hits) noexcept {
  switch (lanes / kWidth) {
    case 1:
      return filter_width<1>(rows, n, stride, dim, panel, terms, threshold, query_slack, hits);
    case 2:
      return filter_width<2>(rows, n, stride, dim, panel, terms, threshold, query_slack, hits);
    default:
      return filter_width<kPanels>(rows, n, stride, dim, panel, terms, threshold, query_slack, hits);
  }
}

template <size_t V>
inline void dot_width(const float* rows, size_t n, size_t stride, size_t dim, const float* panel, float* out) {
  Keep<V> sink{out};
  each_tile<V>(rows, n, stride, dim, panel, sink);
}

void dot_panel(const float* rows, size_t n, size_t stride, size_t dim, const float* panel, size_t lanes,
               float* out) noexcept {
  switch (lanes / kWidth) {
    case 1:
      return dot_width<1>(rows, n, stride, dim, panel, out);
    case 2:
      return dot_width<2>(rows, n, stride, dim, panel, out);
    default:
      return dot_width<kPanels>(rows, n, stride, dim, panel, out);
  }
}

// Combines the terms of V registers of rows for one question after the other; Rule says how.
template <size_t V, class Rule>
inline size_t filter_groups_width(const Rule& rule, const float* terms, const TermGroups& groups, size_t n,
                                  const float* thresholds, GroupHit* hits) {
  // Copies, which no store of a hit can change.
  const int64_t *positive = groups.positive, *negative = groups.negative;
  const int64_t *positive_end = groups.positive_offsets, *negative_end = groups.negative_offsets;
  int64_t p = *positive_end++, m = *negative_end++;
  size_t found = 0;
  for (size_t i = 0; i < n; ++i) {
    typename Rule::Bound bounds[V];
    for (size_t v = 0; v < V; ++v) bounds[v] = rule.start();
    for (const int64_t end = positive_end[i]; p < end; ++p) {
      const float* line = terms + static_cast<size_t>(positive[p]) * V * kWidth;
      for (size_t v = 0; v < V; ++v) rule.take(bounds[v], load(line + v * kWidth));
    }
    for (const int64_t end = negative_end[i]; m < end; ++m) {
      const float* line = terms + static_cast<size_t>(negative[m]) * V * kWidth;
      for (size_t v = 0; v < V; ++v) rule.take_away(bounds[v], load(line + v * kWidth));
    }
    const Vec threshold = set1(thresholds[i]);
    uint64_t lanes = 0;
    for (size_t v = 0; v < V; ++v) lanes |= rule.reaches(bounds[v], threshold) << (v * kWidth);
    if (lanes) hits[found++] = {static_cast<uint32_t>(i), lanes};
  }
  return found;
}

template <class Rule>
inline size_t filter_groups(const Rule& rule, const float* terms, size_t lanes, const TermGroups& groups, size_t n,
                            const float* thresholds, GroupHit* hits) {
  switch (lanes / kWidth) {
    case 1:
      return filter_groups_width<1>(rule, terms, groups, n, thresholds, hits);
    case 2:
      return filter_groups_width<2>(rule, terms, groups, n, thresholds, hits);
    default:
      return filter_groups_width<kPanels>(rule, terms, groups, n, thresholds, hits);
  }
}

struct Products {
  struct Bound {
    Vec above, below;
  };
  Vec error;

  Bound start() const { return {set1(1.0f), set1(1.0f)}; }
  void take(Bound& bound, Vec term) const { bound.above = mul(bound.above, add(term, error)); }
  void take_away(Bound& bound, Vec term) const { bound.below = mul(bound.below, max0(sub(term, error))); }
  uint64_t reaches(const Bound& bound, Vec threshold) const {
    return not_below(bound.above, mul(threshold, add(bound.below, set1(1e-6f))));
  }
};

struct Sums {
  using Bound = Vec;

  Bound start() const { return zero(); }
  void take(Bound& bound, Vec term) const { bound = add(bound, term); }
  void take_away(Bound& bound, Vec term) const { bound = sub(bound, term); }
  uint64_t reaches(const Bound& bound, Vec threshold) const { return not_below(bound, threshold); }
};

size_t filter_mul(const float* terms, size_t lanes, const TermGroups& groups, size_t n, float error,
                  const float* thresholds, GroupHit* hits) noexcept {
  return filter_groups(Products{set1(error)}, terms, lanes, groups, n, thresholds, hits);
}

size_t filter_sums(const float* terms, size_t lanes, const TermGroups& groups, size_t n, const float* thresholds,
                   GroupHit* hits) noexcept {
  return filter_groups(Sums{}, terms, lanes, groups, n, thresholds, hits);
}

// The float64 kernels: sixteen sums in the order that the contract fixes.
constexpr size_t kSums = 16;

struct ExactDot {
  static DVec add(DVec s, DVec a, DVec b) { return dmuladd_exact(a, b, s); }
};
struct ExactSqEuclidean {
  static DVec add(DVec s, DVec a, DVec b) {
    const DVec d = dsub(a, b);
    return dadd(s, dmul(d, d));
  }
};

template <class Op>
inline double reduce_exact(const float* a, const float* b, size_t dim) {
  DVec s[kSums / kDWidth];
  for (DVec& part : s) part = dzero();
  size_t j = 0;
  for (; j + kSums <= dim; j += kSums)
    for (size_t d = 0; d < kSums / kDWidth; ++d)
      s[d] = Op::add(s[d], dload(a + j + d * kDWidth), dload(b + j + d * kDWidth));
  if (j < dim) {
    float ta[kSums] = {}, tb[kSums] = {};
    for (size_t i = 0; j + i < dim; ++i) ta[i] = a[j + i], tb[i] = b[j + i];
    for (size_t d = 0; d < kSums / kDWidth; ++d) s[d] = Op::add(s[d], dload(ta + d * kDWidth), dload(tb + d * kDWidth));
  }
  double sums[kSums];
  for (size_t d = 0; d < kSums / kDWidth; ++d) dstore(sums + d * kDWidth, s[d]);
  for (size_t half = kSums / 2; half > 0; half /= 2)
    for (size_t i = 0; i < half; ++i) sums[i] += sums[i + half];
  return sums[0];
}

double dot_exact(const float* a, const float* b, size_t dim) noexcept { return reduce_exact<ExactDot>(a, b, dim); }
double sq_euclidean_exact(const float* a, const float* b, size_t dim) noexcept {
  return reduce_exact<ExactSqEuclidean>(a, b, dim);
}
