// How a scan is cut into tasks: groups of queries x parts of the rows, and how its parts become one answer.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <vector>

#include "core/blocks.h"
#include "core/threads.h"
#include "core/topk.h"

namespace vecstore {

// Below this many rows another part is not worth its own start.
constexpr size_t kMinPartRows = 8192;
// Queries whose state a thread holds at once, and the bytes of answers-in-the-making they may take.
constexpr size_t kGroupQueries = 1056, kGroupBytes = size_t{64} << 20;
// The rows of the first chunk; every row of it is a hit.
constexpr size_t kFirstChunk = 64;

struct Chunk {
  const Block* block;
  size_t first, n;  // rows within the block; first is a multiple of kFirstChunk
};

// Whether a mask leaves any of these rows; `first` is a multiple of 64.
inline bool any_row(const Block& block, size_t first, size_t n) {
  if (block.mask == nullptr) return true;
  for (size_t word = first / 64; word * 64 < first + n; ++word)
    if (block.mask[word] != 0) return true;
  return false;
}

inline bool allowed(const Block& block, size_t row) {
  return block.mask == nullptr || (block.mask[row / 64] >> (row % 64) & 1) != 0;
}

// Chunks of every block in order. The first ones are small, so that thresholds exist before much is kept;
// then they double.
inline std::vector<Chunk> cut(const std::vector<Block>& blocks, size_t chunk_rows) {
  std::vector<Chunk> chunks;
  size_t done = 0;
  for (const Block& block : blocks)
    for (size_t first = 0; first < block.n;) {
      const size_t size = std::min(chunk_rows, std::max(kFirstChunk, done / kFirstChunk * kFirstChunk));
      const size_t n = std::min(size, block.n - first);
      chunks.push_back({&block, first, n});
      first += n;
      done += n;
    }
  return chunks;
}

// Queries per group: a thread's share in whole panels of `lanes`, as far as memory allows.
inline size_t group_size(size_t n_queries, size_t lanes, size_t k, size_t threads) {
  const size_t fits = std::max<size_t>(1, kGroupBytes / (sizeof(Neighbor) * std::max<size_t>(1, k)));
  const size_t share = (n_queries + threads - 1) / threads;
  return std::max<size_t>(1, std::min({fits, kGroupQueries, (share + lanes - 1) / lanes * lanes}));
}

// `make(first, n)` gives the scan of queries first .. first + n - 1: an object with
//   void scan(const Chunk&)   looks at some rows
//   void absorb(Scan&)        takes over what another part of the same group found
//   TopK finish(size_t q)     the answer of query q
//   Work work
template <class Make>
Work run_groups(const std::vector<Chunk>& chunks, size_t n_queries, size_t group, size_t k, size_t threads,
                const Answer& answer, const Make& make) {
  using Scan = typename decltype(make(0, 0))::element_type;
  size_t rows = 0;
  for (const Chunk& chunk : chunks) rows += chunk.n;
  const size_t n_groups = (n_queries + group - 1) / group;
  // Several parts per thread let a thread that was slowed down hand work over.
  size_t n_parts = threads == 1 ? 1 : (4 * threads + n_groups - 1) / n_groups;
  n_parts = std::max<size_t>(1, std::min({n_parts, rows / kMinPartRows, chunks.size()}));

  struct Group {
    std::mutex merging;
    std::unique_ptr<Scan> merged;
    size_t parts_left;
  };
  std::vector<Group> groups(n_groups);
  for (Group& g : groups) g.parts_left = n_parts;
  std::mutex counting;
  Work work;

  parallel_for(n_groups * n_parts, threads, [&](size_t task) {
    Group& mine = groups[task / n_parts];
    const size_t part = task % n_parts, first = task / n_parts * group, n = std::min(group, n_queries - first);
    auto scan = make(first, n);
    for (size_t c = chunks.size() * part / n_parts; c < chunks.size() * (part + 1) / n_parts; ++c) {
      check_interrupt();
      scan->scan(chunks[c]);
    }
    {
      const std::lock_guard<std::mutex> hold(mine.merging);
      if (mine.merged) {
        mine.merged->absorb(*scan);
        scan.reset();
      } else {
        mine.merged = std::move(scan);
      }
      if (--mine.parts_left > 0) return;
      scan = std::move(mine.merged);
    }
    for (size_t q = 0; q < n; ++q) {
      check_interrupt();
      TopK best = scan->finish(q);
      const std::vector<Neighbor>& sorted = best.sort();
      for (size_t place = 0; place < sorted.size(); ++place) {
        answer.distances[(first + q) * k + place] = sorted[place].distance;
        answer.rows[(first + q) * k + place] = sorted[place].row;
      }
      answer.counts[first + q] = static_cast<int64_t>(sorted.size());
    }
    const std::lock_guard<std::mutex> hold(counting);
    work.rows += scan->work.rows;
    work.rescored += scan->work.rescored;
  });
  return work;
}

}  // namespace vecstore
