// Which kernel tables this processor can run, best first, and finding one by name.
#pragma once

#include <string>
#include <vector>

#include "kernels/kernels.h"

namespace vecstore {

// Never empty: the scalar level runs everywhere.
const std::vector<const KernelTable*>& available_levels();

// An empty name means VECSTORE_SIMD where it is set, else the best level.
// Throws std::invalid_argument naming the choices when the level is unknown or this processor lacks it.
const KernelTable& kernels_for(const std::string& level = "");

}  // namespace vecstore
