#include "scan.h"

#include <algorithm>
#include <memory>

#include "bounds.h"
#include "core/exact.h"
#include "queries.h"
#include "schedule.h"

namespace vecstore {
namespace {

// Rows of a block that are filtered in one go: about 128 KiB, so that they stay in the second-level cache
// while every panel of a group passes over them. Multiples of 64, as the words of a mask.
constexpr size_t kChunkBytes = 128 * 1024, kMaxChunk = 512;
// From this many queries on, packed panels beat one pass per query (measured at dims 100 to 768).
constexpr size_t kPanelQueries = 8;

// One thread's place: scratch memory for a chunk.
struct Scratch {
  std::vector<float> rows, norms, scale, bias, slack, panel_threshold, panel_slack, scores, row;
  std::vector<Hit> hits;

  Scratch(size_t chunk, size_t dim, bool half)
      : rows(half ? chunk * dim : 0), norms(chunk), scale(chunk), bias(chunk), slack(chunk), panel_threshold(kMaxLanes),
        panel_slack(kMaxLanes), scores(chunk), row(dim), hits(chunk) {}
};

// A group of queries over a part of the rows: the state that one thread works on.
class GroupScan {
 public:
  GroupScan(const KernelTable& kernels, const PreparedQueries& queries, Thresholds& thresholds, size_t first, size_t n,
            size_t k, size_t chunk, bool half)
      : kernels_(kernels), queries_(queries), thresholds_(thresholds), first_(first), n_(n), best_(n, TopK(k)),
        scratch_(chunk, queries.dim(), half) {
    if (n < kPanelQueries) return;
    const size_t step = kernels.lane_step, widest = kernels.lanes;
    for (size_t q = 0; q < n; q += widest) {
      const size_t lanes = std::min(widest, (n - q + step - 1) / step * step);
      panels_.push_back({q, lanes, std::vector<float>(lanes * queries.dim())});
      queries.pack(first + q, lanes, panels_.back().packed.data());
    }
  }

  void scan(const Chunk& chunk) {
    const Block& block = *chunk.block;
    if (!any_row(block, chunk.first, chunk.n)) return;
    work.rows += static_cast<int64_t>(chunk.n * n_);
    if (panels_.empty() && queries_.metric() == Metric::euclidean) return scan_directly(chunk);
    const float* rows = widened(chunk);
    const size_t stride = block.half ? queries_.dim() : block.stride;
    if (queries_.metric() != Metric::cosine)
      kernels_.sq_norms(rows, chunk.n, stride, queries_.dim(), scratch_.norms.data());
    // Null but under cosine, and null must not be added to.
    const float* inverse_norms = block.inverse_norms == nullptr ? nullptr : block.inverse_norms + chunk.first;
    fill_terms(queries_.metric(), queries_.dim(), inverse_norms, scratch_.norms.data(), chunk.n, scratch_.scale.data(),
               scratch_.bias.data(), scratch_.slack.data());
    if (panels_.empty()) return scan_row_by_row(chunk, rows, stride);
    for (const Panel& panel : panels_) scan_panel(panel, chunk, rows, stride);
  }

  void absorb(GroupScan& other) {
    for (size_t q = 0; q < n_; ++q)
      for (const Neighbor& neighbor : other.best_[q].kept()) best_[q].offer(neighbor);
    work.rows += other.work.rows;
    work.rescored += other.work.rescored;
  }

  TopK finish(size_t q) { return std::move(best_[q]); }

  Work work;

 private:
  struct Panel {
    size_t first, lanes;
    std::vector<float> packed;
  };

  const float* widened(const Chunk& chunk) {
    const Block& block = *chunk.block;
    const size_t dim = queries_.dim();
    if (!block.half) return static_cast<const float*>(block.data) + chunk.first * block.stride;
    const uint16_t* from = static_cast<const uint16_t*>(block.data) + chunk.first * block.stride;
    for (size_t i = 0; i < chunk.n; ++i) kernels_.widen(from + i * block.stride, dim, scratch_.rows.data() + i * dim);
    return scratch_.rows.data();
  }

  void scan_panel(const Panel& panel, const Chunk& chunk, const float* rows, size_t stride) {
    const size_t used = std::min(panel.lanes, n_ - panel.first);
    for (size_t l = 0; l < panel.lanes; ++l) {
      scratch_.panel_threshold[l] = l < used ? thresholds_.get(first_ + panel.first + l) : kNever;
      scratch_.panel_slack[l] = l < used ? queries_.slack(first_ + panel.first + l) : 0.0f;
    }
    const RowTerms terms = {scratch_.scale.data(), scratch_.bias.data(), scratch_.slack.data()};
    const size_t found =
        kernels_.filter_panel(rows, chunk.n, stride, queries_.dim(), panel.packed.data(), panel.lanes, terms,
                              scratch_.panel_threshold.data(), scratch_.panel_slack.data(), scratch_.hits.data());
    if (found > 0) check_interrupt();
    for (size_t h = 0; h < found; ++h) {
      const Hit& hit = scratch_.hits[h];
      for (size_t l = 0; l < used; ++l)
        if (hit.lanes >> l & 1) score(panel.first + l, *chunk.block, chunk.first + hit.row);
    }
  }

  void scan_row_by_row(const Chunk& chunk, const float* rows, size_t stride) {
    for (size_t q = 0; q < n_; ++q) {
      kernels_.dot_rows(queries_.prepared(first_ + q), rows, chunk.n, stride, queries_.dim(), scratch_.scores.data());
      const float query_slack = queries_.slack(first_ + q);
      for (size_t i = 0; i < chunk.n; ++i) {
        const float upper =
            scratch_.scale[i] * scratch_.scores[i] + (scratch_.slack[i] * query_slack + scratch_.bias[i]);
        if (!(upper < thresholds_.get(first_ + q))) score(q, *chunk.block, chunk.first + i);
      }
    }
  }

  // Euclidean without panels: sums of squared differences, which need no norms and cancel nothing.
  void scan_directly(const Chunk& chunk) {
    const Block& block = *chunk.block;
    const size_t dim = queries_.dim();
    for (size_t q = 0; q < n_; ++q) {
      const float* query = queries_.raw(first_ + q);
      if (block.half)
        kernels_.sq_euclidean_rows_f16(query, static_cast<const uint16_t*>(block.data) + chunk.first * block.stride,
                                       chunk.n, block.stride, dim, scratch_.scores.data());
      else
        kernels_.sq_euclidean_rows(query, static_cast<const float*>(block.data) + chunk.first * block.stride, chunk.n,
                                   block.stride, dim, scratch_.scores.data());
      for (size_t i = 0; i < chunk.n; ++i)
        if (!(-scratch_.scores[i] < thresholds_.get(first_ + q))) score(q, block, chunk.first + i);
    }
  }

  // A hit: its float64 distance decides, and a kept one may raise the threshold.
  void score(size_t q, const Block& block, size_t row) {
    const int64_t global = block.first_row + static_cast<int64_t>(row);
    if (!allowed(block, row) || queries_.excludes(first_ + q, global)) return;
    ++work.rescored;
    const size_t dim = queries_.dim(), query = first_ + q;
    const double distance = exact_distance(kernels_, queries_.metric(), queries_.raw(query), queries_.sq_norm(query),
                                           float_row(kernels_, block, row, dim, scratch_.row.data()), dim);
    // A row that holds a NaN (somebody else's file) has no distance and answers nothing.
    if (std::isnan(distance) || !best_[q].offer({distance, global}) || !best_[q].full()) return;
    const bool direct = panels_.empty() && queries_.metric() == Metric::euclidean;
    thresholds_.raise(query,
                      direct ? direct_threshold(dim, best_[q].reach()) : queries_.threshold(query, best_[q].reach()));
  }

  const KernelTable& kernels_;
  const PreparedQueries& queries_;
  Thresholds& thresholds_;
  size_t first_, n_;
  std::vector<TopK> best_;
  std::vector<Panel> panels_;
  Scratch scratch_;
};

}  // namespace

Work scan(const KernelTable& kernels, const std::vector<Block>& blocks, const Queries& queries, size_t k, Metric metric,
          const Exclusions& exclusions, size_t threads, const Answer& answer) {
  if (queries.n == 0) return {};
  if (threads == 0) threads = default_threads();
  const PreparedQueries prepared(kernels, queries, metric, exclusions);
  Thresholds thresholds(queries.n, k == 0 ? kNever : kAlways);
  bool half = false;
  for (const Block& block : blocks) half |= block.half;

  const size_t fitting = kChunkBytes / (sizeof(float) * queries.dim) / kFirstChunk * kFirstChunk;
  const size_t chunk = std::max(kFirstChunk, std::min(kMaxChunk, fitting));
  const size_t group = queries.n < kPanelQueries ? queries.n : group_size(queries.n, kernels.lanes, k, threads);
  return run_groups(cut(blocks, chunk), queries.n, group, k, threads, answer, [&](size_t first, size_t n) {
    return std::make_unique<GroupScan>(kernels, prepared, thresholds, first, n, k, chunk, half);
  });
}

}  // namespace vecstore
