// Approximate search: a walk through a graph whose links lead to near rows (HNSW: Malkov and Yashunin, 2018),
// guided by 8-bit codes. Answers carry exact distances; rows may be missing from them.
#pragma once

#include <vector>

#include "core/blocks.h"
#include "core/dispatch.h"

namespace vecstore {

// Neighbours of n nodes. Those of node i begin at numbers[i * width]; the first number that is not below n ends
// them. Nothing else is believed of the numbers, which may come from a damaged file.
struct Links {
  const uint32_t* numbers;
  size_t n, width;
};

// An upper level. down[i] is where node i stands one level down: a node there, or a row.
struct GraphLevel {
  Links links;
  const uint32_t* down;
};

struct Graph {
  Links rows;
  std::vector<GraphLevel> levels;  // highest first
  size_t entry;                    // a node of levels.front(), or a row
};

// Rows are 31-bit numbers here.
constexpr size_t kMostGraphRows = size_t{1} << 31;

// Of the rows near each query, as many as `ef` of those that may answer are found, estimated and followed; the k
// nearest of them are the answer. Rows that may not answer are followed like others. The block needs codes, and
// as many rows as the graph. dim is at most 65536.
Work walk(const KernelTable& kernels, const Graph& graph, const Block& block, const Queries& queries, size_t k,
          size_t ef, Metric metric, const Exclusions& exclusions, size_t threads, const Answer& answer);

}  // namespace vecstore
