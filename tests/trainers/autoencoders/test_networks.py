"""Autoencoders, on scikit-learn's digits: shapes, what they learn, and what they refuse."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vecstore
from tests.real_data import real
from vecstore.errors import VecstoreError

keras = pytest.importorskip("keras")
pytest.importorskip("sklearn")

from sklearn.datasets import load_digits  # noqa: E402 (after the imports that may be skipped)

from vecstore.trainers import ConvAutoencoder, DenseAutoencoder  # noqa: E402
from vecstore.trainers.autoencoders.baselines import pca_error  # noqa: E402
from vecstore.trainers.pictures.idx import read_idx  # noqa: E402

pytestmark = pytest.mark.keras

DIGITS = load_digits()
IMAGES = DIGITS.images / 16
ROWS = DIGITS.data / 16
KNOWN, UNSEEN = ROWS[:1500], ROWS[1500:]


@pytest.fixture(scope="module")
def trained() -> DenseAutoencoder:
    return DenseAutoencoder([64, 32, 4], learning_rate=3e-3).fit(KNOWN, epochs=30, batch_size=50)


def nearest_is_of_the_same_digit(codes: np.ndarray, labels: np.ndarray) -> float:
    """Return for how many rows the nearest other row has the same label."""
    with vecstore.from_arrays(codes, metric="euclidean") as store:
        return float((labels[store.neighbors(k=1).keys[:, 0]] == labels).mean())


# What they learn.


def test_four_numbers_say_more_than_four_principal_components(trained: DenseAutoencoder) -> None:
    assert trained.reconstruction_error(UNSEEN) < 0.9 * pca_error(KNOWN, UNSEEN, 4)


def test_the_error_is_the_mean_square_of_the_difference(trained: DenseAutoencoder) -> None:
    difference = trained.reconstruct(UNSEEN) - UNSEEN
    assert trained.reconstruction_error(UNSEEN) == pytest.approx((difference**2).mean(), rel=1e-4)


def test_codes_of_like_digits_are_near(trained: DenseAutoencoder) -> None:
    labels = DIGITS.target[1500:]
    assert nearest_is_of_the_same_digit(trained.encode(UNSEEN), labels) > 0.75


def test_convolutions_learn_digits_too() -> None:
    coder = ConvAutoencoder([16, 8], learning_rate=5e-3)
    coder.fit(IMAGES[:1500], epochs=10, batch_size=50)
    blank = np.mean((IMAGES[1500:] - IMAGES[:1500].mean(axis=0)) ** 2)
    assert coder.reconstruction_error(IMAGES[1500:]) < 0.6 * blank
    assert coder.reconstruct(IMAGES[:3]).shape == (3, 8, 8)
    assert coder.reconstruct(IMAGES[:3, ..., np.newaxis]).shape == (3, 8, 8, 1)


def test_what_learned_with_noise_takes_it_away(rng: np.random.Generator) -> None:
    noisy = np.clip(UNSEEN + rng.normal(0, 0.4, UNSEEN.shape), 0, 1)

    def error(denoising: float) -> float:
        coder = DenseAutoencoder([32], denoising=denoising, learning_rate=3e-3)
        coder.fit(KNOWN, epochs=15, batch_size=50)
        return float(np.mean((coder.reconstruct(noisy) - UNSEEN) ** 2))

    assert error(0.4) < 0.9 * error(0.0)


def test_bags_of_words_have_codes(rng: np.random.Generator) -> None:
    """Texts about two things share no words; of each text half of the words are seen."""
    about = rng.integers(0, 2, 400)
    words = np.zeros((400, 40), bool)
    for row, topic in zip(words, about, strict=True):
        row[20 * topic + rng.choice(20, 10, replace=False)] = True
    coder = DenseAutoencoder([16, 2], denoising=0.3, noise="masking", learning_rate=3e-3)
    coder.fit(words, epochs=8, batch_size=20)
    assert nearest_is_of_the_same_digit(coder.encode(words), about) > 0.95


def test_squared_error_takes_any_numbers(rng: np.random.Generator) -> None:
    line = rng.normal(0, 50, (500, 1)) @ [[1, -2, 3]]
    coder = DenseAutoencoder([1], loss="mse", learning_rate=0.05)
    coder.fit(line, epochs=15, batch_size=10)
    assert coder.reconstruction_error(line) < 0.01 * line.var()


# Shapes.


def test_the_recipe_has_4385_parameters_and_a_code_of_4_4_8() -> None:
    coder = ConvAutoencoder().fit(np.zeros((2, 28, 28), np.uint8), epochs=1)
    assert coder.model.count_params() == 4_385
    assert coder.model.get_layer("code").output.shape == (None, 4, 4, 8)
    assert coder.encode(np.zeros((2, 28, 28), np.uint8)).shape == (2, 128)
    # Nothing is cut off: the last hidden convolution has no padding.
    assert coder.model.layers[-1].get_config()["cropping"] == ((0, 0), (0, 0))


@pytest.mark.parametrize("shape", [(28, 28, 1), (27, 28, 3), (8, 8, 1), (33, 5, 1), (1, 1, 2)])
@pytest.mark.parametrize("filters", [[16, 8, 8], [4]])
def test_images_of_every_size_come_back_in_it(shape: tuple[int, ...], filters: list[int]) -> None:
    coder = ConvAutoencoder(filters)
    assert coder._built(shape).output_shape == (None, *shape)


def test_the_dense_recipe_narrows_to_20_and_widens_again() -> None:
    layers = DenseAutoencoder()._built((28, 28)).layers
    units = [layer.units for layer in layers if hasattr(layer, "units")]
    assert units == [100, 50, 20, 50, 100, 784]


def test_reconstructions_have_the_shape_of_what_was_given(trained: DenseAutoencoder) -> None:
    assert trained.reconstruct(UNSEEN[:3]).shape == (3, 64)


def test_bytes_and_shares_of_white_are_the_same(trained: DenseAutoencoder) -> None:
    pixels = (UNSEEN * 255).round().astype(np.uint8)
    np.testing.assert_allclose(
        trained.encode(pixels), trained.encode(pixels / 255), rtol=0, atol=1e-4
    )


# Life with stores and files.


def test_codes_go_to_a_store_with_their_labels(trained: DenseAutoencoder, tmp_path: Path) -> None:
    labels = DIGITS.target[1500:].tolist()
    path = tmp_path / "digits.vecs"
    trained.encode_to_store(path, UNSEEN, attributes={"digit": labels}, metric="euclidean").close()
    with vecstore.open(path) as store:
        assert (len(store), store.dim, store.key_kind) == (297, 4, "int")
        np.testing.assert_allclose(store[[0, 296]], trained.encode(UNSEEN)[[0, 296]], 1e-5, 1e-6)
        assert store.frame([5])["digit"].to_list() == [labels[5]]
        (origin,) = store.info()["provenance"]
    assert origin["trainer"] == "DenseAutoencoder"
    assert origin["parameters"]["layers"] == [64, 32, 4]


def test_the_rows_of_the_last_fit_go_to_a_store(tmp_path: Path) -> None:
    coder = DenseAutoencoder([3]).fit(ROWS[:50], epochs=1, validation=0.2)
    with coder.to_store(tmp_path / "codes.vecs", metric="euclidean") as store:
        # A batch of another size may be summed in another order.
        np.testing.assert_allclose(store[[0, 49]], coder.encode(ROWS[[0, 49]]), 1e-5, 1e-6)
        assert len(store) == 50
    labels = DIGITS.target[:2].tolist()
    coder.fit(ROWS[:2], epochs=1, keys=["a", "b"], attributes={"digit": labels})
    with coder.to_store(tmp_path / "named.vecs", metric="euclidean") as store:
        assert store.frame().rows() == [("a", 0), ("b", 1)]


def test_keys_may_be_given(trained: DenseAutoencoder, tmp_path: Path) -> None:
    keys = ["one", "two"]
    with trained.encode_to_store(tmp_path / "a.vecs", UNSEEN[:2], keys=keys) as store:
        assert store.keys().tolist() == keys
    with pytest.raises(ValueError, match="3"):
        trained.encode_to_store(tmp_path / "b.vecs", UNSEEN[:3], keys=keys)


def test_a_loaded_autoencoder_gives_the_same_codes(
    trained: DenseAutoencoder, tmp_path: Path
) -> None:
    trained.save(tmp_path / "coder")
    loaded = DenseAutoencoder.load(tmp_path / "coder")
    np.testing.assert_array_equal(loaded.encode(UNSEEN), trained.encode(UNSEEN))
    with pytest.raises(VecstoreError, match="was loaded and has no rows; pass them to encode"):
        loaded.embeddings()


def test_noise_can_be_looked_at() -> None:
    some = IMAGES[:20]
    noised = ConvAutoencoder([2], denoising=0.2).fit(some, epochs=1).noised(some)
    assert noised.shape == some.shape
    clean = ConvAutoencoder([2]).fit(some, epochs=1).noised(some)
    assert 0.19 < np.std(noised - clean) < 0.21


def test_an_autoencoder_with_noise_can_be_saved(tmp_path: Path) -> None:
    coder = ConvAutoencoder([2], denoising=0.2).fit(IMAGES[:20], epochs=1)
    coder.save(tmp_path / "coder")
    loaded = ConvAutoencoder.load(tmp_path / "coder")
    np.testing.assert_array_equal(loaded.encode(IMAGES[:5]), coder.encode(IMAGES[:5]))


def test_the_same_seed_gives_the_same_losses() -> None:
    def losses() -> list[float]:
        coder = DenseAutoencoder([4], denoising=0.2, seed=1)
        return coder.fit(ROWS[:100], epochs=2, validation=0.2).history["val_loss"].to_list()

    assert losses() == losses()


# What is refused.


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: DenseAutoencoder([]), ValueError, "`layers` must have at least one size"),
        (lambda: DenseAutoencoder([3, 0]), ValueError, "`layers` must be at least 1; got 0"),
        (lambda: ConvAutoencoder([2.5]), TypeError, "`filters` must be an integer"),
        (lambda: DenseAutoencoder(loss="hinge"), ValueError, "`loss` must be one of binary_cr"),
        (lambda: DenseAutoencoder(noise="pink"), ValueError, "`noise` must be one of gaussian"),
        (lambda: ConvAutoencoder(denoising=1), ValueError, "`denoising` must be at least 0 and"),
        (lambda: ConvAutoencoder(learning_rate=0), ValueError, "`learning_rate` must be above 0"),
    ],
)
def test_parameters_that_make_no_autoencoder_are_refused(
    make: Callable[[], Any], error: type, message: str
) -> None:
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (DIGITS.data, {}, r"`data` must lie in \[0, 1\].*; got values from 0 to 16\."),
        (ROWS, {"validation": DIGITS.data}, r"`validation` must lie in \[0, 1\]"),
        (ROWS, {"validation": ROWS[:, :5]}, r"`validation` must have shape \(n, 64\); got"),
        (ROWS[:3], {"validation": 0.9}, "`validation` must leave something to learn from"),
        (ROWS, {"keys": [1, 2]}, "`keys` must have a value for each of the 1797 rows; got 2."),
        (ROWS[:3], {"keys": ["a", "b", "a"]}, "`keys` must have each key once; got 'a' twice."),
        (ROWS, {"attributes": {"digit": [1]}}, "`digit` must have a value for each of the 1797"),
        (ROWS, {"epochs": 0}, "`epochs` must be at least 1"),
    ],
)
def test_data_that_cannot_be_learned_from_are_refused_before_training(
    data: Any, options: dict[str, Any], message: str
) -> None:
    coder = DenseAutoencoder()
    with pytest.raises(ValueError, match=message):
        coder.fit(data, **options)
    with pytest.raises(VecstoreError, match="call fit first"):
        _ = coder.model


def test_convolutions_need_images() -> None:
    with pytest.raises(ValueError, match=r"must have shape \(n, height, width\) or .*; got \(1797"):
        ConvAutoencoder().fit(ROWS)
    with pytest.raises(ValueError, match=r"`validation` must have shape \(n, height, width\)"):
        ConvAutoencoder().fit(IMAGES[:3], validation=ROWS)


def test_keys_of_two_types_are_refused_before_training() -> None:
    with pytest.raises(TypeError, match="`keys` must all be str; place 1 holds int 2"):
        DenseAutoencoder().fit(ROWS[:2], keys=["a", 2])


def test_other_shapes_than_those_learned_are_refused(trained: DenseAutoencoder) -> None:
    for ask in (trained.encode, trained.reconstruct, trained.fit, trained.reconstruction_error):
        with pytest.raises(ValueError, match=r"`data` must have shape \(n, 64\); got \(2, 5\)"):
            ask(np.zeros((2, 5)))


# MNIST.


@pytest.fixture(scope="module")
def mnist() -> dict[str, np.ndarray]:
    return {
        "train": read_idx(real("mnist-idx/train-images-idx3-ubyte.gz")),
        "test": read_idx(real("mnist-idx/t10k-images-idx3-ubyte.gz")),
        "labels": read_idx(real("mnist-idx/t10k-labels-idx1-ubyte.gz")),
    }


@pytest.mark.slow
def test_twenty_numbers_of_mnist_say_more_than_principal_components(
    mnist: dict[str, np.ndarray],
) -> None:
    coder = DenseAutoencoder().fit(mnist["train"], epochs=5)
    error = coder.reconstruction_error(mnist["test"])
    assert error < 0.75 * pca_error(mnist["train"], mnist["test"], 20)
    assert nearest_is_of_the_same_digit(coder.encode(mnist["test"]), mnist["labels"]) > 0.92


@pytest.mark.slow
def test_the_convolutional_recipe_learns_mnist(mnist: dict[str, np.ndarray]) -> None:
    """As written, on 0 to 255, its loss stayed above 20; a code of zeros would give 0.26."""
    coder = ConvAutoencoder(learning_rate=4e-3).fit(mnist["train"], epochs=2)
    assert coder.history["loss"][-1] < 0.12
    assert nearest_is_of_the_same_digit(coder.encode(mnist["test"]), mnist["labels"]) > 0.92
