"""JSON lines."""

import json
from pathlib import Path

import pytest

from vecstore.errors import IngestError
from vecstore.ingest import Fault, read
from vecstore.ingest.sheets.sheet import MOST_COLUMNS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.jsonl"


def test_lists_keys_and_attributes(path: Path) -> None:
    path.write_text(
        '\ufeff{"id": "ä", "emb": [1, 2.5], "year": 1}\n\n'
        '{"emb": [3, 4], "year": 2.5, "id": "b", "tags": ["x"]}\n',
        encoding="utf-8",
    )
    with read(path) as reader:
        [(keys, vectors, attributes)] = reader.with_attributes()
    assert (reader.format, reader.report.keys) == ("jsonl", 'column "id"')
    assert keys.tolist() == ["ä", "b"]
    assert vectors.tolist() == [[1, 2.5], [3, 4]]
    assert attributes is not None
    assert attributes.to_dicts() == [{"year": 1.0}, {"year": 2.5}]
    assert reader.report.notes == [
        'not read: "tags" (of several types, which no attribute can hold)'
    ]


def test_numbered_numbers_and_lists_in_text(path: Path) -> None:
    path.write_text('{"word": "a", "x1": 1, "x2": 2}\n{"word": "b", "x2": 4, "x1": 3}\n')
    [(keys, vectors)] = read(path)
    assert (keys.tolist(), vectors.tolist()) == (["a", "b"], [[1, 2], [3, 4]])
    path.write_text('{"word": "a", "v": "[1, 2]"}\n')
    [(keys, vectors)] = read(path)
    assert vectors.tolist() == [[1, 2]]


def test_bad_lines(path: Path) -> None:
    deep = "[" * 100_000
    path.write_text(
        '{"id": 1, "v": [1, 2]}\n{"id": 2, "v": [3]}\n{"id": 3}\nnope\n[1]\n'
        f'{{"id": 4, "v": [1, true]}}\n{{"id": 5, "v": [1, null]}}\n{deep}\n{{"v": [1, 2]}}\n'
    )
    reader = read(path, errors="skip")
    [(keys, _)] = reader
    assert keys.tolist() == [1]
    assert [fault.place for fault in reader.report.examples] == [2, 3, 4, 5, 6, 7, 8, 9]
    assert reader.report.examples[0] == Fault(2, "it has 1 field where 2 are required", "2")
    assert reader.report.examples[4].reason == '"True" is not a number'
    assert "nested too deeply" in reader.report.examples[6].reason
    assert reader.report.examples[7].reason == "it has no key"


def test_a_list_of_objects_has_a_way_out(path: Path) -> None:
    path.write_text('[{"id": 1, "v": [1, 2]}]\n')
    with pytest.raises(IngestError, match=r"holds no objects of JSON, one a line.*jq -c"):
        read(path)


def test_ambiguous_lists(path: Path) -> None:
    path.write_text('{"id": 1, "u": [1, 2], "v": [3]}\n')
    with pytest.raises(IngestError, match="not clear which of them holds the vectors"):
        read(path)
    [(_, vectors)] = read(path, dataset="v")
    assert vectors.tolist() == [[3]]


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_lines_may_end_in_any_way(path: Path, end: str) -> None:
    lines = ['{"id": "a\\u2028b", "v": [1, 2]}', "", '{"id": "c", "v": [3, 4]}', ""]
    path.write_bytes(end.join(lines).encode())
    [(keys, vectors)] = read(path)
    assert (keys.tolist(), vectors.tolist()) == (["a\u2028b", "c"], [[1, 2], [3, 4]])


def test_objects_of_too_many_names_are_refused(path: Path) -> None:
    path.write_text(json.dumps({f"x{i}": 0 for i in range(MOST_COLUMNS + 1)}) + "\n")
    with pytest.raises(IngestError, match="has 65,537 columns"):
        read(path)
