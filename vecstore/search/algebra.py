"""Sums of stored vectors, and the analogies that are asked with them."""

from collections.abc import Mapping, Sequence
from itertools import chain
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore import kernels
from vecstore.arrays import Rows, as_groups
from vecstore.kernels import Groups, check_threads
from vecstore.metrics import Metric, metric_name
from vecstore.search.exact import as_plan
from vecstore.search.planner import Sums, as_matches, check_k, masked, nearest
from vecstore.search.results import Matches
from vecstore.snapshot import Snapshot, is_key, require_rows

__all__ = ["CANCELLED", "COMPOSITIONS", "METHODS", "analogies", "analogies_of_rows", "compose"]

METHODS = ("add", "mul")
COMPOSITIONS = ("sum", "mean")

#: Vectors are stored with seven digits. If only this share is left of what was added, the direction
#: of the rest is that of their rounding.
CANCELLED = 1e-6


def compose(
    snapshot: Snapshot,
    recipes: Sequence[Mapping[Any, float]],
    metric: Metric,
    method: str = "sum",
) -> npt.NDArray[np.float32]:
    """Return weighted sums or means of stored vectors, (n, dim), summed in float64.

    Under cosine, vectors are scaled to unit length before they are added, and so is the sum. Raises
    KeyNotFoundError, TypeError, or ValueError, the last also if vectors or weights cancel out.
    """
    if method not in COMPOSITIONS:
        raise ValueError(f'`method` must be "sum" or "mean"; got {method!r}.')
    for place, recipe in enumerate(recipes):
        if not recipe:
            raise ValueError(f"`recipe` must hold a key; recipe {place} has none.")
    rows = require_rows(snapshot, chain.from_iterable(recipes), "recipe")
    weights = _weights(recipes)
    offsets, _ = as_groups(map(len, recipes), rows)
    if method == "mean" and len(recipes):
        weights = weights / np.repeat(_totals(weights, offsets), np.diff(offsets))
    sums = _weighted_sums(snapshot, offsets, rows, weights, metric)
    if metric == "cosine" and len(recipes):
        _refuse_cancelled(snapshot, offsets, rows, weights, sums)
    return sums


def analogies(
    snapshot: Snapshot,
    positive: Sequence[Any],
    negative: Sequence[Any],
    k: int,
    metric: Metric,
    *,
    method: str = "add",
    where: npt.NDArray[np.bool_] | None = None,
    threads: int | None = None,
) -> Matches:
    """Answer one analogy, or a batch, leaving out the keys that ask it.

    Sequences of keys make a batch. ``"add"`` searches near the sum; ``"mul"`` ranks by products of
    cosines, and its distance is minus the product.
    """
    added, taken, single = _questions(positive, negative)
    plus = as_groups(
        map(len, added), require_rows(snapshot, chain.from_iterable(added), "positive")
    )
    minus = as_groups(
        map(len, taken), require_rows(snapshot, chain.from_iterable(taken), "negative")
    )
    return analogies_of_rows(
        snapshot, plus, minus, k, metric, method=method, where=where, threads=threads, single=single
    )


def analogies_of_rows(
    snapshot: Snapshot,
    plus: Groups,
    minus: Groups,
    k: int,
    metric: Metric,
    *,
    method: str = "add",
    where: npt.NDArray[np.bool_] | None = None,
    threads: int | None = None,
    single: bool = False,
) -> Matches:
    """Answer analogies as `analogies` does, from rows, with a group for every question."""
    if method not in METHODS:
        raise ValueError(f'`method` must be "add" or "mul"; got {method!r}.')
    if method == "mul" and metric != "cosine":
        raise ValueError(
            f'`method` "mul" must have the metric "cosine"; the store has "{metric_name(metric)}".'
        )
    offsets, inputs, signs = _merged(plus, minus)
    if len(empty := np.flatnonzero(np.diff(offsets) == 0)):
        raise ValueError(f"`positive` must hold a key; question {empty[0]} has none at all.")
    exclude = offsets, inputs
    if method == "mul":
        sums = _sums(plus, minus)
        threads = check_threads(threads)
        found = kernels.engine().search_mul(
            masked(snapshot.blocks, where),
            snapshot.gather(sums.rows, np.float32),
            sums.positive,
            sums.negative,
            check_k(k, snapshot),
            exclude=exclude,
            threads=threads,
        )
        plan = as_plan(kernels.engine(), "float", found.work, len(offsets) - 1, threads)
        return as_matches(snapshot, found, "product", plan, single=single)
    queries = _weighted_sums(snapshot, offsets, inputs, signs, metric)
    if metric == "cosine" and not (filled := queries.any(axis=1)).all():
        question = int(np.argmin(filled))
        raise ValueError(
            f"`positive` and `negative` must not cancel out; those of question {question} do."
        )
    return nearest(
        snapshot,
        queries,
        k,
        metric,
        single=single,
        where=where,
        exclude=exclude,
        sums=_sums(plus, minus) if metric == "cosine" and not single else None,
        threads=threads,
    )


def _weights(recipes: Sequence[Mapping[Any, float]]) -> npt.NDArray[np.float64]:
    listed: list[tuple[Any, Any]] = [item for recipe in recipes for item in recipe.items()]
    for key, weight in listed:
        if not isinstance(weight, Real):
            raise TypeError(
                f"`recipe` must have numbers for weights; {key!r} has "
                f"{type(weight).__name__} {weight!r}."
            )
    weights = np.array([weight for _, weight in listed], np.float64)
    if not (finite := np.isfinite(weights)).all():
        raise ValueError(f"`recipe` must have finite weights; got {weights[~finite][0]}.")
    return weights


def _totals(weights: npt.NDArray[np.float64], offsets: Rows) -> npt.NDArray[np.float64]:
    totals = np.add.reduceat(weights, offsets[:-1])
    least = CANCELLED * np.add.reduceat(np.abs(weights), offsets[:-1])
    if len(wrong := np.flatnonzero(np.abs(totals) <= least)):
        raise ValueError(
            f"`recipe` must have weights that do not cancel out in a mean; those of recipe "
            f"{wrong[0]} do."
        )
    return totals


def _refuse_cancelled(
    snapshot: Snapshot,
    offsets: Rows,
    rows: Rows,
    weights: npt.NDArray[np.float64],
    sums: npt.NDArray[np.float32],
) -> None:
    """Refuse sums of unit vectors that are only rounding, scaled to unit length."""
    owners = np.repeat(np.arange(len(sums)), np.diff(offsets))
    vectors = snapshot.gather(rows, np.float32).astype(np.float64)
    # The length of a sum before scaling: each part, as far as it goes in the direction of the sum.
    along = np.einsum("ij,ij->i", vectors, sums[owners]) / np.linalg.norm(vectors, axis=1)
    lengths = np.add.reduceat(weights * along, offsets[:-1])
    least = CANCELLED * np.add.reduceat(np.abs(weights), offsets[:-1])
    if len(wrong := np.flatnonzero(lengths <= least)):
        raise ValueError(
            f"`recipe` must have vectors that do not cancel out; those of recipe {wrong[0]} do."
        )


def _questions(
    positive: Sequence[Any], negative: Sequence[Any]
) -> tuple[list[Sequence[Any]], list[Sequence[Any]], bool]:
    """Return both sides as lists of keys per question, and whether it is no batch."""
    if is_key(positive) or is_key(negative):
        raise TypeError("`positive` and `negative` must be lists of keys; got a single key.")
    added, taken = list(positive), list(negative)
    if not any(map(_is_batch, (added, taken))):
        return [added], [taken], True
    longest = max(len(added), len(taken))
    added, taken = added or [()] * longest, taken or [()] * longest
    if len(added) != len(taken):
        raise ValueError(
            f"`positive` and `negative` must ask the same number of questions; "
            f"got {len(added)} and {len(taken)}."
        )
    if any(is_key(side) for side in (*added, *taken)):
        raise TypeError("`positive` and `negative` must both be lists of lists in a batch.")
    return added, taken, False


def _is_batch(side: list[Any]) -> bool:
    return bool(side) and not is_key(side[0])


def _merged(plus: Groups, minus: Groups) -> tuple[Rows, Rows, npt.NDArray[np.float64]]:
    """Join what is added and what is taken away: (offsets, rows, weights) by question."""
    owners = np.concatenate(
        [np.repeat(np.arange(len(o) - 1), np.diff(o)) for o, _ in (plus, minus)]
    )
    order = np.argsort(owners, kind="stable")
    rows = np.concatenate((plus[1], minus[1]))[order]
    weights = np.repeat([1.0, -1.0], [len(plus[1]), len(minus[1])])[order]
    return plus[0] + minus[0], rows, weights


def _weighted_sums(
    snapshot: Snapshot,
    offsets: Rows,
    rows: Rows,
    weights: npt.NDArray[np.float64],
    metric: Metric,
) -> npt.NDArray[np.float32]:
    if not len(rows):
        return np.zeros((len(offsets) - 1, snapshot.dim), np.float32)
    sums: npt.NDArray[np.float32] = kernels.engine().compose(
        snapshot.blocks, rows, weights, offsets, unit=metric == "cosine"
    )
    snapshot.check()
    return sums


def _sums(plus: Groups, minus: Groups) -> Sums:
    rows, places = np.unique(np.concatenate((plus[1], minus[1])), return_inverse=True)
    split = len(plus[1])
    return Sums(rows, (plus[0], places[:split]), (minus[0], places[split:]))
