"""Real files in every format that is about, compared with what gensim, h5py and NumPy read.

The files lie beside a checkout or do not; gensim is in the group `test`.
"""

import gzip
import time
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import vecstore
import vecstore.ingest
from tests.real_data import real
from vecstore.errors import IngestError
from vecstore.ingest import import_into, read

# gensim leaves a file open when it is told that there is no header.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

GLOVE = "glove-6b-100d-text/glove.6B.100d.first50k.txt.gz"


def everything(path: Path, **options: Any) -> tuple[list[Any], np.ndarray]:
    with read(path, **options) as reader:
        batches = list(reader)
    keys = [key for keys, _ in batches for key in keys.tolist()]
    return keys, np.concatenate([vectors for _, vectors in batches])


@pytest.mark.parametrize(
    ("name", "binary", "no_header"),
    [
        ("toy-model.vec", False, False),
        ("lee_fasttext.vec", False, False),
        ("crime-and-punishment.vec", False, False),
        ("word2vec_pre_kv_c", False, False),
        ("high_precision.kv.txt", False, False),
        ("test_glove.txt", False, True),
        ("euclidean_vectors.bin", True, False),
        ("high_precision.kv.bin", True, False),
    ],
)
def test_word2vec_and_glove_files_as_gensim_reads_them(
    name: str, binary: bool, no_header: bool
) -> None:
    gensim = pytest.importorskip("gensim.models")
    path = real(f"gensim-testdata/{name}")
    peer = gensim.KeyedVectors.load_word2vec_format(str(path), binary=binary, no_header=no_header)
    keys, vectors = everything(path)
    assert keys == peer.index_to_key
    assert vectors.tobytes() == peer.vectors.tobytes()


@pytest.mark.parametrize(
    "name",
    ["toy-model.bin", "lee_fasttext_new.bin", "crime-and-punishment.bin", "non_ascii_fasttext.bin"],
)
def test_fasttext_models_as_gensim_reads_them(name: str) -> None:
    fasttext = pytest.importorskip("gensim.models.fasttext")
    path = real(f"gensim-testdata/{name}")
    peer = fasttext.load_facebook_vectors(str(path))
    with read(path) as reader:
        [(keys, vectors)] = reader
    assert keys.tolist() == peer.index_to_key
    # gensim gives the end of a sentence n-grams, which fastText does not: see the next test.
    words = [row for row, key in enumerate(keys) if key != "</s>"]
    assert vectors[words].tobytes() == peer.vectors[words].tobytes()
    assert reader.subwords is not None
    assert reader.subwords.buckets.tobytes() == peer.vectors_ngrams.tobytes()
    assert (reader.subwords.minn, reader.subwords.maxn) == (peer.min_n, peer.max_n)


@pytest.mark.parametrize("name", ["toy-model", "crime-and-punishment"])
def test_fasttext_models_as_fasttext_itself_wrote_them_out(name: str) -> None:
    model_keys, model = everything(real(f"gensim-testdata/{name}.bin"))
    text_keys, text = everything(real(f"gensim-testdata/{name}.vec"))
    assert model_keys == text_keys
    np.testing.assert_allclose(model, text, rtol=1e-4, atol=1e-5)  # five digits were written


def test_words_of_another_encoding_are_skipped_by_name() -> None:
    path = real("gensim-testdata/cp852_fasttext.bin")
    with pytest.raises(IngestError, match=r'row 1: its key is not valid UTF-8 \("kter'):
        list(read(path))
    reader = read(path, errors="skip")
    assert sum(len(keys) for keys, _ in reader) + reader.report.skipped == 171


def test_unknown_words_have_gensims_vectors(tmp_path: Path) -> None:
    fasttext = pytest.importorskip("gensim.models.fasttext")
    path = real("gensim-testdata/lee_fasttext_new.bin")
    peer = fasttext.load_facebook_vectors(str(path))
    import_into(path, tmp_path / "lee.vecs")
    with vecstore.open(tmp_path / "lee.vecs") as store:
        for word in ("nightmarishly", "überraschend", "the"):
            if word not in peer.key_to_index:
                np.testing.assert_allclose(store.oov(word), peer.get_vector(word), rtol=1e-5)


@pytest.mark.parametrize("name", ["questions-words.txt", "lee_background.cor"])
def test_files_of_something_else_are_refused(name: str) -> None:
    with pytest.raises(IngestError, match="is in no format that vecstore knows"):
        read(real(f"gensim-testdata/{name}"))


@pytest.mark.parametrize(
    "name", ["bigann10k-128-euclidean.hdf5", "minilm-wordnet-384-angular-10k.hdf5"]
)
def test_ann_benchmarks_files(name: str) -> None:
    path = real(f"ann-hdf5/{name}")
    _, vectors = everything(path)
    with h5py.File(path) as file:
        np.testing.assert_array_equal(vectors, file["train"][()])


def test_half_floats_with_words_beside() -> None:
    words, halves = real("words-en-300d/words.txt"), real("words-en-300d/vectors.npy")
    keys, vectors = everything(halves, keys=words, dtype="float16")
    assert keys == words.read_text(encoding="utf-8").splitlines()
    assert vectors.tobytes() == np.load(halves).tobytes()


def test_glove_text_to_the_last_bit_of_numpy() -> None:
    path = real(GLOVE)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split(" ") for line in lines]
    keys, vectors = everything(path)
    assert keys == [row[0] for row in rows]
    expected = np.array([row[1:] for row in rows], dtype=np.float32)
    assert vectors.tobytes() == expected.tobytes()


def test_real_files_come_back_from_every_format(tmp_path: Path) -> None:
    path = real("gensim-testdata/word2vec_pre_kv_c")
    import_into(path, tmp_path / "a.vecs", metric="euclidean")
    keys, vectors = everything(path)
    with vecstore.open(tmp_path / "a.vecs") as store:
        for name in vecstore.ingest.WRITABLE:
            made = vecstore.ingest.export(store, tmp_path / f"{name}.any", name)
            again, found = everything(made[0], format=name)
            assert again == keys
            assert found.tobytes() == vectors.tobytes()


@pytest.mark.slow
def test_glove_text_is_read_twenty_times_as_fast_as_gensim_reads_it() -> None:
    gensim = pytest.importorskip("gensim.models")
    path = real(GLOVE)

    def seconds(work: Any, repeats: int) -> float:
        best = np.inf
        for _ in range(repeats):
            begun = time.perf_counter()
            work()
            best = min(best, time.perf_counter() - begun)
        return best

    theirs = seconds(lambda: gensim.KeyedVectors.load_word2vec_format(str(path), no_header=True), 1)
    ours = seconds(lambda: everything(path), 5)
    print(f"gensim {theirs:.2f} s, vecstore {ours:.3f} s: {theirs / ours:.0f} times as fast")
    assert theirs >= 20 * ours
