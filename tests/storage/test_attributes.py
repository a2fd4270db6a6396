"""Columns come back from files and from records as they went in, and damage is noticed."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.storage.samples import DIM, new_manifest
from vecstore.errors import CorruptStoreError
from vecstore.storage import Segment, build_keys, write_segment
from vecstore.storage.attributes import (
    attribute_arrays,
    decode_attributes,
    encode_attributes,
    read_attributes,
)
from vecstore.storage.columns import KINDS, Column, check_name, join_columns, take_columns
from vecstore.storage.keys.strings import PackedStrings

VALUES = {
    "bool": st.integers(0, 1),
    "date": st.integers(-(2**31), 2**31 - 1),
    "datetime": st.integers(-(2**63), 2**63 - 1),
    "float64": st.floats(allow_nan=False),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "string": st.text(max_size=9),
}
names = st.text(min_size=1, max_size=9).filter(
    lambda name: not set("/\0") & set(name) and name not in (".", "key", "distance", "query")
)


def as_column(kind: str, values: list) -> Column:
    valid = np.array([value is not None for value in values], np.uint8)
    nothing = "" if kind == "string" else 0
    filled = [nothing if value is None else value for value in values]
    stored = PackedStrings.pack(filled) if kind == "string" else np.array(filled, KINDS[kind])
    return Column(kind, stored, None if valid.all() else valid)


def as_lists(columns: dict[str, Column]) -> dict[str, tuple[str, list]]:
    """Kind and values of every column; None where one is missing."""
    lists = {}
    for name, column in columns.items():
        rows = np.arange(len(column))
        there = np.ones(len(column)) if column.valid is None else column.valid
        values = column.values.take(rows).tolist()
        lists[name] = column.kind, [v if ok else None for v, ok in zip(values, there, strict=True)]
    return lists


@st.composite
def tables(draw: st.DrawFn, least: int = 1) -> tuple[int, dict[str, Column]]:
    n = draw(st.integers(least, 8))
    columns = {}
    for name in draw(st.lists(names, max_size=4, unique=True)):
        kind = draw(st.sampled_from(sorted(KINDS)))
        value = st.none() | VALUES[kind]
        columns[name] = as_column(kind, draw(st.lists(value, min_size=n, max_size=n)))
    return n, columns


@given(tables())
def test_columns_come_back_from_bytes(table: tuple[int, dict[str, Column]]) -> None:
    n, columns = table
    data = encode_attributes(columns)
    assert len(data) % 8 == 0
    assert as_lists(decode_attributes(data, n, "journal")) == as_lists(columns)


@given(tables(), st.data())
def test_bytes_that_were_cut_are_damage_or_fewer_columns(
    table: tuple[int, dict[str, Column]], data: st.DataObject
) -> None:
    n, columns = table
    encoded = encode_attributes(columns)
    cut = encoded[: data.draw(st.integers(0, len(encoded)))]
    try:
        found = decode_attributes(cut, n, "journal")
    except CorruptStoreError:
        return
    assert set(found) <= set(columns)


@given(tables(), st.binary(min_size=1, max_size=4), st.data())
def test_bytes_that_were_changed_never_read_outside(
    table: tuple[int, dict[str, Column]], noise: bytes, data: st.DataObject
) -> None:
    n, columns = table
    encoded = bytearray(encode_attributes(columns))
    at = data.draw(st.integers(0, len(encoded)))
    encoded[at : at + len(noise)] = noise
    try:
        found = as_lists(decode_attributes(bytes(encoded), n, "journal"))
    except CorruptStoreError:
        return
    assert all(len(values) == n for _, values in found.values())


@given(st.lists(tables(least=0), min_size=1, max_size=4), st.randoms())
def test_joining_and_taking_are_those_of_lists(
    parts: list[tuple[int, dict[str, Column]]], random
) -> None:
    kinds: dict[str, str] = {}
    alike = [
        (n, {k: c for k, c in columns.items() if kinds.setdefault(k, c.kind) == c.kind})
        for n, columns in parts
    ]
    joined = join_columns(alike)
    whole = {
        name: (
            kind,
            [v for n, part in alike for v in dict(as_lists(part)).get(name, (0, [None] * n))[1]],
        )
        for name, kind in kinds.items()
        if any(name in part for _, part in alike)
    }
    assert as_lists(joined) == whole
    total = sum(n for n, _ in alike)
    rows = [random.randrange(total) for _ in range(5)] if total else []
    taken = as_lists(take_columns(joined, np.array(rows, np.int64)))
    assert taken == {name: (kind, [v[row] for row in rows]) for name, (kind, v) in whole.items()}


def test_a_segment_holds_them_under_their_names(tmp_path: Path) -> None:
    columns = {
        "year": as_column("int64", [1999, None]),
        "größe": as_column("string", ["", "klein"]),
    }
    vectors = np.ones((2, DIM), np.float32)
    entry = write_segment(
        tmp_path,
        new_manifest("dot").next_number,
        build_keys(["a", "b"], "str"),
        vectors,
        dim=DIM,
        metric="dot",
        extra=attribute_arrays(columns),
    )
    segment = Segment.open(tmp_path / entry.name, entry)
    assert as_lists(segment.attributes) == as_lists(columns)
    names = {name for name in segment.arrays if name.startswith("attributes/")}
    assert names == {
        "attributes/größe/offsets",
        "attributes/größe/string",
        "attributes/year/int64",
        "attributes/year/valid",
    }


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"year/int64": np.zeros(3, np.int64)}, r"must be int64 of shape \(2,\)"),
        ({"year/int64": np.zeros(2, np.float64)}, "got float64"),
        ({"year/int32": np.zeros(2, np.int32)}, "consists of int32"),
        ({"year/valid": np.zeros(2, np.uint8)}, "consists of valid"),
        ({"year/int64": np.zeros(2, np.int64), "year/bool": np.zeros(2, np.uint8)}, "consists of"),
        ({"s/string": np.zeros(8, np.uint8)}, "consists of string"),
        ({"s/string": np.zeros(3, np.uint8), "s/offsets": np.zeros(3, np.uint64)}, r"\(8,\)"),
        ({"s/string": np.zeros(8, np.uint8), "s/offsets": np.zeros(2, np.uint64)}, r"\(3,\)"),
        ({"year": np.zeros(2, np.int64)}, "a column of the name ''"),
        ({"a/b/int64": np.zeros(2, np.int64)}, "a column of the name 'a/b'"),
        ({"key/int64": np.zeros(2, np.int64)}, "a column of the name 'key'"),
    ],
)
def test_arrays_that_do_not_fit_are_damage(arrays: dict, sentence: str) -> None:
    within = {f"attributes/{name}": array for name, array in arrays.items()}
    with pytest.raises(CorruptStoreError, match=sentence):
        read_attributes(within, 2, "x.h5")


@pytest.mark.parametrize("name", ["", ".", "a/b", "a\0", "key", "distance", "ä" * 128, "\ud800"])
def test_names_that_no_column_can_have(name: str) -> None:
    with pytest.raises(ValueError, match="`attributes` must"):
        check_name(name)


@given(names)
def test_other_names_are_fine(name: str) -> None:
    assert check_name(name) == name
