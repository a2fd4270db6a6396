// The exact scan: the k nearest rows of some blocks for each of some queries.
#pragma once

#include <vector>

#include "core/blocks.h"
#include "core/dispatch.h"

namespace vecstore {

Work scan(const KernelTable& kernels, const std::vector<Block>& blocks, const Queries& queries, size_t k, Metric metric,
          const Exclusions& exclusions, size_t threads, const Answer& answer);

// Questions about few distinct vectors, whose places in `vectors` stand in `groups`.
struct Questions {
  Queries vectors;
  size_t n;
  TermGroups groups;
};

// The k best by 3CosMul (Levy and Goldberg, 2014): shifted cosines with the positive vectors, multiplied, over those
// with the negative ones. The distance is the negated score. Needs inverse norms.
Work scan_mul(const KernelTable& kernels, const std::vector<Block>& blocks, const Questions& questions, size_t k,
              const Exclusions& exclusions, size_t threads, const Answer& answer);

// The answer of `scan` under cosine, to queries each of which is the sum of its question's positive vectors, of unit
// length, less the negative ones, but for a factor. One that is not that sum has the same answer, only later. Needs
// inverse norms.
Work scan_sums(const KernelTable& kernels, const std::vector<Block>& blocks, const Queries& queries,
               const Questions& questions, size_t k, const Exclusions& exclusions, size_t threads,
               const Answer& answer);

}  // namespace vecstore
