"""Clusters and maps from a shell, from the first command to the picture."""

import json
from pathlib import Path

import numpy as np
import pytest

import vecstore
from tests.cli.conftest import Invoke, Watch


@pytest.fixture
def bunches(tmp_path: Path, rng: np.random.Generator) -> str:
    """Forty rows in two bunches, the smaller one second."""
    kinds = np.repeat([0, 1], [25, 15])
    vectors = 5 * np.eye(2, 6)[kinds] + 0.1 * rng.standard_normal((40, 6))
    with vecstore.create(tmp_path / "bunches.vecs", dim=6, metric="euclidean") as store:
        names = [("cat", "dog")[kind] for kind in kinds]
        store.add([f"row {i}" for i in range(40)], vectors, {"kind": names})
    return "bunches.vecs"


def test_clusters_are_written_and_described(invoke: Invoke, bunches: str) -> None:
    done = invoke("cluster", bunches, "2", "--truth", "kind", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert [one["rows"] for one in found["clusters"]] == [25, 15]
    assert (found["method"], found["nmi"], found["ari"]) == ("k-means", 1.0, 1.0)
    with vecstore.open(bunches) as store:
        assert len(store.frame(where="cluster = 1 and kind = 'dog'")) == 15


def test_a_second_result_needs_leave_or_a_name(invoke: Invoke, bunches: str) -> None:
    assert invoke("cluster", bunches, "2").exit_code == 0
    again = invoke("cluster", bunches, "3")
    assert again.exit_code == 1
    assert again.stderr == (
        'Error: Column "cluster" has values already; overwrite them, or choose another name.\n'
    )
    assert invoke("cluster", bunches, "3", "--overwrite").exit_code == 0
    assert invoke("cluster", bunches, "3", "--into", "third").exit_code == 0


def test_a_dry_run_writes_nothing(invoke: Invoke, bunches: str) -> None:
    done = invoke("cluster", bunches, "2", "--dry-run")
    assert "method\tk-means" in done.stdout
    with vecstore.open(bunches) as store:
        assert store.frame().columns == ["key", "kind"]


def test_a_person_sees_the_clusters(watch: Watch, bunches: str) -> None:
    text = watch("cluster", bunches, "2")
    assert " rows           40\n" in text
    assert "cluster  rows  nearest to its center\n" in text


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["1"], 2, "1 is not in the range x>=2."),
        (["41"], 1, "Error: `n` must be at most the number of rows, 40; got 41."),
        (["2", "--truth", "colour"], 1, 'got "colour", and its columns are kind.'),
        (["2", "--into", "kind"], 1, 'Column "kind" must hold int64 for this; it holds string.'),
    ],
)
def test_what_cannot_be_clustered_is_said(
    invoke: Invoke, bunches: str, arguments: list[str], code: int, sentence: str
) -> None:
    done = invoke("cluster", bunches, *arguments)
    assert done.exit_code == code
    assert sentence in done.stderr


def test_a_store_is_projected(invoke: Invoke, bunches: str) -> None:
    done = invoke("project", bunches, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["rows"], found["columns"], found["method"]) == (40, ["x", "y"], "pca")
    assert found["variance_shown"] > 0.9
    with vecstore.open(bunches) as store:
        assert len({x > 0 for x in store.frame(where="kind = 'cat'")["x"]}) == 1
    options = ["--method", "tsne", "--k", "5", "--threads", "1", "--into", "u", "v"]
    again = invoke("project", bunches, *options)
    assert again.exit_code == 0, again.output
    assert invoke("project", bunches).exit_code == 1


def test_labels_are_told_from_vectors(invoke: Invoke, bunches: str, tmp_path: Path) -> None:
    done = invoke("classify", bunches, "kind", "--model", "knn", "--out", "confusion.png")
    assert done.exit_code == 0, done.output
    facts = dict(line.split("\t") for line in done.stdout.splitlines())
    assert (facts["accuracy"], facts["baseline"], facts["classes"]) == ("1.0", "0.625", "2")
    assert (tmp_path / "confusion.png").read_bytes().startswith(b"\x89PNG")
    wrong = invoke("classify", bunches, "age")
    assert wrong.exit_code == 1
    assert "`column` must name a column of the store" in wrong.stderr


def test_a_person_sees_what_is_taken_for_what(
    watch: Watch, tmp_path: Path, rng: np.random.Generator
) -> None:
    with vecstore.create(tmp_path / "coin.vecs", dim=3, keys="int") as store:
        sides = ["head" if i % 2 else "tail" for i in range(60)]
        store.add(range(60), rng.standard_normal((60, 3)), {"side": sides})
    text = watch("classify", "coin.vecs", "side", "--model", "knn")
    assert "is    taken for  times\n" in text
    assert "head  tail" in text
