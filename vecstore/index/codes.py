"""From rows to codes: choosing a center, and encoding a piece at a time."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vecstore import kernels
from vecstore.arrays import Codes, Progress
from vecstore.kernels import Engine, Float32s, Float64s, Vectors, norms, reciprocals

__all__ = ["encode"]


_BLOCK = 16  # rows that share a scale
_SAMPLED_BLOCKS = 256

# Values encoded in one call, which takes some 20 ms: interrupts are noticed between calls.
_STEP_VALUES = 1 << 22


def encode(
    pieces: Sequence[Vectors],
    metric: str,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Codes:
    """Return the codes of rows in consecutive pieces (at least one), which may be mapped."""
    engine, rows = kernels.engine(), _Rows(pieces)
    center = _center(engine, rows.sample(), metric)
    n, dim = len(rows), len(center)
    codes = Codes(
        np.empty((n, -(-dim // 4) * 4), np.uint8),
        np.empty((-(-n // _BLOCK), 3), np.float32),
        np.empty(n, np.float32),
        np.empty(n, np.float32),
        center,
    )
    step = max(1, _STEP_VALUES // dim // _BLOCK) * _BLOCK
    for first in range(0, n, step):
        stop = min(first + step, n)
        some = engine.encode(rows.between(first, stop), metric, center, threads=threads)
        codes.codes[first:stop] = some.codes
        codes.bounds[first // _BLOCK : -(-stop // _BLOCK)] = some.bounds
        codes.errors[first:stop] = some.errors
        codes.norms[first:stop] = some.norms
        if progress:
            progress(stop, n)
    return codes


# A bound is about as loose as the error of a row times the length of a query, and queries are about
# as long as rows once the center is taken from both. So the center with the least product of the
# mean error and the mean length wins. Wherever survivors were counted, it also left the fewest:
#
# - 10,000 SIFT histograms with noise: the mean leaves 15 rows, the origin 19.
# - The same without noise are whole numbers in a range of at most 254. Their middle leaves 10,
#   because their codes are exact then.
# - Word vectors shifted by 5 in every dimension: the mean leaves 17, the origin 8,300.
# - MNIST: zeros of pixels are exact around 0, which leaves 14.5; the mean would leave 15.6.
def _center(engine: Engine, sample: Vectors, metric: str) -> Float32s:
    """Return the point to measure rows from: the one that lets the fewest rows survive a scan."""
    dim = sample.shape[1]
    origin = np.zeros(dim, np.float32)
    if not len(sample):
        return origin
    prepared = sample.astype(np.float64)
    if metric == "cosine":
        prepared *= reciprocals(norms(prepared))[:, None]
    best, least = origin, _looseness(engine, sample, metric, origin)
    # Under cosine the mean must be twice as good. Unit vectors seldom lie off center: for words, a
    # mean would save one of 19 survivors. Segments with the same center share prepared queries.
    handicap = 2.0 if metric == "cosine" else 1.0
    for center in _candidates(prepared):
        looseness = handicap * _looseness(engine, sample, metric, center)
        if looseness < least:
            best, least = center, looseness
    return best


def _candidates(prepared: Float64s) -> list[Float32s]:
    mean = prepared.mean(axis=0)
    centers = [mean]
    if (np.rint(prepared) == prepared).all():
        middle = np.rint((prepared.min() + prepared.max()) / 2)
        centers.append(np.full_like(mean, middle))
    return [center.astype(np.float32) for center in centers]


def _looseness(engine: Engine, sample: Vectors, metric: str, center: Float32s) -> float:
    codes = engine.encode(sample, metric, center)
    return float(codes.errors.mean(dtype=np.float64) * codes.norms.mean(dtype=np.float64))


class _Rows:
    """Consecutive pieces of rows as one array."""

    def __init__(self, pieces: Sequence[Vectors]) -> None:
        self._pieces = pieces
        self._starts = np.cumsum([0, *map(len, pieces)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def between(self, first: int, stop: int) -> Vectors:
        """Return rows ``first <= row < stop``, copied only where pieces meet."""
        last = len(self._pieces) - 1
        low = min(int(np.searchsorted(self._starts, first, side="right")) - 1, last)
        high = min(int(np.searchsorted(self._starts, stop)) - 1, last)
        parts = [
            self._pieces[i][max(0, first - self._starts[i]) : max(0, stop - self._starts[i])]
            for i in range(low, max(low, high) + 1)
        ]
        return parts[0] if len(parts) == 1 else _joined(parts)

    def sample(self) -> Vectors:
        """Return whole blocks from all over the rows, because their order may mean something."""
        blocks = len(self) // _BLOCK
        if blocks <= _SAMPLED_BLOCKS:
            return self.between(0, len(self))
        chosen: npt.NDArray[np.int64] = np.linspace(0, blocks - 1, _SAMPLED_BLOCKS).astype(np.int64)
        firsts = (chosen * _BLOCK).tolist()
        return _joined([self.between(first, first + _BLOCK) for first in firsts])


def _joined(parts: list[Vectors]) -> Vectors:
    rows: Vectors = np.concatenate(parts)  # type: ignore[assignment]  # all of one dtype
    return rows
