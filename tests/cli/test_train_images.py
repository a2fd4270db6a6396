"""The command that trains a classifier of images."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import vecstore

pytest.importorskip("keras")
pytest.importorskip("tensorflow")
pytest.importorskip("sklearn")

from vecstore.trainers import ImageClassifier

pytestmark = [pytest.mark.keras, pytest.mark.images]

Invoke = Callable[..., Result]

ROOT = Path(__file__).parents[2]
FRUIT = ROOT / "vecstore" / "data" / "images"
SHARED = ROOT.parent / "shared" / "data"
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
        (("gone",), 1, "gone is no file and no folder"),
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


@pytest.mark.slow
def test_animals_are_told_apart(tmp_path: Path, invoke: Invoke) -> None:
    animals = SHARED / "images" / "cats-dogs-horses.tar.gz"
    weights = SHARED / "keras-mobilenet-0.75" / "mobilenet_7_5_224_tf_no_top.weights.h5"
    for path in (animals, weights):
        if not path.exists():
            pytest.skip(f"{path.name} is not in {path.parent}")
    options = ("--weights", str(weights), "--alpha", "0.75", "--out", "animals.vecs", "--json")
    done = invoke("train", "images", str(animals), *options)
    assert done.exit_code == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["rows"] == 197
    assert facts["val_accuracy"] >= 0.92
    assert facts["neighbours_accuracy"] >= 0.92
