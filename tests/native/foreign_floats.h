// Arithmetic as other libraries leave it behind.
#pragma once

#include <cfenv>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace vecstore::check {

// What another library may have done to the thread that calls: rounds upwards, flushes subnormals.
class ForeignFloats {
 public:
  explicit ForeignFloats(bool foreign) {
    std::fegetenv(&before_);
    if (!foreign) return;
    std::fesetround(FE_UPWARD);
#if defined(__SSE2__)
    _mm_setcsr(_mm_getcsr() | 0x8040);
#endif
  }
  ~ForeignFloats() { std::fesetenv(&before_); }

 private:
  std::fenv_t before_;
};

}  // namespace vecstore::check
