// The rows that a walk has come to for one query, nearest first.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "core/blocks.h"

namespace vecstore {

// How many rows a walk follows at a time. Their neighbours come from memory side by side: 1.4 times the queries
// per second of one at a time where no cache holds the graph, and no fewer where one does.
constexpr size_t kAtOnce = 6;

// Holds the nearest rows up to the ef-th that may answer. Of others it holds no more than this many per ef: where
// fewer rows than that qualify, an exact scan is the better search anyway.
constexpr size_t kOthers = 15;

// Which rows may answer a query.
struct Qualifies {
  const Block* block;
  const int64_t *excluded, *excluded_end;  // global rows

  bool every_row() const { return block->mask == nullptr && excluded == excluded_end; }
  bool operator()(uint32_t row) const {
    return (block->mask == nullptr || (block->mask[row / 64] >> (row % 64) & 1) != 0) &&
           std::find(excluded, excluded_end, block->first_row + static_cast<int64_t>(row)) == excluded_end;
  }
};

class Shortlist {
 public:
  // Estimated distance, row, and whether the row was followed, such that the nearer entry is the smaller number
  // and the lower row comes first among equals.
  using Entry = uint64_t;

  static Entry entry(float distance, uint32_t row) {
    uint32_t bits;
    std::memcpy(&bits, &distance, sizeof bits);
    bits ^= bits >> 31 ? 0xffffffffu : 0x80000000u;
    return static_cast<Entry>(bits) << 32 | row << 1;
  }
  static uint32_t row(Entry entry) { return static_cast<uint32_t>(entry) >> 1; }
  static float distance(Entry entry) {
    uint32_t bits = static_cast<uint32_t>(entry >> 32);
    bits ^= bits >> 31 ? 0x80000000u : 0xffffffffu;
    float distance;
    std::memcpy(&distance, &bits, sizeof distance);
    return distance;
  }

  // `ever_filtered`: whether there may be queries that not every row may answer.
  Shortlist(size_t ef, bool ever_filtered) : ef_(ef), entries_((ever_filtered ? 1 + kOthers : 1) * ef + 1) {}

  void clear(bool filtered) {
    most_ = (filtered ? 1 + kOthers : 1) * ef_;
    filtered_ = filtered;
    size_ = answers_ = next_ = 0;
  }
  size_t size() const { return size_; }
  Entry operator[](size_t place) const { return entries_[place]; }

  // An entry that is not below this one will not be kept.
  Entry reach() const { return answers_ == ef_ || size_ == most_ ? entries_[size_ - 1] : ~Entry{0}; }

  // Puts an entry below `reach` in its place and drops what that pushes out of reach.
  void insert(Entry entry, const Qualifies& qualifies) {
    const size_t place = place_of(entry);
    std::memmove(&entries_[place + 1], &entries_[place], (size_ - place) * sizeof entry);
    entries_[place] = entry;
    next_ = std::min(next_, place);
    if (!filtered_) {
      answers_ = size_ = std::min(size_ + 1, ef_);
      return;
    }
    ++size_;
    answers_ += qualifies(row(entry));
    while (answers_ > ef_ || size_ > most_ || (answers_ == ef_ && !qualifies(row(entries_[size_ - 1]))))
      answers_ -= qualifies(row(entries_[--size_]));
  }

  // The nearest rows that were not followed yet; they are, now.
  size_t take(uint32_t (&rows)[kAtOnce]) {
    size_t taken = 0;
    for (; next_ < size_ && taken < kAtOnce; ++next_)
      if (!followed(next_)) {
        entries_[next_] |= 1;
        rows[taken++] = row(entries_[next_]);
      }
    return taken;
  }

 private:
  bool followed(size_t place) const { return entries_[place] & 1; }

  // The first place whose entry is not below the given one. No branch depends on a comparison: none could be
  // predicted.
  size_t place_of(Entry entry) const {
    size_t first = 0, n = size_;
    while (n > 1) {
      const size_t half = n / 2;
      first += half & (size_t{0} - (entries_[first + half - 1] < entry));
      n -= half;
    }
    return first + (n == 1 && entries_[first] < entry);
  }

  size_t ef_, most_ = 0, size_ = 0;
  size_t answers_ = 0;  // entries that may answer
  size_t next_ = 0;     // all entries before it were followed
  bool filtered_ = false;
  std::vector<Entry> entries_;
};

}  // namespace vecstore
