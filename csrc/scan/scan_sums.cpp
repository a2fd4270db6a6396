// Queries that are sums of few vectors: their products with a row are sums of the row's cosines with those. The bound
// is proven in README.md; c, r and m are its names.
#include "scan_terms.h"

namespace vecstore {
namespace {

constexpr size_t kQueriesPerTask = 256;               // some 50 us of work
constexpr size_t kMostTerms = 128, kLongest = 65536;  // m and dim for which the bound holds

class Sums {
 public:
  Sums(const KernelTable& kernels, const Queries& queries, const PreparedQueries& vectors, const TermGroups& groups,
       size_t threads)
      : kernels_(kernels), queries_(queries), places_(queries.n) {
    parallel_for((queries.n + kQueriesPerTask - 1) / kQueriesPerTask, threads, [&](size_t task) {
      std::vector<double> sum(queries.dim);
      for (size_t q = task * kQueriesPerTask; q < std::min(queries.n, (task + 1) * kQueriesPerTask); ++q)
        places_[q] = place(vectors, groups, q, sum);
    });
  }

  float term(float cosine) const { return cosine; }

  size_t filter(const float* terms, const TermGroups& groups, size_t n, const float* thresholds, GroupHit* hits) const {
    return kernels_.filter_sums(terms, kernels_.lanes, groups, n, thresholds, hits);
  }

  double distance(size_t q, const float* row) const {
    return exact_distance(kernels_, Metric::cosine, raw(q), places_[q].sq_norm, row, queries_.dim);
  }

  float threshold(size_t q, double distance) const {
    const Place& place = places_[q];
    const double score = vecstore::threshold(Metric::cosine, queries_.dim, place.sq_norm, 1.0, distance);
    return place.usable ? round_down((score * place.length - place.residual) / place.factor - place.error) : kAlways;
  }

 private:
  // Where a query is: |q|, c, r, and what the float32 sums may be off by.
  struct Place {
    double sq_norm, length, factor, residual, error;
    bool usable;
  };

  const float* raw(size_t q) const { return queries_.data + q * queries_.dim; }

  Place place(const PreparedQueries& vectors, const TermGroups& groups, size_t q, std::vector<double>& sum) const {
    const size_t dim = queries_.dim;
    std::fill(sum.begin(), sum.end(), 0.0);
    const size_t m = add(vectors, groups.positive, groups.positive_offsets + q, 1.0, sum) +
                     add(vectors, groups.negative, groups.negative_offsets + q, -1.0, sum);
    const float* query = raw(q);
    double product = 0.0, square = 0.0, rest = 0.0;
    for (size_t j = 0; j < dim; ++j) {
      product += static_cast<double>(query[j]) * sum[j];
      square += sum[j] * sum[j];
    }
    const double c = product / square, terms = static_cast<double>(m);
    const double sq_norm = kernels_.dot_exact(query, query, dim), length = std::sqrt(sq_norm);
    for (size_t j = 0; j < dim; ++j) {
      const double left = static_cast<double>(query[j]) - c * sum[j];
      rest += left * left;
    }
    const double residual = std::sqrt(rest) * (1.0 + 0x1p-30) + 0x1p-45 * (length + c * terms);
    const double error = terms * cosine_error(dim) + 1.1 * kUnit * terms * terms;
    const bool usable = c > 0.0 && residual < length && m <= kMostTerms && dim <= kLongest;
    return {sq_norm, length, c, residual, error, usable};
  }

  static size_t add(const PreparedQueries& vectors, const int64_t* indices, const int64_t* offsets, double sign,
                    std::vector<double>& sum) {
    for (int64_t i = offsets[0]; i < offsets[1]; ++i) {
      const float* p = vectors.prepared(static_cast<size_t>(indices[i]));
      for (size_t j = 0; j < sum.size(); ++j) sum[j] += sign * static_cast<double>(p[j]);
    }
    return static_cast<size_t>(offsets[1] - offsets[0]);
  }

  const KernelTable& kernels_;
  Queries queries_;
  std::vector<Place> places_;
};

}  // namespace

Work scan_sums(const KernelTable& kernels, const std::vector<Block>& blocks, const Queries& queries,
               const Questions& questions, size_t k, const Exclusions& exclusions, size_t threads,
               const Answer& answer) {
  if (questions.n == 0 || k == 0) return {};
  const PreparedQueries vectors(kernels, questions.vectors, Metric::cosine, {nullptr, nullptr});
  const Sums rule(kernels, queries, vectors, questions.groups, threads);
  return scan_terms(kernels, blocks, vectors, questions, rule, k, exclusions, threads, answer);
}

}  // namespace vecstore
