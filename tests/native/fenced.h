// Memory that ends at a page nobody may touch, so that reading one element too many is a crash.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

#if !defined(_WIN32)
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace vecstore::check {

class Fenced {
 public:
#if defined(_WIN32)
  explicit Fenced(size_t bytes) : memory_(bytes), fence_(memory_.data() + bytes) {}
#else
  explicit Fenced(size_t bytes) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    mapped_ = (bytes + page - 1) / page * page + page;
    memory_ = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    if (memory_ == MAP_FAILED) throw std::bad_alloc();
    fence_ = static_cast<char*>(memory_) + mapped_ - page;
    if (mprotect(fence_, page, PROT_NONE) != 0) throw std::bad_alloc();
  }
  ~Fenced() { munmap(memory_, mapped_); }
#endif
  Fenced(const Fenced&) = delete;
  Fenced& operator=(const Fenced&) = delete;

  // Room for count elements that end `shift` elements before the fence.
  template <class T>
  T* room(size_t count, size_t shift = 0) const {
    return reinterpret_cast<T*>(fence_) - shift - count;
  }

 private:
#if defined(_WIN32)
  std::vector<char> memory_;
#else
  void* memory_;
  size_t mapped_;
#endif
  char* fence_;
};

}  // namespace vecstore::check
