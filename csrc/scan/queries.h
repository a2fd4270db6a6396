// Queries made ready for the filter: unit length under cosine, their lengths, their excluded rows.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstring>
#include <vector>

#include "bounds.h"
#include "core/blocks.h"
#include "core/dispatch.h"
#include "core/float_mode.h"

namespace vecstore {

class PreparedQueries {
 public:
  PreparedQueries(const KernelTable& kernels, const Queries& queries, Metric metric, const Exclusions& exclusions)
      : queries_(queries), metric_(metric), exclusions_(exclusions), sq_norms_(queries.n), lengths_(queries.n) {
    const IeeeFloats ieee;
    for (size_t i = 0; i < queries.n; ++i) {
      sq_norms_[i] = kernels.dot_exact(raw(i), raw(i), queries.dim);
      lengths_[i] = std::sqrt(sq_norms_[i]);
    }
    if (metric != Metric::cosine) return;
    unit_.resize(queries.n * queries.dim);
    for (size_t i = 0; i < queries.n; ++i) {
      for (size_t j = 0; j < queries.dim; ++j)
        unit_[i * queries.dim + j] = static_cast<float>(static_cast<double>(raw(i)[j]) / lengths_[i]);
      lengths_[i] = 1.0;
    }
  }

  size_t dim() const { return queries_.dim; }
  Metric metric() const { return metric_; }
  const float* raw(size_t i) const { return queries_.data + i * queries_.dim; }
  const float* prepared(size_t i) const { return unit_.empty() ? raw(i) : unit_.data() + i * queries_.dim; }
  double sq_norm(size_t i) const { return sq_norms_[i]; }
  float slack(size_t i) const { return query_slack(dim(), lengths_[i]); }
  float threshold(size_t i, double distance) const {
    return vecstore::threshold(metric_, dim(), sq_norms_[i], lengths_[i], distance);
  }

  bool excludes(size_t i, int64_t row) const { return exclusions_.hold(i, row); }

  // `lanes` queries from `first` on, element j of query l at j * lanes + l; lanes without a query are zero.
  void pack(size_t first, size_t lanes, float* panel) const {
    const size_t count = std::min(lanes, queries_.n - first);
    std::memset(panel, 0, lanes * dim() * sizeof(float));
    for (size_t l = 0; l < count; ++l)
      for (size_t j = 0; j < dim(); ++j) panel[j * lanes + l] = prepared(first + l)[j];
  }

 private:
  Queries queries_;
  Metric metric_;
  Exclusions exclusions_;
  std::vector<double> sq_norms_, lengths_;
  std::vector<float> unit_;
};

// The running threshold of each query, shared by every thread that scans rows for it. It only rises: a part of
// the rows whose k-th best is at some distance proves that the whole has its k-th best no farther.
class Thresholds {
 public:
  Thresholds(size_t n, float start) : values_(n) {
    for (std::atomic<float>& value : values_) value.store(start, std::memory_order_relaxed);
  }
  float get(size_t i) const { return values_[i].load(std::memory_order_relaxed); }
  void raise(size_t i, float to) {
    float seen = get(i);
    while (seen < to && !values_[i].compare_exchange_weak(seen, to, std::memory_order_relaxed)) {
    }
  }

 private:
  std::vector<std::atomic<float>> values_;
};

}  // namespace vecstore
