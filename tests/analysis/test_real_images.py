"""Photographs and digits: clusters, classes and maps of real vectors.

The photographs are those of four kinds of room and of ten groceries, the digits MNIST's, which a
checkout has beside it or has not.
"""

import gzip
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import vecstore
from tests.real_data import real
from vecstore.analysis import KNeighborsClassifier, cluster, cross_validate, project
from vecstore.store.store import Store

WEIGHTS = "keras-mobilenet-0.75/mobilenet_7_5_224_tf_no_top.weights.h5"


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """What a MobileNet says of 600 rooms."""
    with extracted("rooms-4x150.tar", tmp_path_factory.mktemp("rooms")) as store:
        yield store


@pytest.fixture(scope="module")
def groceries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """What it says of 300 groceries."""
    with extracted("grocery-10x30.tar", tmp_path_factory.mktemp("groceries")) as store:
        yield store


def extracted(name: str, folder: Path) -> Store:
    photographs, weights = real(f"images/{name}"), real(WEIGHTS)
    pytest.importorskip("keras")
    from vecstore.images.extractor import ImageExtractor

    extractor = ImageExtractor("mobilenet", weights=weights, alpha=0.75)
    extractor.extract_into(photographs, folder / "photographs.vecs")
    return vecstore.open(folder / "photographs.vecs", mode="a")


def read_idx(name: str) -> np.ndarray:
    content = gzip.decompress(real(f"mnist-idx/{name}.gz").read_bytes())
    axes = content[3]
    shape = np.frombuffer(content, ">u4", axes, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.images
@pytest.mark.parametrize(("name", "n", "least"), [("rooms", 4, 0.8), ("groceries", 10, 0.4)])
def test_what_photographs_show_are_clusters(
    request: pytest.FixtureRequest, name: str, n: int, least: float
) -> None:
    """Vectors, 100 principal components, k-means: the recipe, with what it comes to."""
    store = request.getfixturevalue(name)
    found = cluster(store, n, 100, truth="label")
    print(f"{name}: NMI {found.nmi:.3f}, ARI {found.ari:.3f}, silhouette {found.silhouette:.3f}")
    assert found.nmi is not None
    assert found.nmi > least
    assert store.frame()["cluster"].null_count() == 0


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.images
@pytest.mark.parametrize("model", ["knn", "svm", "logistic"])
def test_kinds_of_room_are_told_apart(rooms: Store, model: str) -> None:
    found = cross_validate(rooms, "label", model)
    assert found.accuracy.mean() > 0.95
    assert found.baseline == 0.25


@pytest.mark.slow
def test_a_map_of_digits_is_as_good_as_one_of_opentsne_s_own() -> None:
    from openTSNE import TSNE
    from sklearn.manifold import trustworthiness

    digits = read_idx("t10k-images-idx3-ubyte")[:3000].reshape(-1, 784).astype(np.float32) / 255
    store = vecstore.from_arrays(digits, metric="euclidean")
    ours = project(store, "tsne", columns=None, threads=1).points
    theirs = np.asarray(TSNE(random_state=0, n_jobs=1).fit(digits))
    trust = [trustworthiness(digits, points, n_neighbors=15) for points in (ours, theirs)]
    print(f"trustworthiness: ours {trust[0]:.5f}, theirs {trust[1]:.5f}")
    # At least as good, but for this much: maps of the same digits from other random numbers differ
    # by more. `bench_project.py` compares the whole, and the time.
    assert trust[0] > trust[1] - 0.002


def test_digits_are_told_by_their_neighbours() -> None:
    train = read_idx("train-images-idx3-ubyte")[:20_000].reshape(-1, 784).astype(np.float64)
    test = read_idx("t10k-images-idx3-ubyte")[:400].reshape(-1, 784).astype(np.float64)
    model = KNeighborsClassifier(3).fit(train, read_idx("train-labels-idx1-ubyte")[:20_000])
    assert model.score(test, read_idx("t10k-labels-idx1-ubyte")[:400]) > 0.93
    squares = np.add.outer((test**2).sum(axis=1), (train**2).sum(axis=1)) - 2 * test @ train.T
    exact = np.sqrt(np.sort(np.partition(squares, 3, axis=1)[:, :3], axis=1))  # whole numbers
    np.testing.assert_allclose(model.kneighbors(test)[0], exact, rtol=1e-12)
