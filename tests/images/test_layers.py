"""The part of a network that ends at a layer."""

from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from vecstore.images.layers import (  # noqa: E402 (after what may be skipped)
    cut,
    features,
    in_bfloat16,
    input_size,
    resolve_layer,
)
from vecstore.images.networks import Network, load_network  # noqa: E402

pytestmark = pytest.mark.keras

SIZE = (32, 32, 3)


@pytest.fixture(scope="module")
def mobilenet() -> Network:
    return load_network("mobilenet", None, alpha=0.25, size=32)


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (3, *SIZE)).astype(np.float32)


def given(network: Network, layer: str, pooling: str | None, pixels: np.ndarray) -> np.ndarray:
    model = features(cut(network, layer), pooling, SIZE)
    vectors: np.ndarray = model.predict_on_batch(pixels)
    assert model.output_shape == (None, vectors.shape[1])
    assert vectors.dtype == np.float32
    return vectors


# Which layer.


def test_by_default_it_is_what_the_classifier_is_given(mobilenet: Network) -> None:
    name = resolve_layer(mobilenet, None)
    assert name.startswith("global_average_pooling2d")
    assert mobilenet.model.get_layer(name).output.shape[-1] == 256


def test_without_a_classifier_it_is_the_last_layer() -> None:
    network = load_network("mobilenet", None, alpha=0.25, size=32, top=False)
    assert resolve_layer(network, None) == "conv_pw_13_relu"


def test_a_wrong_name_gets_those_spelled_like_it(mobilenet: Network) -> None:
    with pytest.raises(ValueError, match=r'`layer` must be one of the 91 .* "conv_pw_13"'):
        resolve_layer(mobilenet, "conv_pw13")
    with pytest.raises(ValueError, match=r'got "zzz"\. Did you mean .* or "predictions"'):
        resolve_layer(mobilenet, "zzz")


def test_the_number_behind_a_name_of_keras_may_be_left_out() -> None:
    for _ in range(2):  # the second is named "dropout_1", or a later number
        network = load_network("mobilenet", None, alpha=0.25, size=32)
        name = resolve_layer(network, "dropout")
        assert network.model.get_layer(name) in network.model.layers


@pytest.mark.slow
def test_of_vgg16_it_is_fc2_with_4096_numbers() -> None:
    network = load_network("vgg16", None)
    assert resolve_layer(network, None) == "fc2"
    shapes = {
        name: features(cut(network, name), pooling, (224, 224, 3)).output_shape
        for name, pooling in (
            ("fc1", None),
            ("fc2", None),
            ("block5_pool", None),
            ("block3_pool", "max"),
        )
    }
    assert shapes == {
        "fc1": (None, 4096),
        "fc2": (None, 4096),
        "block5_pool": (None, 7 * 7 * 512),
        "block3_pool": (None, 256),
    }
    with pytest.raises(ValueError, match=r'got "fc3"\. Did you mean "fc2" or "fc1"'):
        resolve_layer(network, "fc3")


# Which images.


def test_images_have_the_size_that_the_network_has(mobilenet: Network) -> None:
    assert input_size(mobilenet, None) == SIZE
    assert input_size(mobilenet, 32) == SIZE
    with pytest.raises(ValueError, match="`size` must be 32, as MobileNet has it; got 64"):
        input_size(mobilenet, 64)


def test_a_network_that_takes_any_size_is_given_one(mobilenet: Network) -> None:
    model = keras.Sequential([keras.Input((None, None, 1)), keras.layers.Conv2D(2, 3)])
    assert input_size(mobilenet._replace(model=model), None) == (224, 224, 1)
    assert input_size(mobilenet._replace(model=model), 40) == (40, 40, 1)


@pytest.mark.parametrize("shape", [(4,), (8, 8, 5)])
def test_a_model_of_something_else_is_refused(mobilenet: Network, shape: tuple[int, ...]) -> None:
    model = keras.Sequential([keras.Input(shape), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match="`model` must take images of shape"):
        input_size(mobilenet._replace(model=model), None)


# What is made of its output.


def test_places_are_averaged_or_searched_for_the_largest_or_kept(
    mobilenet: Network, pixels: np.ndarray
) -> None:
    layer = "conv_pw_3_relu"
    raw = keras.Model(mobilenet.model.inputs, mobilenet.model.get_layer(layer).output)
    output = raw.predict_on_batch(pixels / 127.5 - 1)
    assert output.shape == (3, 8, 8, 32)
    for pooling, expected in (
        ("avg", output.mean(axis=(1, 2))),
        ("max", output.max(axis=(1, 2))),
        (None, output.reshape(3, -1)),
    ):
        found = given(mobilenet, layer, pooling, pixels)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_there_must_be_something_to_pool(mobilenet: Network) -> None:
    flat = next(layer.name for layer in mobilenet.model.layers if layer.name.startswith("reshape"))
    with pytest.raises(ValueError, match=r"`pooling` is for layers with places .* 1,000 numbers"):
        features(cut(mobilenet, flat), "avg", SIZE)
    with pytest.raises(ValueError, match=r'`pooling` must be "avg", "max" or None; got "sum"'):
        features(cut(mobilenet, flat), "sum", SIZE)


def test_vectors_are_float32_and_weights_too_where_bfloat16_computes(
    mobilenet: Network, pixels: np.ndarray
) -> None:
    ending = cut(mobilenet, "conv_pw_3_relu")
    halved = ending._replace(model=in_bfloat16(ending.model))
    policies = {layer.compute_dtype for layer in halved.model.layers if layer.weights}
    assert policies == {"bfloat16"}
    assert {weight.dtype for weight in halved.model.weights} == {"float32"}
    one, other = (
        features(network, "avg", SIZE).predict_on_batch(pixels) for network in (ending, halved)
    )
    assert one.dtype == other.dtype == np.float32
    assert 0 < np.abs(one - other).max() < 0.02 * np.abs(one).max()


def test_the_network_itself_stays_as_it_was(mobilenet: Network, pixels: np.ndarray) -> None:
    model: Any = mobilenet.model
    before = [layer.name for layer in model.layers]
    features(cut(mobilenet, "conv_pw_3_relu"), "avg", SIZE)
    assert [layer.name for layer in model.layers] == before
    assert model.get_layer("conv1").compute_dtype == "float32"
