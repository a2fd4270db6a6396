// The walk through a graph.
#include <pybind11/stl.h>

#include "../walk.h"
#include "arrays.h"

namespace vecstore {
namespace {

using NumberArray = py::array_t<uint32_t, py::array::c_style>;  // nodes and rows of a graph

Links links_of(const NumberArray& links) {
  if (links.ndim() != 2) throw py::value_error("`links` must have shape (n, width).");
  return {links.data(), static_cast<size_t>(links.shape(0)), static_cast<size_t>(links.shape(1))};
}

// vecstore.kernels.contract.Graph: (links, levels, entry), a level being (links, down).
Graph graph_of(const py::tuple& parts) {
  Graph graph = {links_of(parts[0].cast<NumberArray>()), {}, static_cast<size_t>(parts[2].cast<int64_t>())};
  for (const py::handle& part : parts[1].cast<py::tuple>()) {
    const py::tuple level = part.cast<py::tuple>();
    const Links links = links_of(level[0].cast<NumberArray>());
    graph.levels.push_back({links, column_of<NumberArray>(level[1], links.n, "down")});
  }
  return graph;
}

py::tuple walked(const py::tuple& graph, const py::tuple& block, const FloatArray& queries, size_t k, size_t ef,
                 const std::string& metric, const std::optional<Int64Array>& exclude_offsets,
                 const std::optional<Int64Array>& exclude_rows, const std::string& level, size_t threads) {
  const KernelTable& kernels = kernels_for(level);
  const Queries q = queries_of(queries);
  const Metric measure = metric_of(metric);
  const Block rows = block_of(block, q.dim);
  const Graph links = graph_of(graph);
  if (links.rows.n != rows.n || rows.n >= kMostGraphRows) throw py::value_error("`graph` must be of the block's rows.");
  if (rows.codes.codes == nullptr && rows.n > 0) throw py::value_error("`block` must have codes.");
  const Exclusions exclusions = exclusions_of(exclude_offsets, exclude_rows);
  AnswerArrays answer(q.n, k);
  const Answer pointers = answer.pointers();
  Work work;
  {
    const py::gil_scoped_release release;
    work = walk(kernels, links, rows, q, k, ef, measure, exclusions, threads, pointers);
  }
  return answer.tuple(work);
}

}  // namespace

void register_walk(py::module_& m) {
  using py::arg;
  m.def("walk", &walked, arg("graph"), arg("block"), arg("queries").noconvert(), arg("k"), arg("ef"), arg("metric"),
        arg("exclude_offsets").noconvert(), arg("exclude_rows").noconvert(), arg("level"), arg("threads"));
}

}  // namespace vecstore
