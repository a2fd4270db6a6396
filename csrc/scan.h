// The exact scan: the k nearest rows of some blocks for each of some queries.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dispatch.h"

namespace vecstore {

enum class Metric { cosine, euclidean, dot };

// What sixteen rows of codes share: their scale, their largest error, their largest length plus error.
struct CodeBounds {
  float scale, error, length;
};

// 8-bit codes of a block's rows, as `encode` makes them (encode.h).
struct BlockCodes {
  const uint8_t* codes;  // null: the block has none
  const CodeBounds* bounds;
  const float *errors, *norms;
  const float* center;  // (dim,), what was taken from each prepared row
};

// The rows of one segment. `data` points at float32, or at half floats where `half` is set.
struct Block {
  const void* data;
  bool half;
  size_t n;
  size_t stride;               // elements from one row to the next
  const float* inverse_norms;  // cosine only
  int64_t first_row;           // global number of row 0
  const uint64_t* mask;        // bit r % 64 of word r / 64: row r may be an answer; null: all may
  BlockCodes codes;
};

// Global rows that may not answer query i: rows[offsets[i]] .. rows[offsets[i + 1] - 1]; null offsets: none.
struct Exclusions {
  const int64_t* offsets;
  const int64_t* rows;

  bool hold(size_t query, int64_t row) const {
    if (offsets == nullptr) return false;
    const int64_t* end = rows + offsets[query + 1];
    return std::find(rows + offsets[query], end, row) != end;
  }
};

struct Queries {
  const float* data;  // (n, dim), finite; under cosine not zero
  size_t n;
  size_t dim;
};

// (n, k) each, nearest first; places from counts[i] on are left as they came.
struct Answer {
  double* distances;
  int64_t* rows;
  int64_t* counts;
};

// What a scan did, summed over its queries.
struct Work {
  int64_t rows = 0;      // (query, row) pairs that the filter looked at
  int64_t rescored = 0;  // pairs scored in float64
};

Work scan(const KernelTable& kernels, const std::vector<Block>& blocks, const Queries& queries, size_t k, Metric metric,
          const Exclusions& exclusions, size_t threads, const Answer& answer);

// The same answer by way of the 8-bit codes, which every block must have: rows whose certified bound cannot
// reach the k-th best are never scored (csrc/README.md has the proof). dim is at most 65536.
Work scan_codes(const KernelTable& kernels, const std::vector<Block>& blocks, const Queries& queries, size_t k,
                Metric metric, const Exclusions& exclusions, size_t threads, const Answer& answer);

// Questions about few distinct vectors, whose places in `vectors` stand in `groups`.
struct Questions {
  Queries vectors;
  size_t n;
  TermGroups groups;
};

// The k best by 3CosMul (Levy and Goldberg, 2014): shifted cosines with the positive vectors, multiplied, over those
// with the negative ones. The distance is the negated score. Needs inverse norms.
Work scan_mul(const KernelTable& kernels, const std::vector<Block>& blocks, const Questions& questions, size_t k,
              const Exclusions& exclusions, size_t threads, const Answer& answer);

// The answer of `scan` under cosine, to queries each of which is the sum of its question's positive vectors, of unit
// length, less the negative ones, but for a factor. One that is not that sum has the same answer, only later. Needs
// inverse norms.
Work scan_sums(const KernelTable& kernels, const std::vector<Block>& blocks, const Queries& queries,
               const Questions& questions, size_t k, const Exclusions& exclusions, size_t threads,
               const Answer& answer);

}  // namespace vecstore
