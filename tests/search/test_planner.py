import re
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import vecstore
from vecstore.snapshot.part import Part
from vecstore.snapshot.snapshot import Snapshot
from vecstore.storage.keys.key_tables import RangeKeys, build_keys
from vecstore.store.store import Store

COMPASS = {"north": [0, 1], "east": [1, 0], "south": [0, -1], "west": [-1, 0], "nne": [1, 2]}


@pytest.fixture
def compass() -> Store:
    return vecstore.from_arrays(list(COMPASS.values()), keys=list(COMPASS))


def expected(vectors: np.ndarray, query: np.ndarray, metric: str) -> np.ndarray:
    """Distances of all rows, in float64; of small integers every sum is exact."""
    x, q = vectors.astype(np.float64), query.astype(np.float64)
    if metric == "euclidean":
        return np.sqrt(((x - q) ** 2).sum(axis=1))
    products = x @ q
    if metric == "dot":
        return -products
    return np.maximum(1 - products / np.sqrt((q @ q) * (x * x).sum(axis=1)), 0)


def in_parts(vectors: np.ndarray, cuts: list[int], metric: str) -> Store:
    """A store whose rows lie in several parts, some of them empty; keys count across them."""
    edges = [0, *sorted(cuts), len(vectors)]
    parts = tuple(
        Part(vectors[a:b], build_keys(np.arange(a, b), "int"), metric) for a, b in pairwise(edges)
    )
    return Store(Snapshot(parts, vectors.shape[1], vectors.dtype, "int"), metric)


@st.composite
def searches(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, list[int], int, str]:
    """Small integers: many ties, many equal rows, all of it exact in any arithmetic."""
    metric = draw(st.sampled_from(["cosine", "euclidean", "dot"]))
    n, dim, n_queries = draw(st.tuples(st.integers(0, 40), st.integers(1, 20), st.integers(0, 5)))
    dtype = draw(st.sampled_from([np.float32, np.float16]))
    integers = st.integers(-3, 3)
    vectors = draw(hnp.arrays(np.int8, (n, dim), elements=integers)).astype(dtype)
    queries = draw(hnp.arrays(np.int8, (n_queries, dim), elements=integers)).astype(np.float32)
    if metric == "cosine":
        vectors[~vectors.any(axis=1)] = 1
        queries[~queries.any(axis=1)] = 1
    cuts = draw(st.lists(st.integers(0, n), max_size=3))
    return vectors, queries, cuts, draw(st.integers(1, 50)), metric


@settings(max_examples=60, deadline=None)
@given(searches())
def test_search_is_numpy_with_ties_in_insertion_order(
    case: tuple[np.ndarray, np.ndarray, list[int], int, str],
) -> None:
    vectors, queries, cuts, k, metric = case
    matches = in_parts(vectors, cuts, metric).search(queries, k=k)
    assert matches.keys.shape == matches.distances.shape == (len(queries), k)
    found = min(k, len(vectors))
    for i, query in enumerate(queries):
        distances = expected(vectors, query, metric)
        order = np.lexsort((np.arange(len(vectors)), distances))[:k]
        assert matches.counts[i] == found
        assert matches.keys[i, :found].tolist() == order.tolist()
        np.testing.assert_allclose(matches.distances[i, :found], distances[order], atol=1e-15)
        assert np.isinf(matches.distances[i, found:]).all()


@pytest.mark.usefixtures("engine")
def test_every_engine_finds_the_neighbours(compass: Store) -> None:
    matches = compass.search([[1, 3], [-5, 1]], k=3)
    assert matches.keys.tolist() == [["nne", "north", "east"], ["west", "north", "south"]]
    np.testing.assert_allclose(
        matches.distances[0], 1 - np.array([7 / 50**0.5, 3 / 10**0.5, 1 / 10**0.5]), atol=1e-14
    )


def test_one_query_has_answers_of_one_axis(compass: Store) -> None:
    matches = compass.search([1, 3], k=3)
    assert matches.keys.shape == matches.distances.shape == (3,)
    assert matches.counts == 3


def test_more_neighbours_than_rows_leaves_places_unused(compass: Store) -> None:
    matches = compass.search([0, 1], k=7)
    assert matches.counts == 5
    assert matches.keys.tolist()[5:] == [None, None]
    assert matches.distances[5:].tolist() == [np.inf, np.inf]


def test_an_empty_batch_has_empty_answers(compass: Store) -> None:
    matches = compass.search(np.empty((0, 2)), k=3)
    assert matches.keys.shape == matches.distances.shape == (0, 3)
    assert matches.counts.shape == (0,)


@pytest.mark.usefixtures("engine")
def test_a_store_without_rows_answers_with_nothing() -> None:
    store = vecstore.from_arrays(np.empty((0, 2)))
    matches = store.search([[0, 1]], k=3)
    assert matches.counts.tolist() == [0]
    assert matches.distances.tolist() == [[np.inf] * 3]


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot"])
def test_queries_of_float64_are_rounded_not_refused(metric: str) -> None:
    store = vecstore.from_arrays(np.eye(3), metric=metric)
    assert store.search(np.array([0.1, 0.7, 0.2]), k=1)[0].key == 1


# What may not be an answer.


@pytest.mark.usefixtures("engine")
def test_excluded_keys_are_not_answers_to_any_query(compass: Store) -> None:
    matches = compass.search([[0, 1], [1, 0]], k=2, exclude=["north", "nne"])
    assert matches.keys.tolist() == [["east", "west"], ["east", "south"]]


def test_a_list_of_lists_excludes_per_query(compass: Store) -> None:
    matches = compass.search([[0, 1], [1, 0]], k=1, exclude=[["north"], []])
    assert matches.keys.tolist() == [["nne"], ["east"]]


def test_one_excluded_key_needs_no_list(compass: Store) -> None:
    assert compass.search([0, 1], k=1, exclude="north")[0].key == "nne"


def test_excluding_what_is_not_there_changes_nothing(compass: Store) -> None:
    assert compass.search([0, 1], k=1, exclude=["up"])[0].key == "north"


def test_lists_of_excluded_keys_must_be_as_many_as_the_queries(compass: Store) -> None:
    message = "`exclude` must be one list of keys, or 2, one per query; got 1."
    with pytest.raises(ValueError, match=re.escape(message)):
        compass.search([[0, 1], [1, 0]], exclude=[["north"]])


def test_similar_leaves_the_key_itself_out_but_not_its_twin() -> None:
    store = vecstore.from_arrays([[1, 0], [1, 0], [0, 1]], keys=["a", "twin of a", "b"])
    assert store.similar("a", k=2).keys.tolist() == ["twin of a", "b"]


def test_similar_to_several_keys_is_a_batch(compass: Store) -> None:
    matches = compass.similar(["north", "west"], k=1)
    assert matches.keys.tolist() == [["nne"], ["north"]]


# Refusals.


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"queries": np.ones((10, 3))},
            ValueError,
            "must have shape (dim,) or (n, 2); got (10, 3).",
        ),
        ({"queries": [0, 0]}, ValueError, "`queries` must be nonzero under cosine; row 0"),
        ({"queries": [0, np.nan]}, ValueError, "`queries` must be finite; row 0 holds nan."),
        ({"queries": ["a", "b"]}, TypeError, "`queries` must be numeric; got dtype <U1."),
        ({"queries": [0, 1], "k": 0}, ValueError, "`k` must be at least 1; got 0."),
        ({"queries": [0, 1], "k": 2.5}, TypeError, "`k` must be an integer; got float."),
        ({"queries": [0, 1], "threads": 0}, ValueError, "`threads` must be at least 1; got 0."),
        ({"queries": [0, 1], "exclude": [7]}, TypeError, "`exclude` must all be str; place 0"),
    ],
)
def test_wrong_arguments_are_refused(
    compass: Store, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        compass.search(**arguments)


def test_threads_change_no_answer(compass: Store) -> None:
    assert compass.search([1, 3], threads=1).keys.tolist() == compass.search([1, 3]).keys.tolist()


# Metrics of one's own.


def manhattan(x: np.ndarray, y: np.ndarray) -> float:
    return np.abs(x - y).sum()


def test_a_function_can_be_the_metric() -> None:
    numba = pytest.importorskip("numba")
    store = vecstore.from_arrays(
        [[0, 0], [3, 0], [2, 2]], keys=["o", "x", "xy"], metric=numba.njit(manhattan)
    )
    matches = store.search([1, 0], k=3)
    assert matches.keys.tolist() == ["o", "x", "xy"]
    assert matches.distances.tolist() == [1, 2, 3]
    assert store.similar("o", k=1).keys.tolist() == ["x"]


def test_similarities_of_such_a_metric_do_not_exist() -> None:
    numba = pytest.importorskip("numba")
    store = vecstore.from_arrays([[0, 0], [3, 0]], metric=numba.njit(manhattan))
    with pytest.raises(ValueError, match='the metric is "manhattan"'):
        store.similar(0).similarities  # noqa: B018  the attribute is the act


def test_keys_of_plain_arrays_are_row_numbers() -> None:
    keys = RangeKeys(3)
    store = vecstore.from_arrays(np.eye(3))
    assert store.keys().tolist() == keys.take(np.arange(3)).tolist()
