"""Stores and answers in other processes, and copies of them."""

import copy
import multiprocessing
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import vecstore
from vecstore import ingest
from vecstore.search.results import Matches
from vecstore.store.store import Store

COMPASS = {"north": [0, 1], "east": [1, 0], "nne": [1, 3], "west": [-1, 0]}
YEARS = {"year": [1990, 2000, 2010, 2020]}


def through_pickle(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


COPIES = pytest.mark.parametrize("copied", [through_pickle, copy.deepcopy, copy.copy])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "compass.vecs"
    with vecstore.create(path, dim=2) as store:
        store.add(list(COMPASS), list(COMPASS.values()), YEARS)
    return path


def answers(store: Store) -> list[Any]:
    return store.search([[1, 1], [0, 2]], k=3).keys.tolist()


@COPIES
def test_a_store_on_disk_is_opened_again(path: Path, copied: Callable[[Any], Any]) -> None:
    with vecstore.open(path) as store, copied(store) as again:
        assert again.path == path.absolute()
        assert answers(again) == answers(store)
        assert again.generation == store.generation
        assert again.similar("nne", k=1, where="year > 2000").keys.tolist() == ["west"]


def test_a_pickle_of_a_store_on_disk_is_small_and_knows_where_it_is(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(path.parent)
    with vecstore.open(path.name) as store:
        pickled = pickle.dumps(store)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert len(pickled) < 1000
    with pickle.loads(pickled) as again:
        assert len(again) == 4


def test_the_newest_state_is_opened_and_an_older_one_refused(path: Path, tmp_path: Path) -> None:
    with vecstore.open(path) as store:
        first = pickle.dumps(store)
    shutil.copytree(path, tmp_path / "before.vecs")
    with vecstore.open(path, mode="a") as writer:
        writer.add(["south"], [[0, -1]], {"year": [2030]})
    with vecstore.open(path) as store:
        second = pickle.dumps(store)
    with pickle.loads(first) as again:
        assert "south" in again
    shutil.rmtree(path)
    shutil.copytree(tmp_path / "before.vecs", path)
    with pytest.raises(vecstore.VecstoreError, match="is not the store that was pickled, at gener"):
        pickle.loads(second)


def test_another_store_at_the_path_is_refused(path: Path) -> None:
    with vecstore.open(path) as store:
        pickled = pickle.dumps(store)
    shutil.rmtree(path)
    with pytest.raises(vecstore.StoreNotFoundError):
        pickle.loads(pickled)
    with vecstore.create(path, dim=3) as other:
        for key in range(5):
            other.add([str(key)], [[1, 2, 3]])
    with pytest.raises(vecstore.VecstoreError, match="it is another one; open it anew"):
        pickle.loads(pickled)


@COPIES
def test_a_writer_is_refused_with_the_way_out(path: Path, copied: Callable[[Any], Any]) -> None:
    with vecstore.open(path, mode="a") as store:
        with pytest.raises(TypeError, match=r'open for reading: vecstore\.open\(".*"\)\.$'):
            copied(store)
        store.add(["south"], [[0, -1]], {"year": [2030]})


@COPIES
def test_a_closed_store_says_so(path: Path, copied: Callable[[Any], Any]) -> None:
    store = vecstore.open(path)
    store.close()
    with pytest.raises(ValueError, match="is closed"):
        copied(store)


@COPIES
@pytest.mark.parametrize("keys", [None, list(COMPASS), [7, 5, 3, 9]], ids=["rows", "str", "int"])
def test_a_store_in_memory_goes_with_its_arrays(keys: Any, copied: Callable[[Any], Any]) -> None:
    vectors = np.array(list(COMPASS.values()), np.float16)
    store = vecstore.from_arrays(vectors, keys=keys, metric="euclidean")
    again = copied(store)
    assert again.metric == "euclidean"
    assert again.dtype == np.float16
    assert again.keys().tolist() == store.keys().tolist()
    assert answers(again) == answers(store)


def test_a_store_in_one_file_and_a_foreign_file_are_opened_again(
    path: Path, tmp_path: Path
) -> None:
    with vecstore.open(path) as store:
        ingest.export(store, tmp_path / "compass.h5", "hdf5")
        expected = answers(store)
    with vecstore.open(tmp_path / "compass.h5") as single, through_pickle(single) as again:
        assert answers(again) == expected
    foreign = tmp_path / "foreign.hdf5"
    with h5py.File(foreign, "w") as file:
        for name in ("train", "test"):
            file[name] = np.array(list(COMPASS.values()), np.float32)
    for sidecar in (False, True, True):  # made, and then found
        with vecstore.open(foreign, dataset="test", metric="dot", sidecar=sidecar) as store:
            store.prepare()
            with through_pickle(store) as again:
                assert again.metric == "dot"
                assert answers(again) == answers(store)
    pickled = pickle.dumps(vecstore.open(foreign, dataset="test"))
    with h5py.File(foreign, "w") as file:
        file["test"] = np.ones((3, 5), np.float32)
    with pytest.raises(vecstore.VecstoreError, match=r'"test" is \(3, 5\) float32 now'):
        pickle.loads(pickled)


# Answers.


@COPIES
def test_answers_go_with_keys_and_attributes(path: Path, copied: Callable[[Any], Any]) -> None:
    with vecstore.open(path) as store:
        found = store.search([[1, 1], [0, 2], [-1, 0]], k=6)
        again = copied(found)
        expected = found.to_frame()
        shutil.rmtree(path)
    assert again.keys.tolist() == found.keys.tolist()
    assert again.distances.tolist() == found.distances.tolist()
    assert again.counts.tolist() == found.counts.tolist()
    assert again.plan == found.plan
    assert again.to_frame().equals(expected)
    assert copied(again[1]).to_frame().equals(found[1].to_frame())
    assert copied(again[1:]).keys.tolist() == found.keys[1:].tolist()


def test_an_answer_without_matches_is_copied_too() -> None:
    empty = vecstore.from_arrays(np.empty((0, 2), np.float32), keys=None)
    again = through_pickle(empty.search([1, 0], k=2))
    assert again.counts == 0
    assert len(again.to_frame()) == 0


# Other processes.


def ask(store: Store, query: list[float]) -> tuple[int, Matches]:
    return os.getpid(), store.search(query, k=2)


@pytest.mark.parametrize("disk", [True, False])
def test_a_spawned_process_asks_and_answers(path: Path, disk: bool) -> None:
    memory = vecstore.from_arrays(list(COMPASS.values()), keys=list(COMPASS))
    store = vecstore.open(path) if disk else memory
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        process, matches = pool.apply(ask, (store, [1.0, 2.0]))
    assert process != os.getpid()
    assert [match.key for match in matches] == ["nne", "north"]
