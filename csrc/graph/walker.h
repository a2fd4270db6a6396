// The walk itself: from a query to the rows near it, by their codes.
#pragma once

#include <limits>
#include <vector>

#include "codes/code_queries.h"
#include "core/prefetch.h"
#include "core/threads.h"
#include "walk.h"
#include "walk_marks.h"
#include "walk_shortlist.h"

namespace vecstore {

// Some 20 us.
constexpr size_t kStepsBetweenChecks = 16;
constexpr uint32_t kNoRow = std::numeric_limits<uint32_t>::max();

// Finds rows near one query after the other.
class Walker {
 public:
  Walker(const KernelTable& kernels, const Graph& graph, const Block& block, size_t dim, size_t ef, bool filtered)
      : kernels_(kernels), graph_(graph), n_(block.n), codes_(block.codes), dim_(dim), stride_(code_stride(dim)),
        lent_(block.n), marks_(*lent_), shortlist_(ef, filtered), query_codes_(dim) {
    size_t widest = graph.rows.width * kAtOnce;
    for (const GraphLevel& level : graph.levels) widest = std::max(widest, level.links.width);
    rows_.resize(widest + 1), nodes_.resize(widest + 1), dots_.resize(widest + 1);
    distances_.resize(widest + 1), entries_.resize(widest + 1);
  }

  const Shortlist& find(const CodeQueries& queries, size_t q, const Qualifies& qualifies) {
    queries.copy_codes(q, query_codes_.data());
    start_ = queries.row(q).start;
    half_norms_ = queries.metric() == Metric::euclidean ? static_cast<float>(0.5 / queries.row(q).step) : 0.0f;
    shortlist_.clear(!qualifies.every_row());
    marks_.start();
    collect(descend(), qualifies);
    return shortlist_;
  }

  int64_t estimated = 0;  // rows, so far

 private:
  // The row that greedy steps down the upper levels lead to; row 0 where they lead nowhere.
  uint32_t descend() {
    size_t node = graph_.entry;
    for (size_t level = 0; level < graph_.levels.size(); ++level) {
      if (node >= graph_.levels[level].links.n) return 0;
      node = graph_.levels[level].down[nearest_node(level, node)];
    }
    return node < n_ ? static_cast<uint32_t>(node) : 0;
  }

  size_t nearest_node(size_t level, size_t node) {
    const Links& links = graph_.levels[level].links;
    rows_[0] = row_of(level, node);
    if (rows_[0] == kNoRow) return node;
    estimate(1);
    float least = distances_[0];
    for (bool moved = true; moved;) {
      moved = false;
      const uint32_t* numbers = links.numbers + node * links.width;
      size_t n = 0;
      for (size_t i = 0; i < links.width && numbers[i] < links.n; ++i) {
        nodes_[n] = numbers[i];
        rows_[n] = row_of(level, numbers[i]);
        n += rows_[n] != kNoRow;
      }
      for (size_t i = 0; i < n; ++i) prefetch(codes_.codes + rows_[i] * stride_, stride_);
      estimate(n);
      for (size_t i = 0; i < n; ++i)
        if (distances_[i] < least) {
          least = distances_[i];
          node = nodes_[i];
          moved = true;
        }
    }
    return node;
  }

  uint32_t row_of(size_t level, size_t node) const {
    for (; level < graph_.levels.size(); ++level) {
      if (node >= graph_.levels[level].links.n) return kNoRow;
      node = graph_.levels[level].down[node];
    }
    return node < n_ ? static_cast<uint32_t>(node) : kNoRow;
  }

  // Follows the links of the nearest rows until those of every row of the shortlist were followed.
  void collect(uint32_t first, const Qualifies& qualifies) {
    Marks::Pen(marks_).mark(first);
    rows_[0] = first;
    keep_near(1, qualifies);
    uint32_t nearest[kAtOnce];
    size_t steps = 0;
    while (const size_t n = shortlist_.take(nearest)) {
      if (++steps % kStepsBetweenChecks == 0) check_interrupt();
      keep_near(new_neighbors(nearest, n), qualifies);
    }
  }

  // Fills rows_ with those neighbours of some rows that were not seen before, and returns how many they are.
  size_t new_neighbors(const uint32_t* of, size_t count) {
    const Links links = graph_.rows;
    const uint8_t* codes = codes_.codes;
    const size_t stride = stride_;
    const Marks::Pen pen(marks_);
    uint32_t* rows = rows_.data();
    size_t n = 0;
    for (size_t i = 0; i < count; ++i) {
      const uint32_t* numbers = links.numbers + of[i] * links.width;
      for (size_t j = 0; j < links.width && numbers[j] < links.n; ++j) {
        prefetch(codes + numbers[j] * stride, stride);
        rows[n] = numbers[j];
        n += pen.mark(numbers[j]);
      }
    }
    return n;
  }

  // Puts those of rows_[0 .. n) that are near enough on the shortlist, and asks for their links.
  void keep_near(size_t n, const Qualifies& qualifies) {
    estimate(n);
    const Links& links = graph_.rows;
    const size_t near = entries_below(shortlist_.reach(), n);
    for (size_t i = 0; i < near; ++i) {
      if (entries_[i] >= shortlist_.reach()) continue;
      prefetch(links.numbers + Shortlist::row(entries_[i]) * links.width, links.width * sizeof *links.numbers);
      shortlist_.insert(entries_[i], qualifies);
    }
  }

  // Estimates distances_ of rows_[0 .. n) in units of the query's step: score = base - step * distance. No level
  // rounds differently.
  void estimate(size_t n) {
    estimated += static_cast<int64_t>(n);
    kernels_.dot_codes(codes_.codes, stride_, rows_.data(), n, query_codes_.data(), dim_, dots_.data());
    const uint32_t* rows = rows_.data();
    const int32_t* dots = dots_.data();
    const CodeBounds* bounds = codes_.bounds;
    float* distances = distances_.data();
    for (size_t i = 0; i < n; ++i)
      distances[i] = -bounds[rows[i] / kCodeBlock].scale * static_cast<float>(dots[i] + start_);
    if (half_norms_ == 0.0f) return;
    const float* norms = codes_.norms;
    for (size_t i = 0; i < n; ++i) distances[i] += norms[rows[i]] * norms[rows[i]] * half_norms_;
  }

  // Fills entries_ with those of rows_[0 .. n) that are below a limit, and returns how many they are.
  size_t entries_below(Shortlist::Entry limit, size_t n) {
    const uint32_t* rows = rows_.data();
    const float* distances = distances_.data();
    Shortlist::Entry* entries = entries_.data();
    size_t below = 0;
    for (size_t i = 0; i < n; ++i) {
      entries[below] = Shortlist::entry(distances[i], rows[i]);
      below += entries[below] < limit;
    }
    return below;
  }

  const KernelTable& kernels_;
  const Graph& graph_;
  size_t n_;
  const BlockCodes& codes_;
  size_t dim_, stride_;
  Marks::Lent lent_;
  Marks& marks_;
  Shortlist shortlist_;
  int32_t start_ = 0;
  float half_norms_ = 0;  // 1/2 in units of the query's step; 0 where lengths do not count
  std::vector<int8_t> query_codes_;
  std::vector<uint32_t> rows_, nodes_;
  std::vector<int32_t> dots_;
  std::vector<float> distances_;
  std::vector<Shortlist::Entry> entries_;
};

}  // namespace vecstore
