"""Vectors of images beside the recipe that is passed around: the same network, the same images.

The recipe loads ten images at a time in a Python loop, calls `predict` for each ten, lets one array
grow by concatenation, and loses the images of the last batch that is not full.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.datasets import Floats
from benchmarks.stopwatch import Stopwatch

DATA = Path(__file__).parents[2] / "shared" / "data"
WEIGHTS = DATA / "keras-mobilenet-0.75" / "mobilenet_7_5_224_tf.weights.h5"
PHOTOS = DATA / "images" / "rooms-4x150.tar"
FRUIT = Path(__file__).parents[1] / "vecstore" / "data" / "images"

SIDE = 224
BATCH = 10
MOST = 203  # images; the recipe loses three of them
ALIKE = 0.98  # the cosine of vectors of the same image: bilinear resizing differs a little


@pytest.fixture(scope="module")
def network(full_size: bool) -> dict[str, Any]:
    """Which MobileNet: with real weights where they lie beside the checkout."""
    pytest.importorskip("tensorflow")
    if not full_size:
        return {"alpha": 0.25, "weights": None}
    return {"alpha": 0.75, "weights": str(WEIGHTS) if WEIGHTS.exists() else None}


@pytest.fixture(scope="module")
def files(full_size: bool, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Photographs of some 300 pixels where they lie beside the checkout, else our small ones."""
    if not (full_size and PHOTOS.exists()):
        return sorted(FRUIT.rglob("*.jpg"))
    import tarfile

    folder = tmp_path_factory.mktemp("rooms")
    with tarfile.open(PHOTOS) as archive:
        # Python 3.11.2 has no filters yet; the archive is one that we know.
        safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(folder, **safe)
    return sorted(folder.rglob("*.jpg"))[:MOST]


@pytest.fixture(scope="module")
def recipe(network: dict[str, Any]) -> Callable[..., Floats]:
    import random

    import keras
    from keras.applications import mobilenet
    from keras.utils import img_to_array, load_img

    random.seed(0)  # random weights are those that ImageExtractor draws
    whole = mobilenet.MobileNet(**network)
    end = whole.get_layer("conv_preds").input
    model = keras.Model(whole.input, keras.layers.Flatten()(end))

    def extract(files: list[Path], interpolation: str = "nearest") -> Floats:
        found = None
        for start in range(0, len(files) // BATCH * BATCH, BATCH):
            images = [
                img_to_array(load_img(file, target_size=(SIDE, SIDE), interpolation=interpolation))
                for file in files[start : start + BATCH]
            ]
            batch = mobilenet.preprocess_input(np.stack(images))
            vectors = model.predict(batch, verbose=0)
            found = vectors if found is None else np.concatenate([found, vectors])
        assert found is not None
        return found

    return extract


@pytest.fixture(scope="module")
def truth(recipe: Callable[..., Floats], files: list[Path]) -> Floats:
    return recipe(files, "bilinear")


def group(files: list[Path], network: dict[str, Any]) -> str:
    return f"vectors of {len(files)} images, MobileNet {network['alpha']}"


def cosines(vectors: Floats, truth: Floats) -> Floats:
    norms = np.linalg.norm(vectors, axis=1) * np.linalg.norm(truth, axis=1)
    return (vectors * truth).sum(axis=1) / norms


@pytest.mark.keras
def bench_recipe(
    timed: Stopwatch,
    recipe: Callable[..., Floats],
    files: list[Path],
    truth: Floats,
    network: dict[str, Any],
) -> None:
    vectors = timed(
        lambda: recipe(files), group=group(files, network), name="recipe", images=len(truth)
    )
    assert np.mean(cosines(vectors, truth)) > ALIKE


@pytest.mark.keras
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def bench_extract(
    timed: Stopwatch, files: list[Path], truth: Floats, network: dict[str, Any], precision: str
) -> None:
    from vecstore.images.extractor import ImageExtractor

    extractor = ImageExtractor("mobilenet", precision=precision, **network)
    keys, vectors, _ = timed(
        lambda: extractor.extract(files),
        group=group(files, network),
        name=f"vecstore, {precision}",
        images=len(files),
    )
    assert keys == [str(file) for file in files]
    assert cosines(vectors[: len(truth)], truth).min() > ALIKE
