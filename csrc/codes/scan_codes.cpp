// The certified scan: 8-bit codes rule out almost every row, float64 decides among the rest. The bounds and
// their proof are in csrc/README.md; names follow it.
#include <memory>

#include "scan_codes.h"

#include "candidates.h"
#include "code_queries.h"
#include "encode.h"
#include "scan/queries.h"
#include "scan/schedule.h"

namespace vecstore {
namespace {

// Rows whose codes are filtered in one go: about 96 KiB, a share of the second-level cache.
constexpr size_t kChunkBytes = 96 * 1024, kMaxChunk = 2048;
// Up to this many queries each reads the rows for itself: they are in the cache, and a panel would be mostly
// empty.
constexpr size_t kOneByOne = 4;
// Relative room for the float32 arithmetic of a threshold (kernels.h): five roundings are below 2^-21.
constexpr double kRoom = 0x1p-20;

float up(double x) { return static_cast<float>(x * (1.0 + kRoom)); }

// Blocks by centre: queries are prepared once for each different one.
struct Prepared {
  const float* center;
  std::unique_ptr<CodeQueries> queries;
};

std::vector<Prepared> prepare(const KernelTable& kernels, const std::vector<Block>& blocks, const Queries& queries,
                              Metric metric) {
  std::vector<Prepared> all;
  for (const Block& block : blocks) {
    const float* center = block.codes.center;
    const bool known = std::any_of(
        all.begin(), all.end(), [&](const Prepared& p) { return std::equal(center, center + queries.dim, p.center); });
    if (block.n == 0 || known) continue;
    all.push_back({center, std::make_unique<CodeQueries>(kernels, queries, metric, center)});
  }
  return all;
}

class CodeScan {
 public:
  CodeScan(const KernelTable& kernels, const std::vector<Prepared>& prepared, const Exclusions& exclusions,
           Thresholds& thresholds, size_t first, size_t n, size_t k, size_t chunk, size_t dim)
      : kernels_(kernels), prepared_(prepared), exclusions_(exclusions), thresholds_(thresholds), first_(first), n_(n),
        dim_(dim), one_by_one_(n <= kOneByOne), sum_rounding_(static_cast<double>(dim + 8) * 0x1p-50 + kRounded),
        steps_((dim + kernels.code_entry - 1) / kernels.code_entry), candidates_(n, Candidates<Scorer>(k)), row_(dim),
        inverse_scale_(chunk / kCodeBlock + 1), error_(inverse_scale_.size()), length_(inverse_scale_.size()),
        slack_(inverse_scale_.size()) {
    steps_ = (steps_ + kernels.code_steps - 1) / kernels.code_steps * kernels.code_steps;
    if (kernels.prepare_codes != nullptr) codes_.resize(chunk * steps_ * 4 + 64);
    if (prepared.front().queries->metric() == Metric::euclidean) offset_.resize(chunk);
    hits_.reset(new CodeHit[chunk * (one_by_one_ ? 1 : kernels.code_lanes)]);
  }

  void scan(const Chunk& chunk) {
    if (!any_row(*chunk.block, chunk.first, chunk.n)) return;
    work.rows += static_cast<int64_t>(chunk.n * n_);
    use(chunk.block->codes.center);
    const CodeRows rows = ready(chunk);
    for (const Panel& panel : panels_) scan_panel(panel, chunk, rows);
  }

  void absorb(CodeScan& other) {
    for (size_t q = 0; q < n_; ++q) candidates_[q].absorb(other.candidates_[q], scorer(q));
    work.rows += other.work.rows;
  }

  TopK finish(size_t q) { return candidates_[q].finish(scorer(q), work.rescored); }

  Work work;

 private:
  struct Panel {
    size_t first, lanes;
    std::vector<unsigned char> codes;
    std::vector<int32_t> start;
    std::vector<float> length, error, inverse_step;
  };

  struct Scorer {
    CodeScan* scan;
    size_t query;

    Neighbor exact(const Candidate& candidate) const {
      const Block& block = *candidate.block;
      const float* x = float_row(scan->kernels_, block, candidate.row, scan->dim_, scan->row_.data());
      return {scan->any().exact(scan->first_ + query, x), block.first_row + static_cast<int64_t>(candidate.row)};
    }
    double score(double distance) const { return scan->any().score(distance); }
    void prefetch(const Candidate& candidate) const {
      const Block& block = *candidate.block;
      const size_t bytes = block.half ? 2 : 4;
      const char* row = static_cast<const char*>(block.data) + candidate.row * block.stride * bytes;
#if defined(__GNUC__)
      for (size_t line = 0; line < scan->dim_ * bytes; line += 64) __builtin_prefetch(row + line);
#else
      (void)row;
#endif
    }
  };

  Scorer scorer(size_t q) { return {this, q}; }
  const CodeQueries& any() const { return *prepared_.front().queries; }

  // Packs the queries against the centre of the block to come, unless they are.
  void use(const float* center) {
    const auto wanted = std::find_if(prepared_.begin(), prepared_.end(),
                                     [&](const Prepared& p) { return std::equal(center, center + dim_, p.center); });
    if (&*wanted == current_) return;
    current_ = &*wanted;
    panels_.clear();
    const size_t width = one_by_one_ ? 1 : kernels_.code_width, widest = one_by_one_ ? 1 : kernels_.code_lanes;
    for (size_t q = 0; q < n_; q += widest) {
      const size_t lanes = std::min(widest, (n_ - q + width - 1) / width * width);
      Panel panel{q,
                  lanes,
                  std::vector<unsigned char>(std::max(dim_, lanes * steps_ * 4)),
                  std::vector<int32_t>(lanes),
                  std::vector<float>(lanes),
                  std::vector<float>(lanes),
                  std::vector<float>(lanes)};
      if (one_by_one_)
        current_->queries->copy_codes(first_ + q, panel.codes.data());
      else
        current_->queries->pack(first_ + q, lanes, width, kernels_.code_entry, steps_, panel.codes.data());
      for (size_t l = 0; l < std::min(lanes, n_ - q); ++l) {
        const CodeQueries::Row& row = current_->queries->row(first_ + q + l);
        panel.start[l] = row.start;
        panel.length[l] = up(row.length / row.step);
        panel.error[l] = up(row.error / row.step);
        panel.inverse_step[l] = static_cast<float>(1.0 / row.step);
      }
      panels_.push_back(std::move(panel));
    }
  }

  // The terms of a chunk's blocks and rows, in units of each block's scale.
  CodeRows ready(const Chunk& chunk) {
    const BlockCodes& codes = chunk.block->codes;
    for (size_t start = 0; start < chunk.n; start += kCodeBlock) {
      const size_t block = start / kCodeBlock;
      const CodeBounds& bounds = codes.bounds[chunk.first / kCodeBlock + block];
      const double inverse = 1.0 / static_cast<double>(bounds.scale), length = static_cast<double>(bounds.length);
      inverse_scale_[block] = static_cast<float>(inverse);
      error_[block] = up(static_cast<double>(bounds.error) * inverse);
      length_[block] = up(length * inverse);
      if (offset_.empty()) continue;
      slack_[block] = up(kRoom * length * length * inverse);
      for (size_t i = start; i < std::min(chunk.n, start + kCodeBlock); ++i) {
        const float y = codes.norms[chunk.first + i];
        offset_[i] = -0.5f * y * y * inverse_scale_[block];
      }
    }
    const size_t stored = code_stride(dim_), packed = steps_ * 4;
    const uint8_t* from = codes.codes + chunk.first * stored;
    const bool copied = kernels_.prepare_codes != nullptr && !one_by_one_;
    if (copied) kernels_.prepare_codes(from, chunk.n, stored, dim_, codes_.data(), packed);
    return {copied ? static_cast<const void*>(codes_.data()) : from,
            copied ? packed : stored,
            chunk.n,
            inverse_scale_.data(),
            error_.data(),
            length_.data(),
            slack_.data(),
            offset_.empty() ? nullptr : offset_.data()};
  }

  void scan_panel(const Panel& panel, const Chunk& chunk, const CodeRows& rows) {
    float wanted[kMaxLanes];
    const size_t used = std::min(panel.lanes, n_ - panel.first);
    for (size_t l = 0; l < panel.lanes; ++l)
      wanted[l] = l < used ? wanted_of(panel.first + l) : std::numeric_limits<float>::max();
    const CodePanel packed = {panel.codes.data(),
                              panel.lanes,
                              steps_,
                              panel.start.data(),
                              wanted,
                              panel.length.data(),
                              panel.error.data(),
                              panel.inverse_step.data()};
    const size_t found = one_by_one_ ? kernels_.filter_codes_one(rows, packed, dim_, hits_.get())
                                     : kernels_.filter_codes(rows, packed, hits_.get());
    if (found > 0) check_interrupt();
    for (size_t h = 0; h < found; ++h)
      if (hits_[h].lane < used) keep(panel.first + hits_[h].lane, chunk, hits_[h]);
  }

  float wanted_of(size_t q) const {
    const CodeQueries::Row& row = current_->queries->row(first_ + q);
    if (!row.usable) return kAlways;
    const double threshold = static_cast<double>(thresholds_.get(first_ + q));
    const double rounding = row.rounding + (std::abs(threshold) + std::abs(row.base)) * kRounded;
    const double wanted = (threshold - row.base - rounding) / row.step;
    return round_down(wanted - std::abs(wanted) * kRoom);
  }

  // A hit: its own bounds, from its own error, decide whether it stays.
  void keep(size_t q, const Chunk& chunk, const CodeHit& hit) {
    const Block& block = *chunk.block;
    const size_t row = chunk.first + hit.row;
    if (!allowed(block, row) || exclusions_.hold(first_ + q, block.first_row + static_cast<int64_t>(row))) return;
    const CodeQueries::Row& query = current_->queries->row(first_ + q);
    const double e = static_cast<double>(block.codes.errors[row]), y = static_cast<double>(block.codes.norms[row]);
    const double s = static_cast<double>(block.codes.bounds[row / kCodeBlock].scale);
    const double half_square = offset_.empty() ? 0.0 : 0.5 * y * y;
    const double middle = query.step * s * static_cast<double>(hit.dot) - half_square + query.base;
    // A norm is rounded to nearest, 2^-24 of it or, where it is subnormal, 2^-150: 2^-22 of its half square and
    // 2^-149 of it are room enough. The last terms are for float64, here and in the distance that decides.
    const double rounded = half_square * 0x1p-22 + (offset_.empty() ? 0.0 : (y + 0x1p-149) * 0x1p-149);
    const double room = query.length * e + query.error * (y + e) + rounded + query.rounding +
                        (std::abs(middle) + std::abs(query.base)) * kRounded + query.length * y * sum_rounding_;
    const bool bounded = query.usable && room < kHuge * kHuge;
    const double infinity = std::numeric_limits<double>::infinity();
    const double lower = bounded ? middle - room : -infinity, upper = bounded ? middle + room : infinity;
    Candidates<Scorer>& candidates = candidates_[q];
    if (!candidates.wants(upper)) return;
    candidates.add({lower, upper, &block, row}, scorer(q));
    if (candidates.floor() > static_cast<double>(thresholds_.get(first_ + q)))
      thresholds_.raise(first_ + q, round_down(candidates.floor()));
  }

  const KernelTable& kernels_;
  const std::vector<Prepared>& prepared_;
  const Exclusions& exclusions_;
  Thresholds& thresholds_;
  size_t first_, n_, dim_;
  bool one_by_one_;
  double sum_rounding_;  // relative, of a float64 sum over dim
  size_t steps_;
  const Prepared* current_ = nullptr;
  std::vector<Candidates<Scorer>> candidates_;
  std::vector<Panel> panels_;
  std::vector<float> row_, inverse_scale_, error_, length_, slack_, offset_;
  std::vector<unsigned char> codes_;
  // Room for the worst case, a few pages of which are ever touched: a vector would clear them all.
  std::unique_ptr<CodeHit[]> hits_;
};

}  // namespace

Work scan_codes(const KernelTable& kernels, const std::vector<Block>& blocks, const Queries& queries, size_t k,
                Metric metric, const Exclusions& exclusions, size_t threads, const Answer& answer) {
  const std::vector<Prepared> prepared = prepare(kernels, blocks, queries, metric);
  if (queries.n == 0 || k == 0 || prepared.empty()) return {};
  if (threads == 0) threads = default_threads();
  Thresholds thresholds(queries.n, kAlways);
  const size_t fitting = kChunkBytes / code_stride(queries.dim) / kFirstChunk * kFirstChunk;
  const size_t chunk = std::max(kFirstChunk, std::min(kMaxChunk, fitting));
  const size_t group = group_size(queries.n, kernels.code_lanes, k, threads);
  return run_groups(cut(blocks, chunk), queries.n, group, k, threads, answer, [&](size_t first, size_t n) {
    return std::make_unique<CodeScan>(kernels, prepared, exclusions, thresholds, first, n, k, chunk, queries.dim);
  });
}

}  // namespace vecstore
