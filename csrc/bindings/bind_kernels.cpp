// Single kernels and what is known of the build: for tests, benchmarks and `build_info`.
#include <pybind11/stl.h>

#include "arrays.h"
#include "core/threads.h"
#include "scan/compose.h"

namespace vecstore {
namespace {

using RowsKernel = void (*)(const float*, const float*, size_t, size_t, size_t, float*) noexcept;
using HalfRowsKernel = void (*)(const float*, const uint16_t*, size_t, size_t, size_t, float*) noexcept;

void check_dim(const FloatArray& query, const py::array& vectors) {
  if (query.ndim() != 1 || vectors.ndim() != 2 || query.shape(0) != vectors.shape(1))
    throw py::value_error("`query` must have shape (dim,) and `vectors` (n, dim).");
}

FloatArray rows_kernel(RowsKernel full, HalfRowsKernel half, const FloatArray& query, const py::array& vectors) {
  check_dim(query, vectors);
  const Block block = block_of(vectors);
  FloatArray out(static_cast<py::ssize_t>(block.n));
  const size_t dim = dim_of(vectors);
  float* to = out.mutable_data();
  const WithoutGil released;
  if (block.half)
    half(query.data(), static_cast<const uint16_t*>(block.data), block.n, block.stride, dim, to);
  else
    full(query.data(), static_cast<const float*>(block.data), block.n, block.stride, dim, to);
  return out;
}

float pair_kernel(float (*kernel)(const float*, const float*, size_t) noexcept, const FloatArray& a,
                  const FloatArray& b) {
  if (a.ndim() != 1 || b.ndim() != 1 || a.shape(0) != b.shape(0))
    throw py::value_error("`a` and `b` must have shape (dim,).");
  return kernel(a.data(), b.data(), static_cast<size_t>(a.shape(0)));
}

FloatArray sq_norms(const py::array& vectors, const std::string& level) {
  const KernelTable& kernels = kernels_for(level);
  const Block block = block_of(vectors);
  const size_t dim = dim_of(vectors);
  FloatArray out(static_cast<py::ssize_t>(block.n));
  float* to = out.mutable_data();
  const WithoutGil released;
  std::vector<float> scratch(dim);
  for (size_t i = 0; i < block.n; ++i) {
    const uint16_t* from = static_cast<const uint16_t*>(block.data) + i * block.stride;
    const float* row = static_cast<const float*>(block.data) + i * block.stride;
    if (block.half) kernels.widen(from, dim, scratch.data());
    kernels.sq_norms(block.half ? scratch.data() : row, 1, dim, dim, to + i);
  }
  return out;
}

const char* compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#elif defined(__GNUC__)
  return "gcc " __VERSION__;
#elif defined(_MSC_VER)
  return "msvc";
#else
  return "unknown";
#endif
}

}  // namespace

void register_kernels(py::module_& m) {
  using py::arg;
  m.def("levels", [] {
    py::list names;
    for (const KernelTable* table : available_levels()) names.append(table->name);
    return py::tuple(names);
  });
  m.def("level", [](const std::string& level) { return kernels_for(level).name; }, arg("level"));
  m.def("threads", &default_threads);
  m.def("compiler", &compiler);
  m.def(
      "multiply_codes",
      [](size_t rounds, const std::string& level) {
        const KernelTable& kernels = kernels_for(level);
        const WithoutGil released;
        int32_t sums[256] = {};
        return kernels.multiply_codes(rounds, sums);
      },
      arg("rounds"), arg("level"));
#if defined(NDEBUG)
  m.attr("asserts") = false;
#else
  m.attr("asserts") = true;
#endif

  m.def(
      "dot",
      [](const FloatArray& a, const FloatArray& b, const std::string& level) {
        return pair_kernel(kernels_for(level).dot, a, b);
      },
      arg("a").noconvert(), arg("b").noconvert(), arg("level"));
  m.def(
      "sq_euclidean",
      [](const FloatArray& a, const FloatArray& b, const std::string& level) {
        return pair_kernel(kernels_for(level).sq_euclidean, a, b);
      },
      arg("a").noconvert(), arg("b").noconvert(), arg("level"));
  m.def(
      "dot_rows",
      [](const FloatArray& query, const py::array& vectors, const std::string& level) {
        const KernelTable& kernels = kernels_for(level);
        return rows_kernel(kernels.dot_rows, kernels.dot_rows_f16, query, vectors);
      },
      arg("query").noconvert(), arg("vectors").noconvert(), arg("level"));
  m.def(
      "sq_euclidean_rows",
      [](const FloatArray& query, const py::array& vectors, const std::string& level) {
        const KernelTable& kernels = kernels_for(level);
        return rows_kernel(kernels.sq_euclidean_rows, kernels.sq_euclidean_rows_f16, query, vectors);
      },
      arg("query").noconvert(), arg("vectors").noconvert(), arg("level"));
  m.def("sq_norms", &sq_norms, arg("vectors").noconvert(), arg("level"));

  m.def(
      "inverse_norms",
      [](const py::array& vectors, const std::string& level, size_t threads) {
        const KernelTable& kernels = kernels_for(level);
        const Block block = block_of(vectors);
        FloatArray out(static_cast<py::ssize_t>(block.n));
        float* to = out.mutable_data();
        const size_t dim = dim_of(vectors);
        const WithoutGil released;
        inverse_norms(kernels, block, dim, threads, to);
        return out;
      },
      arg("vectors").noconvert(), arg("level"), arg("threads"));
  m.def(
      "distances",
      [](const FloatArray& queries, const py::array& vectors, const std::string& metric, const std::string& level,
         size_t threads) {
        const KernelTable& kernels = kernels_for(level);
        const Queries q = queries_of(queries);
        const Block block = block_of(vectors);
        if (dim_of(vectors) != q.dim) throw py::value_error("`vectors` must have the dim of the queries.");
        DoubleArray out({q.n, block.n});
        double* to = out.mutable_data();
        const Metric measure = metric_of(metric);
        const WithoutGil released;
        distances(kernels, block, q, measure, threads, to);
        return out;
      },
      arg("queries").noconvert(), arg("vectors").noconvert(), arg("metric"), arg("level"), arg("threads"));
}

}  // namespace vecstore
