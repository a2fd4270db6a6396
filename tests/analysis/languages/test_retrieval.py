"""CSLS by one exact search is CSLS by the formula."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vecstore
from vecstore.analysis import Retrieval
from vecstore.analysis.languages.retrieval import mutual_nearest
from vecstore.search.results import Matches
from vecstore.store.store import Store


def csls(near: np.ndarray, far: np.ndarray, neighborhood: int = 10) -> np.ndarray:
    """The formula of Conneau et al., for all pairs at once."""
    near, far = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (near, far))
    cosines = near @ far.T
    theirs = np.sort(cosines, axis=1)[:, -neighborhood:].mean(axis=1)
    ours = np.sort(cosines, axis=0)[-neighborhood:].mean(axis=0)
    return 2 * cosines - theirs[:, np.newaxis] - ours


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40), st.integers(2, 9))
def test_csls_is_that_of_the_formula(seed: int, n_near: int, n_far: int, dim: int) -> None:
    rng = np.random.default_rng(seed)
    near, far = rng.standard_normal((n_near, dim)), rng.standard_normal((n_far, dim))
    source, target = vecstore.from_arrays(near), vecstore.from_arrays(far)
    near, far = source[source.keys()].astype(float), target[target.keys()].astype(float)
    wanted = csls(near, far)
    k = min(3, n_far)
    found = Retrieval(source, target, "csls")(near, k)
    best = -np.sort(-wanted, axis=1)[:, :k]
    # Vectors of length 1 are rounded to float32 once more, and so is what is added to them.
    np.testing.assert_allclose(found.similarities, best, atol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(wanted, found.rows, 1), best, atol=1e-5)


def test_nearest_neighbours_are_those_of_the_target(rng: np.random.Generator) -> None:
    source, target = (vecstore.from_arrays(rng.standard_normal((30, 4))) for _ in range(2))
    asked = source[[3, 5]]
    assert (
        Retrieval(source, target, "nn")(asked, 4).keys.tolist()
        == target.search(asked, k=4).keys.tolist()
    )


def test_fewer_are_found_than_there_are_asked_for() -> None:
    source = vecstore.from_arrays([[1, 0], [0, 1]])
    target = vecstore.from_arrays([[1, 1], [1, 2]], keys=["a", "b"])
    found = Retrieval(source, target)(source[[0]], k=3)
    assert found.keys.tolist() == [["a", "b", None]]
    assert found.counts.tolist() == [2]


def test_a_hub_is_set_back() -> None:
    """Near to all of the source, it is nearer to one of them than what that one means."""
    source = vecstore.from_arrays([[1, 0.2], [1, 0.0], [1, -0.2], [1, 0.9]])
    target = vecstore.from_arrays([[1, 0.05], [1, 2.0]], keys=["hub", "right"])
    asked = [[1, 0.6]]
    assert Retrieval(source, target, "nn")(asked, 1).keys.tolist() == [["hub"]]
    assert Retrieval(source, target, "csls")(asked, 1).keys.tolist() == [["right"]]


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_mutual_neighbours_are_each_others_best(metric: str, rng: np.random.Generator) -> None:
    near, far = rng.standard_normal((40, 5)), rng.standard_normal((30, 5))
    source, target = (vecstore.from_arrays(rows, metric=metric) for rows in (near, far))
    scores = -np.linalg.norm(near[:, np.newaxis] - far, axis=2)
    if metric == "cosine":
        scores = csls(near, far)
    best, back = scores.argmax(axis=1), scores.argmax(axis=0)
    expected = [(row, other) for row, other in enumerate(best) if back[other] == row]
    assert list(map(tuple, mutual_nearest(source, target).tolist())) == expected


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_threads_are_those_of_every_search(metric: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = []
    search = Store.search

    def noting(store: Store, *args: Any, threads: int | None = None, **rest: Any) -> Matches:
        given.append(threads)
        return search(store, *args, threads=threads, **rest)

    monkeypatch.setattr(Store, "search", noting)
    plane = vecstore.from_arrays(np.eye(2), metric=metric)
    mutual_nearest(plane, plane, threads=1)
    assert set(given) == {1}


@pytest.mark.parametrize("method", ["nn", "csls"])
def test_vectors_may_be_one_and_are_checked_as_what_they_are(method: str) -> None:
    plane = vecstore.from_arrays(np.eye(2), keys=["east", "north"])
    retrieve = Retrieval(plane, plane, method)
    one, batch = retrieve([3, 1], 1), retrieve([[3, 1]], 1)
    assert one[0].key == batch[0][0].key == "east"
    assert one.distances.tolist() == batch.distances[0].tolist()
    with pytest.raises(ValueError, match=r"`vectors` must have shape \(dim,\) or \(n, 2\); got"):
        retrieve([[1, 2, 3]], 1)
    with pytest.raises(ValueError, match=r"`vectors`.*zero"):
        retrieve([[0, 0]], 1)


def test_stores_that_cannot_be_compared_are_refused() -> None:
    plane, space = vecstore.from_arrays(np.eye(2)), vecstore.from_arrays(np.eye(3))
    with pytest.raises(ValueError, match="`target` must have dim 2, as `source` has; got 3"):
        Retrieval(plane, space)
    with pytest.raises(ValueError, match='`retrieval` must be "nn" or "csls"; got \'best\''):
        Retrieval(plane, plane, "best")
    flat = vecstore.from_arrays(np.eye(2), metric="euclidean")
    with pytest.raises(ValueError, match='`source` must have the metric "cosine" for CSLS'):
        Retrieval(flat, plane)
    assert Retrieval(flat, plane, "nn")(np.eye(2), 1).keys.tolist() == [[0], [1]]
    with pytest.raises(ValueError, match="`target` must hold vectors; it is empty"):
        Retrieval(plane, vecstore.from_arrays(np.empty((0, 2))), "nn")
    with pytest.raises(ValueError, match="`k` must be at least 1; got 0"):
        Retrieval(plane, plane)(np.eye(2), 0)
