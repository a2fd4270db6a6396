"""The hunt for a counterexample to the certified scan: random, adversarial, as long as you like.

    python -m tests.hunt --minutes 10
    python -m tests.hunt --case 17:123456        the case that a find has named

A case is rows, codes around some center, and queries. Every engine and level must give the answer
of the reference, which scores all rows in float64: the same rows, the same distances, to the bit.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from tests.helpers import Found, assert_same_neighbors
from vecstore import kernels
from vecstore.arrays import Block, Exclusions, as_words
from vecstore.kernels import reference
from vecstore.kernels.contract import Engine

METRICS = ("cosine", "euclidean", "dot")

# Products of one case: what the reference takes about a tenth of a second for.
BUDGET = 4_000_000

Random = np.random.Generator


class Case(NamedTuple):
    """What is searched, and for what; blocks without codes."""

    blocks: list[Block]
    centers: list[np.ndarray]
    queries: np.ndarray
    k: int
    metric: str
    exclude: Exclusions | None


def random_case(rng: Random) -> Case:
    """Draw a case: every size, every magnitude, everything that could loosen or break a bound."""
    metric = str(rng.choice(METRICS))
    dim = int(2 ** rng.uniform(0, rng.choice([7, 12.01])))
    n = int(2 ** rng.uniform(0, 12))
    n_queries = int(rng.choice([1, 1, 2, 4, 5, 17, 70]))
    n = max(1, min(n, BUDGET // (dim * n_queries)))
    rows = KINDS[rng.integers(len(KINDS))](n, dim, rng)
    dtype = np.float16 if rng.random() < 0.2 else np.float32
    stored = as_stored(rows, metric, dtype)
    queries = as_stored(some_queries(stored.astype(np.float64), n_queries, rng), metric)
    cuts = [0, *np.sort(rng.integers(0, n + 1, int(rng.integers(0, 3)))).tolist(), n]
    blocks = [some_block(stored[a:b], a, metric, rng) for a, b in pairwise(cuts)]
    centers = [some_center(stored, metric, rng) for _ in blocks]
    k = int(rng.choice([1, 1, 2, 10, 100, n // 2 + 1, n, n + 3]))
    exclude = None
    if rng.random() < 0.3:
        exclude = np.arange(n_queries + 1) * 3, rng.integers(0, n + 2, 3 * n_queries)
    return Case(blocks, centers, queries, k, metric, exclude)


# Rows, in float64; `as_stored` brings them into the range of what is stored.


def gaussian(n: int, dim: int, rng: Random) -> np.ndarray:
    return rng.standard_normal((n, dim))


def scaled(n: int, dim: int, rng: Random) -> np.ndarray:
    """Rows, columns or single values of wildly different magnitudes."""
    shape = [(n, 1), (1, dim), (n, dim)][rng.integers(3)]
    spread = rng.choice([1, 5, 20, 70, 140])
    return gaussian(n, dim, rng) * 2.0 ** rng.uniform(-spread, min(spread, 120), shape)


def shifted_exponents(n: int, dim: int, rng: Random) -> np.ndarray:
    return gaussian(n, dim, rng) * 2.0 ** rng.integers(-150, 126)


def near_duplicates(n: int, dim: int, rng: Random) -> np.ndarray:
    """A few rows, again and again, with differences down to the last bit and to none."""
    few = gaussian(int(rng.integers(1, 6)), dim, rng) * 2.0 ** rng.integers(-60, 60)
    noise = rng.standard_normal((n, dim)) * 2.0 ** rng.uniform(-30, 0, (n, 1))
    noise[rng.random(n) < 0.3] = 0
    return few[rng.integers(0, len(few), n)] * (1 + noise)


def rivals(n: int, dim: int, rng: Random) -> np.ndarray:
    """One direction with noise about as large as what 8 bits lose: codes can hardly rank them."""
    one = gaussian(1, dim, rng)
    lost = np.abs(one).max() / 127
    longer = 1 + rng.standard_normal((n, 1)) * 2.0 ** rng.uniform(-14, -4)
    return one * longer + gaussian(n, dim, rng) * lost * 2.0 ** rng.uniform(-3, 3)


def far_clusters(n: int, dim: int, rng: Random) -> np.ndarray:
    """Far from the origin and close together: what cancels worst."""
    centers = rng.standard_normal((int(rng.integers(1, 4)), dim)) * 2.0 ** rng.integers(0, 20)
    return centers[rng.integers(0, len(centers), n)] + gaussian(n, dim, rng) * 2.0 ** rng.integers(
        -20, 2
    )


def whole_numbers(n: int, dim: int, rng: Random) -> np.ndarray:
    low = int(rng.integers(-300, 1))
    return rng.integers(low, low + rng.choice([2, 100, 254, 255, 256, 1000]), (n, dim)) * 1.0


def multiples_of_the_least(n: int, dim: int, rng: Random) -> np.ndarray:
    return rng.integers(-9, 10, (n, dim)) * 2.0**-149


def outliers(n: int, dim: int, rng: Random) -> np.ndarray:
    rows = gaussian(n, dim, rng)
    rows[:, rng.integers(0, dim, 1 + dim // 50)] *= 2.0 ** rng.integers(3, 40)
    rows[rng.random((n, dim)) < 0.001] *= 2.0**30
    return rows


def sparse(n: int, dim: int, rng: Random) -> np.ndarray:
    return gaussian(n, dim, rng) * (rng.random((n, dim)) < 2 / dim)


def all_equal(n: int, dim: int, rng: Random) -> np.ndarray:
    return np.repeat(scaled(1, dim, rng), n, axis=0)


KINDS: list[Callable[[int, int, Random], np.ndarray]] = [
    gaussian,
    scaled,
    shifted_exponents,
    near_duplicates,
    rivals,
    rivals,
    far_clusters,
    whole_numbers,
    multiples_of_the_least,
    outliers,
    sparse,
    all_equal,
]


def as_stored(rows: np.ndarray, metric: str, dtype: type = np.float32) -> np.ndarray:
    """Return the rows in the dtype, finite, and none of them zero under cosine."""
    largest = float(np.finfo(dtype).max)
    stored = np.clip(np.nan_to_num(rows), -largest, largest).astype(dtype)
    if metric == "cosine":
        stored[~stored.any(axis=1)] = 1
    return stored


def some_queries(rows: np.ndarray, n: int, rng: Random) -> np.ndarray:
    """Rows as they are, nudged, scaled, between two of them; and things of another kind."""
    chosen = rows[rng.integers(0, len(rows), n)]
    match rng.integers(7):
        case 0:
            return chosen.copy()
        case 5:
            return np.repeat(rows.mean(axis=0)[None], n, axis=0)
        case 1:
            return chosen * (1 + rng.standard_normal(chosen.shape) * 2.0 ** rng.uniform(-25, 0))
        case 2:
            return chosen * 2.0 ** rng.integers(-60, 60)
        case 3:
            return (chosen + rows[rng.integers(0, len(rows), n)]) / 2
        case 4:
            return np.zeros_like(chosen)
        case _:
            return KINDS[rng.integers(len(KINDS))](n, rows.shape[1], rng)


def some_center(rows: np.ndarray, metric: str, rng: Random) -> np.ndarray:
    """Any finite center is allowed, good or bad."""
    dim, wide = rows.shape[1], rows.astype(np.float64)
    if metric == "cosine":
        wide /= np.linalg.norm(wide, axis=1)[:, None]
    choices = [
        np.zeros(dim),
        wide.mean(axis=0),
        np.full(dim, np.rint(wide.min() / 2 + wide.max() / 2)),
        wide[rng.integers(len(wide))],
        rng.standard_normal(dim) * 2.0 ** rng.integers(-150, 126),
    ]
    return as_stored(choices[rng.integers(len(choices))][None], "dot")[0]


def some_block(rows: np.ndarray, first: int, metric: str, rng: Random) -> Block:
    norms = reference.inverse_norms(rows) if metric == "cosine" else None
    mask = as_words(rng.random(len(rows)) < rng.choice([0.02, 0.5])) if rng.random() < 0.3 else None
    return Block(rows, norms, first, mask)


# The check.


def search_codes(kernel: Engine, case: Case) -> Found:
    """Encode the blocks and search the codes."""
    blocks = [
        block._replace(codes=kernel.encode(block.vectors, case.metric, center))
        for block, center in zip(case.blocks, case.centers, strict=True)
    ]
    return kernel.search(
        blocks, case.queries, case.k, case.metric, exclude=case.exclude, path="codes"
    )


def expected_of(case: Case) -> Found:
    return reference.search(case.blocks, case.queries, case.k, case.metric, exclude=case.exclude)


def engines() -> Iterator[tuple[str, Engine]]:
    """Set up one engine and level after the other."""
    os.environ["VECSTORE_ENGINE"] = "native"
    native = kernels.engine()
    for level in native.levels():
        os.environ["VECSTORE_SIMD"] = level
        yield f"native {level}", native
    os.environ["VECSTORE_ENGINE"] = "numba"
    yield "numba", kernels.engine()


def main() -> None:
    """Hunt until the time is up or something is found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--case", metavar="SEED:NUMBER", help="Try this one only.")
    options = parser.parse_args()
    seed, _, number = (options.case or f"{options.seed}:0").partition(":")
    begun, tried, pairs = time.monotonic(), int(number), 0
    while options.case or time.monotonic() - begun < 60 * options.minutes:
        case = random_case(np.random.default_rng([int(seed), tried]))
        expected = expected_of(case)
        for name, kernel in engines():
            try:
                assert_same_neighbors(search_codes(kernel, case), expected)
            except AssertionError as error:
                print(f"FOUND, {name}: python -m tests.hunt --case {seed}:{tried}")
                print(str(error)[:2000])
                sys.exit(1)
            pairs += len(case.queries) * sum(len(block.vectors) for block in case.blocks)
        tried += 1
        if options.case:
            break
    print(f"No counterexample in {tried - int(number):,} cases, {pairs:,} pairs (seed {seed}).")


if __name__ == "__main__":
    main()
