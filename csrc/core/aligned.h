// Memory that begins where a line of the cache does, so that no register's worth of it lies in two lines.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace vecstore {

constexpr std::align_val_t kLine{64};  // bytes

template <class T>
struct OnLines {
  using value_type = T;

  OnLines() = default;
  template <class U>
  OnLines(const OnLines<U>&) {}

  T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), kLine)); }
  void deallocate(T* p, std::size_t) { ::operator delete(p, kLine); }
};

template <class T, class U>
bool operator==(const OnLines<T>&, const OnLines<U>&) {
  return true;
}
template <class T, class U>
bool operator!=(const OnLines<T>&, const OnLines<U>&) {
  return false;
}

template <class T>
using LineVector = std::vector<T, OnLines<T>>;

}  // namespace vecstore
