"""The group of training commands, and what all of them do alike."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import click
import numpy as np
import pytest
from click.testing import Result

from vecstore.cli.output import choose_style
from vecstore.cli.training.train import COMMANDS, Destination, finish, train

pytest.importorskip("keras")

from vecstore.trainers.trainer import Trainer

Invoke = Callable[..., Result]


def test_help_lists_the_commands_without_importing_keras(launch: Callable[..., object]) -> None:
    done = launch(
        f"'{sys.executable}' -X importtime -m vecstore train --help 2> loaded.txt; "
        "grep -v vecstore loaded.txt | grep -c -w -E 'keras|tensorflow|numba|polars'"
    )
    lines = done.stdout.splitlines()  # type: ignore[attr-defined]
    assert lines[-1] == "0"
    assert [line.split()[0] for line in lines if line[:2] == "  " and line.split()[0] in COMMANDS]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_training_command_has_help_and_the_common_options(name: str, invoke: Invoke) -> None:
    result = invoke("train", name, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: vecstore train {name}")
    for option in ("--out", "--epochs", "--batch-size", "--seed", "--metric", "--save", "--json"):
        assert option in result.stdout
    command = train.get_command(click.Context(train), name)
    assert command is not None
    options = [param for param in command.params if isinstance(param, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_what_is_not_there_is_a_usage_error(invoke: Invoke) -> None:
    assert invoke("train", "bananas").exit_code == 2
    result = invoke("train", "words", "text.txt")
    assert result.exit_code == 2
    assert "Missing option '--out'" in result.stderr


@pytest.mark.parametrize("option", ["--out", "--save"])
def test_nothing_is_overwritten_and_that_is_said_before_the_training(
    option: str, invoke: Invoke, tmp_path: Path
) -> None:
    (tmp_path / "taken").mkdir()
    other = "--save" if option == "--out" else "--out"
    result = invoke("train", "words", "no-such-file.txt", option, "taken", other, "free")
    assert result.exit_code == 1
    assert result.stderr == "Error: taken exists already; remove it or choose another name.\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["words", "--out", "results/w.vecs"], "results is not a folder; make it first."),
        (["words", "--out", "w.vecs", "--save", "no/model"], "no is not a folder; make it first."),
        (["words", "--out", "both", "--save", "./both"], "both cannot be made twice; choose"),
        (
            ["text", "--out", "w.vecs", "--documents", "no/d.vecs"],
            "no is not a folder; make it first.",
        ),
        (
            ["text", "--out", "w.vecs", "--curves", "no/loss.png"],
            "no is not a folder; make it first.",
        ),
        (["text", "--out", "w.svg", "--curves", "w.svg"], "w.svg cannot be made twice; choose"),
    ],
)
def test_what_could_not_be_written_is_said_before_the_training(
    arguments: list[str], sentence: str, invoke: Invoke
) -> None:
    result = invoke("train", arguments[0], "no-such-file", *arguments[1:])
    assert result.exit_code in (1, 2)
    assert sentence in result.stderr


def test_without_keras_it_says_what_to_install(launch: Callable[..., object]) -> None:
    program = (
        "import sys; sys.modules['keras'] = None; from vecstore.cli.main import main; "
        "main('train categories a.csv --field a --field b --target c --out d'.split())"
    )
    done = launch(f'"{sys.executable}" -c "{program}"')
    said = done.stderr  # type: ignore[attr-defined]
    assert said.startswith("Error: ")
    assert said.endswith('needs Keras and TensorFlow; pip install "vecstore-exact[keras]".\n')


def test_the_model_is_kept_where_it_was_asked_for(invoke: Invoke, tmp_path: Path) -> None:
    from vecstore.trainers import Word2Vec

    (tmp_path / "text.txt").write_text("the cat sat on the mat\n" * 50, encoding="utf-8")
    result = invoke(
        "train",
        "words",
        "text.txt",
        *("--out", "words.vecs", "--save", "model", "--seed", "7", "--epochs", "2"),
        *("--dim", "4", "--metric", "euclidean", "--json"),
    )
    assert result.exit_code == 0, result.stderr
    printed = json.loads(result.stdout)
    assert (printed["store"], printed["saved"]) == ("words.vecs", "model")
    assert (printed["rows"], printed["dim"], printed["epoch"]) == (5, 4, 2)
    assert Word2Vec.load(tmp_path / "model").parameters["seed"] == 7
    assert "euclidean" in invoke("info", "words.vecs").stdout


class Refused(Trainer):
    """Has learned, and fails on the way to its store."""

    def __init__(self, error: BaseException | None = None, seed: int = 0) -> None:
        super().__init__(seed=seed)
        self.error = error

    def fit(self, data: Any = None, *, progress: bool = True) -> Self:
        import keras

        self._model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        return self

    def embeddings(self) -> tuple[list[str], np.ndarray]:
        assert self.error is not None
        raise self.error


@pytest.mark.keras
@pytest.mark.parametrize("error", [TypeError("odd"), MemoryError(), KeyboardInterrupt()])
def test_whatever_befalls_the_store_the_model_is_kept(
    error: BaseException, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "w.vecs"
    with pytest.raises(type(error)):
        finish(Refused(error).fit(), Destination(out, "cosine", None, choose_style(None)))
    kept = tmp_path / "w.vecs.model"
    assert f"the model is kept: Refused.load({str(kept)!r})." in capsys.readouterr().err
    assert Refused.load(kept).model.count_params() == 2
    assert not out.exists()


@pytest.mark.keras
def test_a_model_that_was_kept_is_not_in_the_way_of_the_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "w.vecs"
    for name in ("w.vecs.model", "w.vecs.model-2", "w.vecs.model-3"):
        trainer = Refused(ValueError("refused")).fit()
        with pytest.raises(ValueError, match="refused"):
            finish(trainer, Destination(out, "cosine", None, choose_style(None)))
        assert (tmp_path / name / "model.keras").exists()
        assert name in capsys.readouterr().err
