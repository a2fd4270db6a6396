"""The baseline everybody has: NumPy, a float32 matrix product and a partial sort.

Written as well as NumPy allows. The queries are split among threads that each keep BLAS to one, so
that the selection runs on all of them too, and the rows are taken in panels whose products stay in
the second-level cache. `"argpartition"` selects from every panel. `"pruned"` asks first which
queries a panel has anything for, which after the first few panels is hardly any.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from threadpoolctl import ThreadpoolController

from benchmarks.answers import Rows
from benchmarks.datasets import Floats
from benchmarks.peer import Peer, Search, unit

__all__ = ["NUMPY"]

# Products of a panel: 2 MB of float32.
_PANEL_VALUES = 1 << 19
_LEAST_ROWS = 1024


def prepare(vectors: Floats, metric: str, threads: int) -> Search:
    rows = unit(vectors, metric)
    # Ranking by |q - x| is ranking by q.x - |x|^2 / 2.
    bias = (rows**2).sum(axis=1) / 2 if metric == "euclidean" else None
    blas = ThreadpoolController()

    def search(queries: Floats, k: int, setting: str) -> Rows:
        scan = partial(_scan, rows, bias, k=k, pruned=setting == "pruned")
        if len(queries) < threads:
            return scan(queries)
        with blas.limit(limits=1), ThreadPoolExecutor(threads) as pool:
            return np.concatenate(list(pool.map(scan, np.array_split(queries, threads))))

    return search


def _scan(rows: Floats, bias: Floats | None, queries: Floats, *, k: int, pruned: bool) -> Rows:
    step = max(_LEAST_ROWS, _PANEL_VALUES // len(queries))
    panel = np.empty((len(queries), step), dtype=np.float32)
    best = np.full((len(queries), k), -np.inf, dtype=np.float32)
    found = np.full((len(queries), k), -1, dtype=np.int64)
    for start in range(0, len(rows), step):
        group = rows[start : start + step]
        scores = np.matmul(queries, group.T, out=panel[:, : len(group)])
        if bias is not None:
            scores -= bias[start : start + step]
        touched = slice(None)
        if pruned and start:
            touched = np.flatnonzero(scores.max(axis=1) > best.min(axis=1))
            if len(touched) == 0:
                continue
        best[touched], found[touched] = _merged(
            best[touched], found[touched], scores[touched], start, k
        )
    return np.take_along_axis(found, np.argsort(-best, axis=1), axis=1)


def _merged(best: Floats, found: Rows, scores: Floats, start: int, k: int) -> tuple[Floats, Rows]:
    near = _largest(scores, k)
    both = np.concatenate([best, np.take_along_axis(scores, near, axis=1)], axis=1)
    rows = np.concatenate([found, near + start], axis=1)
    kept = _largest(both, k)
    return np.take_along_axis(both, kept, axis=1), np.take_along_axis(rows, kept, axis=1)


def _largest(scores: Floats, k: int) -> Rows:
    if k >= scores.shape[1]:
        return np.broadcast_to(np.arange(scores.shape[1]), scores.shape)
    return np.argpartition(scores, -k, axis=1)[:, -k:]


NUMPY = Peer("NumPy+BLAS", "numpy", prepare, ("argpartition", "pruned"))
