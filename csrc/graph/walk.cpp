#include "walk.h"

#include <atomic>

#include "core/threads.h"
#include "walk_survivors.h"
#include "walker.h"

namespace vecstore {
namespace {

// Queries of one task at most: they walk one after the other before any is scored.
constexpr size_t kMostPerTask = 8;

Qualifies qualifying(const Block& block, const Exclusions& exclusions, size_t query) {
  if (exclusions.offsets == nullptr) return {&block, nullptr, nullptr};
  return {&block, exclusions.rows + exclusions.offsets[query], exclusions.rows + exclusions.offsets[query + 1]};
}

}  // namespace

Work walk(const KernelTable& kernels, const Graph& graph, const Block& block, const Queries& queries, size_t k,
          size_t ef, Metric metric, const Exclusions& exclusions, size_t threads, const Answer& answer) {
  if (queries.n == 0 || block.n == 0 || k == 0) return {};
  ef = std::min(std::max(ef, k), block.n);
  if (threads == 0) threads = default_threads();
  const size_t per_task = std::min(kMostPerTask, (queries.n + threads - 1) / threads);
  std::atomic<int64_t> estimated{0}, rescored{0};
  parallel_for((queries.n + per_task - 1) / per_task, threads, [&](size_t task) {
    const size_t first = task * per_task, n = std::min(per_task, queries.n - first);
    const CodeQueries some(kernels, {queries.data + first * queries.dim, n, queries.dim}, metric, block.codes.center);
    Walker walker(kernels, graph, block, queries.dim, ef, block.mask != nullptr || exclusions.offsets != nullptr);
    Survivors survivors[kMostPerTask];
    for (size_t q = 0; q < n; ++q) {
      const Qualifies qualifies = qualifying(block, exclusions, first + q);
      survivors[q].choose(block, some, q, k, walker.find(some, q, qualifies), qualifies);
    }
    estimated += walker.estimated;
    std::vector<float> scratch(queries.dim);
    for (size_t q = 0; q < n; ++q) {
      TopK best = survivors[q].nearest(kernels, block, some, q, k, scratch);
      const std::vector<Neighbor>& sorted = best.sort();
      for (size_t place = 0; place < sorted.size(); ++place) {
        answer.distances[(first + q) * k + place] = sorted[place].distance;
        answer.rows[(first + q) * k + place] = sorted[place].row;
      }
      answer.counts[first + q] = static_cast<int64_t>(sorted.size());
      rescored += static_cast<int64_t>(survivors[q].size());
    }
  });
  Work work;
  work.rows = estimated, work.rescored = rescored;
  return work;
}

}  // namespace vecstore
