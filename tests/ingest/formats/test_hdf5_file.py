"""A store as one HDF5 file: everything is in it, `vecstore.open` opens it, and h5py reads it."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import vecstore
from vecstore import ingest, storage
from vecstore.errors import CorruptStoreError, ReadOnlyError, StoreExistsError
from vecstore.storage import Subwords

FORMAT = (Path(storage.__file__).parent / "FORMAT.md").read_text(encoding="utf-8")
KEYS = ["north", "east", "south", "", "rød\0"]
VECTORS = np.array([[0, 2], [3, 0], [0, -1], [1, 1], [-4, 5]], np.float32)
# Not in the order of the alphabet, in which HDF5 lists them.
ATTRIBUTES = {
    "year": [1999, None, 2001, 2002, 2003],
    "day": [date(2020, 1, 2), date(2020, 1, 3), None, None, None],
    "cold": [True, False, False, None, True],
    "name": ["N", "Ø", None, "", "x"],
    "height": [0.5, float("nan"), None, 2.0, -1.0],
}


def made(path: Path, metric: str = "cosine", dtype: str = "float32") -> Path:
    """Make a store with deleted rows, rows in the journal, attributes, subwords and provenance."""
    subwords = Subwords(np.arange(14, dtype=np.float32).reshape(7, 2), 3, 4)
    with vecstore.create(path, dim=2, metric=metric, dtype=dtype) as store:
        columns = {name: values[:3] for name, values in ATTRIBUTES.items()}
        batches = [(["gone", *KEYS[:3]], np.concatenate([[[9, 9]], VECTORS[:3]]))]
        store.add_batches(batches, subwords=subwords, provenance={"source": "a compass"})
        store.set_attributes(KEYS[:3], columns)
        store.delete(["gone"])
        store.add(KEYS[3:], VECTORS[3:], {name: all_[3:] for name, all_ in ATTRIBUTES.items()})
    return path


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    with vecstore.open(made(tmp_path / "compass.vecs")) as store:
        (path,) = ingest.export(store, tmp_path / "compass.h5", "hdf5")
    return path


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot"])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_everything_is_in_it(tmp_path: Path, metric: str, dtype: str) -> None:
    with vecstore.open(made(tmp_path / "compass.vecs", metric, dtype)) as store:
        ingest.export(store, tmp_path / "compass.h5", "hdf5")
        with vecstore.open(tmp_path / "compass.h5") as single:
            assert single.keys().tolist() == sorted(KEYS, key=store.keys().tolist().index)
            assert (single.metric, single.dtype, single.key_kind) == (metric, dtype, "str")
            assert (
                single[KEYS].tobytes() == store[KEYS].tobytes() == VECTORS.astype(dtype).tobytes()
            )
            assert single.frame().equals(store.frame())
            assert single.frame().columns == ["key", *ATTRIBUTES]
            assert single.oov("unheard").tobytes() == store.oov("unheard").tobytes()
            kept = ("created", "library", "provenance")
            assert [single.info()[name] for name in kept] == [store.info()[name] for name in kept]
            for where in (None, "year > 2000"):
                ours = single.search([[1, 2], [3, -1]], k=3, where=where)
                theirs = store.search([[1, 2], [3, -1]], k=3, where=where)
                assert ours.keys.tolist() == theirs.keys.tolist()
                assert ours.distances.tobytes() == theirs.distances.tobytes()
    assert list(vecstore.check(tmp_path / "compass.h5", full=True)) == []


def test_integer_keys_and_no_attributes(tmp_path: Path) -> None:
    store = vecstore.from_arrays(VECTORS, keys=[7, -1, 2**62, 0, 3], metric="dot")
    ingest.export(store, tmp_path / "numbered.h5", "hdf5")
    with vecstore.open(tmp_path / "numbered.h5") as single:
        assert single.keys().tolist() == [7, -1, 2**62, 0, 3]
        assert single.frame().columns == ["key"]
        assert single.subwords is None
        assert single.info()["provenance"] == []


def test_it_is_read_only(exported: Path) -> None:
    with pytest.raises(ReadOnlyError, match=r"compass\.h5"):
        vecstore.open(exported, mode="a")
    with vecstore.open(exported) as single, pytest.raises(ReadOnlyError, match=r"compass\.h5"):
        single.add(["west"], [[-1, 0]])


def test_its_metric_is_fixed(exported: Path) -> None:
    with vecstore.open(exported, metric="cosine") as single:
        assert single.metric == "cosine"
    with pytest.raises(ValueError, match=r'`metric` is fixed .* "cosine" for .*; got "dot"'):
        vecstore.open(exported, metric="dot")


def test_its_vectors_can_be_opened_as_any_dataset(exported: Path) -> None:
    with vecstore.open(exported, dataset="vectors", metric="dot") as rows:
        assert rows.keys().tolist() == [0, 1, 2, 3, 4]


def test_nothing_is_overwritten(exported: Path) -> None:
    store = vecstore.from_arrays(VECTORS)
    with pytest.raises(StoreExistsError, match=r"compass\.h5"):
        ingest.export(store, exported, "hdf5")


def test_an_empty_store_has_no_file(tmp_path: Path) -> None:
    with (
        vecstore.create(tmp_path / "empty.vecs", dim=2) as store,
        pytest.raises(ValueError, match=r"empty.vecs is empty; there is nothing to write"),
    ):
        ingest.export(store, tmp_path / "empty.h5", "hdf5")
    assert not (tmp_path / "empty.h5").exists()


def test_a_metric_without_a_name_cannot_be_written(tmp_path: Path) -> None:
    store = vecstore.from_arrays(VECTORS, metric=lambda x, y: 0.0)
    with pytest.raises(ValueError, match="must have a metric with a name"):
        ingest.export(store, tmp_path / "own.h5", "hdf5")


def test_the_example_of_the_format_reads_it(
    exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(exported.parent)
    example = re.search(r"```python\n(import json\n\nimport h5py.*?)```", FORMAT, re.DOTALL)
    assert example
    assert len([line for line in example[1].splitlines() if line]) <= 10
    scope: dict[str, Any] = {}
    exec(example[1].replace("words.h5", "compass.h5"), scope)
    assert {key: vector.tobytes() for key, vector in scope["vectors"].items()} == {
        key: vector.tobytes() for key, vector in zip(KEYS, VECTORS, strict=True)
    }
    assert scope["about"]["provenance"][0]["source"] == "a compass"


# Damage.


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def write_other_metadata(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file["metadata"][()] = ord("{")


def write_a_list(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        text = b"[]".ljust(len(file["metadata"]))
        file["metadata"][()] = np.frombuffer(text, np.uint8)


def lose_the_subwords(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        del file["subwords"]


def write_a_wrong_row(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file["keys/hash_table"][1, 0] = 99


@pytest.mark.parametrize(
    "damage", [cut, write_other_metadata, write_a_list, lose_the_subwords, write_a_wrong_row]
)
def test_damage_is_an_error_or_a_problem(exported: Path, damage: Callable[[Path], None]) -> None:
    damage(exported)
    problems = list(vecstore.check(exported))
    assert {problem.path for problem in problems} == {exported}
    if damage is not write_a_wrong_row:  # which opening does not read
        with pytest.raises(CorruptStoreError, match=r"compass\.h5"):
            vecstore.open(exported)
