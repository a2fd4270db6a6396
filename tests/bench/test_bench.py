"""The runner: what it reads, that its recall is true, what it writes and draws."""

import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

import vecstore
from tests.real_data import real
from vecstore.bench import PEERS, Measurement, draw, measure, read, write
from vecstore.bench.data import recall
from vecstore.bench.picture import front
from vecstore.cli.main import main
from vecstore.errors import IngestError, StoreExistsError


@pytest.fixture(params=["angular", "euclidean"])
def dataset(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    rng = np.random.default_rng(0)
    train, test = (rng.standard_normal((n, 12)).astype(np.float32) for n in (400, 20))
    metric = "cosine" if request.param == "angular" else "euclidean"
    truth = vecstore.from_arrays(train, metric=metric).search(test, k=20)
    path = tmp_path / "points.hdf5"
    with h5py.File(path, "w") as file:
        file.attrs["distance"] = request.param
        file["train"], file["test"] = train, test
        file["neighbors"], file["distances"] = truth.rows, truth.distances
    return path


def test_exact_search_has_recall_1_and_worse_answers_have_less(dataset: Path) -> None:
    data = read(dataset)
    [found] = measure(PEERS[0], data, k=5, seconds=0)
    assert found.recall == 1.0
    assert recall(data, data.neighbors[:, 5:10]) == 0.0
    half = np.concatenate([data.neighbors[:, :5], data.neighbors[:, 15:20]], axis=1)
    assert recall(data, half) == pytest.approx(0.5)
    assert recall(data, np.full((20, 5), -1)) == 0.0


@pytest.mark.parametrize("name", ["vecstore-hnsw", "hnswlib"])
def test_graphs_are_measured_until_they_find_everything(dataset: Path, name: str) -> None:
    pytest.importorskip("hnswlib")
    peer = next(one for one in PEERS if one.name == name)
    found = list(measure(peer, read(dataset), k=10, seconds=0))
    assert [one.setting for one in found][:2] == ["ef=10", "ef=16"][: len(found)]
    assert found[-1].recall > 0.99


def test_published_neighbours_are_found() -> None:
    path = real("ann-hdf5/bigann10k-128-euclidean.hdf5")
    [found] = measure(PEERS[0], read(path), k=10, seconds=0)
    assert found.recall == 1.0


def test_results_are_written_and_drawn(dataset: Path, tmp_path: Path) -> None:
    found = [
        Measurement("vecstore", "", 1.0, 2e3, 2e4, 0.1, 10, 1),
        Measurement("hnswlib", "ef=10", 0.8, 9e3, 9e4, 5.0, 10, 1),
        Measurement("hnswlib", "ef=20", 0.7, 8e3, 8e4, 5.0, 10, 1),
        Measurement("hnswlib", "ef=40", 0.95, 5e3, 5e4, 5.0, 10, 1),
    ]
    assert [one.setting for one in front(found[1:], "single")] == ["ef=10", "ef=40"]
    write(tmp_path / "r.csv", found, "points")
    assert pl.read_csv(tmp_path / "r.csv")["recall"].to_list() == [1.0, 0.8, 0.7, 0.95]
    write(tmp_path / "r.hdf5", found, "points")
    with h5py.File(tmp_path / "r.hdf5") as file:
        assert file["algorithm"].asstr()[1] == "hnswlib"
        assert file["batch"][0] == 2e4
    with pytest.raises(StoreExistsError):
        write(tmp_path / "r.csv", found, "points")
    with pytest.raises(ValueError, match=r"\.csv"):
        write(tmp_path / "r.txt", found, "points")
    draw(tmp_path / "r.png", found, "points")
    assert (tmp_path / "r.png").stat().st_size > 10_000


def test_what_is_no_dataset_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "a.hdf5"
    text.write_text("no HDF5")
    with pytest.raises(IngestError, match="not HDF5"):
        read(text)
    with h5py.File(tmp_path / "b.hdf5", "w") as file:
        file["train"] = np.zeros((3, 2))
    with pytest.raises(IngestError, match='no dataset "test"'):
        read(tmp_path / "b.hdf5")


def test_the_command_measures_writes_and_names_what_it_does_not_know(
    dataset: Path, tmp_path: Path
) -> None:
    arguments = ["bench", str(dataset), "--seconds", "0", "-k", "5"]
    run: Callable[..., object] = CliRunner().invoke
    out = str(tmp_path / "r.csv")
    done = run(main, [*arguments, "--algorithms", "vecstore", "--out", out])
    assert done.exit_code == 0, done.output
    assert done.output.split("\t")[:3] == ["vecstore", "", "1.0000"]
    assert pl.read_csv(out)["algorithm"].to_list() == ["vecstore"]
    wrong = run(main, [*arguments, "--algorithms", "annoy"])
    assert wrong.exit_code == 2
    assert "hnswlib" in wrong.output


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("raise AttributeError('_ARRAY_API not found')", "AttributeError: _ARRAY_API not found"),
        ("raise SystemExit('this CPU lacks avx512')", "SystemExit: this CPU lacks avx512"),
        ("import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("def f(:", "SyntaxError: "),
        ("raise BufferError", "BufferError: no reason given"),
    ],
)
def test_a_peer_that_cannot_be_imported_is_left_out_with_the_reason(
    broken: str, said: str, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scann.py").write_text(broken)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "scann", raising=False)
    arguments = ["bench", str(dataset), "--algorithms", "scann,vecstore", "--seconds", "0"]
    run = CliRunner().invoke(main, arguments)
    assert run.exit_code == 0, run.stderr
    assert run.stderr.startswith(f"scann is left out: {said}")
    assert run.stdout.startswith("vecstore\t")
