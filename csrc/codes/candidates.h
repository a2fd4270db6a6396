// What the 8-bit scan keeps of a query until it knows better: rows whose score lies between known bounds.
#pragma once

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "core/blocks.h"
#include "core/topk.h"

namespace vecstore {

struct Candidate {
  double lower, upper;  // of the score, larger = nearer
  const Block* block;
  size_t row;
};

// Scores in float64 and says what score a distance stands for; a scan provides it.
//   Neighbor exact(const Candidate&)
//   double score(double distance)     rounded down
//   void prefetch(const Candidate&)
template <class Scorer>
class Candidates {
 public:
  explicit Candidates(size_t k)
      : k_(k), best_(k), limit_(std::max<size_t>(4 * k, 128)), next_(std::max<size_t>(k, 32)) {}

  // The k-th best lower bound so far: a row whose upper bound is below it is not among the k nearest.
  double floor() const { return floor_; }
  bool wants(double upper) const { return upper >= floor_; }

  void add(const Candidate& candidate, const Scorer& scorer) {
    pending_.push_back(candidate);
    if (pending_.size() >= next_) compact(scorer);
  }

  // Takes over what another part of the rows gave for the same query.
  void absorb(Candidates& other, const Scorer& scorer) {
    for (const Neighbor& neighbor : other.best_.kept()) best_.offer(neighbor);
    floor_ = std::max({floor_, other.floor_, reached(scorer)});
    for (const Candidate& candidate : other.pending_)
      if (wants(candidate.upper)) add(candidate, scorer);
  }

  // Scores what is left. `rescored` counts the rows whose vectors were read.
  TopK finish(const Scorer& scorer, int64_t& rescored) {
    compact(scorer);
    score_all(scorer);
    rescored += rescored_;
    return std::move(best_);
  }

 private:
  // Raises the floor and drops what is below it. Where bounds alone leave too much (hostile data: many equal
  // rows, huge errors), the rows are scored, which leaves k: memory stays bounded, the answer exact.
  void compact(const Scorer& scorer) {
    if (pending_.size() >= k_ && k_ > 0) {
      const auto kth = pending_.begin() + static_cast<std::ptrdiff_t>(k_ - 1);
      std::nth_element(pending_.begin(), kth, pending_.end(),
                       [](const Candidate& a, const Candidate& b) { return a.lower > b.lower; });
      floor_ = std::max(floor_, kth->lower);
    }
    pending_.erase(std::remove_if(pending_.begin(), pending_.end(),
                                  [this](const Candidate& candidate) { return !wants(candidate.upper); }),
                   pending_.end());
    if (pending_.size() > limit_ / 2) score_all(scorer);
    next_ = std::min(limit_, pending_.size() + std::max<size_t>(k_ / 2, 16));
  }

  void score_all(const Scorer& scorer) {
    for (const Candidate& candidate : pending_) scorer.prefetch(candidate);
    for (const Candidate& candidate : pending_) {
      if (!wants(candidate.upper)) continue;
      const Neighbor neighbor = scorer.exact(candidate);
      ++rescored_;
      if (neighbor.distance == neighbor.distance && best_.offer(neighbor)) floor_ = std::max(floor_, reached(scorer));
    }
    pending_.clear();
  }

  double reached(const Scorer& scorer) const {
    return best_.full() ? scorer.score(best_.reach()) : -std::numeric_limits<double>::infinity();
  }

  size_t k_;
  TopK best_;
  size_t limit_, next_;
  double floor_ = -std::numeric_limits<double>::infinity();
  int64_t rescored_ = 0;
  std::vector<Candidate> pending_;
};

}  // namespace vecstore
