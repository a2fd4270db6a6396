// Level avx512: AVX-512 F, BW, DQ, VL, VNNI (Ice Lake server, Sapphire Rapids, Zen 4 and later).
//
// A multiply-add takes 4 cycles and two start per cycle (Ice Lake server, Zen 5), so 8 independent sums keep
// the units busy. The panel kernel holds 8 rows x 3 registers of 16 queries = 24 sums: per element of dim it
// loads 3 registers of queries and broadcasts 8 floats for 24 multiply-adds, well below the two loads that a
// cycle allows; 24 sums + 3 queries + 1 broadcast fit the 32 registers. The code kernel has the same shape:
// VPDPBUSD does 64 multiply-adds of bytes at the rate at which an FMA does 16.
#if !defined(__AVX512F__) || !defined(__AVX512BW__) || !defined(__AVX512DQ__) || !defined(__AVX512VL__)
#error "avx512.cpp must be compiled with the flags of its level"
#endif

#include <immintrin.h>
#include <string.h>

#include "kernels.h"

namespace vecstore {
namespace {

#include "vocabulary_avx512.h"

#include "body.h"

#include "body_codes.h"

}  // namespace

const KernelTable kAvx512Kernels = {
    "avx512",
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
    kCodePanels * kWidth,
    kWidth,
    kEntryCodes,
    1,
    nullptr,
    filter_codes,
    filter_codes_one,
    dot_codes,
    multiply_codes,
};

}  // namespace vecstore
