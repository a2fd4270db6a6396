// Level amx: AVX-512 as in level avx512, and 8-bit tiles (Sapphire Rapids and later).
//
// A tile is 16 rows of 64 bytes; TDPBUSD multiplies 16 rows of 64 unsigned codes with 64 signed codes of each
// of 16 queries, 16,384 multiply-adds in 16 cycles. Two tiles of rows x two of queries make four tiles of
// sums, so that each tile loaded is used twice; with eight tiles that is all there is room for.
#if !defined(__AMX_INT8__) && !defined(VECSTORE_EMULATED_TILES)
#error "amx.cpp must be compiled with the flags of its level"
#endif

#include <immintrin.h>
#include <string.h>

#include "kernels.h"

#if defined(VECSTORE_EMULATED_TILES)
#include VECSTORE_EMULATED_TILES
#endif

namespace vecstore {
namespace {

#include "vocabulary_avx512.h"

#include "body.h"

#define VECSTORE_OWN_CODE_TILES
#include "body_codes.h"

constexpr size_t kTileBytes = 64, kTileSize = 16 * kTileBytes, kTileRows = 2 * kCodeBlock;

struct TileConfig {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

// Tiles read whole lines of 64 bytes, so rows are laid out in as many.
void prepare_codes(const uint8_t* codes, size_t n, size_t stride, size_t dim, void* to, size_t to_stride) noexcept {
  for (size_t i = 0; i < n; ++i) {
    uint8_t* row = static_cast<uint8_t*>(to) + i * to_stride;
    memcpy(row, codes + i * stride, dim);
    memset(row + dim, 0, to_stride - dim);
  }
}

// Sums of 32 rows with one or two groups of sixteen queries, as tiles of 16 rows x 16 queries.
template <size_t V>
inline void tile_sums(const uint8_t* rows, size_t stride, const CodePanel& panel, int32_t (*sums)[256]) {
  const uint8_t* queries = static_cast<const uint8_t*>(panel.codes);
  const size_t lines = panel.steps / 16, group = panel.steps * kTileBytes;
  // A stride of 0 fills every row of a tile with the same line.
  _tile_loadd(0, panel.start, 0);
  _tile_loadd(2, panel.start, 0);
  if constexpr (V == 2) {
    _tile_loadd(1, panel.start + 16, 0);
    _tile_loadd(3, panel.start + 16, 0);
  }
  for (size_t s = 0; s < lines; ++s) {
    _tile_loadd(4, rows + s * kTileBytes, static_cast<long>(stride));
    _tile_loadd(5, rows + kCodeBlock * stride + s * kTileBytes, static_cast<long>(stride));
    _tile_loadd(6, queries + s * kTileSize, kTileBytes);
    _tile_dpbusd(0, 4, 6);
    _tile_dpbusd(2, 5, 6);
    if constexpr (V == 2) {
      _tile_loadd(7, queries + group + s * kTileSize, kTileBytes);
      _tile_dpbusd(1, 4, 7);
      _tile_dpbusd(3, 5, 7);
    }
  }
  _tile_stored(0, sums[0], kTileBytes);
  _tile_stored(2, sums[2], kTileBytes);
  if constexpr (V == 2) {
    _tile_stored(1, sums[1], kTileBytes);
    _tile_stored(3, sums[3], kTileBytes);
  }
}

template <size_t V>
inline size_t filter_tiles(const CodeRows& rows, const CodePanel& panel, CodeHit* hits) {
  const uint8_t* codes = static_cast<const uint8_t*>(rows.codes);
  CodeFilter filter(rows, panel, hits);
  alignas(64) int32_t sums[4][256];
  for (size_t start = 0; start < rows.n; start += kTileRows) {
    tile_sums<V>(codes + start * rows.stride, rows.stride, panel, sums);
    for (size_t half = 0; half < 2 && start + half * kCodeBlock < rows.n; ++half) {
      const size_t first = start + half * kCodeBlock;
      each<V>([&](auto v) VECSTORE_INLINE_BODY {
        IVec dots[kCodeBlock];
        each<kCodeBlock>([&](auto r) VECSTORE_INLINE_BODY { dots[r] = iload(sums[2 * half + v] + 16 * r); });
        filter.take(first, v, dots, filter.threshold(first / kCodeBlock, v));
      });
    }
  }
  // The last tile may hold rows that are not there.
  size_t found = 0;
  for (size_t h = 0; h < filter.found(); ++h)
    if (hits[h].row < rows.n) hits[found++] = hits[h];
  return found;
}

size_t filter_codes(const CodeRows& rows, const CodePanel& panel, CodeHit* hits) noexcept {
  const TileConfig config;
  _tile_loadconfig(&config);
  const size_t found = panel.lanes == kWidth ? filter_tiles<1>(rows, panel, hits) : filter_tiles<2>(rows, panel, hits);
  _tile_release();
  return found;
}

size_t multiply_codes(size_t rounds, int32_t* sums) noexcept {
  const TileConfig config;
  _tile_loadconfig(&config);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_loadd(4, sums, 0);
  _tile_loadd(5, sums, 0);
  _tile_loadd(6, sums, 0);
  _tile_loadd(7, sums, 0);
  for (size_t round = 0; round < rounds; ++round) {
    _tile_dpbusd(0, 4, 6);
    _tile_dpbusd(1, 4, 7);
    _tile_dpbusd(2, 5, 6);
    _tile_dpbusd(3, 5, 7);
  }
  _tile_stored(0, sums, kTileBytes);
  _tile_release();
  return rounds * 4 * 16 * 16 * 64;
}

}  // namespace

const KernelTable kAmxKernels = {
    "amx",
    kPanels * kWidth,
    kWidth,
    dot,
    sq_euclidean,
    dot_rows,
    dot_rows_f16,
    sq_euclidean_rows,
    sq_euclidean_rows_f16,
    sq_norms,
    widen,
    filter_panel,
    dot_panel,
    filter_mul,
    filter_sums,
    dot_exact,
    sq_euclidean_exact,
    2 * kWidth,
    kWidth,
    kEntryCodes,
    16,
    prepare_codes,
    filter_codes,
    filter_codes_one,
    dot_codes,
    multiply_codes,
};

}  // namespace vecstore
