"""Networks with their weights: random, from a file, downloaded, or somebody's own."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from tests.real_data import real

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from vecstore.images.networks import digest, load_network, versions  # noqa: E402

pytestmark = pytest.mark.keras

ROOT = Path(__file__).parents[2]
SMALL: dict[str, Any] = {"alpha": 0.25, "size": 32}  # the least MobileNet that Keras makes


def small(**options: Any) -> Any:
    return keras.applications.MobileNet(
        alpha=0.25, input_shape=(32, 32, 3), weights=None, **options
    )


def own(shape: tuple[int | None, ...] = (8, 8, 3)) -> Any:
    return keras.Sequential([keras.Input(shape), keras.layers.Conv2D(2, 3)])


# Random weights.


def test_random_weights_are_always_the_same() -> None:
    before = random.getstate()
    one, other = (load_network("mobilenet", None, **SMALL) for _ in range(2))
    assert digest(one.model) == digest(other.model)
    assert random.getstate() == before
    assert (one.name, one.mode, one.top) == ("MobileNet", "tf", True)
    assert one.description == {"alpha": 0.25, "weights": "random"}


def test_the_digest_tells_weights_apart() -> None:
    network = load_network("mobilenet", None, **SMALL)
    before = digest(network.model)
    network.model.get_layer("conv1").kernel.assign_add(
        np.full(network.model.get_layer("conv1").kernel.shape, 1e-3)
    )
    assert digest(network.model) != before


def test_a_network_without_its_classifier_has_the_size_of_that_with_it() -> None:
    assert load_network("mobilenet", None, alpha=0.25, top=False).model.input_shape == (
        (None, 224, 224, 3)
    )


# Files of weights.


def save(model: Any, path: Path) -> None:
    """Write a file of Keras 3, or one like those that it downloads, which are older."""
    if path.name.endswith(".weights.h5"):
        model.save_weights(path)
        return
    from keras.src.legacy.saving import legacy_h5_format

    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, model)


@pytest.mark.parametrize("top", [True, False])
@pytest.mark.parametrize("name", ["new.weights.h5", "legacy.h5"])
def test_a_file_tells_whether_it_is_of_the_whole_network(
    tmp_path: Path, top: bool, name: str
) -> None:
    model = small(include_top=top)
    save(model, tmp_path / name)
    network = load_network("mobilenet", tmp_path / name, **SMALL)
    assert network.top is top
    assert digest(network.model) == digest(model)
    assert network.description["weights"] == name


def test_weights_of_another_width_are_refused_with_the_way_out(tmp_path: Path) -> None:
    small().save_weights(tmp_path / "a.weights.h5")
    with pytest.raises(ValueError, match=r"must fit MobileNet of width 0\.5; .* pass `alpha`\.$"):
        load_network("mobilenet", tmp_path / "a.weights.h5", alpha=0.5, size=32)


def test_what_is_no_file_of_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.weights.h5").write_bytes(b"something else")
    with pytest.raises(ValueError, match=r"`weights` must fit MobileNet .*a\.weights\.h5 does not"):
        load_network("mobilenet", tmp_path / "a.weights.h5", **SMALL)
    with pytest.raises(FileNotFoundError, match=r"gone\.h5 is not there; `weights` must be"):
        load_network("mobilenet", tmp_path / "gone.h5")


@pytest.mark.parametrize("top", [True, False])
def test_real_weights_are_read(top: bool) -> None:
    name = f"mobilenet_7_5_224_tf{'' if top else '_no_top'}.weights.h5"
    network = load_network("mobilenet", real(f"keras-mobilenet-0.75/{name}"), alpha=0.75)
    assert network.top is top
    assert network.model.count_params() == (2_601_976 if top else 1_832_976)


# Weights that Keras downloads.


@pytest.mark.slow
def test_a_failed_download_says_what_to_do_instead(tmp_path: Path) -> None:
    """In a process that has nothing yet, and whose proxy is a port at which nobody listens."""
    program = (
        "from vecstore.images.networks import load_network\n"
        "load_network('mobilenet', alpha=0.25, size=128)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ
        | {"https_proxy": "http://127.0.0.1:9", "KERAS_HOME": str(tmp_path)}
        | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(
        "vecstore.errors.VecstoreError: The ImageNet weights of MobileNet cannot"
    )
    assert last.endswith("pass the path of a file as `weights`.")
    assert done.stdout == ""  # where Keras says that it downloads


@pytest.mark.slow
def test_imagenet_has_images_of_another_size_before_its_classifier(tmp_path: Path) -> None:
    """In a process that finds the weights where Keras would have put them."""
    (tmp_path / "models").mkdir()
    save(small(include_top=False), tmp_path / "models" / "mobilenet_2_5_224_tf_no_top.h5")
    program = (
        "from vecstore.images.extractor import ImageExtractor\n"
        "made = ImageExtractor('mobilenet', alpha=0.25, size=96)\n"
        "print(made.size, made.dim, made.provenance['pooling'])\n"
        "ImageExtractor('mobilenet', 'conv_preds', alpha=0.25, size=96)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error:`input_shape`", "-c", program],
        env=os.environ | {"KERAS_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "(96, 96, 3) 256 avg\n"
    last = done.stderr.strip().splitlines()[-1]
    assert 'layers of MobileNet without its classifier; got "conv_preds"' in last


# Arguments that do not go together.


def test_what_keras_cannot_build_is_one_sentence() -> None:
    least = r"^MobileNet cannot be built with `size` 16\. .* at least 32x32; Received: .*16, 3\)\.$"
    with pytest.raises(ValueError, match=least):
        load_network("mobilenet", None, size=16)
    widths = r"^MobileNet cannot be built with `alpha` 0\.33\. .* can be one of.* alpha=0\.33\.$"
    with pytest.raises(ValueError, match=widths):
        load_network("mobilenet", alpha=0.33)


def test_of_two_failures_a_traceback_shows_both() -> None:
    with pytest.raises(ValueError, match=r"with `size` 96 and `alpha` 0\.33\.") as caught:
        load_network("mobilenet", alpha=0.33, size=96)
    second = caught.value.__cause__
    assert second is not None
    assert "`input_shape` should be (224, 224, 3)" in str(second.__context__)


def test_only_mobilenets_have_a_width() -> None:
    with pytest.raises(ValueError, match="`alpha` is the width of MobileNets; VGG16 has none"):
        load_network("vgg16", None, alpha=0.5)


def test_a_named_network_has_its_own_preprocessing() -> None:
    assert load_network("mobilenet", None, preprocess="tf", **SMALL).mode == "tf"
    with pytest.raises(ValueError, match=r'`preprocess` is "tf" for MobileNet, .*got "caffe"'):
        load_network("mobilenet", None, preprocess="caffe", **SMALL)


# Models of one's own.


def test_a_model_must_say_how_its_pixels_are_preprocessed() -> None:
    model = own()
    network = load_network(model, preprocess="torch")
    assert (network.model, network.mode, network.top) == (model, "torch", None)
    with pytest.raises(ValueError, match="`preprocess` must say"):
        load_network(model)
    with pytest.raises(ValueError, match="`weights` and `alpha` are for networks of keras"):
        load_network(model, "w.h5", preprocess="none")


def test_a_keras_file_is_a_model(tmp_path: Path) -> None:
    model = own()
    model.save(tmp_path / "own.keras")
    network = load_network(str(tmp_path / "own.keras"), preprocess="none")
    assert digest(network.model) == digest(model)
    with pytest.raises(FileNotFoundError, match=r"gone\.keras is not there"):
        load_network(str(tmp_path / "gone.keras"), preprocess="none")
    (tmp_path / "text.keras").write_text("text")
    with pytest.raises(ValueError, match=r"text\.keras is not:"):
        load_network(tmp_path / "text.keras", preprocess="none")


def test_a_model_that_is_no_graph_of_layers_is_refused() -> None:
    class Mine(keras.Model):  # type: ignore[misc]
        def call(self, pixels: Any) -> Any:
            return pixels

    with pytest.raises(ValueError, match="`model` must be functional or sequential, and built"):
        load_network(Mine(), preprocess="none")


def test_versions_are_those_that_computed() -> None:
    assert versions()["keras"] == keras.__version__
    assert len(json.loads(json.dumps(versions()))) == 2
