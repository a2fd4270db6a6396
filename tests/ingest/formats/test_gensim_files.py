"""What gensim saves."""

from pathlib import Path

import numpy as np
import pytest

from vecstore.errors import IngestError
from vecstore.ingest import import_into, read

models = pytest.importorskip("gensim.models")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    vectors = models.KeyedVectors(2)
    vectors.add_vectors(["new york", "ü"], np.array([[1, 2], [3, 4]], np.float32))
    vectors.save(str(tmp_path / "a.kv"), separately=["vectors"])
    return tmp_path / "a.kv"


def test_pickles_need_leave(path: Path, tmp_path: Path) -> None:
    for reading in (lambda: read(path), lambda: import_into(path, tmp_path / "a.vecs")):
        with pytest.raises(
            IngestError, match=r"can run code .* allow_pickle=True; .*save_word2vec_format"
        ):
            reading()
    assert not (tmp_path / "a.vecs").exists()


def test_keyed_vectors_with_arrays_beside(path: Path, tmp_path: Path) -> None:
    reader = read(path, allow_pickle=True)
    [(keys, vectors)] = reader
    assert reader.format == "gensim"
    assert keys.tolist() == ["new york", "ü"]
    assert vectors.tolist() == [[1, 2], [3, 4]]
    (tmp_path / "a.kv.vectors.npy").unlink()
    with pytest.raises(IngestError, match=r"a\.kv is a pickle that gensim cannot read"):
        read(path, allow_pickle=True)


def test_a_whole_model(tmp_path: Path) -> None:
    model = models.Word2Vec([["a", "b"], ["b", "a"]], vector_size=4, min_count=1, workers=1)
    model.save(str(tmp_path / "a.model"))
    [(keys, vectors)] = read(tmp_path / "a.model", allow_pickle=True)
    assert keys.tolist() == model.wv.index_to_key
    np.testing.assert_array_equal(vectors, model.wv.vectors)


def test_a_cut_pickle(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:150])
    with pytest.raises(IngestError, match=r"a\.kv is a pickle that gensim cannot read"):
        read(path, allow_pickle=True)
