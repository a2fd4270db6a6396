// Codes of blocks, for what works on codes.
#pragma once

#include <vector>

#include "codes/encode.h"
#include "rows.h"

namespace vecstore::check {

// Codes that own their memory.
struct Coded {
  std::vector<uint8_t> codes;
  std::vector<CodeBounds> bounds;
  std::vector<float> errors, norms, center;

  Coded(Block& block, size_t dim, Metric metric, const std::vector<float>& center_)
      : codes(block.n * code_stride(dim)), bounds(code_blocks(block.n)), errors(block.n), norms(block.n),
        center(center_) {
    encode(kScalarKernels, block, dim, metric, center.data(), 1,
           {codes.data(), bounds.data(), errors.data(), norms.data()});
    block.codes = {codes.data(), bounds.data(), errors.data(), norms.data(), center.data()};
  }
};

inline std::vector<float> center_of(const Rows& rows, Random& random) {
  std::vector<float> center(rows.dim());
  if (rows.size() == 0 || below(random, 2) == 0) return center;
  for (float& c : center) c = static_cast<float>(uniform(random, -1.0, 1.0));
  return center;
}

}  // namespace vecstore::check
