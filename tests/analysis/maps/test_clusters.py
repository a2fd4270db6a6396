"""Clusters that can be seen: points in bunches, far apart."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import vecstore
from vecstore.analysis import cluster
from vecstore.analysis.maps import clusters
from vecstore.errors import ReadOnlyError, VecstoreError
from vecstore.store.store import Store

SIZES = (30, 20, 10)


@pytest.fixture
def bunches(tmp_path: Path, rng: np.random.Generator) -> Iterator[Store]:
    """Three bunches of points, the kind of each but the first of its kind known, in any order."""
    kinds = np.repeat(np.arange(3), SIZES)
    points = 10 * np.eye(3, 8)[kinds] + 0.1 * rng.standard_normal((60, 8))
    names = [None if i in (0, 30, 50) else f"kind {kind}" for i, kind in enumerate(kinds)]
    order = rng.permutation(60)
    with vecstore.create(tmp_path / "bunches.vecs", dim=8, metric="euclidean") as store:
        store.add(
            [f"row {i}" for i in order],
            points[order],
            {"kind": [names[i] for i in order], "age": order, "nothing": [None] * 60},
        )
        yield store


def test_bunches_are_found_the_largest_first(bunches: Store) -> None:
    found = cluster(bunches, 3, truth="kind")
    assert found.sizes.tolist() == list(SIZES)
    assert (found.nmi, found.ari) == (pytest.approx(1), pytest.approx(1))
    assert found.silhouette is not None
    assert found.silhouette > 0.9
    assert found.method == "k-means"


def test_labels_are_written_as_an_attribute_and_rows_keep_their_order(bunches: Store) -> None:
    keys = bunches.keys().tolist()
    found = cluster(bunches, 3, column="bunch")
    frame = bunches.frame()
    assert frame["key"].to_list() == keys
    assert frame["bunch"].to_list() == found.labels.tolist()
    assert len(bunches.frame(where="bunch = 2")) == SIZES[2]
    source = bunches.info()["provenance"][-1]
    assert source["model"] == "k-means"
    assert source["parameters"] == {"n": 3, "reduce": 100, "seed": 0}


def test_rows_left_out_have_no_label(bunches: Store) -> None:
    found = cluster(bunches, 2, where="kind != 'kind 0'")
    assert len(found.keys) == 19 + 9
    assert bunches.frame()["cluster"].null_count() == 60 - 28
    cluster(bunches, 2, where="kind = 'kind 0'", overwrite=True)
    assert bunches.frame()["cluster"].null_count() == 60 - 29


def test_typical_keys_are_the_nearest_to_the_center(bunches: Store) -> None:
    found = cluster(bunches, 3, reduce=None, column=None)
    members = bunches[found.keys[found.labels == 0].tolist()]
    keys = found.keys[found.labels == 0]
    order = np.argsort(np.linalg.norm(members - members.mean(axis=0), axis=1))
    assert found.typical[0] == keys[order[:5]].tolist()


def test_beyond_memory_the_clusters_are_the_same(bunches: Store) -> None:
    whole = cluster(bunches, 3, reduce=4, column=None)
    batches = cluster(bunches, 3, reduce=4, column=None, memory=40 * 8 * 4)
    assert batches.method == "mini-batch k-means"
    assert batches.labels.tolist() == whole.labels.tolist()


def test_cosine_looks_at_directions_only(rng: np.random.Generator) -> None:
    angles = np.r_[np.zeros(20), np.full(20, np.pi / 2)] + 0.01 * rng.standard_normal(40)
    lengths = 10.0 ** rng.uniform(-3, 3, (40, 1))
    vectors = lengths * np.c_[np.cos(angles), np.sin(angles)]
    labels = cluster(vecstore.from_arrays(vectors), 2, column=None).labels
    assert len(set(labels[:20])) == len(set(labels[20:])) == 1
    assert labels[0] != labels[20]


def test_components_keep_the_variance_they_say(bunches: Store) -> None:
    vectors = bunches[bunches.keys().tolist()].astype(np.float64)
    variances = np.linalg.eigvalsh(np.cov(vectors.T))[::-1]
    found = cluster(bunches, 3, reduce=2, column=None)
    assert found.explained == pytest.approx(variances[:2].sum() / variances.sum(), rel=1e-4)


def test_the_same_seed_gives_the_same_clusters(rng: np.random.Generator) -> None:
    store = vecstore.from_arrays(rng.standard_normal((300, 5)), metric="euclidean")
    first, again = (cluster(store, 7, column=None, seed=3) for _ in range(2))
    assert first.labels.tolist() == again.labels.tolist()


def test_one_row_to_a_cluster_has_no_silhouette() -> None:
    store = vecstore.from_arrays(np.eye(3), metric="euclidean")
    assert cluster(store, 3, column=None).silhouette is None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"n": 1}, "`n` must be at least 2; got 1."),
        ({"n": 61}, "`n` must be at most the number of rows, 60; got 61."),
        ({"n": 3, "where": "age > 99"}, "`where` must leave some rows; none of 60 qualifies."),
        ({"n": 3, "truth": "nothing"}, 'a column of the store; got "nothing", and its columns are'),
        ({"n": 3, "truth": "kind", "where": "kind IS NULL"}, '"kind" has none in 3 rows.'),
        ({"n": 3, "reduce": 0}, "`reduce` must be at least 1; got 0."),
        ({"n": 3, "column": "key"}, 'must not name a column "key"'),
    ],
)
def test_what_cannot_be_clustered_is_refused_in_a_sentence(
    bunches: Store, arguments: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValueError) as caught:
        cluster(bunches, **arguments)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("memory", [1 << 30, 8], ids=["in memory", "beyond memory"])
def test_fewer_different_rows_than_clusters_are_refused(memory: int) -> None:
    store = vecstore.from_arrays([[0, 0], [1, 1]] * 5, metric="euclidean")
    with pytest.raises(ValueError, match="at most the number of different rows, 2; got 3"):
        cluster(store, 3, column=None, memory=memory)


def test_of_a_sample_it_is_said_that_it_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are 350 different rows; the sample has three quarters of them."""
    monkeypatch.setattr(clusters, "_FEW", 1)
    vectors = np.zeros((20_000, 1))
    vectors[:350, 0] = np.arange(350)
    store = vecstore.from_arrays(vectors, metric="euclidean")
    sentence = r"different rows in the sample of 15,000 that .* beyond `memory`, 2\d\d; got 300"
    with pytest.raises(ValueError, match=sentence):
        cluster(store, 300, column=None, memory=8)


def test_distances_to_centers_are_kept_for_one_batch_at_a_time(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "_TRIES", 1)
    monkeypatch.setattr(clusters, "_SAMPLE", 100)
    store = vecstore.from_arrays(rng.standard_normal((100_000, 2)), metric="euclidean")
    cluster(store, 2, column=None, memory=8)  # what is loaded once
    tracemalloc.start()
    try:
        cluster(store, 100, column=None, memory=8)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * len(store) * 100 / 2


def test_nothing_is_computed_that_could_not_be_written(bunches: Store) -> None:
    with pytest.raises(VecstoreError, match='Column "age" has values already; overwrite them'):
        cluster(bunches, 3, column="age")
    with pytest.raises(TypeError, match='Column "kind" must hold int64 for this; it holds string'):
        cluster(bunches, 3, column="kind", overwrite=True)
    with pytest.raises(ReadOnlyError):
        cluster(vecstore.from_arrays(np.eye(3)), 2)
