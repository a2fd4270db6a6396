// NumPy arrays to pointers, and nowhere else. Python has validated what comes here (dtype, shape, strides); the
// checks below keep a mistake of ours from becoming a wrong read.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "codes/encode.h"
#include "core/blocks.h"
#include "core/dispatch.h"
#include "core/threads.h"

namespace vecstore {
namespace py = pybind11;

// What a signal's handler raises, a KeyboardInterrupt for instance.
inline void check_signals() {
  const py::gil_scoped_acquire gil;
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
}

// The GIL is released; Python looks for signals about every 100 ms, and what a handler raises ends the call.
class WithoutGil {
  const py::gil_scoped_release release_;
  const Interruptible interruptible_{check_signals};
};

// What crosses the boundary; `_native.pyi` repeats these.
using FloatArray = py::array_t<float, py::array::c_style>;      // queries, norms
using DoubleArray = py::array_t<double, py::array::c_style>;    // weights, distances
using Int64Array = py::array_t<int64_t, py::array::c_style>;    // rows, offsets, counts
using ByteArray = py::array_t<uint8_t, py::array::c_style>;     // codes
using Word64Array = py::array_t<uint64_t, py::array::c_style>;  // mask words

// (n, dim) float32 or float16 rows, elements adjacent, rows any whole number of elements apart.
inline Block block_of(const py::array& vectors) {
  const py::dtype dtype = vectors.dtype();
  const bool half = dtype.kind() == 'f' && dtype.itemsize() == 2;
  if (dtype.kind() != 'f' || (dtype.itemsize() != 4 && !half) || dtype.byteorder() == '>')
    throw py::type_error("`vectors` must be float32 or float16 in native byte order.");
  if (vectors.ndim() != 2) throw py::value_error("`vectors` must have shape (n, dim).");
  const py::ssize_t item = dtype.itemsize(), n = vectors.shape(0), dim = vectors.shape(1);
  const py::ssize_t stride = n > 1 ? vectors.strides(0) : dim * item;
  if ((dim > 1 && n > 0 && vectors.strides(1) != item) || stride % item != 0 || stride < dim * item)
    throw py::value_error("`vectors` must have adjacent elements and rows in order.");
  return {vectors.data(), half, static_cast<size_t>(n), static_cast<size_t>(stride / item), nullptr, 0, nullptr, {}};
}

inline size_t dim_of(const py::array& vectors) { return static_cast<size_t>(vectors.shape(1)); }

template <class Array>
inline const typename Array::value_type* column_of(const py::handle& given, size_t size, const char* what) {
  const py::array array = given.cast<py::array>();
  if (!Array::check_(array) || static_cast<size_t>(array.size()) != size)
    throw py::type_error(std::string("`") + what + "` has the wrong dtype or size.");
  return static_cast<const typename Array::value_type*>(array.data());
}

// vecstore.arrays.Codes: (codes, bounds, errors, norms, center).
inline BlockCodes codes_of(const py::tuple& parts, size_t n, size_t dim) {
  return {column_of<ByteArray>(parts[0], n * code_stride(dim), "codes"),
          reinterpret_cast<const CodeBounds*>(column_of<FloatArray>(parts[1], 3 * code_blocks(n), "bounds")),
          column_of<FloatArray>(parts[2], n, "errors"), column_of<FloatArray>(parts[3], n, "norms"),
          column_of<FloatArray>(parts[4], dim, "center")};
}

// vecstore.arrays.Block: (vectors, inverse_norms, first_row, mask, codes).
inline Block block_of(const py::tuple& parts, size_t dim) {
  const py::array vectors = parts[0].cast<py::array>();
  Block block = block_of(vectors);
  if (dim_of(vectors) != dim) throw py::value_error("`blocks` must have the dim of the queries.");
  if (!parts[1].is_none()) block.inverse_norms = column_of<FloatArray>(parts[1], block.n, "inverse_norms");
  block.first_row = parts[2].cast<int64_t>();
  if (!parts[3].is_none()) block.mask = column_of<Word64Array>(parts[3], (block.n + 63) / 64, "mask");
  if (parts.size() > 4 && !parts[4].is_none()) block.codes = codes_of(parts[4].cast<py::tuple>(), block.n, dim);
  return block;
}

inline std::vector<Block> blocks_of(const py::sequence& blocks, size_t dim) {
  std::vector<Block> result;
  for (const py::handle& block : blocks) result.push_back(block_of(block.cast<py::tuple>(), dim));
  return result;
}

inline Queries queries_of(const FloatArray& queries) {
  if (queries.ndim() != 2) throw py::value_error("`queries` must have shape (n, dim).");
  return {queries.data(), static_cast<size_t>(queries.shape(0)), static_cast<size_t>(queries.shape(1))};
}

inline Metric metric_of(const std::string& name) {
  if (name == "cosine") return Metric::cosine;
  if (name == "euclidean") return Metric::euclidean;
  if (name == "dot") return Metric::dot;
  throw py::value_error("`metric` must be one of cosine, euclidean, dot; got \"" + name + "\".");
}

inline Exclusions exclusions_of(const std::optional<Int64Array>& offsets, const std::optional<Int64Array>& rows) {
  if (!offsets || !rows) return {nullptr, nullptr};
  return {offsets->data(), rows->data()};
}

// Pre-filled answers: distance inf and row -1 mark unused places.
struct AnswerArrays {
  DoubleArray distances;
  Int64Array rows, counts;

  AnswerArrays(size_t n, size_t k) : distances({n, k}), rows({n, k}), counts(static_cast<py::ssize_t>(n)) {
    fill(distances.mutable_data(), n * k, HUGE_VAL);
    fill(rows.mutable_data(), n * k, int64_t{-1});
    fill(counts.mutable_data(), n, int64_t{0});
  }
  // Memory of the system's that nobody touched before: gigabytes of it take seconds.
  template <class Value>
  static void fill(Value* to, size_t n, Value value) {
    constexpr size_t kStep = size_t{1} << 22;
    for (size_t first = 0; first < n; first += kStep) {
      if (first > 0 && PyErr_CheckSignals() != 0) throw py::error_already_set();
      std::fill_n(to + first, std::min(kStep, n - first), value);
    }
  }
  Answer pointers() { return {distances.mutable_data(), rows.mutable_data(), counts.mutable_data()}; }
  py::tuple tuple(const Work& work) const {
    return py::make_tuple(distances, rows, counts, py::make_tuple(work.rows, work.rescored));
  }
};

}  // namespace vecstore
