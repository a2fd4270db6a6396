"""Tables as callers have them, from frames, mappings and files."""

import gzip
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from vecstore.input_tables import as_table, record_keys

FRAME = pl.DataFrame({"wine": ["Malbec", "Riesling"], "points": [90, 87]})
WRITERS: dict[str, Callable[[Path], object]] = {
    "t.csv": FRAME.write_csv,
    "t.tsv": lambda path: FRAME.write_csv(path, separator="\t"),
    "t.csv.gz": lambda path: path.write_bytes(gzip.compress(FRAME.write_csv().encode())),
    "t.parquet": FRAME.write_parquet,
    "t.json": FRAME.write_json,
    "t.jsonl": FRAME.write_ndjson,
    "[a]*.csv": FRAME.write_csv,
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_is_read_as_what_it_is_named(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / name)
    assert as_table(tmp_path / name).equals(FRAME)
    assert as_table(str(tmp_path / name), ["points"]).equals(FRAME.select("points"))


@pytest.mark.parametrize("data", [FRAME, FRAME.lazy(), FRAME.to_dict(as_series=False)])
def test_a_frame_is_a_table(data: object) -> None:
    assert as_table(data).equals(FRAME)


def test_a_file_that_lies_about_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_text("wine,points\n")
    with pytest.raises(ValueError, match=r"t\.parquet cannot be read as a table: "):
        as_table(path)


def test_keys_are_a_column_or_numbers() -> None:
    assert record_keys(FRAME, "wine") == ["Malbec", "Riesling"]
    assert record_keys(FRAME, None) == [0, 1]
    with pytest.raises(ValueError, match="`key` must be a column of the table, wine, points"):
        record_keys(FRAME, "vintage")
    with pytest.raises(ValueError, match='"wine" lacks 1 of 2'):
        record_keys(pl.DataFrame({"wine": ["Malbec", None]}), "wine")
