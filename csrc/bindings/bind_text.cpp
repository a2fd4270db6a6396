#include <cstring>

#include "arrays.h"
#include "text/text.h"

namespace vecstore {
namespace {

using ByteArray = py::array_t<std::uint8_t, py::array::c_style>;

// Exponents are summed in 64 bits and bounds are counted in bytes: far more than a block ever
// needs.
constexpr py::ssize_t kMaxBlock = py::ssize_t{1} << 31;

ByteArray bytes_of(const std::string& text) {
  ByteArray bytes(static_cast<py::ssize_t>(text.size()));
  std::memcpy(bytes.mutable_data(), text.data(), text.size());
  return bytes;
}

Int64Array numbers_of(const std::vector<std::int64_t>& numbers) {
  return Int64Array(static_cast<py::ssize_t>(numbers.size()), numbers.data());
}

Int64Array table_of(const std::vector<BadLine>& bad) {
  Int64Array table({bad.size(), std::size_t{3}});
  std::int64_t* out = table.mutable_data();
  for (const BadLine& line : bad) {
    *out++ = line.line;
    *out++ = line.begin;
    *out++ = line.end;
  }
  return table;
}

// -> keys, vectors, lines, bad, n_lines: TextRows as arrays, and the rows it filled.
py::tuple parse(const ByteArray& block, py::ssize_t dim, bool keyed, bool certain) {
  if (block.ndim() != 1 || block.size() >= kMaxBlock)
    throw py::value_error("`block` must have one axis and fewer than 2^31 bytes.");
  if (dim < 1) throw py::value_error("`dim` must be at least 1.");
  const auto* data = reinterpret_cast<const char*>(block.data());
  const auto size = static_cast<std::size_t>(block.size()), columns = static_cast<std::size_t>(dim);

  std::size_t room;
  {
    const WithoutGil released;
    room = max_text_rows(data, size, columns);
  }
  FloatArray vectors({room, columns});
  float* out = vectors.mutable_data();
  TextRows rows;
  {
    const WithoutGil released;
    rows = parse_text(data, size, columns, {keyed, certain}, out);
  }
  const py::slice filled(0, static_cast<py::ssize_t>(rows.lines.size()), 1);
  return py::make_tuple(bytes_of(rows.keys), vectors[filled], numbers_of(rows.lines), table_of(rows.bad), rows.n_lines);
}

}  // namespace

void register_text(py::module_& m) {
  m.def("parse_text", &parse, py::arg("block").noconvert(), py::arg("dim"), py::kw_only(), py::arg("keyed"),
        py::arg("certain") = false);
}

}  // namespace vecstore
