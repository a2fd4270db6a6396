// What every scan and every walk is given, and what it gives: blocks of rows, queries, an answer.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

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

}  // namespace vecstore
