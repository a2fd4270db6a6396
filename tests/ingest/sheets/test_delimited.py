"""CSV and TSV files."""

import csv
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import vecstore
from vecstore.errors import IngestError
from vecstore.ingest import Fault, Reader, import_into, read
from vecstore.ingest.sheets.sheet import MOST_COLUMNS

NUMBERS = st.floats(-100, 100, width=32)


def opened(tmp_path: Path, text: str | bytes, name: str = "a.csv", **options: object) -> Reader:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path, **options)


def rows_of(reader: Reader) -> tuple[list[object], list[list[float]]]:
    with reader:
        batches = list(reader)
    keys = [key for some, _ in batches for key in some.tolist()]
    return keys, [row for _, some in batches for row in some.tolist()]


@pytest.mark.parametrize("name", ["a.csv", "a", "a.tsv"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_columns_of_numbers(tmp_path: Path, name: str, delimiter: str) -> None:
    text = "word,x,y\nking,4.5,5\nqueen,7.0,8.25\n".replace(",", delimiter)
    reader = opened(tmp_path, text, name)
    assert rows_of(reader) == (["king", "queen"], [[4.5, 5], [7, 8.25]])
    assert reader.format == "csv"
    assert reader.report.keys == 'column "word"'
    assert 'vectors: 2 columns, "x" to "y"' in reader.report.notes


def test_numbered_columns_leave_the_others_as_attributes(tmp_path: Path) -> None:
    text = "word,d0,d1,year,ok,day,code\nking,1,2,1999,true,2020-01-02,007\nqueen,3,4,,FALSE,,8\n"
    reader = opened(tmp_path, text)
    assert reader.attributes == ("year", "ok", "day", "code")
    with reader:
        [(keys, vectors, attributes)] = reader.with_attributes()
    assert keys.tolist() == ["king", "queen"]
    assert vectors.tolist() == [[1, 2], [3, 4]]
    assert attributes is not None
    assert attributes.rows() == [(1999, True, date(2020, 1, 2), "007"), (None, False, None, "8")]


def test_a_column_of_lists(tmp_path: Path) -> None:
    text = 'id,text,emb\n7,"a, ""b""","[1, 2.5]"\n8,"two\nlines","(3 4)"\n'
    reader = opened(tmp_path, text)
    with reader:
        [(keys, vectors, attributes)] = reader.with_attributes()
    assert keys.tolist() == [7, 8]
    assert vectors.tolist() == [[1, 2.5], [3, 4]]
    assert attributes is not None
    assert attributes["text"].to_list() == ['a, "b"', "two\nlines"]


def test_ambiguous_keys_are_refused(tmp_path: Path) -> None:
    text = 'title,text,emb\nx,a,"[1,2]"\ny,b,"[3,4]"\n'
    with pytest.raises(IngestError, match=r'"title", "text": it is not clear which .* keys= with'):
        opened(tmp_path, text)
    assert rows_of(opened(tmp_path, text, keys="text"))[0] == ["a", "b"]
    assert rows_of(opened(tmp_path, text, keys="row numbers"))[0] == [0, 1]


def test_without_header(tmp_path: Path) -> None:
    assert rows_of(opened(tmp_path, "king,1,2\nqueen,3,4\n"))[0] == ["king", "queen"]
    text = "1,.5,.25\n2,.75,1.5\n"
    with pytest.raises(IngestError, match=r"its first column holds integers: keys or"):
        opened(tmp_path, text)
    assert rows_of(opened(tmp_path, text, keys="column 1")) == ([1, 2], [[0.5, 0.25], [0.75, 1.5]])
    assert rows_of(opened(tmp_path, text, keys="row numbers"))[1][1] == [2, 0.75, 1.5]


def test_what_pandas_writes(tmp_path: Path) -> None:
    assert rows_of(opened(tmp_path, ",0,1\nking,1,2\nqueen,3,4\n"))[0] == ["king", "queen"]
    assert rows_of(opened(tmp_path, ",0,1\n0,1,2\n1,3,4\n")) == ([0, 1], [[1, 2], [3, 4]])
    assert rows_of(opened(tmp_path, "0,1\n1,2\n3,4\n")) == ([0, 1], [[1, 2], [3, 4]])


def test_decimal_commas(tmp_path: Path) -> None:
    reader = opened(tmp_path, "word;a;b\nking;0,5;1,5\nqueen;-0,25;3\n")
    assert rows_of(reader) == (["king", "queen"], [[0.5, 1.5], [-0.25, 3]])
    assert "decimal commas were read as points" in reader.report.notes


def test_bad_rows_are_told_by_their_lines(tmp_path: Path) -> None:
    text = (
        "word,d0,d1\r\nking,4.5,5.1\r\nqueen,7.0\r\nx,1,\r\ny,z,2\r\n,1,2\r\nking,1,2\r\n"
        '\r\n"a"b,1,2\r\n"two\r\nlines",1,2\r\nw,1 2,\r\nlast,3,4'
    )
    reader = opened(tmp_path, text, errors="skip")
    assert rows_of(reader)[0] == ["king", "two\r\nlines", "last"]
    assert reader.report.examples == [
        Fault(3, "it has 2 fields where 3 are required", ""),
        Fault(4, '"nothing" is not a number', "x"),
        Fault(5, '"z" is not a number', "y"),
        Fault(6, "it has no key", ""),
        Fault(7, "the key came before", "king"),
        Fault(9, "it is not well quoted: ',' expected after '\"'", ""),
        Fault(12, '"1_2" is not a number', "w"),
    ]
    with pytest.raises(IngestError, match=r"a.csv, line 3: it has 2 fields where 3 are required"):
        rows_of(opened(tmp_path, text))


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbfword,d0,d1,t\nk\xe4se,1,2,a\nbread,3,4,\xff\nwine,5,6,b\n"
    reader = opened(tmp_path, text, errors="skip", keys="word")
    assert rows_of(reader)[0] == ["wine"]
    assert [fault.reason for fault in reader.report.examples] == [
        "its key is not valid UTF-8",
        "its text is not valid UTF-8",
    ]


def test_an_open_quote_is_named(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match=r"a.csv, line 3: a quotation mark is not closed"):
        rows_of(opened(tmp_path, 'word,d0,d1\nking,4.5,5\n"queen,7.0,1\n'))


def test_types_are_those_of_all_rows(tmp_path: Path) -> None:
    lines = [f"{i},{i},1,{i}" for i in range(1500)]
    lines[1400] = "1400,1400,1,9.99"
    reader = opened(tmp_path, "id,d0,d1,price\n" + "\n".join(lines))
    with reader:
        batches = list(reader.with_attributes())
    prices = [price for _, _, some in batches if some is not None for price in some["price"]]
    assert prices[1399:1402] == [1399.0, 9.99, 1401.0]
    lines[1450] = "x9,1,1,1"
    keys, _ = rows_of(opened(tmp_path, "id,d0,d1,price\n" + "\n".join(lines)))
    assert keys[1449:1451] == ["1449", "x9"]


def test_glove_is_not_taken_for_a_table(tmp_path: Path) -> None:
    text = "the .1 .2\n, .3 .4\n; .5 .6\n"
    assert opened(tmp_path, text, "a.txt").format == "glove"
    assert opened(tmp_path, "king\t.1\t.2\nqueen\t.3\t.4\n", "a.tsv").format == "glove"


def test_import_keeps_attributes(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("word,d0,d1,year\nking,1,2,1999\nqueen,3,4,2001\n")
    report = import_into(tmp_path / "a.csv", tmp_path / "a.vecs")
    assert 'keys: column "word"' in str(report)
    with vecstore.open(tmp_path / "a.vecs") as store:
        assert store.frame(where="year > 2000")["key"].to_list() == ["queen"]
    import_into(tmp_path / "a.csv", tmp_path / "b.vecs", attributes=[])
    with vecstore.open(tmp_path / "b.vecs") as store:
        assert store.frame().columns == ["key"]
    with pytest.raises(ValueError, match=r'`attributes` must name columns of .* got "month"'):
        import_into(tmp_path / "a.csv", tmp_path / "c.vecs", attributes=["month"])


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(TEXTS, st.tuples(NUMBERS, NUMBERS)), min_size=1, unique_by=lambda r: r[0])
)
def test_whatever_the_csv_module_writes(
    tmp_path: Path, rows: list[tuple[str, tuple[float, float]]]
) -> None:
    with (tmp_path / "a.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["key", "d0", "d1"])
        writer.writerows([f"w{word}", *numbers] for word, numbers in rows)
    keys, vectors = rows_of(read(tmp_path / "a.csv", key_kind="str"))
    assert keys == [f"w{word}" for word, _ in rows]
    np.testing.assert_array_equal(vectors, [numbers for _, numbers in rows])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("columns", [MOST_COLUMNS + 1, 300_000])
def test_tables_that_are_too_wide_are_refused_by_their_first_line(
    tmp_path: Path, columns: int, end: str
) -> None:
    with pytest.raises(IngestError, match=rf"a\.csv has {columns:,} columns; .* Save .* as \.npy"):
        opened(tmp_path, (",".join(["0.5"] * columns) + end) * 3)


def test_the_widest_table_is_read(tmp_path: Path) -> None:
    line = ",".join(["0.5"] * (MOST_COLUMNS - 1))
    keys, vectors = rows_of(opened(tmp_path, f"a,{line}\nb,{line}\n"))
    assert keys == ["a", "b"]
    assert vectors == [[0.5] * (MOST_COLUMNS - 1)] * 2


def test_a_quotation_mark_in_a_long_file_is_not_followed_to_its_end(tmp_path: Path) -> None:
    rows = "".join(f"k{i},{i},1\n" for i in range(40_000))
    keys, vectors = rows_of(opened(tmp_path, f'word,x,y\n"a ""b""",0.5,2\n{rows}'))
    assert keys[:2] == ['a "b"', "k0"]
    assert vectors[-1] == [39_999, 1]
    assert len(keys) == 40_001
