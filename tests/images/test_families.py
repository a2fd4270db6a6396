"""The networks of Keras, found by their names, and the preprocessing read off Keras."""

import inspect
import sys

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from vecstore.images.families import (  # noqa: E402 (after what may be skipped)
    MODES,
    check_mode,
    family,
    preprocess,
    require_keras,
)

pytestmark = pytest.mark.keras

NETWORKS = [name for name, value in vars(keras.applications).items() if inspect.isfunction(value)]


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_is_preprocessed_as_its_own_module_does(name: str) -> None:
    found = family(name)
    assert found.name == name
    assert found.constructor is getattr(keras.applications, name)
    pixels = np.random.default_rng(0).uniform(0, 255, (2, 3, 4, 3)).astype(np.float32)
    home = sys.modules[found.constructor.__module__]
    np.testing.assert_array_equal(
        preprocess(pixels.copy(), found.mode), home.preprocess_input(pixels.copy())
    )


def test_networks_differ_in_their_preprocessing() -> None:
    modes = {
        name: family(name).mode for name in ("VGG16", "MobileNet", "DenseNet121", "ConvNeXtTiny")
    }
    assert modes == {
        "VGG16": "caffe",
        "MobileNet": "tf",
        "DenseNet121": "torch",
        "ConvNeXtTiny": "none",
    }


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("vgg16", "VGG16"),
        ("mobilenet_v2", "MobileNetV2"),
        ("EfficientNet-B0", "EfficientNetB0"),
        ("resnet50v2", "ResNet50V2"),
    ],
)
def test_capitals_hyphens_and_underscores_do_not_count(spelling: str, name: str) -> None:
    assert family(spelling).name == name


def test_a_wrong_name_gets_those_spelled_like_it() -> None:
    with pytest.raises(ValueError, match=r'`model` .*; got "vgg61"\. Did you mean .*"VGG16"'):
        family("vgg61")
    with pytest.raises(ValueError, match=r"^`base` .* See keras\.applications\."):
        family("qqqq", "base")


def test_a_wrong_mode_is_refused() -> None:
    assert [check_mode(mode) for mode in MODES] == list(MODES)
    with pytest.raises(ValueError, match=r'`preprocess` must be one of tf, .*; got "keras"'):
        check_mode("keras")


def test_without_keras_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)  # as if it were not installed
    with pytest.raises(
        ImportError, match=r'^It needs Keras .*pip install "vecstore-exact\[keras\]"'
    ):
        require_keras("It")
