"""Rows, queries and exclusions as engines take them."""

from itertools import pairwise

import numpy as np

from vecstore.arrays import Block, Codes, Exclusions
from vecstore.kernels import reference


def blocks_of(
    vectors: np.ndarray, cuts: tuple[int, ...] = (), metric: str = "cosine", masked: bool = False
) -> list[Block]:
    """The rows as blocks cut at `cuts`, with codes; masked: a third of the rows may not answer."""
    blocks = []
    for start, stop in pairwise((0, *cuts, len(vectors))):
        rows = vectors[start:stop]
        norms = reference.inverse_norms(rows) if metric == "cosine" else None
        words = None
        if masked:
            bits = np.zeros(-(-len(rows) // 64) * 64, np.uint8)
            bits[: len(rows)] = np.arange(start, stop) % 3 != 0
            words = np.packbits(bits, bitorder="little").view(np.uint64)
        blocks.append(Block(rows, norms, start, words, codes_of(rows, metric, len(blocks))))
    return blocks


def codes_of(rows: np.ndarray, metric: str, which: int) -> Codes:
    """The codes of a block: every second one around its first row, if that is finite."""
    center = np.zeros(rows.shape[1], np.float32)
    if which % 2 and len(rows) and np.isfinite(rows[0]).all():
        center[:] = rows[0]
    return reference.encode(rows, metric, center)


def exclusions(n_queries: int, n: int, each: int, rng: np.random.Generator) -> Exclusions:
    """Some rows that may not answer each query, unsorted, with a repetition and a stranger."""
    rows = rng.integers(0, n, (n_queries, each))
    rows[:, :2] = rows[:, :1]
    rows[:, 2] = 10 * n
    return np.arange(n_queries + 1) * each, rows.reshape(-1)


def queries_for(rows: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Half stored rows, half anything; none of them zero, which cosine does not allow."""
    own = rows[rng.integers(0, len(rows), n)].astype(np.float32)
    own[::2] += rng.uniform(-1, 1, (len(own[::2]), rows.shape[1])).astype(np.float32)
    own[~own.any(axis=1)] = 1
    return own
