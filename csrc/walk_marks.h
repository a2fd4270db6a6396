// Which rows a walk has seen.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace vecstore {

// A byte per row, which holds the number of the walk that saw it last. So marks are cleared once in 255 walks, and
// each thread keeps its own from one call to the next: a walk takes less time than making new ones would.
class Marks {
 public:
  static Marks& of_this_thread(size_t n) {
    thread_local Marks marks;
    if (marks.walks_.size() < n) marks.walks_.assign(n, marks.walk_ = 0);
    return marks;
  }

  void start() {
    if (++walk_ != 0) return;
    std::fill(walks_.begin(), walks_.end(), uint8_t{0});
    walk_ = 1;
  }

  // To mark many rows with: as far as a compiler knows, writing a byte may change any other object in memory.
  class Pen {
   public:
    explicit Pen(Marks& marks) : walks_(marks.walks_.data()), walk_(marks.walk_) {}
    // Marks the row and returns whether it was not marked before.
    bool mark(uint32_t row) const {
      const bool fresh = walks_[row] != walk_;
      walks_[row] = walk_;
      return fresh;
    }

   private:
    uint8_t* walks_;
    uint8_t walk_;
  };

 private:
  std::vector<uint8_t> walks_;
  uint8_t walk_ = 0;
};

}  // namespace vecstore
