// Which rows a walk has seen.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace vecstore {

// A byte per row, which holds the number of the walk that saw it last. So marks are cleared once in 255 walks, and
// each thread keeps its own from one call to the next: a walk takes less time than making new ones would.
class Marks {
 public:
  // A thread's own, lent to one walker: a walk in a signal's handler, amid another one, gets its own.
  class Lent {
   public:
    explicit Lent(size_t n) : marks_(spare() ? std::move(spare()) : std::make_unique<Marks>()) {
      if (marks_->walks_.size() < n) marks_->walks_.assign(n, marks_->walk_ = 0);
    }
    ~Lent() { spare() = std::move(marks_); }
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;
    Marks& operator*() const { return *marks_; }

   private:
    static std::unique_ptr<Marks>& spare() {
      thread_local std::unique_ptr<Marks> marks;
      return marks;
    }
    std::unique_ptr<Marks> marks_;
  };

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
