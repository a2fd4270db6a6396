// Asking for memory before it is read.
#pragma once

#include <cstddef>

namespace vecstore {

// Any address will do: nothing is read, and what is not there is not missed.
inline void prefetch(const void* memory, size_t bytes) {
#if defined(__GNUC__)
  const char* first = static_cast<const char*>(memory);
  for (size_t at = 0; at < bytes; at += 64) __builtin_prefetch(first + at);
  __builtin_prefetch(first + bytes - 1);
#else
  (void)memory, (void)bytes;
#endif
}

}  // namespace vecstore
