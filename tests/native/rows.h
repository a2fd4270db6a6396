// Blocks of rows that own their memory, and the brute-force search that scans must agree with.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "core/topk.h"
#include "data.h"
#include "scan/compose.h"
#include "scan/scan.h"

namespace vecstore::check {

class Rows {
 public:
  explicit Rows(size_t dim) : dim_(dim) {}

  // One more block of n rows, with `gap` NaNs between rows. Density is the share of rows that may
  // answer; without `masked` all may.
  void add(Kind kind, Random& random, size_t n, bool half, size_t gap, bool masked, double density) {
    std::vector<float> values = vectors(kind, random, n, dim_);
    if (half && kind == Kind::denormal)
      for (float& value : values) value *= 0x1p112f;  // subnormal as a half, too
    std::vector<bool> may(n, true);
    for (size_t i = 0; masked && i < n; ++i) may[i] = uniform(random, 0, 1) < density;
    add(values, may, half, gap, masked);
  }

  void add(const std::vector<float>& values, const std::vector<bool>& may, bool half, size_t gap, bool masked) {
    const size_t n = may.size(), stride = dim_ + gap, count = n == 0 ? 0 : (n - 1) * stride + dim_;
    Block block = {};
    block.half = half, block.n = n, block.stride = stride;
    block.first_row = static_cast<int64_t>(allowed_.size());
    std::vector<float>& floats = floats_.emplace_back(half ? 0 : count, NAN);
    std::vector<uint16_t>& halves = halves_.emplace_back(half ? count : 0, uint16_t{0x7e00});
    for (size_t i = 0; i < n; ++i)
      for (size_t j = 0; j < dim_; ++j) {
        const float x = values[i * dim_ + j];
        if (half)
          halves[i * stride + j] = half_of(x);
        else
          floats[i * stride + j] = x;
        widened_.push_back(half ? static_cast<float>(value_of(halves[i * stride + j])) : x);
      }
    block.data = half ? static_cast<const void*>(halves.data()) : floats.data();

    std::vector<uint64_t>& mask = masks_.emplace_back((n + 63) / 64);
    for (size_t i = 0; i < n; ++i) {
      mask[i / 64] |= uint64_t{may[i]} << (i % 64);
      allowed_.push_back(may[i]);
    }
    if (masked) block.mask = mask.data();

    norms_.emplace_back(n);
    inverse_norms(kScalarKernels, block, dim_, 1, norms_.back().data());
    blocks_.push_back(block);
  }

  // As the binding passes them: inverse norms under cosine, and nowhere else.
  std::vector<Block> blocks(bool with_norms) const {
    std::vector<Block> result = blocks_;
    for (size_t b = 0; with_norms && b < result.size(); ++b) result[b].inverse_norms = norms_[b].data();
    return result;
  }

  size_t size() const { return allowed_.size(); }
  size_t dim() const { return dim_; }
  bool may_answer(size_t row) const { return allowed_[row]; }
  const float* row(size_t row) const { return widened_.data() + row * dim_; }

 private:
  size_t dim_;
  std::vector<Block> blocks_;
  std::deque<std::vector<float>> floats_, norms_;
  std::deque<std::vector<uint16_t>> halves_;
  std::deque<std::vector<uint64_t>> masks_;
  std::vector<float> widened_;
  std::vector<bool> allowed_;
};

// Rows that may not answer, one list per query.
struct Excluded {
  std::vector<int64_t> offsets = {0}, rows;

  Excluded(Random& random, size_t n_queries, size_t n_rows) {
    for (size_t q = 0; q < n_queries; ++q) {
      for (size_t i = n_rows == 0 ? 0 : below(random, 4); i > 0; --i)
        rows.push_back(static_cast<int64_t>(below(random, n_rows)));
      offsets.push_back(static_cast<int64_t>(rows.size()));
    }
  }
  bool holds(size_t query, size_t row) const {
    const auto begin = rows.begin() + offsets[query], end = rows.begin() + offsets[query + 1];
    return std::find(begin, end, static_cast<int64_t>(row)) != end;
  }
  Exclusions view() const { return {offsets.data(), rows.data()}; }
};

// The distance as the answers promise it, summed by the scalar level: every level returns its bits.
inline double distance(Metric metric, const float* query, const float* row, size_t dim) {
  const KernelTable& exact = kScalarKernels;
  if (metric == Metric::euclidean) return std::sqrt(exact.sq_euclidean_exact(query, row, dim));
  const double product = exact.dot_exact(query, row, dim);
  if (metric == Metric::dot) return 0.0 - product;
  const double lengths = std::sqrt(exact.dot_exact(query, query, dim) * exact.dot_exact(row, row, dim));
  const double result = 1.0 - (lengths == 0.0 ? 0.0 : product / lengths);
  return result < 0.0 ? 0.0 : result;
}

// The k first under (distance, row) of all rows that may answer and have a distance.
template <class Distance>
std::vector<Neighbor> nearest(const Rows& rows, size_t k, const Excluded* excluded, size_t query,
                              const Distance& distance) {
  std::vector<Neighbor> all;
  for (size_t r = 0; r < rows.size(); ++r) {
    if (!rows.may_answer(r) || (excluded != nullptr && excluded->holds(query, r))) continue;
    const double d = distance(rows.row(r));
    if (!std::isnan(d)) all.push_back({d, static_cast<int64_t>(r)});
  }
  std::sort(all.begin(), all.end(), [](const Neighbor& a, const Neighbor& b) {
    return a.distance != b.distance ? a.distance < b.distance : a.row < b.row;
  });
  all.resize(std::min(k, all.size()));
  return all;
}

inline bool same_bits(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; }

// Room for answers, marked so that an unused place that was written to shows.
struct Answers {
  static constexpr double kUntouched = -12345.0;
  std::vector<double> distances;
  std::vector<int64_t> rows, counts;
  size_t k;

  Answers(size_t n, size_t k_) : distances(n * k_, kUntouched), rows(n * k_, -1), counts(n, 0), k(k_) {}
  Answer view() { return {distances.data(), rows.data(), counts.data()}; }

  // What differs from the expected answer to a query; empty if nothing does. Distances must have
  // the same bits.
  std::string difference(size_t query, const std::vector<Neighbor>& expected) const {
    const size_t count = static_cast<size_t>(counts[query]);
    if (count != expected.size()) return "count " + std::to_string(count) + ", not " + std::to_string(expected.size());
    for (size_t place = 0; place < k; ++place) {
      const double d = distances[query * k + place];
      const int64_t r = rows[query * k + place];
      if (place >= count && (d != kUntouched || r != -1)) return "an unused place was written to";
      if (place < count && (!same_bits(d, expected[place].distance) || r != expected[place].row)) {
        char text[160];
        std::snprintf(text, sizeof text, "place %zu holds row %lld at %.17g, not row %lld at %.17g", place,
                      static_cast<long long>(r), d, static_cast<long long>(expected[place].row),
                      expected[place].distance);
        return text;
      }
    }
    return "";
  }
};

}  // namespace vecstore::check
