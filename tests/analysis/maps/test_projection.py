"""Maps: neighbours stay neighbours, coordinates go back into the store."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness

import vecstore
from vecstore.analysis import Projection, project
from vecstore.errors import ReadOnlyError, VecstoreError
from vecstore.store.store import Store


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    return load_digits().data[:240]


@pytest.fixture
def store(tmp_path: Path, rng: np.random.Generator) -> Iterator[Store]:
    """Thirty rows in five dimensions, of two kinds."""
    with vecstore.create(tmp_path / "points.vecs", dim=5, metric="euclidean") as store:
        vectors = rng.standard_normal((30, 5)) * [5, 3, 1, 1, 1]
        kinds = ["even" if i % 2 == 0 else "odd" for i in range(30)]
        store.add([f"row {i}" for i in range(30)], vectors, {"kind": kinds})
        yield store


def test_principal_components_are_those_of_the_covariance(store: Store) -> None:
    vectors = store[store.keys().tolist()].astype(np.float64)
    centered = vectors - vectors.mean(axis=0)
    values, directions = np.linalg.eigh(centered.T @ centered)
    found = project(store, columns=None)
    flat = centered @ directions[:, ::-1][:, :2]
    np.testing.assert_allclose(np.abs(found.points), np.abs(flat), atol=1e-4)
    assert found.explained == pytest.approx(values[::-1][:2].sum() / values.sum(), rel=1e-4)


METHODS = ["pca", "tsne", pytest.param("umap", marks=pytest.mark.slow)]  # it compiles for long


@pytest.mark.parametrize("method", METHODS)
def test_coordinates_become_attributes(store: Store, method: str) -> None:
    if method == "umap":
        pytest.importorskip("umap", exc_type=ImportError)
    keys = store.keys().tolist()
    found = project(store, method, k=5, threads=1)
    frame = store.frame()
    assert frame["key"].to_list() == keys
    np.testing.assert_array_equal(frame[["x", "y"]].to_numpy(), found.points)
    np.testing.assert_allclose(found.points.mean(axis=0), 0, atol=1e-6)
    east = store.frame(where="x > 0")["key"].to_list()
    assert east == [key for key, (x, _) in zip(keys, found.points, strict=True) if x > 0]
    source = store.info()["provenance"][-1]
    assert (source["model"], source["columns"]) == (method, ["x", "y"])
    assert source["parameters"] == ({"seed": 0} if method == "pca" else {"seed": 0, "k": 5})


def test_rows_left_out_have_no_place(store: Store) -> None:
    found = project(store, where="kind = 'odd'", columns=("east", "north"))
    assert len(found.keys) == 15
    frame = store.frame()
    assert frame.filter(frame["kind"] == "even")["east"].null_count() == 15
    assert frame["north"].drop_nulls().to_list() == found.points[:, 1].tolist()
    project(store, where="kind = 'even'", columns=("east", "north"), overwrite=True)
    assert store.frame(where="kind = 'odd'")["east"].null_count() == 15


def tsne(vectors: np.ndarray, metric: str = "euclidean", **options: object) -> Projection:
    return project(
        vecstore.from_arrays(vectors, metric=metric),
        "tsne",
        columns=None,
        k=30,
        threads=1,
        **options,
    )


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "dot"])
def test_neighbours_stay_together(digits: np.ndarray, metric: str) -> None:
    seen = "cosine" if metric == "cosine" else "euclidean"
    found = tsne(digits, metric)
    assert trustworthiness(digits, found.points, metric=seen) > 0.97
    flat = project(vecstore.from_arrays(digits, metric=metric), columns=None)
    assert trustworthiness(digits, flat.points, metric=seen) < 0.93


def test_some_rows_are_mapped_as_if_they_were_all(digits: np.ndarray) -> None:
    whole = tsne(digits[::2])
    some = tsne(digits, where=np.arange(len(digits)) % 2 == 0)
    assert trustworthiness(digits[::2], some.points) == pytest.approx(
        trustworthiness(digits[::2], whole.points), abs=0.01
    )


def test_the_same_seed_gives_the_same_map_with_any_threads(digits: np.ndarray) -> None:
    store = vecstore.from_arrays(digits[:150], metric="euclidean")
    first, again = (
        project(store, "tsne", columns=None, k=15, seed=3, threads=threads) for threads in (2, 1)
    )
    np.testing.assert_array_equal(first.points, again.points)


def test_progress_is_reported_up_to_the_end(digits: np.ndarray) -> None:
    reports: list[tuple[int, int | None]] = []
    tsne(digits[:100], progress=lambda done, total: reports.append((done, total)))
    assert (100, 100) in reports  # rows searched
    assert reports[-1] == (750, 750)  # iterations


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [3, 5])
def test_a_few_rows_are_enough(method: str, n: int) -> None:
    if method == "umap":
        pytest.importorskip("umap", exc_type=ImportError)
    store = vecstore.from_arrays(np.eye(n, 6) + 0.1)
    assert np.isfinite(project(store, method, columns=None, threads=1).points).all()


def test_one_dimension_is_a_line() -> None:
    store = vecstore.from_arrays([[1.0], [2.0], [4.0]], metric="euclidean")
    points = project(store, columns=None).points
    assert np.abs(points[:, 0]).tolist() == pytest.approx([4 / 3, 1 / 3, 5 / 3])
    assert points[:, 1].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"method": "isomap"}, "`method` must be one of pca, tsne, umap; got 'isomap'."),
        ({"where": "key IN ('row 1', 'row 2')"}, "A map needs at least 3 rows; there are 2."),
        ({"where": "kind = 'neither'"}, "`where` must leave some rows; none of 30 qualifies."),
        ({"method": "tsne", "k": 1}, "`k` must be at least 2; got 1."),
    ],
)
def test_what_cannot_be_mapped_is_refused_in_a_sentence(
    store: Store, arguments: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValueError) as caught:
        project(store, **arguments)
    assert sentence in str(caught.value)


def test_nothing_is_computed_that_could_not_be_written(store: Store) -> None:
    project(store)
    with pytest.raises(VecstoreError, match='Column "x" has values already; overwrite them'):
        project(store, "tsne")
    with pytest.raises(TypeError, match='Column "kind" must hold float64 for this'):
        project(store, columns=("kind", "y"), overwrite=True)
    with pytest.raises(ReadOnlyError):
        project(vecstore.from_arrays(np.eye(4)))


def test_a_missing_package_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(ImportError, match="This needs UMAP; install it with: pip install umap-l"):
        project(store, "umap")
