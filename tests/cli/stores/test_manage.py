"""The commands about stores: import, create, info, export."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import Result

import vecstore
from tests.real_data import real
from vecstore.cli.stores.manage import FORMAT_OF_SUFFIX

Invoke = Callable[..., Result]
Launch = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "words.txt"
    path.write_text("north 0 1\neast 1 0\nnorth-east 1 1\n", encoding="utf-8")
    return path


def facts(result: Result) -> dict[str, str]:
    """Return the named facts that a command printed."""
    assert result.exit_code == 0, result.output
    return dict(line.split("\t") for line in result.stdout.splitlines())


def test_import_makes_a_store(words: Path, invoke: Invoke) -> None:
    printed = facts(invoke("import", str(words), "words.vecs"))
    assert printed["rows"] == "3"
    assert printed["skipped"] == "0"
    assert printed["format"] == "glove"
    assert float(printed["seconds"]) > 0
    with vecstore.open("words.vecs") as store:
        assert store.keys().tolist() == ["north", "east", "north-east"]
        assert store.metric == "cosine"


def test_import_passes_its_options_on(words: Path, invoke: Invoke) -> None:
    options = ("--metric", "dot", "--dtype", "float16", "--limit", "2", "--format", "glove")
    assert facts(invoke("import", str(words), "words.vecs", *options))["rows"] == "2"
    with vecstore.open("words.vecs") as store:
        assert (store.metric, store.dtype, len(store)) == ("dot", np.float16, 2)


def test_import_adds_to_a_store_that_is_there(words: Path, invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("west -1 0\n", encoding="utf-8")
    facts(invoke("import", str(words), "words.vecs"))
    facts(invoke("import", "more.txt", "words.vecs"))
    with vecstore.open("words.vecs") as store:
        assert len(store) == 4


def test_import_of_the_same_file_again_changes_nothing(words: Path, invoke: Invoke) -> None:
    facts(invoke("import", str(words), "words.vecs"))
    result = invoke("import", str(words), "words.vecs")
    assert result.exit_code == 1
    assert '"north"' in result.stderr
    with vecstore.open("words.vecs") as store:
        assert len(store) == 3


def test_import_stops_at_a_bad_line_and_says_which_option_skips_it(
    invoke: Invoke, tmp_path: Path
) -> None:
    (tmp_path / "bad.txt").write_text("north 0 1\neast x 0\nwest -1 0\n", encoding="utf-8")
    result = invoke("import", "bad.txt", "bad.vecs")
    assert result.exit_code == 1
    assert "bad.txt, line 2" in result.stderr
    assert "--errors skip" in result.stderr
    assert not (tmp_path / "bad.vecs").exists()


def test_skipped_lines_are_listed_on_standard_error(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_text("north 0 1\neast x 0\nnorth 0 2\n", encoding="utf-8")
    result = invoke("import", "bad.txt", "bad.vecs", "--errors", "skip", "--json")
    report = json.loads(result.stdout)
    assert (report["rows"], report["skipped"], report["duplicates"]) == (1, 2, 1)
    assert "line 2:" in result.stderr
    assert "line 3:" in result.stderr


def test_import_of_a_missing_file_names_it(invoke: Invoke) -> None:
    result = invoke("import", "nowhere.txt", "words.vecs")
    assert result.exit_code == 1
    assert "nowhere.txt" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    "command",
    [
        "vecstore import <(cat words.txt) a.vecs",
        "vecstore import <(gzip < words.txt) a.vecs",
        "cat words.txt | vecstore import - a.vecs",
        "cat words.txt | vecstore import /dev/stdin a.vecs",
        "vecstore import /dev/stdin a.vecs < words.txt",
        "mkfifo fifo; (cat words.txt > fifo &); vecstore import fifo a.vecs",
        "iconv -t utf-16 words.txt | vecstore import - a.vecs",
        "iconv -t utf-16le words.txt | vecstore import - a.vecs --encoding utf-16le",
        "vecstore import words.npy a.vecs --keys <(cut -d' ' -f1 words.txt)",
    ],
)
def test_import_reads_pipes(words: Path, launch: Launch, tmp_path: Path, command: str) -> None:
    np.save(words.with_suffix(".npy"), np.float32([[0, 1], [1, 0], [1, 1]]))
    done = launch(command)
    assert done.returncode == 0, done.stderr
    with vecstore.open(tmp_path / "a.vecs") as store:
        assert store.keys().tolist() == ["north", "east", "north-east"]
        assert store["east"].tolist() == [1, 0]


def test_import_says_what_is_wrong_with_a_pipe(launch: Launch, tmp_path: Path) -> None:
    for command, message in (
        ("vecstore import <(true) a.vecs", "is empty."),
        ("vecstore import /dev/zero a.vecs", "/dev/zero is a device"),
        ("echo a 1 | vecstore import - a.vecs --encoding none", "`encoding` must be the name"),
        ("printf 'some words\nand more\n' | vecstore import - a.vecs", "- is "),
    ):
        done = launch(command)
        assert done.returncode == 1, command
        assert message in done.stderr.replace("\n", " ")
    assert not (tmp_path / "a.vecs").exists()


def test_nothing_read_is_no_store(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_text("king 4 nan\nqueen nan 8\n")
    result = invoke("import", "bad.txt", "bad.vecs", "--errors", "skip")
    assert result.exit_code == 1
    assert not (tmp_path / "bad.vecs").exists()


def test_create_makes_an_empty_store(invoke: Invoke) -> None:
    options = ("--dim", "3", "--metric", "euclidean", "--keys", "int", "--dtype", "float16")
    assert facts(invoke("create", "empty.vecs", *options))["rows"] == "0"
    with vecstore.open("empty.vecs") as store:
        kept = (store.dim, store.metric, store.key_kind, store.dtype)
    assert kept == (3, "euclidean", "int", np.float16)


def test_create_refuses_a_path_that_is_taken(directions: str, invoke: Invoke) -> None:
    result = invoke("create", directions, "--dim", "2")
    assert result.exit_code == 1
    assert directions in result.stderr


def test_info_is_what_the_library_says(directions: str, invoke: Invoke) -> None:
    with vecstore.open(directions) as store:
        expected = json.loads(json.dumps(store.info()))
    assert json.loads(invoke("info", directions, "--json").stdout) == expected
    printed = facts(invoke("info", directions))
    assert printed["rows"] == str(expected["rows"])
    assert json.loads(printed["files"]) == expected["files"]


@pytest.mark.parametrize("suffix", sorted(FORMAT_OF_SUFFIX))
def test_exported_file_imports_to_the_same_vectors(
    suffix: str, words: Path, invoke: Invoke, tmp_path: Path
) -> None:
    facts(invoke("import", str(words), "words.vecs"))
    exported = invoke("export", "words.vecs", f"out{suffix}")
    assert exported.exit_code == 0, exported.output
    made = exported.stdout.splitlines()
    assert made[0] == f"out{suffix}"
    assert all((tmp_path / name).exists() for name in made)
    facts(invoke("import", made[0], "again.vecs"))
    with vecstore.open("words.vecs") as before, vecstore.open("again.vecs") as after:
        keys = before.keys().tolist()
        assert after.keys().tolist() == keys
        assert np.array_equal(after[keys], before[keys])


def test_export_in_a_named_format(words: Path, invoke: Invoke, tmp_path: Path) -> None:
    facts(invoke("import", str(words), "words.vecs"))
    assert invoke("export", "words.vecs", "out.data", "--format", "glove").exit_code == 0
    assert (tmp_path / "out.data").read_text(encoding="utf-8").startswith("north 0.0 1.0\n")


def test_export_asks_for_the_format_where_the_name_tells_none(words: Path, invoke: Invoke) -> None:
    facts(invoke("import", str(words), "words.vecs"))
    result = invoke("export", "words.vecs", "out.data")
    assert result.exit_code == 2
    assert "pass --format" in result.stderr


def test_export_with_neighbours_is_for_viewers(words: Path, invoke: Invoke, tmp_path: Path) -> None:
    facts(invoke("import", str(words), "words.vecs"))
    assert invoke("export", "words.vecs", "map.parquet", "--neighbors", "1").exit_code == 0
    frame = pl.read_parquet(tmp_path / "map.parquet")
    with vecstore.open("words.vecs") as store:
        near = store.neighbors().keys[:, 0].tolist()
    keys = frame["key"].to_list()
    assert [keys[row] for [row] in frame["neighbors"].struct["ids"]] == near
    result = invoke("export", "words.vecs", "words.vec", "--neighbors", "1")
    assert result.exit_code == 1
    assert "`neighbors` must be None unless `format` is parquet" in result.stderr


def test_export_overwrites_nothing(words: Path, invoke: Invoke, tmp_path: Path) -> None:
    facts(invoke("import", str(words), "words.vecs"))
    (tmp_path / "out.npy").write_text("mine")
    result = invoke("export", "words.vecs", "out.npy")
    assert result.exit_code == 1
    assert "out.npy exists already" in result.stderr
    assert (tmp_path / "out.npy").read_text() == "mine"


def test_real_words_from_text_to_answers(invoke: Invoke) -> None:
    path = real("glove-6b-100d-text/glove.6B.100d.first50k.txt.gz")
    assert facts(invoke("import", str(path), "glove.vecs"))["rows"] == "50000"
    with vecstore.open("glove.vecs") as store:
        keys = store.keys()
        unit = store[keys].astype(np.float64)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    rows = {key: row for row, key in enumerate(keys)}

    def check(result: Result, query: np.ndarray, asked: list[str]) -> None:
        distances = 1 - unit @ (query / np.linalg.norm(query))
        distances[[rows[key] for key in asked]] = np.inf
        nearest = np.argsort(distances)[:10]
        printed = [line.split("\t")[1:] for line in result.stdout.splitlines()]
        assert [key for key, _ in printed] == keys[nearest].tolist()
        assert np.allclose([float(d) for _, d in printed], distances[nearest], rtol=0, atol=1e-6)

    check(invoke("similar", "glove.vecs", "frog"), unit[rows["frog"]], ["frog"])
    royal = unit[rows["king"]] - unit[rows["man"]] + unit[rows["woman"]]
    asked = ["king", "man", "woman"]
    check(invoke("analogy", "glove.vecs", "king", "woman", "--", "-man"), royal, asked)


def test_import_of_a_table(tmp_path: Path, invoke: Invoke) -> None:
    (tmp_path / "a.csv").write_text("id,title,d0,d1,year\n7,x,0,1,1999\n8,y,1,0,2001\n")
    result = invoke("import", "a.csv", "a.vecs", "--keys", "title", "--attributes", "year")
    assert facts(result)["keys"] == 'column "title"'
    assert 'vectors: 2 columns, "d0" to "d1"' in result.stderr
    with vecstore.open("a.vecs") as store:
        assert store.frame().rows() == [("x", 1999), ("y", 2001)]
    assert invoke("export", "a.vecs", "a.parquet").exit_code == 0
    assert facts(invoke("import", "a.parquet", "b.vecs"))["keys"] == 'column "key"'
    with vecstore.open("b.vecs") as store:
        assert store.frame().rows() == [("x", 1999), ("y", 2001)]
