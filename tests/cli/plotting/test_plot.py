"""Pictures from a shell: each command draws one, or says why it cannot."""

import json
from pathlib import Path

import click
import numpy as np
import pytest
from PIL import Image

import vecstore
from tests.cli.conftest import Invoke
from vecstore.cli.main import main


@pytest.fixture
def flags(tmp_path: Path) -> str:
    """Six plain images, stored by their colour, on a map."""
    colors = [(250, 0, 0), (200, 0, 0), (0, 250, 0), (0, 200, 0), (0, 0, 250), (0, 0, 200)]
    names = [f"{name}.png" for name in ("red", "brick", "green", "moss", "blue", "navy")]
    (tmp_path / "images").mkdir()
    for name, color in zip(names, colors, strict=True):
        Image.new("RGB", (20, 20), color).save(tmp_path / "images" / name)
    with vecstore.create(tmp_path / "flags.vecs", dim=3, metric="euclidean") as store:
        places = np.array(colors) / 250
        kinds = ["warm", "warm", "cold", "cold", "cold", "cold"]
        store.add(names, colors, {"kind": kinds, "x": places[:, 0], "y": places[:, 1]})
    return "flags.vecs"


@pytest.mark.parametrize(
    "arguments",
    [
        ["map", "--color", "kind", "--name", "red.png"],
        ["map", "--names", "3", "--title", "Flags", "--where", "kind = 'cold'"],
        ["neighbours", "red.png", "--k", "3"],
        ["analogy", "red.png - brick.png + moss.png", "--k", "2"],
        ["analogy", "--pair", "red.png", "brick.png", "--pair", "green.png", "moss.png"],
        ["matrix", "red.png", "green.png", "blue.png", "--keep-order"],
        ["extremes", "0", "2", "--count", "2"],
        ["images", "red.png", "--folder", "images", "--label", "kind", "--k", "2"],
    ],
    ids=" ".join,
)
def test_a_picture_is_drawn(
    invoke: Invoke, flags: str, tmp_path: Path, arguments: list[str]
) -> None:
    name, *rest = arguments
    done = invoke("plot", name, flags, *rest, "--out", "picture.png")
    assert done.exit_code == 0, done.output
    assert done.stdout == "picture.png\n"
    with Image.open(tmp_path / "picture.png") as picture:
        assert min(picture.size) > 150
        assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 20


def test_curves_of_a_training_are_drawn(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "trained").mkdir()
    epochs = [{"epoch": i, "loss": 1 / i, "accuracy": 1 - 1 / i} for i in range(1, 9)]
    (tmp_path / "trained" / "trainer.json").write_text(json.dumps({"history": epochs}))
    done = invoke("plot", "curves", "trained", "--out", "curves.svg")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "curves.svg").read_text().startswith("<?xml")


@pytest.mark.parametrize("text", ["{}", '{"history": []}'])
def test_a_model_without_a_history_has_no_curves(invoke: Invoke, tmp_path: Path, text: str) -> None:
    (tmp_path / "trained").mkdir()
    (tmp_path / "trained" / "trainer.json").write_text(text)
    done = invoke("plot", "curves", "trained", "--out", "curves.png")
    assert done.exit_code == 1
    assert "trainer.json holds no history of a training" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["map", "flags.vecs"], 2, "Say where to draw: --out FILE"),
        (["map", "flags.vecs", "--out", "a.jpg"], 2, 'must end in .png or .svg; got "a.jpg".'),
        (["map", "flags.vecs", "--out", "taken.png"], 1, "taken.png exists already"),
        (["map", "none.vecs", "--out", "a.png"], 1, "none.vecs does not exist"),
        (["map", "flags.vecs", "--columns", "u", "v", "--out", "a.png"], 1, "project it first."),
        (["neighbours", "flags.vecs", "rad.png", "--out", "a.png"], 1, 'Did you mean "red.png"'),
        (["analogy", "flags.vecs", "--out", "a.png"], 2, "Give an expression like king - man"),
        (["analogy", "flags.vecs", "red.png", "--out", "a.png"], 2, "Arrows need three keys"),
        (
            ["images", "flags.vecs", "red.png", "--out", "a.png"],
            1,
            "Name the folder it is in; images in an archive must be unpacked.",
        ),
        (["curves", "flags.vecs", "--out", "a.png"], 1, "flags.vecs holds no trainer.json"),
    ],
)
def test_what_cannot_be_drawn_is_said(
    invoke: Invoke, flags: str, tmp_path: Path, arguments: list[str], code: int, sentence: str
) -> None:
    (tmp_path / "taken.png").write_bytes(b"mine")
    done = invoke("plot", *arguments)
    assert done.exit_code == code
    assert sentence in done.stderr
    assert (tmp_path / "taken.png").read_bytes() == b"mine"
    assert not (tmp_path / "a.png").exists()


def test_every_picture_has_help() -> None:
    commands = main.commands["plot"].commands
    assert sorted(commands) == [
        "analogy",
        "curves",
        "extremes",
        "images",
        "map",
        "matrix",
        "neighbours",
    ]
    for command in commands.values():
        assert command.help
        options = [one for one in command.params if isinstance(one, click.Option)]
        assert all(option.help for option in options)
