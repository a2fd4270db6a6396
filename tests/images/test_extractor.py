"""Vectors of images: what they are, for which images, and what they are good for."""

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import vecstore
from tests.real_data import real
from vecstore.errors import IngestError

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from vecstore.images.extractor import ImageExtractor  # noqa: E402 (after what may be skipped)

pytestmark = [pytest.mark.keras, pytest.mark.images]

ROOT = Path(__file__).parents[2]
FRUIT = ROOT / "vecstore" / "data" / "images"
SIDE = 96


@pytest.fixture(scope="module")
def extractor() -> ImageExtractor:
    """The smallest MobileNet, with random weights: it knows colours and textures, no fruit."""
    return ImageExtractor("mobilenet", weights=None, alpha=0.25, size=SIDE)


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return np.asarray((one * other).sum(axis=1) / norms)


def hits(keys: list[str], vectors: np.ndarray, labels: list[str]) -> float:
    """The share of images whose nearest neighbour has their label."""
    named = dict(zip(keys, labels, strict=True))
    nearest = vecstore.from_arrays(vectors, keys=keys).neighbors(k=1).keys[:, 0]
    return float(
        np.mean([named[one] == named[key] for one, key in zip(keys, nearest, strict=True)])
    )


# What they are.


def test_a_folder_becomes_keys_vectors_and_labels(extractor: ImageExtractor) -> None:
    keys, vectors, labels = extractor.extract(FRUIT)
    assert keys[0] == "Banana/Banana_003.jpg"
    assert keys == sorted(keys)
    assert vectors.shape == (24, extractor.dim) == (24, 256)
    assert vectors.dtype == np.float32
    assert labels == [key.split("/")[0] for key in keys]
    assert Counter(labels) == {"Banana": 8, "Lime": 8, "Red-Delicious": 8}


def test_vectors_are_what_keras_computes_step_by_step(extractor: ImageExtractor) -> None:
    import random

    random.seed(0)  # what random weights are drawn with
    network = keras.applications.MobileNet(
        alpha=0.25, weights=None, input_shape=(SIDE, SIDE, 3), include_top=False, pooling="avg"
    )
    keys, vectors, _ = extractor.extract(FRUIT)
    images = [keras.utils.load_img(FRUIT / key, target_size=(SIDE, SIDE)) for key in keys]
    pixels = np.stack([keras.utils.img_to_array(image) for image in images])
    expected = network.predict(keras.applications.mobilenet.preprocess_input(pixels), verbose=0)
    np.testing.assert_allclose(vectors, expected, rtol=1e-3, atol=1e-5 * expected.max())


@pytest.mark.parametrize("batch_size", [1, 7, 24, 1000])
def test_no_image_is_lost_whatever_the_size_of_batches(
    extractor: ImageExtractor, batch_size: int
) -> None:
    keys, vectors, _ = extractor.extract(FRUIT)
    others, found, _ = extractor.extract(FRUIT, batch_size)
    assert others == keys
    np.testing.assert_allclose(found, vectors, rtol=1e-4, atol=1e-5)


def test_even_random_filters_find_like_fruit() -> None:
    extractor = ImageExtractor("mobilenet", "conv_pw_1_relu", None, "avg", size=SIDE)
    keys, vectors, labels = extractor.extract(FRUIT)
    assert labels is not None
    assert hits(keys, vectors, labels) > 0.9  # one in three by chance


def test_progress_is_told_after_every_batch(extractor: ImageExtractor) -> None:
    told: list[tuple[int, int | None]] = []
    extractor.extract(FRUIT, 10, progress=lambda done, total: told.append((done, total)))
    assert told == [(10, 24), (20, 24), (24, 24)]


# Which images.


def test_a_list_has_the_labels_that_it_is_given(extractor: ImageExtractor) -> None:
    paths = sorted(FRUIT.rglob("*.jpg"))[6:9]
    keys, vectors, labels = extractor.extract(paths, labels=["a", "b", "c"])
    assert keys == [str(path) for path in paths]
    assert labels == ["a", "b", "c"]
    assert extractor.extract(paths, labels=None)[2] is None
    np.testing.assert_allclose(vectors, extractor.extract(FRUIT)[1][6:9], rtol=1e-4, atol=1e-5)


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A folder of 24 images of which the first, one in the middle and the last are damaged."""
    folder = shutil.copytree(FRUIT, tmp_path / "fruit")
    for key in ("Banana/Banana_003.jpg", "Lime/Lime_006.jpg"):
        (folder / key).write_bytes((folder / key).read_bytes()[:900])
    (folder / "zebra.png").write_bytes(b"")
    return folder


@pytest.mark.parametrize("batch_size", [1, 5, 16])
def test_damaged_images_are_skipped_and_reported(
    extractor: ImageExtractor, damaged: Path, batch_size: int
) -> None:
    with pytest.warns(UserWarning, match="22 images extracted, 3 skipped") as caught:
        keys, vectors, labels = extractor.extract(damaged, batch_size)
    lines = str(caught[0].message).splitlines()
    assert [line.partition(":")[0].strip() for line in lines[1:]] == [
        "Banana/Banana_003.jpg",
        "Lime/Lime_006.jpg",
        "zebra.png",
    ]
    whole = dict(zip(*extractor.extract(FRUIT)[:2], strict=True))
    assert keys == [key for key in whole if key not in "\n".join(lines)]
    np.testing.assert_allclose(vectors, [whole[key] for key in keys], rtol=1e-4, atol=1e-5)
    assert labels == [key.split("/")[0] for key in keys]


def test_a_folder_of_nothing_but_damage_is_an_error(
    extractor: ImageExtractor, tmp_path: Path
) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(b"no image")
    with pytest.raises(IngestError, match=r"None of 2 images can be used; a\.jpg: Unknown image"):
        extractor.extract(tmp_path)


@pytest.mark.parametrize("name", ["batch_size", "commit_every"])
def test_wrong_counts_are_refused(extractor: ImageExtractor, tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=f"`{name}` must be at least 1; got 0"):
        extractor.extract_into(FRUIT, tmp_path / "a.vecs", **{name: 0})


# Which network.


def test_where_vectors_come_from_is_told(extractor: ImageExtractor) -> None:
    expected = {
        "extractor": "ImageExtractor",
        "model": "MobileNet",
        "alpha": 0.25,
        "layer_place": 86,
        "pooling": None,
        "preprocessing": "tf",
        "size": [SIDE, SIDE, 3],
        "precision": "float32",
        "weights": "random",
    }
    assert expected.items() <= extractor.provenance.items()
    assert extractor.provenance["packages"]["keras"] == keras.__version__
    assert len(extractor.provenance["weights_sha256"]) == 64


@pytest.mark.slow
def test_without_its_classifier_a_network_gives_the_same(tmp_path: Path) -> None:
    whole = keras.applications.MobileNet(alpha=0.25, weights=None, input_shape=(32, 32, 3))
    base = keras.applications.MobileNet(
        alpha=0.25, weights=None, input_shape=(32, 32, 3), include_top=False
    )
    whole.save_weights(tmp_path / "whole.weights.h5")
    base.load_weights(tmp_path / "whole.weights.h5")
    base.save_weights(tmp_path / "base.weights.h5")
    one, other = (
        ImageExtractor("mobilenet", weights=tmp_path / f"{name}.weights.h5", alpha=0.25, size=32)
        for name in ("whole", "base")
    )
    assert other.provenance["pooling"] == "avg"
    np.testing.assert_allclose(one.extract(FRUIT)[1], other.extract(FRUIT)[1], rtol=1e-4, atol=1e-5)


def test_any_model_that_takes_images_will_do() -> None:
    pixels = keras.Input((24, 24, 1))
    places = keras.layers.AveragePooling2D(8, name="blocks")(pixels)
    model = keras.Model(pixels, keras.layers.Dense(2)(keras.layers.Flatten()(places)))
    extractor = ImageExtractor(model, "blocks", preprocess="none")
    keys, vectors, _ = extractor.extract(FRUIT)
    assert vectors.shape == (24, 9)
    image = keras.utils.load_img(
        FRUIT / keys[0], color_mode="grayscale", target_size=(24, 24), interpolation="box"
    )
    blocks = np.asarray(image, np.float32).reshape(3, 8, 3, 8).mean(axis=(1, 3))
    np.testing.assert_allclose(vectors[0], blocks.ravel(), atol=8)
    assert ImageExtractor(model, preprocess="none").dim == 2


def test_bfloat16_gives_nearly_the_same(extractor: ImageExtractor) -> None:
    halved = ImageExtractor("mobilenet", weights=None, alpha=0.25, size=SIDE, precision="bfloat16")
    found = halved.extract(FRUIT)[1]
    assert found.dtype == np.float32
    assert cosines(found, extractor.extract(FRUIT)[1]).min() > 0.999
    assert halved.provenance["weights_sha256"] == extractor.provenance["weights_sha256"]
    with pytest.raises(ValueError, match="`precision` must be float32 or bfloat16; got 'half'"):
        ImageExtractor("mobilenet", weights=None, precision="half")


@pytest.mark.slow
def test_vgg16_gives_4096_numbers_of_fc2() -> None:
    extractor = ImageExtractor(weights=None)
    assert (extractor.layer, extractor.preprocess, extractor.dim) == ("fc2", "caffe", 4096)
    vectors = extractor.extract(sorted(FRUIT.rglob("*.jpg"))[:3])[1]
    assert vectors.shape == (3, 4096)
    assert np.isfinite(vectors).all()
    assert vectors.any(axis=1).all()


# Real weights, real images.


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize(
    ("archive", "least"),
    [("cats-dogs-horses.tar.gz", 0.93), ("grocery-10x30.tar", 0.89), ("rooms-4x150.tar", 0.96)],
)
def test_neighbours_of_real_images_show_the_same(
    archive: str, least: float, precision: str
) -> None:
    source = real(f"images/{archive}")
    weights = real("keras-mobilenet-0.75/mobilenet_7_5_224_tf.weights.h5")
    extractor = ImageExtractor("mobilenet", weights=weights, alpha=0.75, precision=precision)
    keys, vectors, labels = extractor.extract(source)
    assert labels is not None
    assert hits(keys, vectors, labels) >= least
