"""The commands that ask: get, similar, search, analogy, compose."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

import vecstore

Invoke = Callable[..., Result]


def rows(result: Result) -> list[list[str]]:
    """Return the fields of the lines that a command printed."""
    assert result.exit_code == 0, result.output
    return [line.split("\t") for line in result.stdout.splitlines()]


# similar


def test_similar_prints_query_key_and_distance(directions: str, invoke: Invoke) -> None:
    printed = rows(invoke("similar", directions, "east", "north", "--k", "2"))
    with vecstore.open(directions) as store:
        matches = store.similar(["east", "north"], k=2)
    expected = [
        [key, match.key.replace("\t", "\\t"), repr(match.distance)]
        for key, found in zip(["east", "north"], matches, strict=True)
        for match in found
    ]
    assert printed == expected


def test_similar_leaves_the_key_itself_out(directions: str, invoke: Invoke) -> None:
    assert "east" not in {key for _, key, _ in rows(invoke("similar", directions, "east"))}


def test_similar_reads_keys_from_standard_input(directions: str, invoke: Invoke) -> None:
    piped = rows(invoke("similar", directions, "--keys-from", "-", piped="mañana\nnew york\n"))
    assert piped == rows(invoke("similar", directions, "mañana", "new york"))


def test_similar_in_json_gives_similarities(directions: str, invoke: Invoke) -> None:
    result = invoke("similar", directions, "east", "north", "-k", "1", "--json")
    assert json.loads(result.stdout) == [
        {"query": "east", "matches": [{"key": "mañana", **near(1 - 3 / 10**0.5)}]},
        {"query": "north", "matches": [{"key": "tab\tkey", **near(1 - 3 / 10**0.5)}]},
    ]


def near(distance: float) -> dict[str, object]:
    return {"distance": pytest.approx(distance), "similarity": pytest.approx(1 - distance)}


def test_json_lines_are_the_elements_of_the_json(directions: str, invoke: Invoke) -> None:
    arguments = ("similar", directions, "east", "north")
    lines = invoke(*arguments, "--jsonl").stdout.splitlines()
    assert [json.loads(line) for line in lines] == json.loads(invoke(*arguments, "--json").stdout)


def test_euclidean_has_no_similarities(numbered: str, invoke: Invoke) -> None:
    result = invoke("similar", numbered, "7", "--k", "1", "--json")
    assert json.loads(result.stdout) == [{"query": "7", "matches": [{"key": -5, "distance": 1.0}]}]


def test_similar_finds_no_more_than_there_are(numbered: str, invoke: Invoke) -> None:
    assert [key for _, key, _ in rows(invoke("similar", numbered, "7"))] == ["-5", "40"]


# get


def test_get_prints_a_line_per_key(directions: str, invoke: Invoke) -> None:
    printed = rows(invoke("get", directions, "new york", "west"))
    assert printed == [["new york", "1.0", "1.0"], ["west", "-1.0", "0.0"]]


def test_get_takes_keys_that_look_like_options(
    directions: str, numbered: str, invoke: Invoke
) -> None:
    assert rows(invoke("get", directions, "--", "-5")) == [["-5", "2.0", "1.0"]]
    assert rows(invoke("get", numbered, "--", "-5")) == [["-5", "1.0"]]


def test_get_in_json_keeps_the_type_of_the_keys(numbered: str, invoke: Invoke) -> None:
    result = invoke("get", numbered, "7", "--json")
    assert json.loads(result.stdout) == [{"key": 7, "vector": [0.0]}]


def test_get_writes_an_array(directions: str, invoke: Invoke, tmp_path: Path) -> None:
    assert invoke("get", directions, "west", "north", "--out", "two.npy").exit_code == 0
    assert np.load(tmp_path / "two.npy").tolist() == [[-1.0, 0.0], [0.0, 1.0]]


# search


def test_search_takes_what_get_prints(directions: str, invoke: Invoke) -> None:
    for style in ([], ["--json"], ["--jsonl"]):
        vectors = invoke("get", directions, "east", "north", *style).stdout
        printed = rows(invoke("search", directions, "-k", "1", piped=vectors))
        assert printed == [["east", "east", "0.0"], ["north", "north", "0.0"]]


def test_search_excludes_keys(directions: str, invoke: Invoke) -> None:
    arguments = ("search", directions, "-k", "1", "--exclude", "east", "--exclude", "mañana")
    assert rows(invoke(*arguments, piped="1 0"))[0][:2] == ["0", "-5"]


@pytest.mark.parametrize("shape", [(1, 2), (2,)])
def test_search_reads_npy_files(
    directions: str, invoke: Invoke, tmp_path: Path, shape: tuple[int, ...]
) -> None:
    np.save(tmp_path / "q.npy", np.array([0, -1], np.float32).reshape(shape))
    printed = rows(invoke("search", directions, "--queries", "q.npy", "-k", "1"))
    assert printed == [["0", "south", "0.0"]]


def test_search_writes_arrays_and_lines(directions: str, invoke: Invoke, tmp_path: Path) -> None:
    arguments = ("search", directions, "-k", "20")
    for name in ("answers.npz", "answers.tsv"):
        assert invoke(*arguments, "--out", name, piped="1 0\n0 1").exit_code == 0
    with np.load(tmp_path / "answers.npz") as arrays, vecstore.open(directions) as store:
        matches = store.search([[1, 0], [0, 1]], k=20)
        found = len(store)
        assert arrays["keys"][:, :found].tolist() == matches.keys[:, :found].tolist()
        assert set(arrays["keys"][:, found:].flat) == {""}
        assert np.array_equal(arrays["distances"], matches.distances)
        assert np.array_equal(arrays["counts"], matches.counts)
        assert arrays["queries"].tolist() == ["0", "1"]
    lines = (tmp_path / "answers.tsv").read_text(encoding="utf-8")
    assert lines == invoke(*arguments, piped="1 0\n0 1").stdout


def test_search_refuses_queries_of_another_dimension(directions: str, invoke: Invoke) -> None:
    result = invoke("search", directions, piped="1 2 3 4")
    assert result.exit_code == 1
    assert result.stderr == "Error: Query 0 must have 2 numbers; got 4.\n"


# analogy


@pytest.mark.parametrize(
    "spelled",
    [
        ["north", "-", "east", "+", "west"],
        ["north - east + west"],
        ["north", "west", "--negative", "east"],
        ["north", "--minus", "east", "--plus", "west"],
        ["--positive", "north", "--positive", "west", "--negative=east"],
        ["north", "west", "--", "-east"],
    ],
)
def test_spellings_of_one_analogy(directions: str, invoke: Invoke, spelled: list[str]) -> None:
    printed = rows(
        invoke("analogy", directions, *spelled, "--k", "3")
        if "--" not in spelled
        else invoke("analogy", directions, "--k", "3", *spelled)
    )
    with vecstore.open(directions) as store:
        matches = store.analogy(positive=["north", "west"], negative=["east"], k=3)
    assert [key for _, key, _ in printed] == [m.key.replace("\t", "\\t") for m in matches]
    assert sorted(printed[0][0].replace("- ", "-").split()) == ["+", "-east", "north", "west"]


def test_analogy_reaches_keys_that_look_like_signs(directions: str, invoke: Invoke) -> None:
    printed = rows(invoke("analogy", directions, "--positive", "-5", "--negative", "new york"))
    assert printed[0][0] == "-5 - new york"


def test_analogy_by_products(directions: str, invoke: Invoke) -> None:
    asked = ("analogy", directions, "north - east + west", "--method", "mul", "--jsonl")
    with vecstore.open(directions) as store:
        matches = store.analogy(positive=["north", "west"], negative=["east"], k=10, method="mul")
    assert [match["key"] for match in json.loads(invoke(*asked).stdout)["matches"]] == [
        match.key for match in matches
    ]


def test_analogy_without_keys_is_a_usage_error(directions: str, invoke: Invoke) -> None:
    result = invoke("analogy", directions)
    assert result.exit_code == 2
    assert "Name at least one key." in result.stderr


# compose


def test_compose_prints_a_named_vector(directions: str, invoke: Invoke) -> None:
    printed = rows(invoke("compose", directions, "east=2", "north=-0.5", "east"))
    with vecstore.open(directions) as store:
        expected = store.compose({"east": 3, "north": -0.5})
    assert printed[0][0] == "3 east - 0.5 north"
    assert np.array_equal(np.array(printed[0][1:], np.float32), expected)


def test_composed_vector_can_be_searched_with(directions: str, invoke: Invoke) -> None:
    composed = invoke("compose", directions, "east", "north").stdout
    assert rows(invoke("search", directions, "-k", "1", piped=composed))[0][1] == "new york"


def test_compose_reaches_keys_with_an_equals_sign(directions: str, invoke: Invoke) -> None:
    assert rows(invoke("compose", directions, "[red]a=b=1"))[0][0] == "[red]a=b"


def test_compose_writes_one_vector(directions: str, invoke: Invoke, tmp_path: Path) -> None:
    assert invoke("compose", directions, "west", "--out", "west.npy").exit_code == 0
    assert np.load(tmp_path / "west.npy").tolist() == [-1.0, 0.0]
    printed = rows(invoke("search", directions, "--queries", "west.npy", "-k", "1"))
    assert printed == [["0", "west", "0.0"]]


def test_compose_takes_a_mean(invoke: Invoke, tmp_path: Path) -> None:
    with vecstore.create(tmp_path / "plain.vecs", dim=2, metric="euclidean") as store:
        store.add(["a", "b"], [[4, 0], [0, 8]])
    printed = rows(invoke("compose", "plain.vecs", "a=3", "b", "--method", "mean"))
    assert printed == [["3 a + b", "3.0", "2.0"]]


def test_compose_says_that_nothing_is_left(directions: str, invoke: Invoke) -> None:
    result = invoke("compose", directions, "east", "west")
    assert result.exit_code == 1
    assert "must have vectors that do not cancel out" in result.stderr


# A store of somebody else's


def test_search_of_a_foreign_file_in_place(invoke: Invoke, tmp_path: Path) -> None:
    import h5py

    with h5py.File(tmp_path / "plain.hdf5", "w") as file:
        file["train"] = np.array([[0, 0], [3, 4]], np.float32)
    options = ("--dataset", "train", "--metric", "euclidean")
    assert rows(invoke("similar", "plain.hdf5", "0", *options)) == [["0", "1", "5.0"]]


# where


@pytest.mark.parametrize(
    "command",
    [
        ["similar", "cat"],
        ["analogy", "cat"],
        ["analogy", "cat", "--method", "mul"],
        ["search", "--queries"],
    ],
    ids=lambda command: " ".join(command),
)
def test_only_what_fulfils_a_condition_is_an_answer(
    tmp_path: Path, invoke: Invoke, command: list[str]
) -> None:
    path, queries = str(tmp_path / "pets.vecs"), tmp_path / "queries.npy"
    np.save(queries, np.array([[1, 0]], np.float32))
    legs = {"legs": [4, 4, 2, 0]}
    with vecstore.create(path, dim=2) as store:
        store.add(["cat", "dog", "duck", "eel"], [[1, 0], [1, 0.1], [1, 0.2], [1, 0.3]], legs)
    rest = [*command[1:], str(queries)] if command[0] == "search" else command[1:]
    printed = rows(invoke(command[0], path, *rest, "--where", "legs < 4"))
    assert [key for _, key, _ in printed] == ["duck", "eel"]


def test_a_condition_that_is_none_says_what_there_is(directions: str, invoke: Invoke) -> None:
    result = invoke("similar", directions, "east", "--where", "year > 1990")
    assert result.exit_code == 1
    assert result.stderr.strip() == 'Error: `where` names the column "year"; there are "key".'
