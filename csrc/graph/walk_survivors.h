// From the rows that a walk found to the k nearest of them, by exact distances.
#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <vector>

#include "codes/code_queries.h"
#include "core/prefetch.h"
#include "core/topk.h"
#include "walk_shortlist.h"

namespace vecstore {

// The rows of one query's shortlist that may be among the k nearest of it, as far as their codes can tell.
class Survivors {
 public:
  // Chooses them and asks for their vectors, which arrive while other queries walk.
  void choose(const Block& block, const CodeQueries& queries, size_t q, size_t k, const Shortlist& shortlist,
              const Qualifies& qualifies) {
    rows_.clear(), lower_.clear(), upper_.clear();
    for (size_t place = 0; place < shortlist.size(); ++place) {
      const uint32_t row = Shortlist::row(shortlist[place]);
      if (!qualifies(row)) continue;
      const CodeQueries::Row& query = queries.row(q);
      const double score = query.base - query.step * static_cast<double>(Shortlist::distance(shortlist[place]));
      const double room = room_of(query, block.codes.bounds[row / kCodeBlock]);
      const bool bounded = std::isfinite(score) && room < kHuge * kHuge;
      rows_.push_back(row);
      lower_.push_back(bounded ? score - room : -kInfinity);
      upper_.push_back(bounded ? score + room : kInfinity);
    }
    if (rows_.size() > k) drop_below(kth_largest(k));
    const size_t bytes = block.half ? 2 : 4;
    for (const uint32_t row : rows_)
      prefetch(static_cast<const char*>(block.data) + row * block.stride * bytes, queries.dim() * bytes);
  }

  // Scores them in float64.
  TopK nearest(const KernelTable& kernels, const Block& block, const CodeQueries& queries, size_t q, size_t k,
               std::vector<float>& scratch) const {
    TopK best(k);
    for (const uint32_t row : rows_) {
      const double distance = queries.exact(q, float_row(kernels, block, row, queries.dim(), scratch.data()));
      if (distance == distance) best.offer({distance, block.first_row + static_cast<int64_t>(row)});
    }
    return best;
  }

  size_t size() const { return rows_.size(); }

 private:
  // How far a score may lie from its estimate, by (1) of certified-scan.md with the largest error and length of the
  // row's block. The third term is for the six roundings of an estimate to float32, whose parts are below
  // reach * length; the last two are for float64, as in scan_codes.cpp.
  static double room_of(const CodeQueries::Row& query, const CodeBounds& bounds) {
    const double error = static_cast<double>(bounds.error), length = static_cast<double>(bounds.length);
    const double reach = query.length + query.error + length;
    if (!query.usable) return kInfinity;
    return query.length * error + query.error * length + 0x1p-20 * reach * length + query.rounding +
           std::abs(query.base) * kRounded;
  }

  static constexpr double kInfinity = std::numeric_limits<double>::infinity();

  double kth_largest(size_t k) {
    const auto kth = lower_.begin() + static_cast<std::ptrdiff_t>(k - 1);
    std::nth_element(lower_.begin(), kth, lower_.end(), std::greater<double>());
    return *kth;
  }

  void drop_below(double least) {
    size_t kept = 0;
    for (size_t i = 0; i < rows_.size(); ++i)
      if (!(upper_[i] < least)) rows_[kept++] = rows_[i];
    rows_.resize(kept);
  }

  std::vector<uint32_t> rows_;
  std::vector<double> lower_, upper_;
};

}  // namespace vecstore
