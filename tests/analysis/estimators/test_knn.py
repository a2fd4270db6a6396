"""Exact neighbours as scikit-learn's estimators: its own checks, its own answers."""

import pickle
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sklearn import neighbors
from sklearn.cluster import DBSCAN
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

import vecstore
from vecstore.analysis import KNeighborsClassifier, KNeighborsRegressor, KNeighborsTransformer
from vecstore.analysis.estimators import fitted
from vecstore.errors import VecstoreError
from vecstore.store.store import Store

OURS = [
    KNeighborsClassifier(),
    KNeighborsClassifier(n_neighbors=3, weights="distance", n_jobs=1),
    KNeighborsRegressor(),
    KNeighborsRegressor(weights="distance"),
    KNeighborsTransformer(),
    KNeighborsTransformer(mode="connectivity"),
]


@parametrize_with_checks(OURS)
def test_scikit_learn_accepts_it(estimator: object, check: object) -> None:
    check(estimator)


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    """8 x 8 images, each moved a little: of equal distances scikit-learn takes any."""
    images, labels = load_digits(return_X_y=True)
    noise = np.random.default_rng(0).uniform(0, 0.1, images.shape)
    return (images + noise).astype(np.float32).astype(np.float64), labels


@pytest.fixture
def pets(tmp_path: Path) -> Iterator[Store]:
    """Cats at 0, dogs at 10, one of which nobody knows what it is, and one row deleted."""
    with vecstore.create(tmp_path / "pets.vecs", dim=1, metric="euclidean") as store:
        names = ["gone", "Tom", "Kitty", "Mog", "Rex", "Lassie", "Who"]
        kinds = ["dog", "cat", "cat", "cat", "dog", "dog", None]
        ages = [0.5, 1.5, 2, 3, 4, 5, None]
        store.add(names, [[5], [0], [1], [2], [10], [11], [0.4]], {"kind": kinds, "age": ages})
        store.delete(["gone"])
        yield store


@pytest.mark.parametrize("weights", ["uniform", "distance", lambda found: 1 / (1 + found)])
def test_classifier_says_what_scikit_learn_says(
    digits: tuple[np.ndarray, np.ndarray], weights: object
) -> None:
    X, y = digits
    ours = KNeighborsClassifier(5, weights=weights).fit(X[:1000], y[:1000])
    theirs = neighbors.KNeighborsClassifier(5, weights=weights, algorithm="brute")
    theirs.fit(X[:1000], y[:1000])
    np.testing.assert_allclose(ours.predict_proba(X[1000:]), theirs.predict_proba(X[1000:]))
    assert ours.score(X[1000:], y[1000:]) == theirs.score(X[1000:], y[1000:])


def test_regressor_says_what_scikit_learn_says(digits: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = digits
    Y = np.c_[y, -y]
    ours = KNeighborsRegressor(4, weights="distance").fit(X[:1000], Y[:1000])
    theirs = neighbors.KNeighborsRegressor(4, weights="distance", algorithm="brute")
    np.testing.assert_allclose(
        ours.predict(X[1000:]), theirs.fit(X[:1000], Y[:1000]).predict(X[1000:])
    )


@pytest.mark.parametrize("mode", ["distance", "connectivity"])
def test_transformer_takes_the_place_of_scikit_learn_s(
    digits: tuple[np.ndarray, np.ndarray], mode: str
) -> None:
    X = digits[0][:300]
    ours = KNeighborsTransformer(mode=mode, n_neighbors=4).fit_transform(X)
    theirs = neighbors.KNeighborsTransformer(mode=mode, n_neighbors=4).fit_transform(X)
    assert ours.shape == theirs.shape
    assert np.diff(ours.indptr).tolist() == np.diff(theirs.indptr).tolist()
    np.testing.assert_allclose(ours.toarray(), theirs.toarray(), atol=1e-5)


def test_pipelines_with_precomputed_distances_run_on_our_graph(
    digits: tuple[np.ndarray, np.ndarray],
) -> None:
    X = digits[0][:300]
    found = [
        make_pipeline(graph, DBSCAN(eps=20, metric="precomputed")).fit_predict(X)
        for graph in (
            KNeighborsTransformer(n_neighbors=30),
            neighbors.KNeighborsTransformer(n_neighbors=30),
        )
    ]
    assert found[0].tolist() == found[1].tolist()
    assert len(set(found[0])) > 2


def test_neighbours_of_the_fitted_rows_leave_themselves_out(
    digits: tuple[np.ndarray, np.ndarray],
) -> None:
    X, y = digits
    ours = KNeighborsClassifier(3).fit(X, y)
    theirs = neighbors.KNeighborsClassifier(3, algorithm="brute").fit(X, y)
    np.testing.assert_allclose(ours.kneighbors()[0], theirs.kneighbors()[0])
    graph = ours.kneighbors_graph(mode="distance")
    np.testing.assert_allclose(graph.data, ours.kneighbors()[0].ravel())
    assert (ours.predict(None) == y).mean() > 0.98


def test_cross_validation_clones_it(digits: tuple[np.ndarray, np.ndarray]) -> None:
    assert cross_val_score(KNeighborsClassifier(3, metric="cosine"), *digits).mean() > 0.95


def test_a_store_is_searched_where_it_is(pets: Store) -> None:
    model = KNeighborsClassifier(3).fit(pets, "kind")
    assert model.classes_.tolist() == ["cat", "dog"]
    assert model.predict([[0.5], [9]]).tolist() == ["cat", "dog"]
    assert model.n_features_in_ == 1


def test_rows_without_a_label_are_no_neighbours(pets: Store) -> None:
    model = KNeighborsClassifier(1).fit(pets, "kind")
    distances, places = model.kneighbors([[0.4]])
    assert (distances[0, 0], places[0, 0]) == (pytest.approx(0.4), 0)
    assert model.predict(pets[["Who"]]).tolist() == ["cat"]
    assert model.kneighbors(return_distance=False).ravel().tolist() == [1, 0, 1, 4, 3]


def test_a_store_with_labels_of_one_s_own(pets: Store) -> None:
    model = KNeighborsClassifier(1).fit(pets, [1, 1, 1, 2, 2, 1])
    assert model.predict([[11.0], [0.4]]).tolist() == [2, 1]
    assert model.kneighbors(return_distance=False).ravel().tolist() == [5, 5, 1, 4, 3, 0]


def test_many_rows_are_searched_a_tile_at_a_time(
    pets: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = KNeighborsClassifier(2).fit(pets, "kind")
    queries = [[0.4], [11.0], [9.0], [1.4], [2.0]]
    whole = model.kneighbors(), model.kneighbors(queries)
    monkeypatch.setattr(fitted, "_TILE", 2)
    for before, after in zip(whole, (model.kneighbors(), model.kneighbors(queries)), strict=True):
        np.testing.assert_array_equal(before[0], after[0])
        np.testing.assert_array_equal(before[1], after[1])


def test_neighbours_of_labelled_rows_take_bounded_memory(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    n, dim = 40_000, 64
    labels = [None if i == 0 else "ab"[i % 2] for i in range(n)]
    with vecstore.create(tmp_path / "many.vecs", dim=dim, keys="int") as store:
        store.add(range(n), rng.standard_normal((n, dim)), {"kind": labels})
        model = KNeighborsClassifier(1).fit(store, "kind")
        tracemalloc.start()
        try:
            model.kneighbors()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 4 * n * dim  # of the float32 vectors


def test_a_number_is_told_from_a_store(pets: Store) -> None:
    assert KNeighborsRegressor(2).fit(pets, "age").predict([[10.6]]).tolist() == [4.5]


def test_a_transformer_of_a_store(pets: Store) -> None:
    graph = KNeighborsTransformer(n_neighbors=1).fit(pets).transform([[11.0]])
    assert graph.toarray().tolist() == [[0, 0, 0, 1, 0, 0]]


def test_a_fitted_model_survives_pickling(digits: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = digits
    model = KNeighborsClassifier(metric="cosine").fit(X[:500], y[:500])
    again = pickle.loads(pickle.dumps(model))
    assert again.predict(X[500:]).tolist() == model.predict(X[500:]).tolist()


def test_what_changed_since_is_noticed(pets: Store) -> None:
    model = KNeighborsClassifier(1).fit(pets, "kind")
    pets.add(["Felix"], [[3]], {"kind": ["cat"]})
    with pytest.raises(VecstoreError, match="has changed since this model was fitted"):
        model.predict([[3.0]])
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(model)


@pytest.mark.parametrize(
    ("model", "y", "sentence"),
    [
        (KNeighborsClassifier(0), "kind", "`n_neighbors` must be at least 1; got 0."),
        (KNeighborsClassifier(weights="much"), "kind", "\"distance\" or a function; got 'much'."),
        (KNeighborsClassifier(metric="cosine"), "kind", 'that of the store, "euclidean"; got'),
        (KNeighborsClassifier(), "colour", '`y` must name a column of the store; got "colour"'),
        (KNeighborsClassifier(), [1, 2], "`y` must have a value for each of 6 rows; got 2."),
        (KNeighborsClassifier(), "age", "Unknown label type: continuous"),
    ],
)
def test_what_cannot_be_fitted_is_refused_in_a_sentence(
    pets: Store, model: KNeighborsClassifier, y: object, sentence: str
) -> None:
    with pytest.raises(ValueError) as caught:
        model.fit(pets, y)
    assert sentence in str(caught.value)


def test_text_is_no_number(pets: Store) -> None:
    with pytest.raises(TypeError, match='a column of numbers; "kind" holds none'):
        KNeighborsRegressor().fit(pets, "kind")


@pytest.mark.parametrize("threads", [0, -2])
def test_threads_are_named_as_scikit_learn_names_them(pets: Store, threads: int) -> None:
    model = KNeighborsClassifier(1, n_jobs=threads).fit(pets, "kind")
    with pytest.raises(ValueError, match=f"`n_jobs` must be at least 1; got {threads}."):
        model.predict([[1.0]])


def test_more_neighbours_than_rows_are_refused(pets: Store) -> None:
    model = KNeighborsClassifier(6).fit(pets, "kind")
    with pytest.raises(ValueError, match="at most 5, as many rows as there are; got 6"):
        model.predict([[1.0]])
    with pytest.raises(ValueError, match="at most 4"):
        model.kneighbors(n_neighbors=5)


def test_a_missing_scikit_learn_is_named() -> None:
    program = (
        "import sys\nsys.modules['sklearn'] = None\nimport vecstore.analysis\n"
        "try:\n    vecstore.analysis.KNeighborsClassifier\n"
        "except ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == (
        'This needs scikit-learn; install it with: pip install "vecstore-exact[analysis]"\n'
    )


def test_dot_products_are_no_weights() -> None:
    with pytest.raises(ValueError, match='must not be "distance" with dot products'):
        KNeighborsClassifier(weights="distance", metric="dot").fit([[1.0], [2.0]], [0, 1])
