"""Subword vectors are those of fastText and of gensim."""

from pathlib import Path

import numpy as np
import pytest

from tests.real_data import real
from vecstore.errors import CorruptStoreError, KeyNotFoundError
from vecstore.storage import Subwords, write_subwords
from vecstore.storage.segments.subwords import bucket_rows

BUCKETS = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)


def fasttext_rows(word: str, minn: int, maxn: int, n_buckets: int) -> list[int]:
    """`Dictionary::computeSubwords` of fastText, line for line, over bytes."""
    data = f"<{word}>".encode()
    rows = []
    for start in range(len(data)):
        if data[start] & 0xC0 == 0x80:
            continue
        end, letters = start, 0
        while end < len(data) and letters < maxn:
            end += 1
            while end < len(data) and data[end] & 0xC0 == 0x80:
                end += 1
            letters += 1
            alone = letters == 1 and (start == 0 or end == len(data))
            if letters >= minn and not alone:
                value = 2166136261
                for byte in data[start:end]:
                    value ^= int(np.uint32(np.int32(np.uint8(byte).view(np.int8)).view(np.uint32)))
                    value = value * 16777619 % 2**32
                rows.append(value % n_buckets)
    return rows


@pytest.mark.parametrize("word", ["cat", "a", "", "går", "日本語", "🙂", "naïveté", "<>"])
@pytest.mark.parametrize(("minn", "maxn"), [(3, 6), (1, 1), (1, 3), (2, 2), (5, 5)])
def test_buckets_are_those_of_fasttext(word: str, minn: int, maxn: int) -> None:
    assert bucket_rows(word, minn, maxn, 1999) == fasttext_rows(word, minn, maxn, 1999)


def test_the_vector_is_the_mean_of_the_buckets() -> None:
    subwords = Subwords(BUCKETS, 3, 6)
    rows = bucket_rows("wording", 3, 6, 50)
    vector = subwords.vector("wording")
    assert vector.dtype == np.float32
    np.testing.assert_allclose(vector, BUCKETS[rows].astype(float).mean(axis=0), rtol=1e-6)
    np.testing.assert_array_equal(subwords.vectors(["wording", "words"])[0], vector)


def test_a_word_without_ngrams_has_no_vector() -> None:
    with pytest.raises(KeyNotFoundError, match='"a" has no n-gram of 4 to 6 characters'):
        Subwords(BUCKETS, 4, 6).vector("a")


def test_subwords_come_back_from_a_file(tmp_path: Path) -> None:
    entry = write_subwords(tmp_path, 2, Subwords(BUCKETS, 2, 5))
    assert (entry.name, entry.kind, entry.rows) == ("subwords-00000002.h5", "subwords", 50)
    found = Subwords.open(tmp_path / entry.name, entry)
    np.testing.assert_array_equal(found.buckets, BUCKETS, strict=True)
    assert (found.minn, found.maxn, found.dim) == (2, 5, 4)


def test_a_segment_is_not_taken_for_subwords(tmp_path: Path) -> None:
    import h5py

    entry = write_subwords(tmp_path, 2, Subwords(BUCKETS, 2, 5))
    with h5py.File(tmp_path / entry.name, "a") as file:
        file.attrs.modify("format", np.bytes_(b"vecstore segment"))
    with pytest.raises(CorruptStoreError, match="does not say that it is a vecstore subwords"):
        Subwords.open(tmp_path / entry.name)


@pytest.mark.parametrize(("name", "value"), [("minn", 0), ("maxn", 1), ("minn", np.bytes_(b"3"))])
def test_impossible_lengths_in_a_file_are_damage(tmp_path: Path, name: str, value: object) -> None:
    import h5py

    entry = write_subwords(tmp_path, 2, Subwords(BUCKETS, 2, 5))
    with h5py.File(tmp_path / entry.name, "a") as file:
        file.attrs.create(name, value)
    with pytest.raises(CorruptStoreError, match="is damaged"):
        Subwords.open(tmp_path / entry.name)


@pytest.mark.parametrize(("minn", "maxn"), [(0, 3), (4, 3)])
def test_lengths_out_of_order_are_refused(minn: int, maxn: int) -> None:
    with pytest.raises(ValueError, match=f"1 <= minn <= maxn; got {minn}, {maxn}"):
        Subwords(BUCKETS, minn, maxn)


@pytest.mark.parametrize("buckets", [BUCKETS.astype(float), BUCKETS[0], BUCKETS[:0]])
def test_buckets_that_are_no_matrix_of_float32_are_refused(buckets: np.ndarray) -> None:
    with pytest.raises(ValueError, match="`buckets` must be float32 of shape"):
        Subwords(buckets, 3, 6)


@pytest.mark.parametrize(
    "model", ["crime-and-punishment.bin", "lee_fasttext_new.bin", "non_ascii_fasttext.bin"]
)
def test_vectors_of_unknown_words_are_those_of_gensim(tmp_path: Path, model: str) -> None:
    pytest.importorskip("gensim")
    from gensim.models.fasttext import load_facebook_vectors

    loaded = load_facebook_vectors(str(real(f"gensim-testdata/{model}")))
    entry = write_subwords(tmp_path, 1, Subwords(loaded.vectors_ngrams, loaded.min_n, loaded.max_n))
    subwords = Subwords.open(tmp_path / entry.name, entry)
    unknown = ["zzzqx", "landlordly", "преступление", "naïveté", "日本語の", "kamerový", "🙂🙂🙂"]
    assert not any(word in loaded.key_to_index for word in unknown)
    for word in unknown:
        np.testing.assert_allclose(subwords.vector(word), loaded[word], rtol=1e-5, atol=1e-7)
