// The contract of the kernels: pure functions over buffers, one table of them per instruction-set level.
//
// Numerics. u = 2^-24, g(n) = n*u / (1 - n*u) (Higham 2002, section 3.1); "exact" means in real arithmetic.
// Float32 kernels accumulate in float32 in any order. Barring overflow, and with subnormal products off by
// at most 2^-126 each (also when the processor flushes them to zero):
//   dot, dot_rows, filter_panel   |error| <= g(dim) * sum |q_j x_ij| + dim * 2^-126   (<= g(dim) |q| |x_i| + ...)
//   sq_euclidean(_rows)           |error| <= g(dim + 2) * sum (q_j - x_ij)^2 + dim * 2^-126
//   sq_norms                      |error| <= g(dim) * sum x_ij^2 + dim * 2^-126
// Partial sums never exceed |q| |x|, so dot overflows only where |q| |x| >= 2^127.
//
// Float64 kernels (`*_exact`) work on float32 values widened to float64: products are exact, sums have
// |error| <= dim * 2^-52 * sum |terms|, nothing over- or underflows. Sixteen partial sums in a fixed order
// (element j goes to sum j % 16; sums are then added in halves: i += i+8, i+4, i+2, i+1) make every level
// return the same bits; no fused multiply-add where the product is not exact.
//
// Every kernel takes unaligned rows, a stride >= dim in elements, and reads exactly dim elements of a row.
// Tests take their tolerance from these lines.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vecstore {

// Widest packed panel of any level, in queries; hit masks are one 64-bit word per row.
constexpr size_t kMaxLanes = 48;

// One row of a block that may belong to the answer of some of the panel's queries.
struct Hit {
  uint32_t row;    // within the rows passed
  uint64_t lanes;  // bit l set: query l of the panel
};

// The terms that each of some questions combines: question i has positive[positive_offsets[i]] .. and negative[..].
struct TermGroups {
  const int64_t *positive_offsets, *positive, *negative_offsets, *negative;

  TermGroups from(size_t question) const {
    return {positive_offsets + question, positive, negative_offsets + question, negative};
  }
};

// A question that some of a panel's rows may answer.
struct GroupHit {
  uint32_t question;
  uint64_t lanes;  // bit l set: row l of the panel
};

// What the filter knows of each row beside its elements: an upper bound of the score of row i for query l is
//   scale[i] * dot(q_l, x_i) + bias[i] + slack[i] * query_slack[l]
struct RowTerms {
  const float* scale;
  const float* bias;
  const float* slack;
};

// Rows of 8-bit codes, sixteen to a block that shares one scale s (csrc/README.md). A row's code u stands for
// the vector s * (u - 128).
constexpr size_t kCodeBlock = 16;

struct CodeRows {
  const void* codes;  // as the level's `prepare_codes` left them, or as stored where it has none
  size_t stride;      // bytes
  size_t n;
  // Per block: 1/s, to nearest; rounded up, in units of s: the largest error, the largest length, what rounding
  // may do to the offsets.
  const float *inverse_scale, *error, *length, *offset_slack;
  const float* offset;  // per row, in units of s; null: none
};

// Queries packed for codes, `kWidth` lanes of the level at a time: for each such group `steps` lines of kWidth
// entries of four bytes. A query's code a stands for the vector t * a.
struct CodePanel {
  const void* codes;
  size_t lanes;  // a multiple of the level's kWidth
  size_t steps;
  const int32_t* start;  // -128 * sum of a, which turns u.a into (u - 128).a
  // In units of t: the score wanted, rounded down; the query's length and error, rounded up; 1/t.
  const float *wanted, *length, *error, *inverse_step;
};

struct CodeHit {
  uint32_t row, lane;
  int32_t dot;  // (u - 128).a, exact
};

struct KernelTable {
  const char* name;
  size_t lanes;  // queries per packed panel, a multiple of lane_step
  size_t lane_step;

  float (*dot)(const float* a, const float* b, size_t dim) noexcept;
  float (*sq_euclidean)(const float* a, const float* b, size_t dim) noexcept;

  // out[i] for n rows against one query. The _f16 forms read IEEE half floats, widened exactly.
  void (*dot_rows)(const float* query, const float* rows, size_t n, size_t stride, size_t dim, float* out) noexcept;
  void (*dot_rows_f16)(const float* query, const uint16_t* rows, size_t n, size_t stride, size_t dim,
                       float* out) noexcept;
  void (*sq_euclidean_rows)(const float* query, const float* rows, size_t n, size_t stride, size_t dim,
                            float* out) noexcept;
  void (*sq_euclidean_rows_f16)(const float* query, const uint16_t* rows, size_t n, size_t stride, size_t dim,
                                float* out) noexcept;
  void (*sq_norms)(const float* rows, size_t n, size_t stride, size_t dim, float* out) noexcept;

  // Half floats to float32, exactly.
  void (*widen)(const uint16_t* from, size_t n, float* to) noexcept;

  // Writes a hit for every row whose upper bound is not below threshold[l] for some lane l < lanes; a bound
  // that is not a number is a hit. `panel` holds element j of query l at j * lanes + l; lanes is a multiple
  // of lane_step, at most this->lanes. Returns the number of hits; `hits` has room for n.
  size_t (*filter_panel)(const float* rows, size_t n, size_t stride, size_t dim, const float* panel, size_t lanes,
                         const RowTerms& terms, const float* threshold, const float* query_slack, Hit* hits) noexcept;
  // out[i * lanes + l] = dot(q_l, x_i).
  void (*dot_panel)(const float* rows, size_t n, size_t stride, size_t dim, const float* panel, size_t lanes,
                    float* out) noexcept;

  // Questions over a panel of lanes rows: `terms` holds one line of lanes values per vector. Each writes a hit for
  // every question of n whose upper bound is not below its threshold in some lane, and returns how many they are;
  // `hits` has room for n.
  // filter_mul: of shifted cosines (1 + cos)/2, each off by at most `error`, the bound
  //   prod_p (t_p + error) / (prod_n max(t_n - error, 0) + 1e-6)
  // whose roundings on the way are relative, below 4u per factor, and in the threshold.
  size_t (*filter_mul)(const float* terms, size_t lanes, const TermGroups& groups, size_t n, float error,
                       const float* thresholds, GroupHit* hits) noexcept;
  // filter_sums: sum_p t_p - sum_n t_n, added one after the other in float32; what that rounds is in the threshold.
  size_t (*filter_sums)(const float* terms, size_t lanes, const TermGroups& groups, size_t n, const float* thresholds,
                        GroupHit* hits) noexcept;

  // Sum of a_j b_j, and of (a_j - b_j)^2, in float64.
  double (*dot_exact)(const float* a, const float* b, size_t dim) noexcept;
  double (*sq_euclidean_exact)(const float* a, const float* b, size_t dim) noexcept;

  // The 8-bit scan. A panel holds at most code_lanes queries, in groups of code_width; an entry of four bytes
  // holds code_entry codes (4: int8, 2: int16); steps are padded to a multiple of code_steps.
  size_t code_lanes, code_width, code_entry, code_steps;
  // Copies n rows into the form that filter_codes reads, `to_stride` bytes apart; null: it reads them as stored.
  // The memory there holds a multiple of 64 rows.
  void (*prepare_codes)(const uint8_t* codes, size_t n, size_t stride, size_t dim, void* to, size_t to_stride) noexcept;
  // Writes every (row, lane) whose dot reaches
  //   wanted/s - length * error_block - error * length_block - slack - 1 - offset/t        (all as above)
  // A threshold that is not a number is reached. Returns the number of hits; room for n * lanes is needed.
  // dots are exact for dim <= 65536.
  size_t (*filter_codes)(const CodeRows& rows, const CodePanel& panel, CodeHit* hits) noexcept;
  // The same for one query and rows as stored (dim bytes or more apart): a panel of one lane whose codes are
  // dim int8. Reads each row once, as vectors of its own bytes.
  size_t (*filter_codes_one)(const CodeRows& rows, const CodePanel& panel, size_t dim, CodeHit* hits) noexcept;
  // out[i] = sum_j u_j a_j, exact for dim <= 65536, of the codes u of row rows[i], stored as for filter_codes_one, and
  // the dim codes a of a query.
  void (*dot_codes)(const uint8_t* codes, size_t stride, const uint32_t* rows, size_t n, const int8_t* query,
                    size_t dim, int32_t* out) noexcept;
  // Multiplies codes held in registers and returns how many multiply-adds that were: the level's peak, for
  // benchmarks. `sums` has room for 1 KiB.
  size_t (*multiply_codes)(size_t rounds, int32_t* sums) noexcept;
};

extern const KernelTable kScalarKernels;

extern const KernelTable kAvx2Kernels;
extern const KernelTable kAvx512Kernels;
extern const KernelTable kAmxKernels;

}  // namespace vecstore
