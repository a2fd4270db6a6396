// The exact scan by way of 8-bit codes.
#pragma once

#include <vector>

#include "core/blocks.h"
#include "core/dispatch.h"

namespace vecstore {

// The answer of `scan` (scan/scan.h) by way of the 8-bit codes, which every block must have: rows whose certified bound cannot
// reach the k-th best are never scored (csrc/README.md has the proof). dim is at most 65536.
Work scan_codes(const KernelTable& kernels, const std::vector<Block>& blocks, const Queries& queries, size_t k,
                Metric metric, const Exclusions& exclusions, size_t threads, const Answer& answer);

}  // namespace vecstore
