// The harness of the native checks: counts, prints the parameters of what failed, ends with one
// line.
#pragma once

#include <atomic>
#include <cstdarg>
#include <cstdio>

namespace vecstore::check {

inline std::atomic<long> passed{0}, failed{0};

// Past this many failures only the count goes on.
constexpr long kPrinted = 20;

// One check; `parameters` (as for printf) say which, should it fail. Any thread may call it.
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
inline bool that(bool holds, const char* parameters, ...) {
  if (holds) {
    passed.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  if (failed.fetch_add(1) >= kPrinted) return false;
  char line[1024];
  std::va_list arguments;
  va_start(arguments, parameters);
  std::vsnprintf(line, sizeof line, parameters, arguments);
  va_end(arguments);
  std::printf("FAILED %s\n", line);
  return false;
}

// The last line of every check; its value is the exit status.
inline int summary() {
  std::printf("%ld passed, %ld failed\n", passed.load(), failed.load());
  return failed == 0 ? 0 : 1;
}

}  // namespace vecstore::check
