"""Query vectors out of text, and answers into files."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecstore.cli.questions.vectors import parse_vectors, read_queries

finite = st.floats(allow_nan=False, allow_infinity=False, width=32)
keys = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\n\r"))


@pytest.mark.parametrize(
    "text",
    ["1 2", "1\t2\n", "1, 2", "1,2\n\n", "[1, 2]", "[[1, 2]]", '{"vector": [1, 2]}', "[\n1,\n2]"],
)
def test_vector_without_a_name_gets_its_number(text: str) -> None:
    names, vectors = parse_vectors(text, dim=2)
    assert names == ["0"]
    assert vectors.tolist() == [[1.0, 2.0]]
    assert vectors.dtype == np.float32


@pytest.mark.parametrize(
    "text",
    [
        "2003\t1\t2\nnew york\t3\t4\n",
        '[{"key": 2003, "vector": [1, 2]}, {"key": "new york", "vector": [3, 4]}]',
        '{"key": "2003", "vector": [1, 2]}\n{"key": "new york", "vector": [3, 4]}\n',
    ],
)
def test_names_are_kept_also_when_they_are_numbers(text: str) -> None:
    names, vectors = parse_vectors(text, dim=2)
    assert names == ["2003", "new york"]
    assert vectors.tolist() == [[1.0, 2.0], [3.0, 4.0]]


@given(st.lists(st.tuples(keys, st.lists(finite, min_size=3, max_size=3)), max_size=5))
def test_json_lines_read_back_equal(named: list[tuple[str, list[float]]]) -> None:
    text = "\n".join(json.dumps({"key": key, "vector": vector}) for key, vector in named)
    names, vectors = parse_vectors(text, dim=3)
    assert names == [key for key, _ in named]
    assert np.array_equal(vectors, np.array([v for _, v in named], np.float32).reshape(-1, 3))


def test_nothing_is_no_query() -> None:
    names, vectors = parse_vectors("\n", dim=3)
    assert names == []
    assert vectors.shape == (0, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2 3 4", "Query 0 must have 2 numbers; got 4"),
        ("[[1, 2], [3]]", "Query 1 must have 2 numbers; got 1"),
        ("east west", "Queries must be numbers"),
        ('[[1, "x"]]', "Queries must be numbers"),
        ('{"key": "king"}', 'must have "vector"'),
        ("[1, 2", "line 1"),
        ('[1, 2]\n"king"', 'got "king"'),
    ],
)
def test_text_that_is_no_query_says_why(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_vectors(text, dim=2)


def test_queries_of_a_benchmark_are_its_test(tmp_path: Path) -> None:
    path = tmp_path / "bench.hdf5"
    with h5py.File(path, "w") as file:
        file["train"], file["test"] = np.eye(5, 3, dtype="f4"), np.full((2, 3), 7, "f4")
    names, found = read_queries(str(path), 3)
    assert names == ["0", "1"]
    np.testing.assert_array_equal(found, np.full((2, 3), 7))


def test_a_file_of_plain_numbers_is_read_as_standard_input_is(tmp_path: Path) -> None:
    path = tmp_path / "queries.txt"
    path.write_text("3 1 2\n4 5 6\n", encoding="utf-8")
    names, vectors = read_queries(str(path), 3)
    assert (names, vectors.tolist()) == (["0", "1"], [[3, 1, 2], [4, 5, 6]])
    names, vectors = read_queries(str(path), 2)
    assert (names, vectors.tolist()) == (["3", "4"], [[1, 2], [5, 6]])
