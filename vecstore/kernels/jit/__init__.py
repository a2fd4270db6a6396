"""The Numba engine: the kernels of the specification, compiled where Python runs.

Read the modules in this order:

- `compiling`: how functions are compiled, and why so
- `arrays`: the form in which arrays reach compiled code
- `float64_sums`: sums with the bits of the reference
- `scan_state`: rows, a group of queries, and a heap of the best rows of each
- `plan`: how a scan is spread over groups of queries, spans of rows and threads
- `float_filter`, `panels`, `float_scan`: the path ``"float"``: its error bound, its sums, its loop
- `encoding`, `code_queries`, `code_state`: rows and queries in 8 bits
- `code_filter`, `code_scan`, `code_path`: the path ``"codes"``: its bound, its loop, its set-up
- `mul_scan`: 3CosMul
- `custom_metric`: metrics of the caller's own
- `engine`: the functions of `contract.Engine`, made of all these
"""

from vecstore.kernels.jit.engine import (
    NAME,
    compose,
    distances,
    dot,
    dot_rows,
    encode,
    grow,
    inverse_norms,
    levels,
    search,
    search_custom,
    search_mul,
    search_sums,
    sq_euclidean,
    sq_euclidean_rows,
    sq_norms,
    walk,
)

__all__ = [
    "NAME",
    "compose",
    "distances",
    "dot",
    "dot_rows",
    "encode",
    "grow",
    "inverse_norms",
    "levels",
    "search",
    "search_custom",
    "search_mul",
    "search_sums",
    "sq_euclidean",
    "sq_euclidean_rows",
    "sq_norms",
    "walk",
]
