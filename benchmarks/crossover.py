"""Where one path of the exact search overtakes another: what `vecstore.search.exact` goes by.

::

    .venv/bin/python -m benchmarks.crossover
    .venv/bin/python -m benchmarks.crossover --level avx2 --level numba --table gather

Ratios of times, more than 1 where codes (or the copy of the rows that qualify, or the cosines that
sums share) are faster. The two sides of a ratio take turns and the least time of each counts, so
that a busy machine disturbs both.
"""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.datasets import Floats, clustered, some_rows, words
from vecstore import kernels
from vecstore.arrays import Block, as_words
from vecstore.index import codes
from vecstore.kernels.contract import Engine
from vecstore.search import exact

BATCHES = (1, 4, 5, 64, 512)
DENSITIES = (0.5, 0.25, 0.1, 0.05, 0.02, 0.01)
WORDS, SUMS = (1, 10, 40, 160, 640), (64, 256, 1024, 4096)
TABLES = ("rows", "dims", "gather", "sums")


class Level(NamedTuple):
    """An engine, held to one level."""

    name: str
    engine: Engine

    @property
    def options(self) -> dict[str, str]:
        return {} if self.engine.NAME == "numba" else {"level": self.name}

    def search(self, block: Block, queries: Floats, k: int, path: str) -> object:
        return self.engine.search([block], queries, k, "cosine", path=path, **self.options)


@click.command()
@click.option("--level", "names", multiple=True, help="Default: all of this machine.")
@click.option("--table", "tables", multiple=True, type=click.Choice(TABLES), help="Default: all.")
@click.option("--rows", default=300_000, show_default=True, help="The largest number.")
@click.option("--seconds", default=0.3, show_default=True, help="To measure each ratio.")
def main(names: tuple[str, ...], tables: tuple[str, ...], rows: int, seconds: float) -> None:
    """Print tables of ratios."""
    console = Console(width=100)
    known = [*kernels.engine("native").levels(), "numba"]
    for name in names or known:
        level = Level(name, kernels.engine("numba" if name == "numba" else "native"))
        for table in tables or TABLES:
            lines = {"rows": by_rows, "dims": by_dims, "gather": by_density, "sums": by_words}
            batches = SUMS if table == "sums" else BATCHES
            title = f"{name}, {table}"
            console.print(as_table(title, batches, lines[table](level, rows, seconds)))


Line = tuple[str, list[str]]


def by_rows(level: Level, rows: int, seconds: float) -> Iterator[Line]:
    """Codes against vectors of 100 dimensions: rows, neighbours, queries."""
    vectors = words(rows)
    for n in [n for n in (1000, 4000, 16_000, 64_000, 300_000) if n <= rows]:
        block = with_codes(vectors[:n])
        for k in (1, 10, 100):
            yield f"{n:,} rows, k = {k}", ratios(level, block, k, seconds)


def by_dims(level: Level, rows: int, seconds: float) -> Iterator[Line]:
    """Codes against vectors of 20,000 rows: dimensions, queries."""
    for dim in (4, 16, 32, 64, 128, 384, 1024):
        block = with_codes(clustered(min(rows, 20_000), dim))
        yield f"{dim} dimensions", ratios(level, block, 10, seconds)


def by_density(level: Level, rows: int, seconds: float) -> Iterator[Line]:
    """A copy of the rows that qualify against all rows with a mask: share that does, queries."""
    block, rng = with_codes(words(rows)), np.random.default_rng(1)
    for density in DENSITIES:
        masked = block._replace(mask=as_words(rng.random(rows) < density))
        yield f"{density:.0%} qualify", ratios(level, masked, 10, seconds, "gather")


def by_words(level: Level, rows: int, seconds: float) -> Iterator[Line]:
    """Shared cosines against the path for single queries: words in all sums, sums of three."""
    block = with_codes(words(min(rows, 100_000)))
    for n in WORDS:
        cells = [f"{sum_ratio(level, block, n, n_sums, seconds):.2f}" for n_sums in SUMS]
        yield f"{n} words", cells


def sum_ratio(level: Level, block: Block, n: int, n_sums: int, seconds: float) -> float:
    vectors = block.vectors[:n]
    a, b, c = np.random.default_rng(3).integers(0, n, (3, n_sums))
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    queries = units[b] - units[a] + units[c]
    plus = np.arange(n_sums + 1) * 2, np.column_stack([b, c]).ravel()
    minus = np.arange(n_sums + 1), a
    n_rows, dim = block.vectors.shape
    path = exact.choose(level.name, rows=n_rows, qualifying=n_rows, dim=dim, n_queries=n_sums, k=1)

    def one_by_one() -> object:
        return level.search(block, queries, 1, path)

    def shared() -> object:
        return level.engine.search_sums([block], queries, vectors, plus, minus, 1, **level.options)

    slow, fast = race(one_by_one, shared, seconds)
    return slow / fast


def ratios(level: Level, block: Block, k: int, seconds: float, path: str = "codes") -> list[str]:
    asked = [queries_near(block.vectors, n) for n in BATCHES]
    return [f"{ratio(level, block, queries, k, seconds, path):.2f}" for queries in asked]


def ratio(level: Level, block: Block, queries: Floats, k: int, seconds: float, path: str) -> float:
    def on_codes() -> object:
        return level.search(block, queries, k, "codes")

    def on_vectors() -> object:
        return level.search(block, queries, k, "float")

    def on_a_copy() -> object:
        return exact.search([block], queries, k, "cosine", "gather")

    sides = (on_codes, on_a_copy) if path == "gather" else (on_vectors, on_codes)
    slow, fast = race(*sides, seconds)
    return slow / fast


def queries_near(vectors: Floats, n: int) -> Floats:
    """Return queries near rows, but none that is one: it would be found at once."""
    rows = some_rows(vectors, n)
    noise = np.random.default_rng(2).standard_normal(rows.shape, dtype=np.float32)
    return rows + np.float32(0.3) * vectors.std() * noise


def race(one: Callable[[], object], other: Callable[[], object], seconds: float) -> list[float]:
    """Return the least time of each, run in turns."""
    least = [np.inf, np.inf]
    begun = time.perf_counter()
    rounds = 0
    while rounds < 4 or time.perf_counter() - begun < seconds:
        for side, work in enumerate((one, other)):
            start = time.perf_counter()
            work()
            if rounds:  # the first round only warms up
                least[side] = min(least[side], time.perf_counter() - start)
        rounds += 1
    return least


def with_codes(vectors: Floats) -> Block:
    norms = kernels.engine("native").inverse_norms(vectors)
    return Block(vectors, norms, 0, None, codes.encode([vectors], "cosine"))


def as_table(title: str, batches: tuple[int, ...], lines: Iterator[Line]) -> Table:
    table = Table(title=title)
    table.add_column()
    for n in batches:
        table.add_column(f"{n} queries" if n > 1 else "1 query", justify="right")
    for name, cells in lines:
        table.add_row(name, *cells)
    return table


if __name__ == "__main__":
    main()
