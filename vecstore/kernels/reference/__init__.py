"""The engine in NumPy and float64, which specifies the other two; see `engine`."""

from vecstore.kernels.reference.engine import (
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
    "search_mul",
    "search_sums",
    "sq_euclidean",
    "sq_euclidean_rows",
    "sq_norms",
    "walk",
]
