"""vecstore as its users call it, at every level of the native engine and in Numba."""

import os

import vecstore
from benchmarks.answers import Rows
from benchmarks.datasets import Floats
from benchmarks.peer import Peer, Search
from vecstore import kernels

__all__ = ["LEVELS", "OURS"]


def native_levels() -> tuple[str, ...]:
    """Return the levels of this CPU, best first; none without the compiled core."""
    try:
        return kernels.engine("native").levels()
    except ImportError:
        return ()


def prepare_native(vectors: Floats, metric: str, threads: int) -> Search:
    kernels.engine("native")
    store = vecstore.from_arrays(vectors, metric=metric)
    store.prepare(threads=threads)  # what a store on disk has had since it was written

    # Both variables are read at every call. Setting them costs a microsecond, which we pay.
    def search(queries: Floats, k: int, level: str) -> Rows:
        os.environ["VECSTORE_ENGINE"] = "native"
        os.environ["VECSTORE_SIMD"] = level
        return store.search(queries, k, threads=threads).keys

    return search


def prepare_numba(vectors: Floats, metric: str, threads: int) -> Search:
    store = vecstore.from_arrays(vectors, metric=metric)
    store.prepare(threads=threads)

    def search(queries: Floats, k: int, _: None) -> Rows:
        os.environ["VECSTORE_ENGINE"] = "numba"
        return store.search(queries, k, threads=threads).keys

    return search


LEVELS = native_levels()
OURS = [
    Peer("vecstore", "vecstore", prepare_native, LEVELS),
    Peer("vecstore numba", "vecstore", prepare_numba),
]
