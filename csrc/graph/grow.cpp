#include "grow.h"

#include <algorithm>
#include <limits>

#include "core/threads.h"
#include "walker.h"

namespace vecstore {
namespace {

constexpr size_t kRowsPerTask = 8;
constexpr uint32_t kNobody = 0xffffffff;

struct Near {
  float distance;
  uint32_t row;
};

inline bool operator<(const Near& a, const Near& b) {
  return a.distance < b.distance || (a.distance == b.distance && a.row < b.row);
}

// Chooses links of a row among candidates.
class Chooser {
 public:
  Chooser(const KernelTable& kernels, const Block& block, size_t dim, Metric metric)
      : kernels_(kernels), block_(block), codes_(block.codes), dim_(dim), stride_(code_stride(dim)), metric_(metric),
        signed_(dim), own_(dim), other_(dim) {}

  // Of some rows, nearest first, at most `most` such that each is nearer to `row` than to those before it.
  const std::vector<uint32_t>& choose(uint32_t row, const std::vector<uint32_t>& rows, size_t most) {
    rows_ = rows;
    measure(row);
    waiting_.clear();
    for (size_t i = 0; i < rows_.size(); ++i) waiting_.push_back({distances_[i], rows_[i]});
    std::sort(waiting_.begin(), waiting_.end());
    chosen_.clear();
    while (!waiting_.empty() && chosen_.size() < most) {
      chosen_.push_back(waiting_.front().row);
      drop_nearer_to(chosen_.back());
    }
    return chosen_;
  }

 private:
  // Lets those wait that are not nearer to a row than to the one that links are chosen for.
  void drop_nearer_to(uint32_t row) {
    rows_.clear();
    for (const Near& near : waiting_) rows_.push_back(near.row);
    measure(row);
    size_t kept = 0;
    for (size_t i = 0; i < waiting_.size(); ++i)
      if (waiting_[i].row != row && !(distances_[i] < waiting_[i].distance)) waiting_[kept++] = waiting_[i];
    waiting_.resize(kept);
  }

  // Fills distances_ with what lies between a row and each of rows_.
  void measure(uint32_t row) {
    distances_.resize(rows_.size());
    if (metric_ == Metric::dot)
      measure_products(row);
    else
      measure_squares(row);
    // So that there is an order, whatever codes and rows hold.
    for (float& distance : distances_) distance = distance < kFarthest ? distance : kFarthest;
  }

  void measure_products(uint32_t row) {
    const float* x = float_row(kernels_, block_, row, dim_, own_.data());
    for (size_t i = 0; i < rows_.size(); ++i) {
      const float* y = float_row(kernels_, block_, rows_[i], dim_, other_.data());
      distances_[i] = -static_cast<float>(kernels_.dot_exact(x, y, dim_));
    }
  }

  // |x - y|^2 by the codes of both; under cosine of unit vectors, so that it is twice their distance.
  void measure_squares(uint32_t row) {
    const uint8_t* codes = codes_.codes + row * stride_;
    int32_t sum = 0;
    for (size_t j = 0; j < dim_; ++j) {
      signed_[j] = static_cast<int8_t>(codes[j] - 128);
      sum += signed_[j];
    }
    dots_.resize(rows_.size());
    kernels_.dot_codes(codes_.codes, stride_, rows_.data(), rows_.size(), signed_.data(), dim_, dots_.data());
    const float twice = 2.0f * scale(row), square = sq_length(row);
    for (size_t i = 0; i < rows_.size(); ++i)
      distances_[i] = square + sq_length(rows_[i]) - twice * scale(rows_[i]) * static_cast<float>(dots_[i] - 128 * sum);
  }

  float scale(uint32_t row) const { return codes_.bounds[row / kCodeBlock].scale; }
  float sq_length(uint32_t row) const { return codes_.norms[row] * codes_.norms[row]; }

  static constexpr float kFarthest = std::numeric_limits<float>::max();

  const KernelTable& kernels_;
  const Block& block_;
  const BlockCodes& codes_;
  size_t dim_, stride_;
  Metric metric_;
  std::vector<int8_t> signed_;
  std::vector<float> own_, other_, distances_;
  std::vector<uint32_t> rows_, chosen_;
  std::vector<int32_t> dots_;
  std::vector<Near> waiting_;
};

void write_list(const std::vector<uint32_t>& rows, size_t width, uint32_t* list) {
  std::copy(rows.begin(), rows.end(), list);
  std::fill(list + rows.size(), list + width, kNobody);
}

// A row linked to, and one that links to it.
struct Link {
  uint32_t to, from;
};

inline bool operator<(const Link& a, const Link& b) { return a.to < b.to || (a.to == b.to && a.from < b.from); }

class Growth {
 public:
  Growth(const KernelTable& kernels, const Graph& graph, uint32_t* links, const Block& block, size_t dim, Metric metric,
         size_t threads)
      : kernels_(kernels), graph_(graph), width_(graph.rows.width), links_(links), block_(block), dim_(dim),
        metric_(metric), threads_(threads) {
    block_.mask = nullptr;  // says which rows may answer, not which may be linked
  }

  // Links rows to what walks find near them.
  std::vector<Link> link_forward(const uint32_t* rows, const Queries& vectors, size_t most, size_t ef) {
    std::vector<std::vector<Link>> made(tasks(vectors.n));
    parallel_for(made.size(), threads_, [&](size_t task) {
      const size_t first = task * kRowsPerTask, n = std::min(kRowsPerTask, vectors.n - first);
      const CodeQueries some(kernels_, {vectors.data + first * dim_, n, dim_}, metric_, block_.codes.center);
      Walker walker(kernels_, graph_, block_, dim_, ef, false);
      Chooser chooser(kernels_, block_, dim_, metric_);
      std::vector<uint32_t> found;
      for (size_t i = 0; i < n; ++i) {
        const uint32_t row = rows[first + i];
        const Shortlist& shortlist = walker.find(some, i, {&block_, nullptr, nullptr});
        found.clear();
        for (size_t place = 0; place < shortlist.size(); ++place) found.push_back(Shortlist::row(shortlist[place]));
        const std::vector<uint32_t>& chosen = chooser.choose(row, found, most);
        write_list(chosen, width_, links_ + row * width_);
        for (const uint32_t to : chosen) made[task].push_back({to, row});
      }
    });
    std::vector<Link> all;
    for (const std::vector<Link>& some : made) all.insert(all.end(), some.begin(), some.end());
    return all;
  }

  // Links rows back to those that were linked to them.
  void link_back(std::vector<Link> made) {
    std::sort(made.begin(), made.end());
    std::vector<size_t> starts;  // of the links to one row
    for (size_t i = 0; i < made.size(); ++i)
      if (i == 0 || made[i].to != made[i - 1].to) starts.push_back(i);
    const size_t n = starts.size();
    starts.push_back(made.size());
    parallel_for(tasks(n), threads_, [&](size_t task) {
      Chooser chooser(kernels_, block_, dim_, metric_);
      std::vector<uint32_t> all;
      for (size_t s = task * kRowsPerTask; s < std::min((task + 1) * kRowsPerTask, n); ++s) {
        const uint32_t row = made[starts[s]].to;
        uint32_t* list = links_ + row * width_;
        all.assign(list, std::find_if(list, list + width_, [this](uint32_t number) { return number >= block_.n; }));
        for (size_t i = starts[s]; i < starts[s + 1]; ++i) all.push_back(made[i].from);
        write_list(all.size() <= width_ ? all : chooser.choose(row, all, width_), width_, list);
      }
    });
  }

 private:
  static size_t tasks(size_t n) { return (n + kRowsPerTask - 1) / kRowsPerTask; }

  const KernelTable& kernels_;
  const Graph& graph_;
  size_t width_;
  uint32_t* links_;
  Block block_;
  size_t dim_;
  Metric metric_;
  size_t threads_;
};

}  // namespace

void grow(const KernelTable& kernels, const Graph& graph, uint32_t* links, const Block& block, const uint32_t* rows,
          const Queries& vectors, size_t forward, size_t ef, Metric metric, size_t threads) {
  Growth growth(kernels, graph, links, block, vectors.dim, metric, threads);
  growth.link_back(growth.link_forward(rows, vectors, std::min(forward, graph.rows.width), std::min(ef, block.n)));
}

}  // namespace vecstore
