"""`vecstore train text`, on eight phrases: from a table to two stores and two pictures."""

import json
from pathlib import Path
from typing import Any

import pytest

import vecstore
from tests.cli.conftest import Invoke, Watch

pytest.importorskip("keras")
pytest.importorskip("sklearn")
pytest.importorskip("matplotlib")

from vecstore.trainers import TextClassifier

pytestmark = pytest.mark.keras

PHRASES = """text,label
Well done!,good
Good work,good
Great effort,good
nice work,good
Weak,bad
Poor effort!,bad
not good,bad
poor work,bad
"""
RECIPE = [
    *("--ids", "hash", "--vocabulary-size", "50"),
    *("--max-length", "4", "--keep", "first", "--epochs", "50"),
]


@pytest.fixture
def phrases(tmp_path: Path) -> str:
    (tmp_path / "phrases.csv").write_text(PHRASES)
    return "phrases.csv"


def test_words_texts_and_pictures_come_of_one_command(
    invoke: Invoke, phrases: str, tmp_path: Path
) -> None:
    done = invoke(
        *("train", "text", phrases, *RECIPE, "--out", "words.vecs"),
        *("--documents", "texts.vecs", "--curves", "curves.png", "--confusion", "table.svg"),
        *("--save", "model", "--json"),
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["parameters"], found["epoch"], found["training_accuracy"]) == (433, 50, 1)
    assert (found["labels"], found["confusion"]) == (["bad", "good"], [[4, 0], [0, 4]])
    assert found["report"][0] == {
        "label": "bad",
        "precision": 1,
        "recall": 1,
        "f1": 1,
        "support": 4,
    }
    with vecstore.open("words.vecs") as store:
        assert store.similar("poor", k=1, where="count = 1").keys[0] in {"weak", "not"}
    with vecstore.open("texts.vecs") as store:
        row = store.frame(where="text = 'Weak'").row(0, named=True)
        assert (row["label"], row["predicted"], row["part"]) == ("bad", "bad", "training")
    assert (tmp_path / "curves.png").exists()
    assert (tmp_path / "table.svg").exists()
    assert (tmp_path / "model" / "trainer.json").exists()


def test_test_rows_are_measured_beside_a_baseline(invoke: Invoke, tmp_path: Path) -> None:
    parts = ["train"] * 8 + ["test"] * 2
    lines = [*PHRASES.splitlines()[1:], "good effort,good", "poor effort,bad"]
    rows = [f"{line},{part}" for line, part in zip(lines, parts, strict=True)]
    (tmp_path / "a.csv").write_text("\n".join(["text,label,part", *rows, ""]))
    done = invoke(
        *("train", "text", "a.csv", "--where", "part = 'train'", "--test-where", "part = 'test'"),
        *("--pooling", "mean", "--learning-rate", "0.05", "--epochs", "30", "--baseline"),
        *("--out", "words.vecs", "--json"),
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["test_accuracy"], found["linear_accuracy"]) == (1, 1)


@pytest.mark.parametrize(
    ("row", "got"), [("fine,good,test", "int and str"), ("fine,2.5,test", "float")]
)
def test_labels_that_cannot_be_compared_are_refused_before_training(
    invoke: Invoke, tmp_path: Path, row: str, got: str
) -> None:
    rows = "well done,1\npoor work,0\n" if got != "float" else "well done,1.5\npoor work,0.5\n"
    (tmp_path / "train.csv").write_text("text,label\n" + rows)
    (tmp_path / "test.csv").write_text(f"text,label,part\n{row}\n")
    done = invoke("train", "text", "train.csv", "--test", "test.csv", "--out", "w.vecs")
    assert done.exit_code == 1
    assert f"all true or false; got {got}. Name another column" in done.stderr
    assert not (tmp_path / "w.vecs").exists()


def test_a_failure_to_measure_loses_nothing(
    invoke: Invoke, phrases: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder of a picture is removed while the training runs."""
    (tmp_path / "pictures").mkdir()
    fit = TextClassifier.fit

    def fit_meanwhile(*arguments: Any, **options: Any) -> TextClassifier:
        (tmp_path / "pictures").rmdir()
        return fit(*arguments, **options)

    monkeypatch.setattr(TextClassifier, "fit", fit_meanwhile)
    done = invoke(
        *("train", "text", phrases, *RECIPE, "--out", "words.vecs", "--save", "model"),
        *("--documents", "texts.vecs", "--confusion", "pictures/table.png"),
    )
    assert done.exit_code == 1
    said, error = done.stderr.splitlines()
    assert said == "words.vecs holds what was learned; the command ended while measuring it."
    assert error.startswith("Error: pictures")
    for name in ("words.vecs", "texts.vecs"):
        with vecstore.open(name) as store:
            assert len(store) > 0
    assert TextClassifier.load("model").history.height == 50


def test_a_person_reads_tables(watch: Watch, phrases: str) -> None:
    seen = watch("train", "text", phrases, *RECIPE, "--out", "w.vecs")
    assert "8 training texts" in seen
    assert "bad               1.000   1.000  1.000        4" in seen
    assert "is, taken for  bad  good" in seen
    assert "parameters         433" in seen


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.csv"], "none.csv is not a file; a table is needed."),
        (["phrases.csv", "--label", "labels"], 'has no column "labels"; it has text, label.'),
        (["phrases.csv", "--where", "label ="], "`where` is not a condition in SQL"),
        (["phrases.csv", "--where", "label = 'good'"], "at least two labels; got only 'good'."),
        (["phrases.csv", "--baseline"], "--baseline needs test rows; pass --test or"),
        (["phrases.csv", "--hidden", "a,b"], "must be whole numbers with commas"),
        (["phrases.csv", "--curves", "a.jpg"], 'must end in .png or .svg; got "a.jpg".'),
        (["phrases.csv", "--curves", "old.png"], "old.png exists already"),
        (["phrases.csv", "--documents", "old.png"], "old.png exists already"),
        (["phrases.csv", "--out", "old.png"], "old.png exists already"),
    ],
)
def test_what_cannot_be_done_is_refused_before_training(
    invoke: Invoke, phrases: str, arguments: list[str], message: str, tmp_path: Path
) -> None:
    (tmp_path / "old.png").touch()
    out = [] if "--out" in arguments else ["--out", "w.vecs"]
    done = invoke("train", "text", *arguments, *out)
    assert done.exit_code in (1, 2)
    assert message in done.stderr
    assert not (tmp_path / "w.vecs").exists()
