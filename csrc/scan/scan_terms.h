// One pass over the rows for many questions about few vectors: the cosines of a panel of rows with every distinct
// vector are computed once and stay in cache while all questions combine theirs.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "bounds.h"
#include "core/aligned.h"
#include "core/exact.h"
#include "core/threads.h"
#include "core/topk.h"
#include "queries.h"
#include "scan.h"
#include "schedule.h"

namespace vecstore {

// Rows that a thread takes at a time: a multiple of 64 and of the lanes of every level, so that no panel is part empty.
constexpr size_t kTermRows = 960;
// Hits scored, in some ms at most, between looks for an interrupt.
constexpr size_t kHitsBetweenChecks = 256;
static_assert(kMaxLanes < 64, "lanes are shifted by up to their number");

// What a float32 cosine of a prepared vector with a row in units of its length may be off by.
inline double cosine_error(size_t dim) { return 1.01 * gamma(dim) + 0x1p-22; }

// The scan of one thread for a group of questions. A Rule says what a question makes of its terms; all threads share it:
//   float term(float cosine) const
//   size_t filter(terms, groups, n, thresholds, hits) const     as the kernels have it
//   double distance(q, row) const                               in float64
//   float threshold(q, distance) const                          that better rows reach, rounded down
template <class Rule>
class TermScan {
 public:
  TermScan(const KernelTable& kernels, const PreparedQueries& vectors, const Questions& questions, size_t first,
           size_t n, const Rule& rule, const Exclusions& exclusions, Thresholds& shared, size_t k)
      : kernels_(kernels), vectors_(vectors), groups_(questions.groups.from(first)), first_(first), n_(n), rule_(rule),
        exclusions_(exclusions), shared_(shared), best_(n, TopK(k)), thresholds_(n), hits_(n),
        panel_(kernels.lanes * vectors.dim()), terms_(questions.vectors.n * kernels.lanes), row_(vectors.dim()) {}

  void scan(const Chunk& chunk) {
    for (size_t q = 0; q < n_; ++q) thresholds_[q] = shared_.get(first_ + q);
    const size_t end = chunk.first + chunk.n;
    for (size_t row = chunk.first; row < end; row += kernels_.lanes)
      scan_panel(*chunk.block, row, std::min(kernels_.lanes, end - row));
  }

  // Takes over what another thread found for the same questions.
  void absorb(TermScan& other) {
    for (size_t q = 0; q < n_; ++q)
      for (const Neighbor& neighbor : other.best_[q].kept()) best_[q].offer(neighbor);
    work.rows += other.work.rows;
    work.rescored += other.work.rescored;
  }

  TopK& best(size_t q) { return best_[q]; }
  Work work;

 private:
  void scan_panel(const Block& block, size_t first, size_t n) {
    uint64_t allowed_lanes = 0;
    for (size_t l = 0; l < n; ++l) allowed_lanes |= uint64_t{allowed(block, first + l)} << l;
    if (allowed_lanes == 0) return;
    work.rows += static_cast<int64_t>(n * n_);
    fill_cosines(block, first, n);
    const size_t n_hits = rule_.filter(terms_.data(), groups_, n_, thresholds_.data(), hits_.data());
    for (size_t i = 0; i < n_hits; ++i) {
      if (i % kHitsBetweenChecks == 0) check_interrupt();
      score(hits_[i].question, block, first, hits_[i].lanes & allowed_lanes);
    }
  }

  void fill_cosines(const Block& block, size_t first, size_t n) {
    const size_t lanes = kernels_.lanes, dim = vectors_.dim();
    std::fill(panel_.begin(), panel_.end(), 0.0f);
    for (size_t l = 0; l < n; ++l) {
      const float* x = float_row(kernels_, block, first + l, dim, row_.data());
      // In units of the row, so that the dot products below are cosines.
      const float scale = block.inverse_norms[first + l];
      const bool usable = scale >= 1 / static_cast<float>(kHuge) && scale <= static_cast<float>(kHuge);
      const float factor = usable ? scale : std::numeric_limits<float>::quiet_NaN();
      for (size_t j = 0; j < dim; ++j) panel_[j * lanes + l] = x[j] * factor;
    }
    kernels_.dot_panel(vectors_.prepared(0), terms_.size() / lanes, dim, dim, panel_.data(), lanes, terms_.data());
    for (float& term : terms_) term = rule_.term(term);
  }

  // Scores a question's hits. Each that is kept may rule out the others, of which there are many in the beginning.
  void score(size_t q, const Block& block, size_t first, uint64_t lanes) {
    for (size_t l = 0; lanes >> l != 0; ++l) {
      const int64_t row = block.first_row + static_cast<int64_t>(first + l);
      if ((lanes >> l & 1) == 0 || exclusions_.hold(first_ + q, row)) continue;
      ++work.rescored;
      const float* x = float_row(kernels_, block, first + l, vectors_.dim(), row_.data());
      const double distance = rule_.distance(first_ + q, x);
      if (std::isnan(distance) || !best_[q].offer({distance, row}) || !best_[q].full()) continue;
      const float reached = rule_.threshold(first_ + q, best_[q].reach());
      if (!(reached > thresholds_[q])) continue;
      thresholds_[q] = reached;
      shared_.raise(first_ + q, reached);
      GroupHit again = {0, 0};
      rule_.filter(terms_.data(), groups_.from(q), 1, &thresholds_[q], &again);
      lanes &= again.lanes;
    }
  }

  const KernelTable& kernels_;
  const PreparedQueries& vectors_;
  const TermGroups groups_;
  size_t first_, n_;
  const Rule& rule_;
  const Exclusions& exclusions_;
  Thresholds& shared_;
  std::vector<TopK> best_;
  std::vector<float> thresholds_;
  std::vector<GroupHit> hits_;
  LineVector<float> panel_, terms_;
  std::vector<float> row_;
};

template <class Rule>
Work scan_terms(const KernelTable& kernels, const std::vector<Block>& blocks, const PreparedQueries& vectors,
                const Questions& questions, const Rule& rule, size_t k, const Exclusions& exclusions, size_t threads,
                const Answer& answer) {
  using Scan = TermScan<Rule>;
  const IeeeFloats ieee;
  Work work;
  Thresholds thresholds(questions.n, kAlways);
  const std::vector<Chunk> chunks = cut(blocks, kTermRows);
  // A task per thread, so that state exists once per thread; it is some 64 bytes per question and its heap.
  const size_t tasks = std::max<size_t>(1, std::min(threads == 0 ? default_threads() : threads, chunks.size()));
  const size_t group = std::max<size_t>(1, kGroupBytes / (64 + sizeof(Neighbor) * k));
  for (size_t first = 0; first < questions.n; first += group) {
    const size_t n = std::min(group, questions.n - first);
    std::atomic<size_t> next{0};
    std::mutex merging;
    std::unique_ptr<Scan> merged;
    parallel_for(tasks, tasks, [&](size_t) {
      size_t chunk = next++;
      if (chunk >= chunks.size()) return;
      auto scan = std::make_unique<Scan>(kernels, vectors, questions, first, n, rule, exclusions, thresholds, k);
      for (; chunk < chunks.size(); chunk = next++) {
        check_interrupt();
        scan->scan(chunks[chunk]);
      }
      const std::lock_guard<std::mutex> hold(merging);
      if (merged)
        merged->absorb(*scan);
      else
        merged = std::move(scan);
    });
    for (size_t q = 0; q < n; ++q) answer.counts[first + q] = 0;
    if (!merged) continue;
    for (size_t q = 0; q < n; ++q) {
      const std::vector<Neighbor>& sorted = merged->best(q).sort();
      for (size_t place = 0; place < sorted.size(); ++place) {
        answer.distances[(first + q) * k + place] = sorted[place].distance;
        answer.rows[(first + q) * k + place] = sorted[place].row;
      }
      answer.counts[first + q] = static_cast<int64_t>(sorted.size());
    }
    work.rows += merged->work.rows;
    work.rescored += merged->work.rescored;
  }
  return work;
}

}  // namespace vecstore
