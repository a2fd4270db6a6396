// 3CosMul in one pass over the rows: the cosines of a panel of rows with every distinct vector are computed
// once and stay in cache while all questions combine theirs.
#include <algorithm>
#include <mutex>

#include "bounds.h"
#include "exact.h"
#include "queries.h"
#include "scan.h"
#include "threads.h"
#include "topk.h"

namespace vecstore {
namespace {

constexpr size_t kPartRows = 4096;
constexpr double kEpsilon = 1e-6;  // keeps the divisor from 0, as in the paper's implementation
// A score from which on no product on the way to it is subnormal, even times kEpsilon: roundings are relative.
constexpr double kTiniest = 0x1p-90;

class MulScan {
 public:
  MulScan(const KernelTable& kernels, const PreparedQueries& vectors, const MulQuestions& questions,
          const Exclusions& exclusions, Thresholds& thresholds, size_t k)
      : kernels_(kernels), vectors_(vectors), questions_(questions), exclusions_(exclusions), thresholds_(thresholds),
        best_(questions.n, TopK(k)), panel_(kernels.lanes * vectors.dim()), terms_(questions.vectors.n * kernels.lanes),
        row_(vectors.dim()), error_(round_up(0.5 * (1.01 * gamma(vectors.dim()) + 0x1p-22))) {}

  void scan(const Block& block, size_t first, size_t n) {
    for (size_t row = first; row < first + n; row += kernels_.lanes)
      scan_panel(block, row, std::min(kernels_.lanes, first + n - row));
  }

  std::vector<TopK>& best() { return best_; }
  Work work;

 private:
  void scan_panel(const Block& block, size_t first, size_t n) {
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
    for (float& term : terms_) term = 0.5f + 0.5f * term;

    const uint64_t used = (uint64_t{1} << n) - 1;
    work.rows += static_cast<int64_t>(n * questions_.n);
    for (size_t q = 0; q < questions_.n; ++q) {
      const int64_t p = questions_.positive_offsets[q], m = questions_.negative_offsets[q];
      uint64_t hits =
          used &
          kernels_.filter_mul(terms_.data(), lanes, questions_.positive + p,
                              static_cast<size_t>(questions_.positive_offsets[q + 1] - p), questions_.negative + m,
                              static_cast<size_t>(questions_.negative_offsets[q + 1] - m), error_, thresholds_.get(q));
      for (size_t l = 0; hits != 0; ++l, hits >>= 1)
        if (hits & 1) score(q, block, first + l);
    }
  }

  void score(size_t q, const Block& block, size_t row) {
    const int64_t global = block.first_row + static_cast<int64_t>(row);
    if (block.mask != nullptr && (block.mask[row / 64] >> (row % 64) & 1) == 0) return;
    if (exclusions_.offsets != nullptr) {
      const int64_t* end = exclusions_.rows + exclusions_.offsets[q + 1];
      if (std::find(exclusions_.rows + exclusions_.offsets[q], end, global) != end) return;
    }
    ++work.rescored;
    const float* x = float_row(kernels_, block, row, vectors_.dim(), row_.data());
    const double sq_norm = kernels_.dot_exact(x, x, vectors_.dim());
    const double numerator = product(x, sq_norm, questions_.positive, questions_.positive_offsets + q);
    const double divisor = product(x, sq_norm, questions_.negative, questions_.negative_offsets + q);
    const double distance = -(numerator / (divisor + kEpsilon));
    if (std::isnan(distance) || !best_[q].offer({distance, global}) || !best_[q].full()) return;
    const int64_t factors = questions_.positive_offsets[q + 1] - questions_.positive_offsets[q] +
                            questions_.negative_offsets[q + 1] - questions_.negative_offsets[q];
    const double best = -best_[q].reach();
    if (best < kTiniest) return;
    // 4u for each factor, and room for the additions, the comparison and 1e-6 as a float32.
    thresholds_.raise(q, round_down(best * (1.0 - static_cast<double>(4 * factors + 16) * kUnit)));
  }

  double product(const float* x, double sq_norm, const int64_t* indices, const int64_t* offsets) const {
    double result = 1.0;
    for (int64_t i = offsets[0]; i < offsets[1]; ++i) {
      const size_t v = static_cast<size_t>(indices[i]);
      const double dot = kernels_.dot_exact(vectors_.raw(v), x, vectors_.dim());
      result *= (1.0 + exact_cosine(dot, vectors_.sq_norm(v), sq_norm)) / 2.0;
    }
    return result;
  }

  const KernelTable& kernels_;
  const PreparedQueries& vectors_;
  const MulQuestions& questions_;
  const Exclusions& exclusions_;
  Thresholds& thresholds_;
  std::vector<TopK> best_;
  std::vector<float> panel_, terms_, row_;
  const float error_;
};

}  // namespace

Work scan_mul(const KernelTable& kernels, const std::vector<Block>& blocks, const MulQuestions& questions, size_t k,
              const Exclusions& exclusions, size_t threads, const Answer& answer) {
  Work work;
  if (questions.n == 0 || k == 0) return work;
  if (threads == 0) threads = default_threads();
  const PreparedQueries vectors(kernels, questions.vectors, Metric::cosine, {nullptr, nullptr});
  Thresholds thresholds(questions.n, kAlways);

  struct Part {
    const Block* block;
    size_t first, n;
  };
  std::vector<Part> parts;
  for (const Block& block : blocks)
    for (size_t first = 0; first < block.n; first += kPartRows)
      parts.push_back({&block, first, std::min(kPartRows, block.n - first)});

  // One task per thread, each taking every threads-th part, so that state exists once per thread.
  const size_t tasks = std::max<size_t>(1, std::min(threads, parts.size()));
  std::mutex merging;
  std::vector<TopK> merged(questions.n, TopK(k));
  parallel_for(tasks, tasks, [&](size_t task) {
    MulScan scan(kernels, vectors, questions, exclusions, thresholds, k);
    for (size_t part = task; part < parts.size(); part += tasks)
      scan.scan(*parts[part].block, parts[part].first, parts[part].n);
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
