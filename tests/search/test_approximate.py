"""Searches that are asked for a recall: what they find, and when they look at all rows instead."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from vecstore.arrays import Block, as_words
from vecstore.index.building import grown_graph
from vecstore.index.codes import encode
from vecstore.index.hnswlib import hnsw_graph
from vecstore.index.joining import joined
from vecstore.index.recall_table import Speed, Table
from vecstore.index.stored import Index
from vecstore.index.twins import first_copies, with_copies
from vecstore.kernels.contract import Found
from vecstore.kernels.float64 import norms, reciprocals
from vecstore.search.approximate import Asked, search
from vecstore.search.calibration import calibrate, recall
from vecstore.search.results import Plan

DIM, N = 24, 2500
METRICS = ("cosine", "euclidean", "dot")
BUILDERS = {"hnsw": grown_graph, "hnswlib": hnsw_graph}


def points(n: int, seed: int) -> np.ndarray:
    mixed = np.random.default_rng(7).standard_normal((10, DIM))
    return (np.random.default_rng(seed).standard_normal((n, 10)) @ mixed).astype(np.float32)


def block_of(rows: np.ndarray, metric: str, first_row: int = 0) -> Block:
    inverse = None
    if metric == "cosine":
        inverse = reciprocals(norms(rows.astype(np.float64))).astype(np.float32)
    return Block(rows, inverse, first_row, None, encode([rows], metric))


def indexed(rows: np.ndarray, metric: str, kind: str = "hnsw", first_row: int = 0) -> Any:
    """Return rows and an index that takes scanning them for slow, so that a walk is chosen."""
    block, first = block_of(rows, metric, first_row), first_copies(rows)
    heads = rows[first == np.arange(len(rows))]
    graph = joined(with_copies(BUILDERS[kind](heads, metric, M=8, ef_construction=40), first))
    table = calibrate(graph, block, metric)._replace(exact=Speed(1e-9, 1e-9))
    return block, Index(None, 0, graph, None, table, {})  # type: ignore[arg-type]


@cache
def plain(metric: str) -> Any:
    return indexed(points(N, 0), metric)


def compared(pairs: Any, queries: np.ndarray, metric: str, wanted: float, k: int) -> Any:
    """Return the plan and the recall of a search."""
    found, plan = search(pairs, queries, k, metric, Asked(wanted, None))
    blocks = [(block, None) for block, _ in pairs]
    truth, _ = search(blocks, queries, k, metric, Asked(wanted, None))
    return plan, float(recall(found, truth, k).mean())


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("k", [1, 3, 10, 40])
def test_what_is_asked_is_found(metric: str, k: int) -> None:
    walked = 0
    for wanted in (0.8, 0.9, 0.95, 0.99):
        plan, share = compared([plain(metric)], points(200, 1), metric, wanted, k)
        assert share >= wanted, (plan, share)
        walked += plan.path == "graph"
    assert walked


@pytest.mark.parametrize(
    ("kind", "dtype", "metric"),
    [
        ("hnsw", np.float16, "cosine"),
        ("hnsw", np.float32, "dot"),
        ("hnswlib", np.float32, "euclidean"),
        ("hnswlib", np.float16, "dot"),
    ],
)
def test_copies_of_any_kind(kind: str, dtype: type, metric: str) -> None:
    if kind == "hnswlib":
        pytest.importorskip("hnswlib")
    pairs = [indexed(np.repeat(points(500, 2), 5, axis=0).astype(dtype), metric, kind)]
    for wanted in (0.8, 0.9, 0.95):
        plan, share = compared(pairs, points(200, 3), metric, wanted, 10)
        assert share >= wanted, (plan, share)


@pytest.mark.parametrize("metric", ["cosine", "dot"])
def test_several_segments_and_rows_without_an_index(metric: str) -> None:
    pairs = [indexed(points(1500, 4), metric), indexed(points(900, 5), metric, first_row=1500)]
    pairs.append((block_of(points(70, 6), metric, 2400), None))
    for wanted in (0.8, 0.95):
        plan, share = compared(pairs, points(200, 7), metric, wanted, 10)
        assert plan.path == "graph"
        assert share >= wanted, (plan, share)


@pytest.mark.parametrize("metric", ["euclidean", "dot"])
def test_queries_unlike_the_rows_are_searched_exactly(metric: str) -> None:
    like = points(50, 8)
    strange = 5 * np.random.default_rng(9).standard_normal((50, DIM)).astype(np.float32)
    queries = np.concatenate([like, strange * (-1 if metric == "dot" else 1)])
    block, index = plain(metric)
    found, plan = search([(block, index)], queries, 10, metric, Asked(0.8, None))
    truth, _ = search([(block, None)], queries, 10, metric, Asked(0.8, None))
    far = recall(found, truth, 10) == 1
    assert plan.path == "graph"
    if metric == "euclidean":
        assert far[50:].all()
        assert "searched exactly" in plan.note
        assert "50 of 100 queries" in plan.note or "51 of 100" in plan.note
    assert recall(found, truth, 10).mean() >= 0.8


def test_queries_farther_than_usual_are_walked_for_again() -> None:
    block, index = plain("cosine")
    reach = index.table.reach
    nobody = reach._replace(usual=(-1.0,) * 3)  # all queries are farther than usual
    queries = points(100, 10)
    narrow = search([(block, index)], queries, 10, "cosine", Asked(0.8, None))
    wide = search(
        [(block, index._replace(table=index.table._replace(reach=nobody)))],
        queries,
        10,
        "cosine",
        Asked(0.8, None),
    )
    truth, _ = search([(block, None)], queries, 10, "cosine", Asked(0.8, None))
    assert "walked for again, 4 times as wide" in wide[1].note
    assert recall(wide[0], truth, 10).mean() > recall(narrow[0], truth, 10).mean()
    asked = Asked(None, 20)
    assert search([(block, index)], queries, 10, "cosine", asked)[1].note is None


def filtered(mask: np.ndarray, wanted: float = 0.9) -> tuple[Found, Found, Plan]:
    block, index = plain("euclidean")
    block = block._replace(mask=as_words(mask))
    queries = points(150, 11)
    found, plan = search([(block, index)], queries, 5, "euclidean", Asked(wanted, None))
    truth, _ = search([(block, None)], queries, 5, "euclidean", Asked(wanted, None))
    return found, truth, plan


def test_a_filter_of_rows_that_lie_together_is_searched_exactly() -> None:
    rows = points(N, 0)
    found, truth, plan = filtered(rows[:, 0] > np.quantile(rows[:, 0], 0.85))
    assert plan.path != "graph"
    assert "lie together" in plan.note
    np.testing.assert_array_equal(found.rows, truth.rows)


@pytest.mark.parametrize("share", [0.12, 0.3, 0.5, 0.9])
def test_a_filter_of_rows_drawn_at_random_keeps_the_recall(share: float) -> None:
    found, truth, plan = filtered(np.random.default_rng(12).random(N) < share)
    assert plan.path == "graph"
    assert recall(found, truth, 5).mean() >= 0.9


@pytest.mark.parametrize("reach", ["missing", [0.5, 0.7, 1.2]])
def test_tables_of_older_versions_assure_nothing(reach: Any) -> None:
    block, index = plain("euclidean")
    fields = index.table.to_json()
    if reach == "missing":
        del fields["reach"]
    else:
        fields["reach"] = reach
    old = index._replace(table=Table.from_json(fields))
    assert old.table.outdated
    assert old.table.steps == index.table.steps
    queries = points(20, 13)
    found, plan = search([(block, old)], queries, 5, "euclidean", Asked(0.8, None))
    truth, _ = search([(block, None)], queries, 5, "euclidean", Asked(0.8, None))
    np.testing.assert_array_equal(found.rows, truth.rows)
    assert "measured by an older vecstore" in plan.note
    assert search([(block, old)], queries, 5, "euclidean", Asked(None, 40))[1].path == "graph"
    again = calibrate(index.graph, block, "euclidean")
    assert not Table.from_json(again.to_json()).outdated
