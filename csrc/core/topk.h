// Selection of the k nearest under the total order (distance, row).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace vecstore {

struct Neighbor {
  double distance;
  int64_t row;
};

inline bool operator<(const Neighbor& a, const Neighbor& b) {
  return a.distance < b.distance || (a.distance == b.distance && a.row < b.row);
}

// The k nearest offered so far, as a heap with the worst on top. Memory grows with what is kept, up to k.
class TopK {
 public:
  explicit TopK(size_t k = 0) : k_(k) {}

  bool full() const { return heap_.size() == k_; }
  size_t size() const { return heap_.size(); }
  const std::vector<Neighbor>& kept() const { return heap_; }

  // The distance above which nothing can enter any more.
  double reach() const { return full() && k_ > 0 ? heap_.front().distance : std::numeric_limits<double>::infinity(); }

  // Returns whether the neighbour was kept.
  bool offer(Neighbor candidate) {
    if (!full()) {
      heap_.push_back(candidate);
      std::push_heap(heap_.begin(), heap_.end());
      return true;
    }
    if (k_ == 0 || !(candidate < heap_.front())) return false;
    replace_worst(candidate);
    return true;
  }

  // Nearest first; the heap is spent.
  const std::vector<Neighbor>& sort() {
    std::sort(heap_.begin(), heap_.end());
    return heap_;
  }

 private:
  void replace_worst(Neighbor candidate) {
    size_t hole = 0;
    for (size_t child = 1; child < heap_.size(); child = 2 * hole + 1) {
      if (child + 1 < heap_.size() && heap_[child] < heap_[child + 1]) ++child;
      if (!(candidate < heap_[child])) break;
      heap_[hole] = heap_[child];
      hole = child;
    }
    heap_[hole] = candidate;
  }

  size_t k_;
  std::vector<Neighbor> heap_;
};

}  // namespace vecstore
