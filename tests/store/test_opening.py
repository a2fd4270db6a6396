import errno
import json
import os
import re
from pathlib import Path
from time import perf_counter
from typing import Any

import h5py
import numpy as np
import pytest

import vecstore
from vecstore.errors import StoreNotFoundError
from vecstore.index import codes as index_codes
from vecstore.storage.disk import files
from vecstore.storage.disk.files import Disk
from vecstore.store.opening import removed_on_failure

WORDS = [f"word {i}" for i in range(10)]
VECTORS = np.random.default_rng(4).standard_normal((10, 6)).astype(np.float32)


def raises(error: type[Exception], message: str) -> Any:
    return pytest.raises(error, match=re.escape(message))


class FullDisk(Disk):
    """A disk without room for another manifest."""

    def __init__(self) -> None:
        self.refused = 0

    def claim(self, old: Path, new: Path, folder: int | None) -> None:
        if new.name.startswith("manifest"):
            self.refused += 1
            raise OSError(errno.ENOSPC, f"No space left on device, time {self.refused}")
        super().claim(old, new, folder)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "words.vecs"


@pytest.fixture
def written(path: Path) -> Path:
    """The path of a store with ten words, closed."""
    with vecstore.create(path, dim=6) as store:
        store.add(WORDS, VECTORS)
    return path


# Making and opening.


def test_create_refuses_a_path_that_is_taken(written: Path) -> None:
    with raises(vecstore.StoreExistsError, f"{written} exists already; open it"):
        vecstore.create(written, dim=6)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"dim": 0}, ValueError, "`dim` must be at least 1; got 0."),
        ({"dim": 2.0}, TypeError, "`dim` must be an integer; got float."),
        ({"dim": 2, "metric": "l2"}, ValueError, "`metric` must be one of"),
        ({"dim": 2, "keys": "bytes"}, ValueError, '`keys` must be "str" or "int"; got \'bytes\'.'),
        ({"dim": 2, "dtype": "int8"}, ValueError, '`dtype` must be one of "float32", "float16"'),
    ],
)
def test_create_refuses_what_no_store_can_be(
    path: Path, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with raises(error, message):
        vecstore.create(path, **arguments)
    assert not path.exists()


def test_create_that_is_interrupted_leaves_nothing_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("vecstore.store.folder.commit", interrupted)
        with pytest.raises(KeyboardInterrupt):
            vecstore.create(tmp_path / "a.vecs", dim=2)
    vecstore.create(tmp_path / "a.vecs", dim=2).close()


def test_create_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with raises(FileNotFoundError, f"{tmp_path / 'no'} is not a folder; make it first."):
        vecstore.create(tmp_path / "no" / "words.vecs", dim=2)


def test_a_store_that_cannot_be_filled_is_removed(path: Path) -> None:
    with raises(RuntimeError, "no more"), removed_on_failure(vecstore.create(path, 6)) as store:
        store.add(WORDS, VECTORS)
        raise RuntimeError("no more")
    assert not path.exists()


def test_a_store_is_removed_although_closing_it_fails_too(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FullDisk()
    with raises(OSError, "time 1"), removed_on_failure(vecstore.create(path, 6)) as store:
        monkeypatch.setattr(files, "disk", disk)
        store.add_batches([(WORDS, VECTORS)])
    assert disk.refused == 2
    assert not path.exists()
    monkeypatch.undo()
    vecstore.create(path, dim=6).close()


def test_opening_nothing_says_so(tmp_path: Path) -> None:
    with raises(vecstore.StoreNotFoundError, "words.vecs does not exist; vecstore.create makes"):
        vecstore.open(tmp_path / "words.vecs")


@pytest.mark.parametrize("mode", ["r", "a"])
def test_a_folder_that_is_no_store_is_left_alone(tmp_path: Path, mode: str) -> None:
    with pytest.raises(vecstore.StoreNotFoundError):
        vecstore.open(tmp_path, mode=mode)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows removes no folder that is in use")
def test_in_a_working_folder_that_was_removed_absolute_paths_lead_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with vecstore.create(tmp_path / "a.vecs", dim=2) as store:
        store.add(["k"], [[1, 2]])
    with vecstore.open(tmp_path / "a.vecs") as store:
        assert store.keys().tolist() == ["k"]
        store.backup(tmp_path / "b.vecs")
    for use in (vecstore.open, lambda path: vecstore.create(path, dim=2)):
        for name in ("a.vecs", "../a.vecs"):
            with pytest.raises(
                StoreNotFoundError, match=rf"{name} leads nowhere, .* absolute path"
            ):
                use(name)


@pytest.mark.parametrize("name", ["../words.vecs", "./../words.vecs", "../../a/words.vecs"])
def test_paths_are_shown_without_ways_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    with vecstore.create(name, dim=2) as store:
        assert store.path == Path(name).resolve()
        assert ".." not in str(store.path)


def test_there_is_no_third_mode(written: Path) -> None:
    with raises(ValueError, '`mode` must be "r" or "a"; got \'w\'.'):
        vecstore.open(written, mode="w")


def test_only_one_may_write(written: Path) -> None:
    with vecstore.open(written, mode="a"):
        message = f"{written} is open for writing by this process."
        with raises(vecstore.StoreLockedError, message):
            vecstore.open(str(written), mode="a")


def test_the_next_may_write_after_close(written: Path) -> None:
    vecstore.open(written, mode="a").close()
    vecstore.open(written, mode="a").close()


def test_a_large_store_opens_and_answers_at_once(path: Path) -> None:
    keys = [f"word {i}" for i in range(400_000)]
    with vecstore.create(path, dim=16) as store:
        store.add(keys, np.random.default_rng(6).standard_normal((len(keys), 16), np.float32))
        store.similar("word 1")  # loads what is loaded when first used

    def seconds() -> float:
        start = perf_counter()
        with vecstore.open(path) as store:
            assert len(store) == 400_000
            assert "word 7" in store
            assert store.similar("word 7").counts == 10
            return perf_counter() - start

    # Best of several, because another process may be using the machine.
    assert min(seconds() for _ in range(5)) < 0.020


# Arrays in memory.


def test_arrays_are_searched_where_they_are() -> None:
    store = vecstore.from_arrays(VECTORS, keys=WORDS)
    _, vectors = next(store.batches())
    assert np.shares_memory(vectors, VECTORS)


@pytest.mark.parametrize(
    ("vectors", "keys", "error", "message"),
    [
        (VECTORS, WORDS[:9], ValueError, "`keys` must have 10 keys, one per row; got 9."),
        (VECTORS[:2], ["a", "a"], vecstore.DuplicateKeyError, '"a"'),
        (VECTORS[:2], ["a", 1], TypeError, "`keys` must all be str; place 1 holds int 1."),
        ([[1, 0], [0, 0]], ["a", "b"], ValueError, 'row 1 (key "b") is all zeros.'),
        ([[np.nan, 1]], None, ValueError, "`vectors` must be finite; row 0 holds nan."),
        ([1, 2], None, ValueError, "`vectors` must have shape (n, dim); got (2,)."),
    ],
)
def test_wrong_arrays_are_refused(
    vectors: Any, keys: Any, error: type[Exception], message: str
) -> None:
    with raises(error, message):
        vecstore.from_arrays(vectors, keys=keys)


def test_an_unknown_metric_is_refused() -> None:
    with raises(ValueError, "`metric` must be one of"):
        vecstore.from_arrays(VECTORS, metric="hamming")


# Other people's HDF5.


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    path = tmp_path / "foreign.hdf5"
    with h5py.File(path, "w") as file:
        file["train"], file["test"] = VECTORS, VECTORS[:2]
    return path


def test_a_dataset_is_searched_in_place(foreign: Path) -> None:
    with vecstore.open(foreign, dataset="train") as store:
        assert (len(store), store.dim, store.metric, store.generation) == (10, 6, "cosine", 0)
        assert store.similar(0, k=10).counts == 9
        np.testing.assert_array_equal(store[[3, 1]], VECTORS[[3, 1]])
        assert list(store) == list(range(10))
        assert json.loads(json.dumps(store.info()))["path"] == str(foreign)


def test_the_file_says_the_metric_unless_the_caller_does(foreign: Path) -> None:
    with h5py.File(foreign, "r+") as file:
        file.attrs["distance"] = "euclidean"
    assert vecstore.open(foreign, dataset="train").metric == "euclidean"
    assert vecstore.open(foreign, dataset="train", metric="dot").metric == "dot"


@pytest.mark.parametrize(("value", "complaint"), [(0.0, "is all zeros."), (np.nan, "holds nan.")])
def test_a_row_that_cannot_be_ranked_is_found_by_the_first_search(
    foreign: Path, value: float, complaint: str
) -> None:
    with h5py.File(foreign, "r+") as file:
        file["train"][7] = value
    store = vecstore.open(foreign, dataset="train")
    with raises(ValueError, f"row 7 {complaint}"):
        store.search(VECTORS[0])


def test_a_foreign_file_is_only_read(foreign: Path) -> None:
    with raises(
        vecstore.ReadOnlyError, 'is an HDF5 file, not a store of ours; open it with mode="r"'
    ):
        vecstore.open(foreign, mode="a")
    with raises(vecstore.ReadOnlyError, "is not a store of ours and cannot be added to"):
        vecstore.open(foreign, dataset="train").add([10], VECTORS[:1])


def test_a_sidecar_is_made_by_the_first_search_and_then_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VECSTORE_ENGINE", "native")
    path, rng = tmp_path / "large.hdf5", np.random.default_rng(6)
    with h5py.File(path, "w") as file:
        file["train"] = rng.standard_normal((9000, 64)).astype(np.float32)
        query = file["train"][7]
    with vecstore.open(path, sidecar=True) as store:
        assert [one.name for one in tmp_path.iterdir()] == ["large.hdf5"]
        before = store.search(query)
    sidecar = tmp_path / "large.hdf5.train.cosine.codes.h5"
    assert sidecar.stat().st_size < 0.35 * path.stat().st_size
    with vecstore.open(path, sidecar=True) as store:
        monkeypatch.setattr(index_codes, "encode", None)  # nobody may need it
        after = store.search(query)
    assert after.plan.path == "codes"
    assert after.keys.tolist() == before.keys.tolist()
    np.testing.assert_array_equal(after.distances, before.distances)


def test_a_sidecar_of_a_file_that_has_changed_is_made_anew(foreign: Path) -> None:
    with vecstore.open(foreign, dataset="train", sidecar=True) as store:
        store.prepare()
    with h5py.File(foreign, "r+") as file:
        file["train"][3] = VECTORS[5] * 2
    os.utime(foreign, (1, 1))  # as far apart as two changes by hand
    with vecstore.open(foreign, dataset="train", sidecar=True) as store:
        assert store.similar(3, k=1)[0] == (5, 0.0)
        store.prepare()
    with vecstore.open(foreign, dataset="train", sidecar=True) as store:
        assert store.similar(3, k=1)[0] == (5, 0.0)


def test_a_sidecar_vouches_for_the_rows_only_of_a_file_that_was_checked(foreign: Path) -> None:
    with h5py.File(foreign, "r+") as file:
        file["train"][7] = np.nan
    store = vecstore.open(foreign, dataset="train", sidecar=True)
    with raises(ValueError, "row 7 holds nan."):
        store.prepare()
    assert [one.name for one in foreign.parent.iterdir()] == ["foreign.hdf5"]


def test_a_store_of_ours_needs_no_sidecar(written: Path) -> None:
    with raises(ValueError, "is a folder that keeps its own."):
        vecstore.open(written, sidecar=True)


def test_a_segment_is_an_hdf5_file_like_any_other(written: Path) -> None:
    with vecstore.open(written / "segment-00000001.h5", dataset="vectors") as store:
        assert store.similar(0, k=9).keys.tolist() == [
            WORDS.index(key) for key in vecstore.open(written).similar("word 0", k=9).keys
        ]


@pytest.mark.parametrize("metric", ["euclidean"])
def test_the_metric_of_a_store_cannot_be_changed(written: Path, metric: str) -> None:
    with raises(ValueError, '`metric` is fixed when a store is created, as "cosine"'):
        vecstore.open(written, metric=metric)


def test_a_store_has_no_datasets_to_choose(written: Path) -> None:
    with raises(ValueError, "`dataset` is for HDF5 files;"):
        vecstore.open(written, dataset="vectors")


def test_the_index_of_a_frame_is_its_keys() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(np.eye(3), index=["king", "queen", "man"])
    assert vecstore.from_arrays(frame).keys().tolist() == ["king", "queen", "man"]
    assert vecstore.from_arrays(frame[1:], keys=["a", "b"]).keys().tolist() == ["a", "b"]
    numbered = pandas.DataFrame(np.eye(3))
    assert vecstore.from_arrays(numbered).keys().tolist() == [0, 1, 2]
    assert vecstore.from_arrays(numbered[1:]).keys().tolist() == [1, 2]
    numbered.index = [0.5, 1.5, 2.5]
    with pytest.raises(TypeError, match=r"it holds float\. Pass keys="):
        vecstore.from_arrays(numbered)
