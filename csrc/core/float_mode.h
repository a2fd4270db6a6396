// IEEE arithmetic for as long as an object of this type lives: round to nearest, keep subnormals.
//
// Both are settings of a thread that any library may change: loading one that was linked with -ffast-math
// makes the loading thread flush subnormals to zero, and the threads it starts inherit that. The bounds
// that scans rest on, and the promise that every engine gives the same answer, assume IEEE arithmetic.
#pragma once

#include <cfenv>

namespace vecstore {

class IeeeFloats {
 public:
  IeeeFloats() {
    std::fegetenv(&before_);
    std::fesetenv(FE_DFL_ENV);
  }
  ~IeeeFloats() { std::fesetenv(&before_); }
  IeeeFloats(const IeeeFloats&) = delete;
  IeeeFloats& operator=(const IeeeFloats&) = delete;

 private:
  std::fenv_t before_;
};

}  // namespace vecstore
