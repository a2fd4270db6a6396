// Questions about few vectors, 3CosMul and sums: kernels against the contract in kernels.h, scans against brute force.

#include "check.h"
#include "foreign_floats.h"
#include "rows.h"

namespace vecstore::check {
namespace {

constexpr double kEpsilon = 1e-6;

// Indices of the inputs of each question, as compressed rows.
struct Groups {
  std::vector<int64_t> offsets = {0}, indices;

  void add(Random& random, size_t count, size_t n_vectors) {
    for (size_t i = 0; i < count; ++i) indices.push_back(static_cast<int64_t>(below(random, n_vectors)));
    offsets.push_back(static_cast<int64_t>(indices.size()));
  }
  size_t size(size_t i) const { return static_cast<size_t>(offsets[i + 1] - offsets[i]); }
};

TermGroups view(const Groups& positive, const Groups& negative) {
  return {positive.offsets.data(), positive.indices.data(), negative.offsets.data(), negative.indices.data()};
}

// Both kernels on random terms, with thresholds at what some lane reaches.
struct KernelCase {
  const KernelTable& level;
  uint64_t seed;
  Random random;
  size_t n_vectors, lanes, n;
  std::vector<float> terms, thresholds;
  Groups positive, negative;

  KernelCase(const KernelTable& level, uint64_t seed)
      : level(level), seed(seed), random(seed), n_vectors(1 + below(random, 6)),
        lanes(level.lane_step * (1 + below(random, level.lanes / level.lane_step))), n(below(random, 5)),
        terms(n_vectors * lanes), thresholds(n) {
    for (float& term : terms) term = static_cast<float>(uniform(random, 0, 1));
    if (below(random, 3) == 0) terms[below(random, terms.size())] = NAN;
    for (size_t q = 0; q < n; ++q) {
      positive.add(random, below(random, 6), n_vectors);
      negative.add(random, below(random, 6), n_vectors);
    }
  }

  float term(int64_t v, size_t l) const { return terms[static_cast<size_t>(v) * lanes + l]; }

  // Calls a kernel and compares its hits with bounds in double; `rounding` is what it may be off by.
  template <class Bound, class Rounding, class Kernel>
  void compare(const char* name, const Bound& bound, const Rounding& rounding, const Kernel& kernel) {
    for (size_t q = 0; q < n; ++q) {
      thresholds[q] = static_cast<float>(bound(q, below(random, lanes)));
      if (std::isnan(thresholds[q])) thresholds[q] = 0.5f;
      if (below(random, 10) == 0) thresholds[q] = -HUGE_VALF;
    }
    std::vector<GroupHit> hits(n);
    const size_t found = kernel(thresholds.data(), hits.data());
    const unsigned long long which = seed;
    std::vector<uint64_t> reached(n);
    for (size_t h = 0; h < found; ++h) {
      that(hits[h].question < n && (h == 0 || hits[h].question > hits[h - 1].question) && hits[h].lanes != 0 &&
               hits[h].lanes >> (lanes - 1) >> 1 == 0,
           "%s %s seed=%llu: hit %zu is none", level.name, name, which, h);
      reached[hits[h].question] = hits[h].lanes;
    }
    for (size_t q = 0; q < n; ++q)
      for (size_t l = 0; l < lanes; ++l) {
        const double upper = bound(q, l);
        const bool hit = reached[q] >> l & 1, wanted = !(upper < thresholds[q]);
        const bool close = std::fabs(upper - thresholds[q]) <= rounding(q, upper);
        that(hit == wanted || close, "%s %s seed=%llu: lane %zu of question %zu is %s; bound %.9g, threshold %.9g",
             level.name, name, which, l, q, hit ? "a hit" : "no hit", upper, thresholds[q]);
      }
  }

  size_t size(size_t q) const { return positive.size(q) + negative.size(q); }
};

void products(const KernelTable& level, uint64_t seed) {
  KernelCase it(level, seed);
  const float error = static_cast<float>(std::pow(10.0, uniform(it.random, -8, -1)));
  const auto bound = [&](size_t q, size_t l) {
    double upper = 1, lower = 1;
    for (int64_t i = it.positive.offsets[q]; i < it.positive.offsets[q + 1]; ++i)
      upper *= static_cast<double>(it.term(it.positive.indices[static_cast<size_t>(i)], l)) + error;
    for (int64_t i = it.negative.offsets[q]; i < it.negative.offsets[q + 1]; ++i) {
      const float term = it.term(it.negative.indices[static_cast<size_t>(i)], l);
      lower *= std::isnan(term) ? 0.0 : std::max(0.0, static_cast<double>(term) - error);
    }
    return upper / (lower + kEpsilon);
  };
  const auto rounding = [&](size_t q, double upper) {
    return static_cast<double>(4 * it.size(q) + 4) * 0x1p-24 * std::fabs(upper);
  };
  it.compare("filter_mul", bound, rounding, [&](const float* thresholds, GroupHit* hits) {
    return level.filter_mul(it.terms.data(), it.lanes, view(it.positive, it.negative), it.n, error, thresholds, hits);
  });
}

void sums(const KernelTable& level, uint64_t seed) {
  KernelCase it(level, seed);
  const auto bound = [&](size_t q, size_t l) {
    double sum = 0;
    for (int64_t i = it.positive.offsets[q]; i < it.positive.offsets[q + 1]; ++i)
      sum += static_cast<double>(it.term(it.positive.indices[static_cast<size_t>(i)], l));
    for (int64_t i = it.negative.offsets[q]; i < it.negative.offsets[q + 1]; ++i)
      sum -= static_cast<double>(it.term(it.negative.indices[static_cast<size_t>(i)], l));
    return sum;
  };
  const auto rounding = [&](size_t q, double) { return static_cast<double>(it.size(q) * it.size(q)) * 0x1p-24; };
  it.compare("filter_sums", bound, rounding, [&](const float* thresholds, GroupHit* hits) {
    return level.filter_sums(it.terms.data(), it.lanes, view(it.positive, it.negative), it.n, thresholds, hits);
  });
}

double cosine(const float* a, const float* b, size_t dim) {
  const KernelTable& exact = kScalarKernels;
  const double lengths = std::sqrt(exact.dot_exact(a, a, dim) * exact.dot_exact(b, b, dim));
  return lengths == 0.0 ? 0.0 : exact.dot_exact(a, b, dim) / lengths;
}

// Questions about some rows, and what they are asked with.
struct Case {
  std::string text;
  const Rows& rows;
  const std::vector<float>& inputs;
  const Groups &positive, &negative;
  const Excluded* excluded;
  size_t k, threads;
  bool foreign_floats;

  size_t dim() const { return rows.dim(); }
  size_t n() const { return positive.offsets.size() - 1; }
  const float* input(int64_t v) const { return inputs.data() + static_cast<size_t>(v) * dim(); }
  Questions questions() const { return {{inputs.data(), inputs.size() / dim(), dim()}, n(), view(positive, negative)}; }
};

// Compares a scan at every level with brute force; distance(q, row) is what it ranks by.
template <class Distance, class Scan>
void compare(const char* name, const Case& it, const Distance& distance, const Scan& scan) {
  std::vector<std::vector<Neighbor>> expected;
  for (size_t q = 0; q < it.n(); ++q)
    expected.push_back(nearest(it.rows, it.k, it.excluded, q, [&](const float* row) { return distance(q, row); }));
  const Exclusions exclusions = it.excluded != nullptr ? it.excluded->view() : Exclusions{nullptr, nullptr};
  for (const KernelTable* level : available_levels()) {
    Answers answers(it.n(), it.k);
    const ForeignFloats floats(it.foreign_floats);
    scan(*level, exclusions, answers.view());
    for (size_t q = 0; q < it.n(); ++q) {
      const std::string difference = answers.difference(q, expected[q]);
      that(difference.empty(), "%s %s, %s n=%zu dim=%zu k=%zu threads=%zu: question %zu (%zu / %zu): %s", name,
           level->name, it.text.c_str(), it.rows.size(), it.dim(), it.k, it.threads, q, it.positive.size(q),
           it.negative.size(q), difference.c_str());
    }
  }
}

void compare_products(const Case& it) {
  const auto product = [&](const Groups& groups, size_t q, const float* row) {
    double result = 1.0;
    for (int64_t i = groups.offsets[q]; i < groups.offsets[q + 1]; ++i)
      result *= (1.0 + cosine(it.input(groups.indices[static_cast<size_t>(i)]), row, it.dim())) / 2.0;
    return result;
  };
  const auto distance = [&](size_t q, const float* row) {
    return -(product(it.positive, q, row) / (product(it.negative, q, row) + kEpsilon));
  };
  compare("scan_mul", it, distance, [&](const KernelTable& level, const Exclusions& exclusions, const Answer& answer) {
    scan_mul(level, it.rows.blocks(true), it.questions(), it.k, exclusions, it.threads, answer);
  });
}

// Queries that are their sums, but for a factor; some are off, and some almost at right angles to them.
std::vector<float> sums_of(const Case& it, Random& random) {
  std::vector<float> queries;
  for (size_t q = 0; q < it.n(); ++q) {
    std::vector<double> sum(it.dim()), noise(it.dim());
    const auto add = [&](const Groups& groups, double sign) {
      for (int64_t i = groups.offsets[q]; i < groups.offsets[q + 1]; ++i) {
        const float* v = it.input(groups.indices[static_cast<size_t>(i)]);
        const double length = std::sqrt(kScalarKernels.dot_exact(v, v, it.dim()));
        for (size_t j = 0; j < it.dim() && length > 0; ++j) sum[j] += sign * static_cast<double>(v[j]) / length;
      }
    };
    add(it.positive, 1.0), add(it.negative, -1.0);
    double along = 0, square = 0;
    for (size_t j = 0; j < it.dim(); ++j) {
      noise[j] = uniform(random, -1, 1);
      along += noise[j] * sum[j], square += sum[j] * sum[j];
    }
    const size_t kind = below(random, 4);
    const double off = kind == 0 ? uniform(random, 0, 1) : kind == 1 ? 1.0 : 0.0, scale = uniform(random, -0.1, 4);
    const double share = kind == 1 && square > 0 ? std::pow(10.0, uniform(random, -9, -2)) - along / square : 1.0;
    bool zero = true;
    for (size_t j = 0; j < it.dim(); ++j) {
      queries.push_back(static_cast<float>(scale * (share * sum[j] + off * noise[j])));
      zero = zero && queries.back() == 0.0f;
    }
    if (zero) queries.back() = 1.0f;
  }
  return queries;
}

void compare_sums(const Case& it, Random& random) {
  const std::vector<float> queries = sums_of(it, random);
  const auto ranked = [&](size_t q, const float* row) {
    return distance(Metric::cosine, queries.data() + q * it.dim(), row, it.dim());
  };
  compare("scan_sums", it, ranked, [&](const KernelTable& level, const Exclusions& exclusions, const Answer& answer) {
    scan_sums(level, it.rows.blocks(true), {queries.data(), it.n(), it.dim()}, it.questions(), it.k, exclusions,
              it.threads, answer);
  });
}

void random_case(uint64_t seed) {
  constexpr size_t kDims[] = {1, 2, 7, 16, 50};
  constexpr size_t kSizes[] = {0, 1, 47, 48, 49, 200, 500};
  Random random(seed);
  const Kind kind = kEverything[below(random, std::size(kEverything))];
  Rows rows(kDims[below(random, std::size(kDims))]);
  for (size_t b = below(random, 4); b > 0; --b) {
    const bool half = below(random, 3) == 0, masked = below(random, 3) == 0;
    rows.add(kind, random, kSizes[below(random, std::size(kSizes))], half, 0, masked, 0.5);
  }
  const size_t n_vectors = 1 + below(random, 9), n = below(random, 12);
  const Kind input_kind = kind == Kind::nan_rows || kind == Kind::zero_rows ? Kind::uniform : kind;
  const std::vector<float> inputs = vectors(input_kind, random, n_vectors, rows.dim());
  Groups positive, negative;
  for (size_t q = 0; q < n; ++q) {
    // Beyond 128 sums are not filtered.
    positive.add(random, below(random, 20) == 0 ? 120 + below(random, 20) : below(random, 4), n_vectors);
    negative.add(random, below(random, 3), n_vectors);
  }
  const Excluded excluded(random, n, rows.size());
  const size_t ks[] = {0, 1, 3, 10, rows.size(), rows.size() + 3};
  const Case it = {std::string(name(kind)) + " seed=" + std::to_string(seed),
                   rows,
                   inputs,
                   positive,
                   negative,
                   below(random, 2) == 0 ? &excluded : nullptr,
                   ks[below(random, 6)],
                   1 + below(random, 4),
                   below(random, 4) == 0};
  compare_products(it);
  compare_sums(it, random);
}

// Products of very many factors leave the range where float32's relative errors are small. These
// factors, (1 + c)/2 for the cosines c below, make every rounding of a subnormal product go down by
// almost half a unit, from 100 units to 3: row 200 is the best, and a filter that trusted its
// products would not see it after row 0.
void products_below_float32() {
  std::vector<double> factors(142, 0.5);
  for (int units = 100; units > 3; --units) factors.push_back(1.0 - 0.51 / units);
  std::vector<float> inputs;
  Groups positive, negative;
  for (const double factor : factors) {
    const double c = 2 * factor - 1;
    inputs.push_back(static_cast<float>(c));
    inputs.push_back(static_cast<float>(std::sqrt(1 - c * c)));
    positive.indices.push_back(static_cast<int64_t>(positive.indices.size()));
  }
  positive.offsets.push_back(static_cast<int64_t>(factors.size()));
  negative.offsets.push_back(0);

  std::vector<float> values = {1.0f, 0.0f};
  for (int i = 1; i < 200; ++i) values.insert(values.end(), {-1.0f, -0.5f});
  values.insert(values.end(), {1.0f, 1e-4f});
  Rows rows(2);
  rows.add(values, std::vector<bool>(201, true), false, 0, false);
  compare_products({"products below float32", rows, inputs, positive, negative, nullptr, 1, 1, false});
}

}  // namespace
}  // namespace vecstore::check

int main() {
  using namespace vecstore::check;
  for (const vecstore::KernelTable* level : vecstore::available_levels())
    for (uint64_t seed = 1; seed <= 3000; ++seed) products(*level, seed), sums(*level, seed);
  for (uint64_t seed = 1; seed <= 600; ++seed) random_case(seed);
  products_below_float32();
  return summary();
}
