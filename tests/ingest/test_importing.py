"""From a file to a store: all of it or nothing."""

import hashlib
from pathlib import Path

import h5py
import numpy as np
import pytest

import vecstore
from vecstore.errors import DuplicateKeyError, IngestError, VecstoreError
from vecstore.ingest import import_into


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "words.txt"
    path.write_text("the 1 0\nof 0 2\nto 3 3\n")
    return path


@pytest.fixture
def store_path(tmp_path: Path) -> Path:
    return tmp_path / "words.vecs"


def test_a_store_is_made(words: Path, store_path: Path) -> None:
    report = import_into(words, store_path)
    assert (report.rows, report.skipped) == (3, 0)
    with vecstore.open(store_path) as store:
        assert (store.metric, store.dtype, store.dim) == ("cosine", np.float32, 2)
        assert store.keys().tolist() == ["the", "of", "to"]
        assert store["to"].tolist() == [3, 3]


def test_arguments_shape_the_store(words: Path, store_path: Path) -> None:
    import_into(words, store_path, metric="dot", dtype="float16", limit=2)
    with vecstore.open(store_path) as store:
        assert (store.metric, store.dtype, len(store)) == ("dot", np.float16, 2)


def test_provenance_is_kept(words: Path, store_path: Path) -> None:
    import_into(words, store_path, limit=2)
    with vecstore.open(store_path) as store:
        [provenance] = store.info()["provenance"]
    expected = {
        "parameters": {"errors": "raise", "limit": 2},
        "source": str(words.resolve()),
        "format": "glove",
        "size": words.stat().st_size,
        "sha256": hashlib.sha256(words.read_bytes()).hexdigest(),
    }
    assert expected.items() <= provenance.items()


def test_nothing_is_left_of_a_failed_import(words: Path, store_path: Path) -> None:
    words.write_text("the 1 0\nof 0 2\nragged 1\n")
    with pytest.raises(IngestError, match=r"line 3"):
        import_into(words, store_path)
    assert not store_path.exists()
    assert import_into(words, store_path, errors="skip").skipped == 1
    assert store_path.exists()


def test_a_store_that_is_there_is_added_to(words: Path, store_path: Path) -> None:
    with vecstore.create(store_path, dim=2, metric="euclidean", dtype="float16") as store:
        store.add(["a"], [[1, 1]])
    import_into(words, store_path)
    with vecstore.open(store_path) as store:
        assert store.keys().tolist() == ["a", "the", "of", "to"]
        assert store.metric == "euclidean"


def test_importing_twice_changes_nothing(words: Path, store_path: Path) -> None:
    import_into(words, store_path)
    with pytest.raises(DuplicateKeyError, match='"the"'):
        import_into(words, store_path)
    with vecstore.open(store_path) as store:
        assert len(store) == 3


def test_keys_become_those_of_the_store(words: Path, store_path: Path) -> None:
    with vecstore.create(store_path, dim=2, keys="int"):
        pass
    words.write_text("7 1 0\n8 0 1\n")
    import_into(words, store_path)
    with vecstore.open(store_path) as store:
        assert store.keys().tolist() == [7, 8]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "dot"}, r'`metric` must be "cosine", as .* has it; got "dot"'),
        ({"dtype": "float16"}, r'`dtype` must be "float32", as .* has it; got "float16"'),
    ],
)
def test_a_store_that_is_there_does_not_change_its_ways(
    words: Path, store_path: Path, options: dict[str, str], message: str
) -> None:
    with vecstore.create(store_path, dim=2):
        pass
    with pytest.raises(ValueError, match=message):
        import_into(words, store_path, **options)


def test_dimensions_must_agree(words: Path, store_path: Path) -> None:
    with vecstore.create(store_path, dim=3):
        pass
    with pytest.raises(ValueError, match=r"holds vectors of length 2; those of .* have 3"):
        import_into(words, store_path)


def test_zeros_have_no_cosine(words: Path, store_path: Path) -> None:
    words.write_text("the 1 0\nnull 0 0\n")
    with pytest.raises(IngestError, match=r"line 2: the vector is all zeros"):
        import_into(words, store_path)
    assert import_into(words, store_path, errors="skip").rows == 1
    assert import_into(words, store_path.with_name("b.vecs"), metric="dot").rows == 2


def test_progress_is_reported(words: Path, store_path: Path) -> None:
    calls: list[tuple[int, int | None]] = []
    import_into(words, store_path, progress=lambda rows, total: calls.append((rows, total)))
    assert calls == [(3, 3)]


def test_store_path_in_a_missing_folder(words: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        import_into(words, tmp_path / "nowhere" / "a.vecs")


def test_store_path_that_is_something_else(words: Path, tmp_path: Path) -> None:
    with pytest.raises(VecstoreError):
        import_into(words, words)
    assert words.exists()


@pytest.mark.parametrize(
    ("label", "asked", "metric"),
    [("L2", None, "euclidean"), ("ip", None, "dot"), ("hamming", "euclidean", "euclidean")],
)
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "float32"])
def test_a_benchmark_says_its_metric(
    tmp_path: Path, label: str, asked: str | None, metric: str, dtype: str
) -> None:
    path, rows = tmp_path / "bench.hdf5", np.eye(5, 8).astype(dtype)
    with h5py.File(path, "w") as file:
        file["train"], file.attrs["distance"] = rows, label
    import_into(path, tmp_path / "bench.vecs", metric=asked)
    with vecstore.open(tmp_path / "bench.vecs") as store:
        assert store.metric == metric
        np.testing.assert_array_equal(store[4], rows[4])


def test_a_benchmark_of_another_metric_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "bench.hdf5"
    with h5py.File(path, "w") as file:
        file["train"], file.attrs["distance"] = np.eye(5, 8), "hamming"
    with pytest.raises(ValueError, match="`distance` is 'hamming', which vecstore does not"):
        import_into(path, tmp_path / "bench.vecs")
    assert not (tmp_path / "bench.vecs").exists()
