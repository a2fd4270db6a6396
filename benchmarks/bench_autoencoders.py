"""What autoencoders lose of images, beside as many principal components.

On MNIST, learned from 60,000 images and measured on 10,000 others: mean squared error per pixel, in
units in which white is 1. `DenseAutoencoder` as it comes, with a code of 20 numbers, must lose less
than 20 principal components: it contains them, and can bend. The convolutional recipe has no such
promise to keep: its 4,385 parameters know nothing of where on the image they are, while 128
principal components are 100,352 numbers fitted to these very pixels. Its figure is reported.

Without MNIST, and in a smoke test, the images are scikit-learn's digits of 8 x 8.
"""

import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.machine import THREADS, held_to

MNIST = Path(__file__).parents[2] / "shared/data/mnist-idx"
EPOCHS, SMOKE_EPOCHS = 10, 15


class Images(NamedTuple):
    """Images to learn from, and others to measure with: bytes, shape (n, height, width)."""

    known: np.ndarray
    unseen: np.ndarray


class Outcome(NamedTuple):
    """What was made of the images.

    Attributes
    ----------
    error : float
        Mean squared error per pixel of the unseen images.
    dim : int
        Numbers in a code.
    parameters : int
        Numbers learned.
    processor : float
        Seconds of processor time, which other processes do not stretch.
    """

    error: float
    dim: int
    parameters: int
    processor: float


@cache
def images(full_size: bool) -> Images:
    if full_size and MNIST.exists():
        from vecstore.trainers.pictures.idx import read_idx

        names = ("train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz")
        return Images(*(read_idx(MNIST / name) for name in names))
    datasets = pytest.importorskip("sklearn.datasets")
    digits = (datasets.load_digits().images * 255 / 16).astype(np.uint8)
    return Images(digits[:1500], digits[1500:])


def dense(given: Images) -> Any:
    from vecstore.trainers import DenseAutoencoder

    if len(given.known) > 10_000:
        return DenseAutoencoder().fit(given.known, epochs=EPOCHS, progress=False)
    coder = DenseAutoencoder([64, 32, 4], learning_rate=3e-3)
    return coder.fit(given.known, epochs=SMOKE_EPOCHS, batch_size=50, progress=False)


def convolutional(given: Images) -> Any:
    from vecstore.trainers import ConvAutoencoder

    coder = ConvAutoencoder(learning_rate=4e-3)
    epochs = EPOCHS if len(given.known) > 10_000 else 1
    return coder.fit(given.known, epochs=epochs, batch_size=64, progress=False)


CODERS: dict[str, Callable[[Images], Any]] = {"dense": dense, "convolutional": convolutional}


@cache
def encoded(name: str, full_size: bool) -> Outcome:
    given = images(full_size)
    begun = time.process_time()
    coder = CODERS[name](given)
    processor = time.process_time() - begun
    error = coder.reconstruction_error(given.unseen)
    dim = coder.encode(given.unseen[:1]).shape[1]
    return Outcome(error, dim, coder.model.count_params(), processor)


@cache
def components(dim: int, full_size: bool) -> Outcome:
    from vecstore.trainers.autoencoders.baselines import pca_error

    given = images(full_size)
    begun = time.process_time()
    error = pca_error(given.known, given.unseen, dim)
    pixels = given.known[0].size
    return Outcome(error, dim, (dim + 1) * pixels, time.process_time() - begun)


@pytest.mark.keras
@pytest.mark.parametrize("name", CODERS)
def bench_autoencoder(benchmark: BenchmarkFixture, name: str, full_size: bool) -> None:
    pytest.importorskip("tensorflow")
    benchmark.group = f"codes of {len(images(full_size).known):,} images"
    with held_to(THREADS):
        benchmark.pedantic(encoded, args=(name, full_size), rounds=1)
    found = encoded(name, full_size)
    beside = components(found.dim, full_size)
    if name == "dense":
        assert found.error < beside.error
    benchmark.extra_info |= {**found._asdict(), "ratio_of_errors": beside.error / found.error}


@pytest.mark.keras
@pytest.mark.parametrize("name", CODERS)
def bench_components(benchmark: BenchmarkFixture, name: str, full_size: bool) -> None:
    """As many of them as the code of that autoencoder has numbers."""
    pytest.importorskip("tensorflow")
    benchmark.group = f"codes of {len(images(full_size).known):,} images"
    dim = encoded(name, full_size).dim
    with held_to(THREADS):
        benchmark.pedantic(components, args=(dim, full_size), rounds=1)
    benchmark.extra_info |= components(dim, full_size)._asdict()
