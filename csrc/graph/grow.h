// Building a graph for walks: row after row is linked to those that a walk finds near it.
#pragma once

#include "walk.h"

namespace vecstore {

// Links rows that are not in the graph yet to rows that are, both ways. `links` is what `graph.rows` views, `vectors`
// holds the rows once more, as queries; the block needs codes. A row gets at most `forward` links, chosen among the
// ef nearest that a walk finds: those that are nearer to it than to any row chosen before. Where a list overflows
// from links back, its rows are chosen from in the same way. Rows of one call do not see each other, so that the
// graph does not depend on threads.
void grow(const KernelTable& kernels, const Graph& graph, uint32_t* links, const Block& block, const uint32_t* rows,
          const Queries& vectors, size_t forward, size_t ef, Metric metric, size_t threads);

}  // namespace vecstore
