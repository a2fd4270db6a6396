"""Batch normalisation in convolutions: the same numbers by fewer operations."""

from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from vecstore.images.fusing import fuse  # noqa: E402 (after what may be skipped)
from vecstore.images.layers import cut, input_size, resolve_layer  # noqa: E402
from vecstore.images.networks import load_network  # noqa: E402

pytestmark = pytest.mark.keras


def norms(model: Any) -> list[Any]:
    return [one for one in model.layers if isinstance(one, keras.layers.BatchNormalization)]


def unsettle(model: Any, rng: np.random.Generator) -> Any:
    """Give every normalisation constants, as training would; new ones do nothing."""
    for norm in norms(model):
        norm.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in norm.get_weights()])
    return model


def largest_difference(one: Any, other: Any, rng: np.random.Generator) -> float:
    size = [side or 96 for side in one.input_shape[1:]]
    pixels = rng.uniform(-1, 1, (2, *size)).astype(np.float32)
    expected = one.predict_on_batch(pixels)
    return float(np.abs(other.predict_on_batch(pixels) - expected).max() / np.abs(expected).max())


def chain(*layers: Any) -> Any:
    pixels = found = keras.Input((8, 8, 4))
    for layer in layers:
        found = layer(found)
    return keras.Model(pixels, found)


def test_every_kind_of_convolution_takes_the_normalisation_in(rng: np.random.Generator) -> None:
    layers = keras.layers
    model = unsettle(
        chain(
            layers.Conv2D(6, 3, use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(6),
            layers.DepthwiseConv2D(3, depth_multiplier=2),
            layers.BatchNormalization(scale=False),
            layers.SeparableConv2D(5, 3),
            layers.BatchNormalization(center=False),
            layers.Flatten(),
            layers.Dense(7),
            layers.BatchNormalization(epsilon=0.1),
        ),
        rng,
    )
    fused = fuse(model)
    assert norms(fused) == []
    assert largest_difference(model, fused, rng) < 1e-5


def test_a_convolution_that_is_used_elsewhere_stays(rng: np.random.Generator) -> None:
    pixels = keras.Input((8, 8, 4))
    found = keras.layers.Conv2D(4, 3, name="both")(pixels)
    both = keras.layers.Add()([found, keras.layers.BatchNormalization()(found)])
    end = keras.layers.BatchNormalization()(keras.layers.Conv2D(3, 1)(both))
    model = unsettle(keras.Model(pixels, end), rng)
    fused = fuse(model)
    assert len(norms(fused)) == 1
    assert largest_difference(model, fused, rng) < 1e-5


def test_normalisation_behind_something_nonlinear_stays(rng: np.random.Generator) -> None:
    layers = keras.layers
    model = unsettle(
        chain(layers.Conv2D(4, 3, activation="relu"), layers.BatchNormalization()), rng
    )
    assert fuse(model) is model


def test_the_model_stays_as_it_was(rng: np.random.Generator) -> None:
    model = unsettle(chain(keras.layers.Conv2D(4, 3), keras.layers.BatchNormalization()), rng)
    before = model.get_weights()
    fuse(model)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def check_family(name: str, rng: np.random.Generator, **options: Any) -> tuple[int, int]:
    network = load_network(name, None, **options)
    model = unsettle(cut(network, resolve_layer(network, None)).model, rng)
    fused = fuse(model)
    assert largest_difference(model, fused, rng) < 1e-4
    assert input_size(network._replace(model=fused), options.get("size"))
    return len(norms(model)), len(norms(fused))


def test_nothing_is_left_of_the_27_of_mobilenet(rng: np.random.Generator) -> None:
    assert check_family("mobilenet", rng, alpha=0.25, size=32) == (27, 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "ConvNeXtTiny",
        "DenseNet121",
        "EfficientNetB0",
        "EfficientNetV2B0",
        "InceptionResNetV2",
        "InceptionV3",
        "MobileNetV2",
        "MobileNetV3Small",
        "NASNetMobile",
        "ResNet50",
        "ResNet50V2",
        "Xception",
    ],
)
def test_every_family_gives_the_same_vectors(name: str, rng: np.random.Generator) -> None:
    before, after = check_family(name, rng)
    assert after < before or before == 0
