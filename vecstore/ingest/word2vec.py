"""word2vec's binary files: a line "rows dim", then of every row its key, a blank and its floats."""

import re
from collections.abc import Generator
from functools import partial

import numpy as np
import numpy.typing as npt

from vecstore.errors import IngestError
from vecstore.ingest.raw_keys import decode_keys
from vecstore.ingest.report import Faults
from vecstore.ingest.source import Source
from vecstore.ingest.table import MAX_DIM, Chunk, Options, Table
from vecstore.ingest.wording import quoted

__all__ = ["open_word2vec_binary", "read_header"]

_HEADER = re.compile(rb"[ \t]*([0-9]{1,18})[ \t]+([0-9]{1,18})[ \t\r]*\n")
_BLOCK_BYTES = 1 << 22


def read_header(head: bytes) -> tuple[int, int, int] | None:
    r"""Return the rows, the dimensions and the length of the first line; None if it is none.

    Parameters
    ----------
    head : bytes
        The beginning of a file.

    Returns
    -------
    tuple of int, or None
        Dimensions are at least 1 and at most `MAX_DIM`.

    Examples
    --------
    >>> read_header(b"3000000 300\n</s> ")
    (3000000, 300, 12)
    """
    header = _HEADER.match(head)
    if header is None or not 1 <= int(header[2]) <= MAX_DIM:
        return None
    return int(header[1]), int(header[2]), header.end()


def open_word2vec_binary(source: Source, options: Options) -> Table:
    """Open a binary file of word2vec."""
    header = read_header(source.head)
    if header is None:
        raise IngestError(
            f"{source.path} does not begin with a line of two numbers, rows and dimensions."
        )
    count, dim, begin = header
    chunks = partial(_chunks, source, count, dim, begin)
    return Table("word2vec-binary", dim, "str", count, chunks)


def _chunks(source: Source, count: int, dim: int, begin: int) -> Generator[Chunk, None, None]:
    row, rest = 0, b""
    with source.open() as stream:
        stream.read(begin)
        while row < count:
            # Room for a whole row at least, its key included.
            more = stream.read(_BLOCK_BYTES + 4 * dim)
            block = rest + more
            keys, vectors, used = _cut(block, dim, count - row)
            if not keys:
                yield _lost(vectors, row, count, block)
                return
            yield _chunk(keys, vectors, row)
            row += len(keys)
            rest = block[used:]


def _cut(block: bytes, dim: int, most: int) -> tuple[list[bytes], npt.NDArray[np.float32], int]:
    """Return the keys and vectors of the whole rows of a block, and how many bytes they take."""
    keys, vectors, begin = list[bytes](), list[bytes](), 0
    width = 4 * dim
    while len(keys) < most and (blank := block.find(b" ", begin)) >= 0:
        end = blank + 1 + width
        if end > len(block):
            break
        # Some programs end rows with a newline, which thus stands before the next key.
        keys.append(block[begin:blank].lstrip(b"\n"))
        vectors.append(block[blank + 1 : end])
        begin = end
    numbers = np.frombuffer(b"".join(vectors), "<f4")
    return keys, numbers.reshape(len(keys), dim), begin


def _lost(vectors: npt.NDArray[np.float32], row: int, count: int, block: bytes) -> Chunk:
    reason = f"no whole row is here, but the first line promises {count}"
    faults = Faults(np.array([row]), lambda _: (reason, quoted(block)))
    return Chunk(np.empty(0, object), vectors, np.empty(0, np.int64), [faults])


def _chunk(raw: list[bytes], vectors: npt.NDArray[np.float32], row: int) -> Chunk:
    places = np.arange(row, row + len(raw))
    keys, good, faults = decode_keys(raw, places)
    if faults:
        return Chunk(keys[good], vectors[good], places[good], faults)
    return Chunk(keys, vectors, places, [])
