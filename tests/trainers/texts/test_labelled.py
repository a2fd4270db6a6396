"""Labelled texts: from tables, with conditions, and from callers."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

pytest.importorskip("keras")

from vecstore.trainers.texts.labelled import as_labelled, read_texts

pytestmark = pytest.mark.keras

TABLE = pl.DataFrame(
    {
        "title": ["One", None, "Three", "Four"],
        "body": ["first", "second", "third", "fourth"],
        "topic": ["a", "b", None, "a"],
        "part": ["train", "train", "train", "test"],
        "size": [1, 2, 3, 4],
    }
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    TABLE.write_parquet(tmp_path / "news.parquet")
    return tmp_path / "news.parquet"


def test_columns_of_text_are_joined_and_rows_without_label_left_out(table: Path) -> None:
    found = read_texts(table, text=["title", "body"], label="topic")
    assert found.texts == ["One\nfirst", "\nsecond", "Four\nfourth"]
    assert found.labels == ["a", "b", "a"]


def test_a_condition_may_look_at_any_column(table: Path) -> None:
    found = read_texts(table, text="body", label="topic", where="part = 'train' AND size < 2")
    assert found == (["first"], ["a"])


def test_columns_that_nobody_names_are_not_read(tmp_path: Path) -> None:
    """A damaged one does not matter."""
    path = tmp_path / "news.parquet"
    TABLE.insert_column(0, pl.Series("photo", [bytes(99)] * 4)).write_parquet(path)
    content = bytearray(path.read_bytes())
    content[4:40] = bytes([255]) * 36  # behind the magic number the first column begins
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"news\.parquet cannot be read as a table"):
        read_texts(path, text="photo", label=None)
    assert read_texts(path, text="body", label="topic", where="size < 2") == (["first"], ["a"])


def test_texts_may_be_read_without_labels(table: Path) -> None:
    assert read_texts(table, text="body", label=None, where="size > 2").texts == ["third", "fourth"]


def test_labels_may_be_numbers(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\nwell done,1\npoor work,0\n")
    assert read_texts(tmp_path / "a.csv").labels == [1, 0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label": "topics"}, 'has no column "topics".* Did you mean "topic"'),
        ({"text": "headline"}, 'has no column "headline"'),
        ({"where": "nothing = 3"}, '`where` names the column "nothing"; there are "body", '),
        ({"where": "size ="}, "`where` is not a condition in SQL"),
        ({"where": "size = 'x'"}, "`where` compares"),
        ({"where": "size + 1"}, "`where` must be"),
        ({"where": "size > 9"}, 'must have rows with a "topic" where size > 9; it has none'),
    ],
)
def test_what_cannot_be_read_is_refused(table: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_texts(table, **{"text": "body", "label": "topic", **options})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.csv is not a file"):
        read_texts(tmp_path / "none.csv")


def test_labels_of_numpy_become_those_of_python() -> None:
    found = as_labelled((np.array(["a", "b"]), np.array([1, 2])), "data")
    assert [type(label) for label in found.labels] == [int, int]


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (["a"], TypeError, r"`data` must be a pair \(texts, labels\); got list."),
        ((["a", "b"], [1]), ValueError, "a label for each text; got 2 texts and 1 labels."),
        (([], []), ValueError, "`data` must have at least one text; got none."),
        (([3], [1]), TypeError, "text 0 is of type int"),
        ((["a"], [1.5]), TypeError, "str, int or bool; label 0 is of type float."),
        ((["a"], [None]), TypeError, "label 0 is of type NoneType."),
    ],
)
def test_what_is_no_pair_of_texts_and_labels_is_refused(
    data: Any, error: type, message: str
) -> None:
    with pytest.raises(error, match=message):
        as_labelled(data, "data")
