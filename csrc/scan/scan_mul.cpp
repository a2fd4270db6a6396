// 3CosMul: products of shifted cosines.
#include "scan_terms.h"

namespace vecstore {
namespace {

constexpr double kEpsilon = 1e-6;  // keeps the divisor from 0, as in the paper's implementation
// A score from which on no product on the way to it is subnormal, even times kEpsilon: roundings are relative.
constexpr double kTiniest = 0x1p-90;

class Products {
 public:
  Products(const KernelTable& kernels, const PreparedQueries& vectors, const TermGroups& groups)
      : kernels_(kernels), vectors_(vectors), groups_(groups), error_(round_up(0.5 * cosine_error(vectors.dim()))) {}

  float term(float cosine) const { return 0.5f + 0.5f * cosine; }

  size_t filter(const float* terms, const TermGroups& groups, size_t n, const float* thresholds, GroupHit* hits) const {
    return kernels_.filter_mul(terms, kernels_.lanes, groups, n, error_, thresholds, hits);
  }

  double distance(size_t q, const float* row) const {
    const double sq_norm = kernels_.dot_exact(row, row, vectors_.dim());
    const double numerator = product(row, sq_norm, groups_.positive, groups_.positive_offsets + q);
    const double divisor = product(row, sq_norm, groups_.negative, groups_.negative_offsets + q);
    return -(numerator / (divisor + kEpsilon));
  }

  float threshold(size_t q, double distance) const {
    if (-distance < kTiniest) return kAlways;
    const int64_t factors = groups_.positive_offsets[q + 1] - groups_.positive_offsets[q] +
                            groups_.negative_offsets[q + 1] - groups_.negative_offsets[q];
    // 4u for each factor, and room for the additions, the comparison and 1e-6 as a float32.
    return round_down(-distance * (1.0 - static_cast<double>(4 * factors + 16) * kUnit));
  }

 private:
  double product(const float* row, double sq_norm, const int64_t* indices, const int64_t* offsets) const {
    double result = 1.0;
    for (int64_t i = offsets[0]; i < offsets[1]; ++i) {
      const size_t v = static_cast<size_t>(indices[i]);
      const double dot = kernels_.dot_exact(vectors_.raw(v), row, vectors_.dim());
      result *= (1.0 + exact_cosine(dot, vectors_.sq_norm(v), sq_norm)) / 2.0;
    }
    return result;
  }

  const KernelTable& kernels_;
  const PreparedQueries& vectors_;
  const TermGroups& groups_;
  const float error_;
};

}  // namespace

Work scan_mul(const KernelTable& kernels, const std::vector<Block>& blocks, const Questions& questions, size_t k,
              const Exclusions& exclusions, size_t threads, const Answer& answer) {
  if (questions.n == 0 || k == 0) return {};
  const PreparedQueries vectors(kernels, questions.vectors, Metric::cosine, {nullptr, nullptr});
  const Products rule(kernels, vectors, questions.groups);
  return scan_terms(kernels, blocks, vectors, questions, rule, k, exclusions, threads, answer);
}

}  // namespace vecstore
