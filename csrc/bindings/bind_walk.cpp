// The walk through a graph.
#include <pybind11/stl.h>

#include <algorithm>

#include "arrays.h"
#include "graph/grow.h"

namespace vecstore {
namespace {

using NumberArray = py::array_t<uint32_t, py::array::c_style>;  // nodes and rows of a graph

Links links_of(const NumberArray& links) {
  if (links.ndim() != 2) throw py::value_error("`links` must have shape (n, width).");
  return {links.data(), static_cast<size_t>(links.shape(0)), static_cast<size_t>(links.shape(1))};
}

// vecstore.kernels.contract.Graph: (links, levels, entry), a level being (links, down).
Graph graph_over(const py::tuple& parts, const Block& block) {
  Graph graph = {links_of(parts[0].cast<NumberArray>()), {}, static_cast<size_t>(parts[2].cast<int64_t>())};
  for (const py::handle& part : parts[1].cast<py::tuple>()) {
    const py::tuple level = part.cast<py::tuple>();
    const Links links = links_of(level[0].cast<NumberArray>());
    graph.levels.push_back({links, column_of<NumberArray>(level[1], links.n, "down")});
  }
  if (graph.rows.n != block.n || block.n >= kMostGraphRows)
    throw py::value_error("`graph` must be of the block's rows.");
  return graph;
}

Block coded_block_of(const py::tuple& parts, size_t dim) {
  const Block block = block_of(parts, dim);
  if (block.codes.codes == nullptr && block.n > 0) throw py::value_error("`block` must have codes.");
  return block;
}

py::tuple walked(const py::tuple& graph, const py::tuple& block, const FloatArray& queries, size_t k, size_t ef,
                 const std::string& metric, const std::optional<Int64Array>& exclude_offsets,
                 const std::optional<Int64Array>& exclude_rows, const std::string& level, size_t threads) {
  const KernelTable& kernels = kernels_for(level);
  const Queries q = queries_of(queries);
  const Metric measure = metric_of(metric);
  const Block rows = coded_block_of(block, q.dim);
  const Graph links = graph_over(graph, rows);
  const Exclusions exclusions = exclusions_of(exclude_offsets, exclude_rows);
  AnswerArrays answer(q.n, k);
  const Answer pointers = answer.pointers();
  Work work;
  {
    const WithoutGil released;
    work = walk(kernels, links, rows, q, k, ef, measure, exclusions, threads, pointers);
  }
  return answer.tuple(work);
}

// Writes into the graph's links.
void grown(const py::tuple& graph, const py::tuple& block, const NumberArray& rows, const FloatArray& vectors,
           size_t forward, size_t ef, const std::string& metric, const std::string& level, size_t threads) {
  const KernelTable& kernels = kernels_for(level);
  const Queries q = queries_of(vectors);
  const Metric measure = metric_of(metric);
  const Block all = coded_block_of(block, q.dim);
  const Graph so_far = graph_over(graph, all);
  const uint32_t* numbers = column_of<NumberArray>(rows, q.n, "rows");
  if (std::any_of(numbers, numbers + q.n, [&](uint32_t row) { return row >= all.n; }))
    throw py::value_error("`rows` must be rows of the block.");
  uint32_t* links = graph[0].cast<NumberArray>().mutable_data();
  const WithoutGil released;
  grow(kernels, so_far, links, all, numbers, q, forward, ef, measure, threads);
}

}  // namespace

void register_walk(py::module_& m) {
  using py::arg;
  m.def("walk", &walked, arg("graph"), arg("block"), arg("queries").noconvert(), arg("k"), arg("ef"), arg("metric"),
        arg("exclude_offsets").noconvert(), arg("exclude_rows").noconvert(), arg("level"), arg("threads"));
  m.def("grow", &grown, arg("graph"), arg("block"), arg("rows").noconvert(), arg("vectors").noconvert(), arg("forward"),
        arg("ef"), arg("metric"), arg("level"), arg("threads"));
}

}  // namespace vecstore
