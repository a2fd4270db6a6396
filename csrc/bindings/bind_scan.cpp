// Search, analogies and composition over blocks.
#include <pybind11/stl.h>

#include <algorithm>

#include "arrays.h"
#include "codes/scan_codes.h"
#include "scan/compose.h"
#include "scan/scan.h"

namespace vecstore {
namespace {

py::tuple search(const py::sequence& blocks, const FloatArray& queries, size_t k, const std::string& metric,
                 const std::optional<Int64Array>& exclude_offsets, const std::optional<Int64Array>& exclude_rows,
                 bool use_codes, const std::string& level, size_t threads) {
  const KernelTable& kernels = kernels_for(level);
  const Queries q = queries_of(queries);
  const Metric measure = metric_of(metric);
  const std::vector<Block> parts = blocks_of(blocks, q.dim);
  for (const Block& block : parts)
    if (measure == Metric::cosine && block.inverse_norms == nullptr && block.n > 0)
      throw py::value_error("`blocks` must have inverse_norms under cosine.");
    else if (use_codes && block.codes.codes == nullptr && block.n > 0)
      throw py::value_error("`blocks` must have codes.");
  const Exclusions exclusions = exclusions_of(exclude_offsets, exclude_rows);
  AnswerArrays answer(q.n, k);
  const Answer pointers = answer.pointers();
  Work work;
  {
    const WithoutGil released;
    work = use_codes ? scan_codes(kernels, parts, q, k, measure, exclusions, threads, pointers)
                     : scan(kernels, parts, q, k, measure, exclusions, threads, pointers);
  }
  return answer.tuple(work);
}

// Groups of places among n things.
void check_groups(const Int64Array& offsets, const Int64Array& places, size_t n) {
  const int64_t *at = offsets.data(), *end = at + offsets.size(), *of = places.data();
  if (at == end || *at < 0 || !std::is_sorted(at, end) || end[-1] > places.size())
    throw py::value_error("offsets must rise, within the places that there are.");
  if (std::any_of(of + *at, of + end[-1], [n](int64_t place) { return static_cast<uint64_t>(place) >= n; }))
    throw py::value_error("`positive` and `negative` must hold places among the vectors.");
}

Questions questions_of(const FloatArray& vectors, const Int64Array& positive_offsets, const Int64Array& positive,
                       const Int64Array& negative_offsets, const Int64Array& negative) {
  if (positive_offsets.size() != negative_offsets.size())
    throw py::value_error("`positive` and `negative` must have as many groups.");
  const Queries q = queries_of(vectors);
  check_groups(positive_offsets, positive, q.n);
  check_groups(negative_offsets, negative, q.n);
  return {q,
          static_cast<size_t>(positive_offsets.size() - 1),
          {positive_offsets.data(), positive.data(), negative_offsets.data(), negative.data()}};
}

std::vector<Block> blocks_with_norms(const py::sequence& blocks, size_t dim) {
  std::vector<Block> parts = blocks_of(blocks, dim);
  for (const Block& block : parts)
    if (block.inverse_norms == nullptr && block.n > 0) throw py::value_error("`blocks` must have inverse_norms.");
  return parts;
}

py::tuple search_mul(const py::sequence& blocks, const FloatArray& vectors, const Int64Array& positive_offsets,
                     const Int64Array& positive, const Int64Array& negative_offsets, const Int64Array& negative,
                     size_t k, const std::optional<Int64Array>& exclude_offsets,
                     const std::optional<Int64Array>& exclude_rows, const std::string& level, size_t threads) {
  const KernelTable& kernels = kernels_for(level);
  const Questions questions = questions_of(vectors, positive_offsets, positive, negative_offsets, negative);
  const std::vector<Block> parts = blocks_with_norms(blocks, questions.vectors.dim);
  const Exclusions exclusions = exclusions_of(exclude_offsets, exclude_rows);
  AnswerArrays answer(questions.n, k);
  const Answer pointers = answer.pointers();
  Work work;
  {
    const WithoutGil released;
    work = scan_mul(kernels, parts, questions, k, exclusions, threads, pointers);
  }
  return answer.tuple(work);
}

py::tuple search_sums(const py::sequence& blocks, const FloatArray& queries, const FloatArray& vectors,
                      const Int64Array& positive_offsets, const Int64Array& positive,
                      const Int64Array& negative_offsets, const Int64Array& negative, size_t k,
                      const std::optional<Int64Array>& exclude_offsets, const std::optional<Int64Array>& exclude_rows,
                      const std::string& level, size_t threads) {
  const KernelTable& kernels = kernels_for(level);
  const Queries q = queries_of(queries);
  const Questions questions = questions_of(vectors, positive_offsets, positive, negative_offsets, negative);
  if (questions.n != q.n || questions.vectors.dim != q.dim)
    throw py::value_error("`queries` must be as many as there are sums, of the dim of the vectors.");
  const std::vector<Block> parts = blocks_with_norms(blocks, q.dim);
  const Exclusions exclusions = exclusions_of(exclude_offsets, exclude_rows);
  AnswerArrays answer(q.n, k);
  const Answer pointers = answer.pointers();
  Work work;
  {
    const WithoutGil released;
    work = scan_sums(kernels, parts, q, questions, k, exclusions, threads, pointers);
  }
  return answer.tuple(work);
}

py::tuple encoded(const py::array& vectors, const std::string& metric, const FloatArray& center,
                  const std::string& level, size_t threads) {
  const KernelTable& kernels = kernels_for(level);
  const Block block = block_of(vectors);
  const size_t dim = dim_of(vectors);
  const Metric measure = metric_of(metric);
  if (static_cast<size_t>(center.size()) != dim) throw py::value_error("`center` must have shape (dim,).");
  ByteArray codes({block.n, code_stride(dim)});
  FloatArray bounds({code_blocks(block.n), size_t{3}}), errors(static_cast<py::ssize_t>(block.n)),
      norms(static_cast<py::ssize_t>(block.n));
  const CodesOut out = {codes.mutable_data(), reinterpret_cast<CodeBounds*>(bounds.mutable_data()),
                        errors.mutable_data(), norms.mutable_data()};
  {
    const WithoutGil released;
    encode(kernels, block, dim, measure, center.data(), threads, out);
  }
  return py::make_tuple(codes, bounds, errors, norms);
}

FloatArray composed(const py::sequence& blocks, size_t dim, const Int64Array& rows, const DoubleArray& weights,
                    const Int64Array& offsets, bool unit, const std::string& level, size_t threads) {
  const KernelTable& kernels = kernels_for(level);
  const std::vector<Block> parts = blocks_of(blocks, dim);
  const size_t n = static_cast<size_t>(offsets.size() - 1);
  FloatArray out({n, dim});
  float* to = out.mutable_data();
  const WithoutGil released;
  compose(kernels, parts, dim, rows.data(), weights.data(), offsets.data(), n, unit, threads, to);
  return out;
}

}  // namespace

void register_scan(py::module_& m) {
  using py::arg;
  m.def("search", &search, arg("blocks"), arg("queries").noconvert(), arg("k"), arg("metric"),
        arg("exclude_offsets").noconvert(), arg("exclude_rows").noconvert(), arg("use_codes"), arg("level"),
        arg("threads"));
  m.def("encode", &encoded, arg("vectors").noconvert(), arg("metric"), arg("center").noconvert(), arg("level"),
        arg("threads"));
  m.def("search_mul", &search_mul, arg("blocks"), arg("vectors").noconvert(), arg("positive_offsets").noconvert(),
        arg("positive").noconvert(), arg("negative_offsets").noconvert(), arg("negative").noconvert(), arg("k"),
        arg("exclude_offsets").noconvert(), arg("exclude_rows").noconvert(), arg("level"), arg("threads"));
  m.def("search_sums", &search_sums, arg("blocks"), arg("queries").noconvert(), arg("vectors").noconvert(),
        arg("positive_offsets").noconvert(), arg("positive").noconvert(), arg("negative_offsets").noconvert(),
        arg("negative").noconvert(), arg("k"), arg("exclude_offsets").noconvert(), arg("exclude_rows").noconvert(),
        arg("level"), arg("threads"));
  m.def("compose", &composed, arg("blocks"), arg("dim"), arg("rows").noconvert(), arg("weights").noconvert(),
        arg("offsets").noconvert(), arg("unit"), arg("level"), arg("threads"));
}

}  // namespace vecstore
