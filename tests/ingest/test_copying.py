"""A store that was exported as one file comes back as the store that it was."""

import gzip
from pathlib import Path

import numpy as np
import pytest

import vecstore
from vecstore.errors import DuplicateKeyError
from vecstore.ingest import export, import_into


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    path = tmp_path / "sights.h5"
    with vecstore.create(
        tmp_path / "sights.vecs", 2, metric="euclidean", keys="int", dtype="float16"
    ) as store:
        store.add([7, 8, 9], [[0, 0], [1, 0], [2, 2]], {"built": [1889, None, 1875]})
        export(store, path, "hdf5")
    return path


def test_metric_dtype_keys_and_attributes_come_back(exported: Path, tmp_path: Path) -> None:
    report = import_into(exported, tmp_path / "again.vecs")
    assert (report.rows, report.format) == (3, "hdf5")
    with vecstore.open(tmp_path / "again.vecs") as store:
        assert (store.metric, store.dtype, store.key_kind) == ("euclidean", np.float16, "int")
        assert store.frame().rows() == [(7, 1889), (8, None), (9, 1875)]
        assert store[9].tolist() == [2, 2]
        [provenance] = store.info()["provenance"]
        assert provenance["source"] == str(exported)
        assert "exported_from" in provenance


def test_a_compressed_one_comes_back_too(exported: Path, tmp_path: Path) -> None:
    packed = tmp_path / "sights.h5.gz"
    packed.write_bytes(gzip.compress(exported.read_bytes()))
    import_into(packed, tmp_path / "again.vecs", limit=2)
    with vecstore.open(tmp_path / "again.vecs") as store:
        assert store.frame().rows() == [(7, 1889), (8, None)]


def test_it_may_become_another_kind_of_store(exported: Path, tmp_path: Path) -> None:
    import_into(exported, tmp_path / "dot.vecs", metric="dot", dtype="float32")
    with vecstore.open(tmp_path / "dot.vecs") as store:
        assert (store.metric, store.dtype) == ("dot", np.float32)


def test_it_is_added_to_a_store_that_is_there(exported: Path, tmp_path: Path) -> None:
    with vecstore.create(tmp_path / "all.vecs", 2, metric="euclidean", keys="int") as store:
        store.add([1], [[5, 5]], {"built": [2000]})
    import_into(exported, tmp_path / "all.vecs")
    with vecstore.open(tmp_path / "all.vecs") as store:
        assert store.frame(where="built < 1990")["key"].to_list() == [7, 9]
    with pytest.raises(DuplicateKeyError):
        import_into(exported, tmp_path / "all.vecs")
    with pytest.raises(ValueError, match="`metric` must be"):
        import_into(exported, tmp_path / "all.vecs", metric="dot")


def test_nothing_is_left_where_it_does_not_fit(exported: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"row 0|zero"):  # it has a vector of zeros
        import_into(exported, tmp_path / "cosine.vecs", metric="cosine")
    assert not (tmp_path / "cosine.vecs").exists()
    with vecstore.create(tmp_path / "three.vecs", 3, metric="euclidean", keys="int") as store:
        pass
    with pytest.raises(ValueError, match="length 2"):
        import_into(exported, store.path)


def test_one_dataset_of_it_is_a_matrix_like_any_other(exported: Path, tmp_path: Path) -> None:
    import_into(exported, tmp_path / "m.vecs", dataset="vectors", metric="euclidean")
    with vecstore.open(tmp_path / "m.vecs") as store:
        assert store.keys().tolist() == [7, 8, 9]
