// One pass over the rows for many questions about few vectors: the cosines of a panel of rows with every distinct
// vector are computed once and stay in cache while all questions combine theirs.
#pragma once

#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

#include "aligned.h"
#include "bounds.h"
#include "exact.h"
#include "queries.h"
#include "schedule.h"
#include "threads.h"
#include "topk.h"

namespace vecstore {

// Rows that a thread takes at a time.
constexpr size_t kTermRows = 1024;

// What a float32 cosine of a prepared vector with a row in units of its length may be off by.
inline double cosine_error(size_t dim) { return 1.01 * gamma(dim) + 0x1p-22; }

// The scan of one thread. A Rule says what a question makes of its terms; all threads share it:
//   float term(float cosine) const
//   size_t filter(terms, questions' groups, n, thresholds, hits) const     as the kernels have it
//   double distance(q, row) const                                          in float64
//   float threshold(q, distance) const                                     that better rows reach, rounded down
template <class Rule>
class TermScan {
 public:
  TermScan(const KernelTable& kernels, const PreparedQueries& vectors, const Questions& questions, const Rule& rule,
           const Exclusions& exclusions, Thresholds& shared, size_t k)
      : kernels_(kernels), vectors_(vectors), questions_(questions), rule_(rule), exclusions_(exclusions),
        shared_(shared), best_(questions.n, TopK(k)), thresholds_(questions.n), hits_(questions.n),
        panel_(kernels.lanes * vectors.dim()), terms_(questions.vectors.n * kernels.lanes), row_(vectors.dim()) {}

  void scan(const Chunk& chunk) {
    for (size_t q = 0; q < questions_.n; ++q) thresholds_[q] = shared_.get(q);
    const size_t end = chunk.first + chunk.n;
    for (size_t row = chunk.first; row < end; row += kernels_.lanes)
      scan_panel(*chunk.block, row, std::min(kernels_.lanes, end - row));
  }

  std::vector<TopK>& best() { return best_; }
  Work work;

 private:
  void scan_panel(const Block& block, size_t first, size_t n) {
    uint64_t allowed_lanes = 0;
    for (size_t l = 0; l < n; ++l) allowed_lanes |= uint64_t{allowed(block, first + l)} << l;
    if (allowed_lanes == 0) return;
    work.rows += static_cast<int64_t>(n * questions_.n);
    fill_terms(block, first, n);
    const size_t n_hits =
        rule_.filter(terms_.data(), questions_.groups, questions_.n, thresholds_.data(), hits_.data());
    for (size_t i = 0; i < n_hits; ++i) score(hits_[i].question, block, first, hits_[i].lanes & allowed_lanes);
  }

  void fill_terms(const Block& block, size_t first, size_t n) {
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
    kernels_.dot_panel(vectors_.prepared(0), questions_.vectors.n, dim, dim, panel_.data(), lanes, terms_.data());
    for (float& term : terms_) term = rule_.term(term);
  }

  // Scores a question's hits. Each that is kept may rule out the others, of which there are many in the beginning.
  void score(size_t q, const Block& block, size_t first, uint64_t lanes) {
    for (size_t l = 0; lanes >> l != 0; ++l) {
      if ((lanes >> l & 1) == 0 || excluded(q, block.first_row + static_cast<int64_t>(first + l))) continue;
      ++work.rescored;
      const double distance = rule_.distance(q, float_row(kernels_, block, first + l, vectors_.dim(), row_.data()));
      const int64_t row = block.first_row + static_cast<int64_t>(first + l);
      if (std::isnan(distance) || !best_[q].offer({distance, row}) || !best_[q].full()) continue;
      const float reached = rule_.threshold(q, best_[q].reach());
      if (!(reached > thresholds_[q])) continue;
      thresholds_[q] = reached;
      shared_.raise(q, reached);
      GroupHit again = {0, 0};
      rule_.filter(terms_.data(), questions_.groups.from(q), 1, &thresholds_[q], &again);
      lanes &= again.lanes;
    }
  }

  bool excluded(size_t q, int64_t row) const {
    if (exclusions_.offsets == nullptr) return false;
    const int64_t* end = exclusions_.rows + exclusions_.offsets[q + 1];
    return std::find(exclusions_.rows + exclusions_.offsets[q], end, row) != end;
  }

  const KernelTable& kernels_;
  const PreparedQueries& vectors_;
  const Questions& questions_;
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
  Work work;
  Thresholds thresholds(questions.n, kAlways);
  const std::vector<Chunk> chunks = cut(blocks, kTermRows);
  std::atomic<size_t> next{0};
  std::mutex merging;
  std::vector<TopK> merged(questions.n, TopK(k));
  // A task per thread, so that state exists once per thread.
  const size_t tasks = std::max<size_t>(1, std::min(threads == 0 ? default_threads() : threads, chunks.size()));
  parallel_for(tasks, tasks, [&](size_t) {
    TermScan<Rule> scan(kernels, vectors, questions, rule, exclusions, thresholds, k);
    for (size_t chunk = next++; chunk < chunks.size(); chunk = next++) scan.scan(chunks[chunk]);
    const std::lock_guard<std::mutex> hold(merging);
    work.rows += scan.work.rows;
    work.rescored += scan.work.rescored;
    for (size_t q = 0; q < questions.n; ++q)
      for (const Neighbor& neighbor : scan.best()[q].kept()) merged[q].offer(neighbor);
  });
  for (size_t q = 0; q < questions.n; ++q) {
    const std::vector<Neighbor>& sorted = merged[q].sort();
    for (size_t place = 0; place < sorted.size(); ++place) {
      answer.distances[q * k + place] = sorted[place].distance;
      answer.rows[q * k + place] = sorted[place].row;
    }
    answer.counts[q] = static_cast<int64_t>(sorted.size());
  }
  return work;
}

}  // namespace vecstore
