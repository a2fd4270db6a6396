"""The command that trains a classifier of images."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest
from click.testing import Result

import vecstore
from tests.real_data import real

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")
pytest.importorskip("sklearn")

from vecstore.trainers import ImageClassifier  # noqa: E402 (after what may be skipped)

pytestmark = [pytest.mark.keras, pytest.mark.images]

Invoke = Callable[..., Result]

ROOT = Path(__file__).parents[3]
FRUIT = ROOT / "vecstore" / "data" / "images"
SMALL = ("--weights", "random", "--alpha", "0.25", "--size", "32", "--head", "16", "--freeze", "80")


def test_one_command_makes_a_store_and_a_classifier(tmp_path: Path, invoke: Invoke) -> None:
    done = invoke(
        *("train", "images", str(FRUIT), "--out", "fruit.vecs", "--save", "fruit", *SMALL),
        *("--epochs", "1", "--validation", "0.25", "--json"),
    )
    assert done.exit_code == 0, done.stderr
    facts = json.loads(done.stdout)
    assert (facts["rows"], facts["dim"], facts["epoch"]) == (24, 16, 1)
    assert 0 <= facts["neighbours_accuracy"] <= 1
    assert 0 <= facts["val_accuracy"] <= 1
    with vecstore.open(tmp_path / "fruit.vecs") as store:
        assert set(store.frame()["part"]) == {"training", "held out"}
    assert ImageClassifier.load(tmp_path / "fruit").model.count_params() == facts["parameters"]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("gone",), 1, "gone is neither a file nor a folder"),
        ((str(FRUIT), "--base", "mobilnet"), 1, "`base` must name a network of keras.applications"),
        ((str(FRUIT), "--weights", "w.h5"), 1, "w.h5 is not there"),
        (
            (str(FRUIT), "--head", "10,x"),
            2,
            'must be whole numbers with commas between them; got "10,x"',
        ),
        ((str(FRUIT / "Lime"), *SMALL), 1, "at least two classes"),
    ],
)
def test_what_is_wrong_is_said_before_the_training(
    tmp_path: Path, invoke: Invoke, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    done = invoke("train", "images", *arguments, "--out", "fruit.vecs")
    assert done.exit_code == code
    assert sentence in done.stderr
    assert not (tmp_path / "fruit.vecs").exists()


def test_a_handful_of_images_is_measured_too(tmp_path: Path, invoke: Invoke) -> None:
    for name in ("Banana/Banana_003", "Banana/Banana_005", "Lime/Lime_001", "Lime/Lime_002"):
        (tmp_path / "few" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(FRUIT / f"{name}.jpg", tmp_path / "few" / f"{name}.jpg")
    options = ("--epochs", "1", "--validation", "0.5", "--out", "few.vecs", "--json")
    done = invoke("train", "images", "few", *SMALL, *options)
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["neighbours_accuracy"] in (0, 0.5, 1)


@pytest.mark.slow
def test_images_may_have_another_size_than_those_of_imagenet(
    tmp_path: Path, launch: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    """With the one file that the network without its classifier is made of."""
    from keras.src.legacy.saving import legacy_h5_format

    (tmp_path / "models").mkdir()
    network = keras.applications.MobileNet((96, 96, 3), 0.25, include_top=False, weights=None)
    with h5py.File(tmp_path / "models" / "mobilenet_2_5_224_tf_no_top.h5", "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, network)
    options = "--alpha 0.25 --size 96 --head 16 --epochs 1 --out fruit.vecs --json"
    done = launch(f"vecstore train images {FRUIT} {options}", KERAS_HOME=str(tmp_path))
    assert done.stderr == ""
    assert 0 <= json.loads(done.stdout)["neighbours_accuracy"] <= 1


@pytest.mark.slow
def test_animals_are_told_apart(tmp_path: Path, invoke: Invoke) -> None:
    animals = real("images/cats-dogs-horses.tar.gz")
    weights = real("keras-mobilenet-0.75/mobilenet_7_5_224_tf_no_top.weights.h5")
    options = ("--weights", str(weights), "--alpha", "0.75", "--out", "animals.vecs", "--json")
    done = invoke("train", "images", str(animals), *options)
    assert done.exit_code == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["rows"] == 197
    assert facts["val_accuracy"] >= 0.92
    assert facts["neighbours_accuracy"] >= 0.92
