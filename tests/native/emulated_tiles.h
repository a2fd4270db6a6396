// AMX tiles in plain C++, for running the kernels of level amx where the processor has none. Only what amx.cpp
// uses; it includes this file outside of any namespace.
#pragma once

#include <cstdint>
#include <cstring>

namespace emulated {

struct Tile {
  uint8_t line[16][64];
};
inline thread_local Tile tiles[8];

inline void zero(int tile) { std::memset(&tiles[tile], 0, sizeof(Tile)); }
inline void load(int tile, const void* from, long stride) {
  for (int r = 0; r < 16; ++r) std::memcpy(tiles[tile].line[r], static_cast<const char*>(from) + r * stride, 64);
}
inline void store(int tile, void* to, long stride) {
  for (int r = 0; r < 16; ++r) std::memcpy(static_cast<char*>(to) + r * stride, tiles[tile].line[r], 64);
}
// Each sum of row m and column n gains four products of unsigned bytes of `a` and signed bytes of `b`, for each
// of the sixteen lines k of `b` (Intel SDM, TDPBUSD).
inline void dpbusd(int sum, int a, int b) {
  for (int m = 0; m < 16; ++m)
    for (int n = 0; n < 16; ++n) {
      int32_t value;
      std::memcpy(&value, tiles[sum].line[m] + 4 * n, 4);
      for (int k = 0; k < 64; ++k)
        value += tiles[a].line[m][k] * static_cast<int8_t>(tiles[b].line[k / 4][4 * n + k % 4]);
      std::memcpy(tiles[sum].line[m] + 4 * n, &value, 4);
    }
}

}  // namespace emulated

#undef _tile_loadconfig
#undef _tile_release
#undef _tile_zero
#undef _tile_loadd
#undef _tile_stored
#undef _tile_dpbusd
#define _tile_loadconfig(config) static_cast<void>(config)
#define _tile_release() static_cast<void>(0)
#define _tile_zero(tile) emulated::zero(tile)
#define _tile_loadd(tile, from, stride) emulated::load(tile, from, static_cast<long>(stride))
#define _tile_stored(tile, to, stride) emulated::store(tile, to, static_cast<long>(stride))
#define _tile_dpbusd(sum, a, b) emulated::dpbusd(sum, a, b)
