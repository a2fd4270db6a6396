"""fastText's ``.bin`` models: words, and the buckets to which their n-grams are hashed.

The vector of a word is the mean of its own row and the rows of its n-grams. It is computed as in
fastText and gensim: in float32, in the order of the n-grams. The end-of-sentence mark ``</s>`` has
no n-grams here; gensim gives it some. Of a supervised model only the words are read, not the
labels.
"""

import mmap
import struct
from collections.abc import Generator
from functools import partial
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from vecstore.errors import IngestError
from vecstore.ingest.formats.raw_keys import decode_keys
from vecstore.ingest.source import Source
from vecstore.ingest.table import MAX_DIM, Chunk, Options, Table, row_slices
from vecstore.storage.segments import Subwords, bucket_rows

__all__ = ["Arguments", "Model", "looks_like_fasttext", "open_fasttext"]

_MAGIC = struct.pack("<i", 793712314)
_ARGUMENTS = struct.Struct("<12id")
_END_OF_SENTENCE = b"</s>"


class _QuantisedError(Exception):
    """The model holds quantised vectors only."""


class Arguments(NamedTuple):
    """The training arguments of a model, in the order of the file."""

    dim: int
    ws: int
    epoch: int
    min_count: int
    neg: int
    word_ngrams: int
    loss: int
    model: int
    bucket: int
    minn: int
    maxn: int
    lr_update_rate: int
    t: float

    @classmethod
    def unpack(cls, head: bytes | mmap.mmap, begin: int) -> Self:
        """Read the arguments at a place in the file; struct.error if it is too near the end."""
        return cls(*_ARGUMENTS.unpack_from(head, begin))

    @property
    def is_plausible(self) -> bool:
        """Whether these can be the arguments of a model."""
        return (
            1 <= self.dim <= MAX_DIM
            and 1 <= self.loss <= 4
            and 1 <= self.model <= 3
            and self.bucket >= 0
            and 0 <= self.minn < 1000
            and 0 <= self.maxn < 1000
        )


class Model(NamedTuple):
    """A model in a file."""

    words: list[bytes]  # in the order of their rows
    matrix: npt.NDArray[np.float32]  # (n_words + n_buckets, dim), mapped
    minn: int  # shortest n-gram
    maxn: int  # longest n-gram; 0 if words have none


def looks_like_fasttext(head: bytes) -> bool:
    """Return whether a file seems to be a model; old ones have no magic number."""
    if head.startswith(_MAGIC):
        return True
    return len(head) >= _ARGUMENTS.size and Arguments.unpack(head, 0).is_plausible


def open_fasttext(source: Source, options: Options) -> Table:
    """Open the word vectors of a model, with its n-grams as subwords."""
    path = source.file()
    try:
        model = _read_model(path)
    except _QuantisedError as error:
        raise IngestError(
            f"{source.path} is a quantised fastText model (.ftz), whose vectors only fastText can "
            f"compute. Write them with it as text (print-word-vectors), and import that."
        ) from error
    except (struct.error, ValueError) as error:
        raise IngestError(
            f"{source.path} is not a whole fastText model: {error}. Fetch it again."
        ) from error
    n, dim = len(model.words), model.matrix.shape[1]
    buckets = model.matrix[n:]
    subwords = Subwords(buckets, model.minn, model.maxn) if model.maxn else None
    return Table(
        "fasttext", dim, "str", n, partial(_chunks, model, options.encoding), subwords=subwords
    )


def _read_model(path: Path) -> Model:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        is_new = data[:4] == _MAGIC
        arguments = Arguments.unpack(data, 8 if is_new else 0)
        if not arguments.is_plausible:
            raise ValueError("its arguments make no sense")
        words, begin = _read_words(data, _ARGUMENTS.size + (8 if is_new else 0), is_new=is_new)
        if is_new:
            if struct.unpack_from("<b", data, begin)[0]:
                raise _QuantisedError
            begin += 1
        n, dim = struct.unpack_from("<2q", data, begin)
        begin += 16
        if dim != arguments.dim or n != len(words) + arguments.bucket:
            raise ValueError(f"its matrix of shape ({n}, {dim}) does not fit its words")
        end = begin + 4 * n * dim
        if end > len(data):
            raise ValueError("it is truncated")
        _check_output(data, end, arguments.dim, is_new=is_new)
    matrix = np.asarray(np.memmap(path, "<f4", "r", begin, (n, dim)))
    minn = max(1, arguments.minn)
    has_ngrams = arguments.bucket > 0 and minn <= arguments.maxn
    return Model(words, matrix, minn, arguments.maxn if has_ngrams else 0)


def _check_output(data: mmap.mmap, begin: int, dim: int, *, is_new: bool) -> None:
    """Raise unless the vectors are followed by the matrix of the output layer, or by nothing."""
    if begin == len(data):
        return  # some programs leave it out
    if is_new and data[begin]:
        return  # quantised, which has no size of its own
    begin += is_new
    n, columns = struct.unpack_from("<2q", data, begin)
    end = begin + 16 + 4 * n * columns
    if n < 0 or columns != dim or end > len(data):
        raise ValueError("it is truncated in its output layer")
    if end < len(data):
        raise ValueError(f"{len(data) - end} bytes follow its output layer")


def _read_words(data: mmap.mmap, begin: int, *, is_new: bool) -> tuple[list[bytes], int]:
    """Return the words, without the labels that follow them, and where the dictionary ends."""
    size, n_words, _ = struct.unpack_from("<3i", data, begin)
    begin += 12 + 8
    pruned = 0
    if is_new:
        pruned = max(0, struct.unpack_from("<q", data, begin)[0])
        begin += 8
    if not 0 <= n_words <= size:
        raise ValueError("its dictionary makes no sense")
    entries = []
    for _ in range(size):
        end = data.find(b"\0", begin)
        if end < 0:
            raise ValueError("its dictionary is truncated")
        entries.append(data[begin:end])
        begin = end + 1 + 8 + 1  # skips its count, and whether it is a label
    end = begin + 8 * pruned
    if end > len(data):
        raise ValueError("its dictionary is truncated")
    return entries[:n_words], end


def _chunks(model: Model, encoding: str | None) -> Generator[Chunk, None, None]:
    n, dim = len(model.words), model.matrix.shape[1]
    for part in row_slices(n, dim):
        places = np.arange(part.start, part.stop)
        keys, good, faults = decode_keys(model.words[part], places, encoding)
        keys, places = keys[good], places[good]
        yield Chunk(keys, _word_vectors(model, places, keys), places, faults)


def _word_vectors(
    model: Model, rows: npt.NDArray[np.int64], words: npt.NDArray[np.object_]
) -> npt.NDArray[np.float32]:
    """Return the mean of the row of each word and the rows of its n-grams, shape (m, dim)."""
    n_words, n_buckets = len(model.words), len(model.matrix) - len(model.words)
    ngrams = [
        bucket_rows(word, model.minn, model.maxn, n_buckets)
        if model.maxn and word != _END_OF_SENTENCE.decode()
        else []
        for word in words
    ]
    counts = np.array([len(some) for some in ngrams], dtype=np.int64)
    sums = model.matrix[rows]
    # The reader finds values that are not finite, as damaged models have them.
    with np.errstate(over="ignore", invalid="ignore"):
        # Add the i-th n-grams of all words at once: each word then adds its own in order.
        for i in range(counts.max(initial=0)):
            having = np.flatnonzero(counts > i)
            buckets = np.array([ngrams[word][i] for word in having])
            sums[having] += model.matrix[n_words + buckets]
        sums /= (counts + 1).astype(np.float32)[:, None]
    return sums
