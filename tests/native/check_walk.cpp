// The walk through a graph: where links lead everywhere its answer is that of the scan, every level gives the same,
// and whatever a damaged graph says, nothing beyond its arrays is read. Codes and graphs end at a fence.
#include <memory>

#include "check.h"
#include "coded.h"
#include "fenced.h"
#include "graph/grow.h"

namespace vecstore::check {
namespace {

constexpr Metric kMetrics[] = {Metric::cosine, Metric::euclidean, Metric::dot};
constexpr uint32_t kNobody = 0xffffffffu;

const Fenced code_place(1 << 18), link_place(1 << 18), level_places[] = {Fenced(1 << 16), Fenced(1 << 16)},
                                                       down_places[] = {Fenced(1 << 14), Fenced(1 << 14)},
                                                       row_place(1 << 14), query_place(1 << 12), dot_place(1 << 14);

template <class T>
T* fenced(const Fenced& place, const std::vector<T>& values) {
  return std::copy(values.begin(), values.end(), place.room<T>(values.size())) - values.size();
}

// One question about one block, and what it takes to ask it.
struct Case {
  size_t dim, k;
  Metric metric;
  Kind kind;
  Rows rows;
  std::vector<Block> blocks;
  std::vector<float> queries;
  std::unique_ptr<Coded> coded;
  std::unique_ptr<Excluded> excluded;
  bool excludes;

  Case(Random& random, Kind kind_)
      : dim(std::vector<size_t>{1, 3, 16, 31, 63, 64, 65, 100, 130}[below(random, 9)]), k(1 + below(random, 12)),
        metric(kMetrics[below(random, 3)]), kind(kind_), rows(dim), excludes(below(random, 3) == 0) {
    rows.add(kind, random, 1 + below(random, 200), below(random, 3) == 0, below(random, 2), below(random, 3) == 0, 0.4);
    const size_t n_queries = 1 + below(random, 20);
    queries = vectors(kind == Kind::nan_rows ? Kind::uniform : kind, random, n_queries, dim);
    for (size_t q = 0; q < n_queries; ++q) queries[q * dim] = 1.0f;
    excluded = std::make_unique<Excluded>(random, n_queries, rows.size());
    blocks = rows.blocks(metric == Metric::cosine);
    coded = std::make_unique<Coded>(blocks[0], dim, metric, center_of(rows, random));
    blocks[0].codes.codes = fenced(code_place, coded->codes);
  }
  size_t n() const { return rows.size(); }
  size_t n_queries() const { return queries.size() / dim; }
  Queries asked() const { return {queries.data(), n_queries(), dim}; }
  Exclusions exclusions() const { return excludes ? excluded->view() : Exclusions{nullptr, nullptr}; }

  Answers walked(const KernelTable& level, const Graph& graph, size_t ef, size_t threads) const {
    Answers got(n_queries(), k);
    walk(level, graph, blocks[0], asked(), k, ef, metric, exclusions(), threads, got.view());
    return got;
  }
};

bool same(const Answers& a, const Answers& b) {
  return a.rows == b.rows && a.counts == b.counts &&
         std::equal(a.distances.begin(), a.distances.end(), b.distances.begin(), same_bits);
}

// Random links beside a ring, which leads to every row.
void check_against_scan(Random& random, Kind kind) {
  const Case c(random, kind);
  const size_t width = 1 + below(random, 6), at = below(random, width);
  std::vector<uint32_t> links(c.n() * width);
  for (size_t i = 0; i < links.size(); ++i)
    links[i] = static_cast<uint32_t>(i % width == at ? (i / width + 1) % c.n() : below(random, c.n()));
  const Graph graph = {{fenced(link_place, links), c.n(), width}, {}, below(random, c.n())};
  Answers expected(c.n_queries(), c.k);
  scan(kScalarKernels, c.blocks, c.asked(), c.k, c.metric, c.exclusions(), 1, expected.view());
  for (const KernelTable* level : available_levels())
    that(same(expected, c.walked(*level, graph, c.n(), 1 + below(random, 3))), "%s %s dim %zu rows %zu k %zu width %zu",
         level->name, name(kind), c.dim, c.n(), c.k, width);
}

uint32_t any_number(Random& random, size_t n) {
  switch (below(random, 4)) {
    case 0:
      return kNobody;
    case 1:
      return static_cast<uint32_t>(random());
    default:
      return static_cast<uint32_t>(below(random, n + 2));
  }
}

std::vector<uint32_t> any_numbers(Random& random, size_t count, size_t n) {
  std::vector<uint32_t> numbers(count);
  for (uint32_t& number : numbers) number = any_number(random, n);
  return numbers;
}

// A graph of anything. The answers must be of rows that may answer, once each, in order, at their distances.
void check_damaged(Random& random, Kind kind) {
  const Case c(random, kind);
  const size_t width = below(random, 9);
  const std::vector<uint32_t> links = any_numbers(random, c.n() * width, c.n());
  Graph graph = {{fenced(link_place, links), c.n(), width}, {}, any_number(random, c.n())};
  size_t below_it = c.n();
  for (size_t l = below(random, 3); l > 0; --l) {
    const size_t m = below(random, 30), level_width = below(random, 5);
    const std::vector<uint32_t> numbers = any_numbers(random, m * level_width, m),
                                down = any_numbers(random, m, below_it);
    graph.levels.insert(graph.levels.begin(),
                        {{fenced(level_places[l - 1], numbers), m, level_width}, fenced(down_places[l - 1], down)});
    below_it = m;
  }
  const size_t ef = 1 + below(random, 20);
  const Answers first = c.walked(kScalarKernels, graph, ef, 1);
  for (const KernelTable* level : available_levels())
    that(same(first, c.walked(*level, graph, ef, 2)), "%s differs, %s dim %zu rows %zu", level->name, name(kind), c.dim,
         c.n());
  for (size_t q = 0; q < c.n_queries(); ++q)
    for (size_t place = q * c.k; place < q * c.k + static_cast<size_t>(first.counts[q]); ++place) {
      const size_t row = static_cast<size_t>(first.rows[place]);
      that(row < c.n() && c.rows.may_answer(row) && !(c.excludes && c.excluded->holds(q, row)), "row %zu answers", row);
      const double exact = distance(c.metric, c.queries.data() + q * c.dim, c.rows.row(row), c.dim);
      that(same_bits(first.distances[place], exact), "distance of row %zu, %s", row, name(kind));
      if (place == q * c.k) continue;
      const Neighbor before = {first.distances[place - 1], first.rows[place - 1]};
      that(before < Neighbor{first.distances[place], first.rows[place]}, "order at place %zu", place);
    }
}

// Growing a graph, links up to the fence: the same at every level and on any number of threads, and a row's links are
// rows, each once, never itself.
void check_growing(Random& random, Kind kind) {
  const Case c(random, kind);
  const size_t width = 1 + below(random, 8), forward = 1 + below(random, 8), ef = 1 + below(random, 30);
  std::vector<float> vectors;
  for (size_t row = 0; row < c.n(); ++row) vectors.insert(vectors.end(), c.rows.row(row), c.rows.row(row) + c.dim);
  std::vector<uint32_t> rows(c.n());
  for (size_t row = 0; row < c.n(); ++row) rows[row] = static_cast<uint32_t>(row);
  const std::vector<uint32_t> empty(c.n() * width, kNobody);
  std::vector<uint32_t> expected;
  for (const KernelTable* level : available_levels()) {
    uint32_t* links = fenced(link_place, empty);
    const Graph graph = {{links, c.n(), width}, {}, 0};
    for (size_t first = 1, stop; first < c.n(); first = stop) {
      stop = std::min(c.n(), first + 1 + first / 8);
      const Queries some = {vectors.data() + first * c.dim, stop - first, c.dim};
      grow(*level, graph, links, c.blocks[0], rows.data() + first, some, forward, ef, c.metric,
           level == &kScalarKernels ? 1 : 3);
    }
    const std::vector<uint32_t> got(links, links + empty.size());
    if (expected.empty()) expected = got;
    that(got == expected, "%s grows another graph, %s dim %zu rows %zu", level->name, name(kind), c.dim, c.n());
  }
  for (size_t row = 0; row < c.n(); ++row) {
    const auto list = expected.begin() + static_cast<std::ptrdiff_t>(row * width);
    const auto end = std::find(list, list + static_cast<std::ptrdiff_t>(width), kNobody);
    std::vector<uint32_t> sorted(list, end);
    std::sort(sorted.begin(), sorted.end());
    that(std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end(), "row %zu is linked twice to one", row);
    for (const uint32_t to : sorted) that(to < c.n() && to != row, "row %zu is linked to %u", row, to);
  }
}

// The kernel alone: rows of any order, codes up to the fence, at every remainder of rows and of dim.
void check_dots(Random& random) {
  const size_t dim = 1 + below(random, 200), stride = code_stride(dim), n = 1 + below(random, 40);
  const size_t asked = below(random, 50);
  std::vector<uint8_t> codes(n * stride);
  for (uint8_t& code : codes) code = static_cast<uint8_t>(1 + below(random, 255));
  std::vector<int8_t> query(dim);
  for (int8_t& code : query) code = static_cast<int8_t>(static_cast<int>(below(random, 255)) - 127);
  std::vector<uint32_t> rows(asked);
  for (uint32_t& row : rows) row = static_cast<uint32_t>(below(random, n));
  const uint8_t* stored = fenced(code_place, codes);
  for (const KernelTable* level : available_levels()) {
    int32_t* dots = dot_place.room<int32_t>(asked);
    level->dot_codes(stored, stride, fenced(row_place, rows), asked, fenced(query_place, query), dim, dots);
    for (size_t i = 0; i < asked; ++i) {
      int32_t sum = 0;
      for (size_t j = 0; j < dim; ++j) sum += codes[rows[i] * stride + j] * query[j];
      that(dots[i] == sum, "%s dot %zu of %zu, dim %zu: %d, not %d", level->name, i, asked, dim, dots[i], sum);
    }
  }
}

}  // namespace
}  // namespace vecstore::check

int main() {
  using namespace vecstore::check;
  Random random(20261122);
  for (int round = 0; round < 40; ++round) {
    for (const Kind kind : kEverything) {
      check_against_scan(random, kind);
      check_damaged(random, kind);
      check_growing(random, kind);
    }
    check_dots(random);
  }
  return summary();
}
