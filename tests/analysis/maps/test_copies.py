"""Groups of near-identical vectors: none is missed, none is too large."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vecstore
from tests.real_data import real
from vecstore.analysis import duplicates
from vecstore.analysis.maps import copies as grouping
from vecstore.ingest import read
from vecstore.store.store import Store


def groups_by_hand(store: Store, within: float) -> list[list[object]]:
    """Grow every group from its first key until nothing more is near."""
    keys = store.keys().tolist()
    near: dict[object, set[object]] = {key: set() for key in keys}
    for key in keys:
        matches = store.similar(key, k=len(keys))
        near[key] = {match.key for match in matches if match.distance <= within}
    groups, seen = [], set()
    for key in keys:
        if key in seen:
            continue
        group, edge = {key}, {key}
        while edge:
            edge = set().union(*(near[one] for one in edge)) - group
            group |= edge
        seen |= group
        groups.append([one for one in keys if one in group])
    return sorted((group for group in groups if len(group) > 1), key=lambda group: -len(group))


@settings(deadline=None, max_examples=40)
@given(
    places=st.lists(st.integers(-30, 30), min_size=1, max_size=40),
    metric=st.sampled_from(["euclidean", "cosine"]),
    within=st.sampled_from([0, 0.01, 1, 2.5]),
)
def test_groups_are_what_grows_from_each_key(places: list[int], metric: str, within: float) -> None:
    vectors = [[1 + abs(place), place] for place in places]
    store = vecstore.from_arrays(vectors, metric=metric)
    found = duplicates(store, within)
    assert [group.keys for group in found] == groups_by_hand(store, within)
    assert all(0 <= group.distance <= within for group in found)


@pytest.mark.parametrize("budget", [1, 64 << 20])
def test_crowds_larger_than_the_first_search_are_found_whole(
    budget: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping, "_ANSWER_BYTES", budget)  # of 1: a row at a time
    crowd = rng.normal(0, 1e-4, (90, 3))
    crowd[:40] = crowd[0]  # equal to the last bit
    vectors = np.concatenate([crowd, crowd + 5, rng.normal(20, 5, (60, 3))])
    keys = [f"key {place}" for place in rng.permutation(len(vectors))]
    store = vecstore.from_arrays(vectors, keys=keys, metric="euclidean")
    found = duplicates(store, 0.01)
    assert [group.keys for group in found[:2]] == [keys[:90], keys[90:180]]
    assert found[0].distance <= 1e-3


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_a_crowd_of_equal_vectors_costs_no_more_than_one(
    metric: str, dtype: type, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of thousands of twins one is searched: all pairs of them would take minutes."""
    crowd = np.tile(rng.normal(0, 1, 9), (30_000, 1))
    crowd[:, 4] = 0.0
    crowd[::2, 4] = -0.0
    lonely = rng.normal(0, 1, (50, 9))
    scaled = crowd[:3] * [[2], [3], [0.5]]
    vectors = np.concatenate([lonely, crowd, scaled]).astype(dtype)
    searched = []
    search = grouping.nearest
    monkeypatch.setattr(
        grouping, "nearest", lambda *args, **rest: searched.append(args[1]) or search(*args, **rest)
    )
    [group] = duplicates(vecstore.from_arrays(vectors, metric=metric), 1e-3)
    together = len(crowd) + (3 if metric == "cosine" else 0)
    assert group.keys == list(range(50, 50 + together))
    assert group.distance <= (1e-3 if metric == "cosine" else 0)
    assert sum(map(len, searched)) <= 2 * 54


def test_vectors_that_share_a_hash_are_still_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "_hashes", lambda vectors: np.zeros(len(vectors), np.uint64))
    places = [[0.0], [5.0], [5.0], [0.0], [9.0], [5.0]]
    found = duplicates(vecstore.from_arrays(places, metric="euclidean"), 0)
    assert found == [([1, 2, 5], 0.0), ([0, 3], 0.0)]


@given(
    n=st.integers(1, 60),
    pairs=st.lists(st.tuples(st.integers(0, 59), st.integers(0, 59))),
)
def test_joining_connects_what_pairs_connect(n: int, pairs: list[tuple[int, int]]) -> None:
    pairs = [(one % n, other % n) for one, other in pairs]
    labels = list(range(n))
    for one, other in pairs:
        low, high = sorted((labels[one], labels[other]))
        labels = [low if label == high else label for label in labels]
    some, others = np.array(pairs, np.int64).reshape(-1, 2).T
    assert grouping._joined(np.arange(n), some, others).tolist() == labels


def test_a_group_leads_step_by_step_farther_than_within() -> None:
    store = vecstore.from_arrays([[0.0], [1.0], [2.0], [3.5]], metric="euclidean")
    [group] = duplicates(store, 1)
    assert group == ([0, 1, 2], 1.0)


def test_deleted_keys_are_in_no_group(tmp_path: Path) -> None:
    with vecstore.create(tmp_path / "a.vecs", dim=2) as store:
        store.add([f"gone {i}" for i in range(5)], [[i + 1, 1] for i in range(5)])
        store.add([f"key {i}" for i in range(20)], [[i + 1, i + 1] for i in range(20)])
        store.delete([f"gone {i}" for i in range(5)])
        [group] = duplicates(store)
    assert group.keys == [f"key {i}" for i in range(20)]


def test_few_keys_are_no_error() -> None:
    assert duplicates(vecstore.from_arrays(np.empty((0, 2)))) == []
    assert duplicates(vecstore.from_arrays([[1, 2]])) == []
    assert [group.keys for group in duplicates(vecstore.from_arrays([[1, 2], [2, 4]]))] == [[0, 1]]


@pytest.mark.parametrize("within", [-0.1, float("nan")])
def test_within_is_a_distance(within: float) -> None:
    with pytest.raises(ValueError, match=f"`within` must be at least 0; got {within}"):
        duplicates(vecstore.from_arrays([[1, 2]]), within)


def test_under_dot_near_is_not_alike() -> None:
    store = vecstore.from_arrays([[1, 2]], metric="dot")
    with pytest.raises(ValueError, match=r"must have the metric cosine or euclidean, .* has dot"):
        duplicates(store)


def test_real_words_that_glove_hardly_tells_apart() -> None:
    path = real("glove-6b-100d-text/glove.6B.100d.first50k.txt.gz")
    with read(path, limit=3000) as reader:
        batches = list(reader)
    keys = [key for some, _ in batches for key in some]
    vectors = np.concatenate([some for _, some in batches]).astype(np.float64)
    found = duplicates(vecstore.from_arrays(vectors, keys=keys), 0.1)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    distances = 1 - vectors @ vectors.T
    np.fill_diagonal(distances, 2)
    paired = {keys[row] for row in np.flatnonzero((distances <= 0.1).any(axis=1))}
    assert {key for group in found for key in group.keys} == paired
    assert any({"thursday", "wednesday", "tuesday"} <= set(group.keys) for group in found)
