// vecstore._native: registers what the bind_*.cpp files define, and nothing else.
#include <pybind11/pybind11.h>

namespace vecstore {
void register_kernels(pybind11::module_& m);
void register_scan(pybind11::module_& m);
void register_text(pybind11::module_& m);
void register_walk(pybind11::module_& m);
}  // namespace vecstore

PYBIND11_MODULE(_native, m, pybind11::mod_gil_not_used()) {
  m.doc() = "The native core: kernels, scans and the text parser. Validated and called by vecstore's Python.";
  m.attr("__version__") = VECSTORE_VERSION;
  vecstore::register_kernels(m);
  vecstore::register_scan(m);
  vecstore::register_text(m);
  vecstore::register_walk(m);
}
