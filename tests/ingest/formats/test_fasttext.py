"""fastText's models, made here byte by byte; `test_real_files` compares real ones with gensim."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from vecstore.errors import IngestError
from vecstore.ingest import read
from vecstore.ingest.formats.fasttext import looks_like_fasttext
from vecstore.storage.segments.subwords import bucket_rows

MAGIC = 793712314
WORDS = ["the", "été", "a", "</s>"]
DIM, BUCKETS, MINN, MAXN = 3, 7, 2, 4
MATRIX = np.random.default_rng(0).standard_normal((len(WORDS) + BUCKETS, DIM)).astype(np.float32)


def model(
    words: list[bytes] | None = None,
    matrix: np.ndarray = MATRIX,
    *,
    new: bool = True,
    labels: int = 0,
    quantised: bool = False,
    bucket: int = BUCKETS,
    maxn: int = MAXN,
) -> bytes:
    """The bytes of a model, as fastText writes them."""
    words = [word.encode() for word in WORDS] if words is None else words
    arguments = [DIM, 5, 5, 1, 5, 1, 2, 1, bucket, MINN, maxn, 100]
    parts = [struct.pack("<2i", MAGIC, 12)] if new else []
    parts.append(struct.pack("<12id", *arguments, 1e-4))
    parts.append(struct.pack("<3iq", len(words) + labels, len(words), labels, 1000))
    parts += [struct.pack("<q", -1)] if new else []
    entries = words + [b"__label__%d" % i for i in range(labels)]
    parts += [word + b"\0" + struct.pack("<qb", 9, 0) for word in entries]
    parts += [struct.pack("<b", quantised)] if new else []
    parts += [struct.pack("<2q", *matrix.shape), matrix.tobytes()]
    return b"".join(parts)


# Whether it is quantised, its shape, and its numbers.
OUTPUT = b"\0" + struct.pack("<2q", 2, DIM) + bytes(4 * 2 * DIM)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.bin"


def expected(word: str, row: int) -> np.ndarray:
    buckets = [] if word == "</s>" else bucket_rows(word, MINN, MAXN, BUCKETS)
    rows = [MATRIX[row], *(MATRIX[len(WORDS) + bucket] for bucket in buckets)]
    return np.mean(rows, axis=0, dtype=np.float64)


@pytest.mark.parametrize("new", [True, False])
@pytest.mark.parametrize("labels", [0, 2])
def test_vectors_are_means_of_a_word_and_its_ngrams(path: Path, new: bool, labels: int) -> None:
    path.write_bytes(model(new=new, labels=labels))
    with read(path) as reader:
        assert (reader.format, reader.dim, reader.count) == ("fasttext", DIM, len(WORDS))
        [(keys, vectors)] = reader
    assert keys.tolist() == WORDS
    means = [expected(word, row) for row, word in enumerate(WORDS)]
    np.testing.assert_allclose(vectors, means, rtol=1e-6, atol=1e-7)


def test_end_of_sentence_has_no_ngrams(path: Path) -> None:
    path.write_bytes(model())
    [(_, vectors)] = read(path)
    assert vectors[3].tobytes() == MATRIX[3].tobytes()


def test_subwords_are_the_buckets(path: Path) -> None:
    path.write_bytes(model())
    subwords = read(path).subwords
    assert subwords is not None
    assert (subwords.minn, subwords.maxn) == (MINN, MAXN)
    np.testing.assert_array_equal(subwords.buckets, MATRIX[len(WORDS) :])


@pytest.mark.parametrize("how", [{"bucket": 0, "matrix": MATRIX[: len(WORDS)]}, {"maxn": 0}])
def test_model_without_ngrams(path: Path, how: dict[str, object]) -> None:
    path.write_bytes(model(**how))
    reader = read(path)
    [(_, vectors)] = reader
    assert reader.subwords is None
    np.testing.assert_array_equal(vectors, MATRIX[: len(WORDS)])


def test_compressed_model(path: Path) -> None:
    packed = path.with_suffix(".bin.gz")
    packed.write_bytes(gzip.compress(model()))
    with read(packed) as reader:
        [(keys, _)] = reader
    assert keys.tolist() == WORDS


def test_words_that_are_not_utf8(path: Path) -> None:
    path.write_bytes(model([b"the", b"\xec", b"", b"</s>"]))
    with pytest.raises(IngestError, match=r'row 1: its key is not valid UTF-8 \("\\xec"\)'):
        list(read(path))
    reader = read(path, errors="skip")
    [(keys, vectors)] = reader
    assert keys.tolist() == ["the", "</s>"]
    np.testing.assert_allclose(vectors[0], expected("the", 0), rtol=1e-6, atol=1e-7)
    assert reader.report.examples[1].reason == "it has no key"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (model()[:-1], "it is truncated"),
        (model()[:60], "unpack_from requires"),
        (model()[:110], "its dictionary is truncated"),
        (model() + OUTPUT[:-1], "it is truncated in its output layer"),
        (model() + OUTPUT + b"more", "4 bytes follow its output layer"),
        (model(matrix=MATRIX[:-1]), r"its matrix of shape \(10, 3\) does not fit its words"),
        (model(matrix=MATRIX[:, :2].copy()), r"its matrix of shape \(11, 2\) does not fit"),
        (struct.pack("<2i", MAGIC, 12) + bytes(100), "its arguments make no sense"),
    ],
)
def test_damaged_models(path: Path, content: bytes, reason: str) -> None:
    path.write_bytes(content)
    with pytest.raises(IngestError, match=f"model.bin is not a whole fastText model: .*{reason}"):
        read(path)


@pytest.mark.parametrize("end", [b"", OUTPUT])
def test_the_output_layer_may_follow(path: Path, end: bytes) -> None:
    path.write_bytes(model() + end)
    assert [key for keys, _ in read(path) for key in keys] == WORDS


def test_a_quantised_model_is_named(path: Path) -> None:
    path.write_bytes(model(quantised=True))
    with pytest.raises(IngestError, match=r"is a quantised fastText model \(\.ftz\)"):
        read(path)


def test_old_models_have_plausible_arguments_instead_of_a_magic_number() -> None:
    assert looks_like_fasttext(model(new=False))
    assert not looks_like_fasttext(bytes(100))
    assert not looks_like_fasttext(b"short")
