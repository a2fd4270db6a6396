"""Finding the nearest rows of a snapshot: from what a caller asks to what an engine scans."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore import kernels
from vecstore.arrays import Block, Exclusions, Rows, as_groups, as_words, check_count
from vecstore.attributes import row_table
from vecstore.kernels import Found, Groups, check_threads
from vecstore.metrics import Metric, metric_name
from vecstore.search import exact
from vecstore.search.approximate import Asked, check_approximate
from vecstore.search.approximate import search as walk_or_scan
from vecstore.search.results import Matches, Plan
from vecstore.snapshot import Snapshot, as_keys, is_key

__all__ = [
    "Queries",
    "Scan",
    "Sums",
    "as_matches",
    "check_k",
    "exclusions",
    "masked",
    "nearest",
    "planned",
]

Queries = npt.NDArray[np.float32]

# An answer has a place for each of k neighbours, but past this many only as far as there are rows.
# So shapes are as asked for while that costs little, and no k takes more memory than the rows.
_PLACES = 100


class Sums(NamedTuple):
    """The stored rows that queries are sums of, each scaled to unit length."""

    rows: Rows  # each of them once
    positive: Groups  # what query i adds, as places in `rows`
    negative: Groups  # what query i takes away

    @property
    def terms(self) -> exact.Terms:
        """How much there is to add."""
        sizes = np.diff(self.positive[0]) + np.diff(self.negative[0])
        return exact.Terms(len(self.rows), int(sizes.sum()), int(sizes.max(initial=0)))


#: ``scan(queries, exclude)``: what was found, and how.
Scan = Callable[[Queries, Exclusions | None], tuple[Found, Plan]]


def nearest(
    snapshot: Snapshot,
    queries: Any,
    k: int,
    metric: Metric,
    *,
    single: bool,
    where: npt.NDArray[np.bool_] | None = None,
    exclude: Exclusions | None = None,
    approximate: Any = None,
    sums: Sums | None = None,
    threads: int | None = None,
) -> Matches:
    """Search a snapshot with queries that were checked already, of shape (n, dim).

    ``where[r]`` says whether row r may answer. `sums` can make it faster, and changes no answer.
    """
    k, threads = check_k(k, snapshot), check_threads(threads)
    if (asked := check_approximate(approximate)) and isinstance(metric, str):
        found, plan = _near(snapshot, queries, k, metric, asked, where, exclude, threads)
        return as_matches(snapshot, found, metric, plan, single=single)
    scan = planned(snapshot, len(queries), k, metric, where=where, sums=sums, threads=threads)
    found, plan = scan(queries, exclude)
    return as_matches(snapshot, found, metric_name(metric), plan, single=single)


def _near(
    snapshot: Snapshot,
    queries: Queries,
    k: int,
    metric: str,
    asked: Asked,
    where: npt.NDArray[np.bool_] | None,
    exclude: Exclusions | None,
    threads: int | None,
) -> tuple[Found, Plan]:
    """Search by the indexes of the parts, where there are any."""
    coded = snapshot.coded(len(queries), threads)
    pairs = [
        (block, part.index)
        for whole, part in zip(coded, snapshot.parts, strict=True)
        for block in masked([whole], where)
    ]
    return walk_or_scan(pairs, queries, k, metric, asked, exclude=exclude, threads=threads)


def planned(
    snapshot: Snapshot,
    n_queries: int,
    k: int,
    metric: Metric,
    *,
    where: npt.NDArray[np.bool_] | None = None,
    sums: Sums | None = None,
    threads: int | None = None,
) -> Scan:
    """Choose how to answer queries, and get ready for it; return ``scan(queries, exclude)``.

    `n_queries` counts those of all calls of the scan together. With `sums`, call it only once.
    """
    if not isinstance(metric, str):
        from vecstore.kernels.jit import search_custom

        engine, blocks = kernels.engine("numba"), masked(snapshot.blocks, where)

        def scan_custom(queries: Queries, exclude: Exclusions | None) -> tuple[Found, Plan]:
            found = search_custom(blocks, queries, k, metric, exclude=exclude, threads=threads)
            return found, exact.as_plan(engine, "float", found.work, len(queries), threads)

        return scan_custom
    path = exact.choose(
        kernels.level(kernels.engine()),
        rows=snapshot.rows,
        qualifying=len(snapshot) if where is None else int(np.count_nonzero(where)),
        dim=snapshot.dim,
        n_queries=n_queries,
        k=k,
        terms=None if sums is None else sums.terms,
    )
    if sums is not None and path == "sums":
        return _sum_scan(snapshot, masked(snapshot.blocks, where), sums, k, threads)
    coded = snapshot.coded(n_queries, threads) if path == "codes" else snapshot.blocks
    chosen = masked(coded, where)

    def scan(queries: Queries, exclude: Exclusions | None) -> tuple[Found, Plan]:
        return exact.search(chosen, queries, k, metric, path, exclude=exclude, threads=threads)

    return scan


def _sum_scan(
    snapshot: Snapshot, blocks: Sequence[Block], sums: Sums, k: int, threads: int | None
) -> Scan:
    engine, vectors = kernels.engine(), snapshot.gather(sums.rows, np.float32)

    def scan(queries: Queries, exclude: Exclusions | None) -> tuple[Found, Plan]:
        sides = sums.positive, sums.negative
        found = engine.search_sums(
            blocks, queries, vectors, *sides, k, exclude=exclude, threads=threads
        )
        return found, exact.as_plan(engine, "sums", found.work, len(queries), threads)

    return scan


def as_matches(
    snapshot: Snapshot, found: Found, metric: str, plan: Plan, *, single: bool
) -> Matches:
    """Give an engine's answer the keys of the snapshot, which are decoded when asked for."""
    snapshot.check()
    distances, rows, counts, _ = found
    return Matches(
        distances,
        rows,
        counts,
        metric=metric,
        take=snapshot.take,
        attributes=partial(row_table, snapshot, keys=False),
        single=single,
        plan=plan,
    )


def check_k(k: int, snapshot: Snapshot) -> int:
    """Return how many places an answer has: k, but at most the larger of 100 and the rows."""
    return min(check_count(k, "k"), max(len(snapshot), _PLACES))


def exclusions(snapshot: Snapshot, exclude: Any, n_queries: int) -> Exclusions | None:
    """Return the rows of the keys to exclude, for every query, as engines take them.

    `exclude` is a key, one list of keys for all queries, or a list per query; ValueError if there
    is not one for each. A key that is not stored is ignored.
    """
    if exclude is None:
        return None
    if is_key(exclude):
        exclude = [exclude]
    listed = list(exclude)
    if listed and not is_key(listed[0]):
        if len(listed) != n_queries:
            raise ValueError(
                f"`exclude` must be one list of keys, or {n_queries}, one per query; "
                f"got {len(listed)}."
            )
        keys = as_keys(chain.from_iterable(listed), snapshot.key_kind, "exclude")
        rows, sizes = snapshot.find(keys), [len(one) for one in listed]
    else:
        rows = snapshot.find(as_keys(listed, snapshot.key_kind, "exclude"))
        rows, sizes = np.tile(rows, n_queries), [len(listed)] * n_queries
    return as_groups(sizes, rows)


def masked(blocks: Sequence[Block], where: npt.NDArray[np.bool_] | None) -> Sequence[Block]:
    """Return the blocks with a row that may answer, with masks; None changes nothing."""
    if where is None:
        return blocks
    parts = [(block, where[block.first_row :][: len(block.vectors)]) for block in blocks]
    return [block._replace(mask=as_words(mask)) for block, mask in parts if mask.any()]
