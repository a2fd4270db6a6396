"""The reference engine: NumPy and float64, plain and slow. It specifies the other two.

- `engine`: the exact scans, sums and distances
- `encoding`: rows in 8 bits
- `walking`: finding near rows by following a graph
- `growing`: linking rows into a graph
"""

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
