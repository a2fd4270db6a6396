"""word2vec's binary files: a line "rows dim", then each row's key, a blank and its floats."""

import re
from collections.abc import Generator
from functools import partial

import numpy as np
import numpy.typing as npt

from vecstore.encodings import is_utf8
from vecstore.errors import IngestError
from vecstore.ingest.formats.raw_keys import decode_keys
from vecstore.ingest.report import Faults
from vecstore.ingest.source import Source
from vecstore.ingest.table import MAX_DIM, Chunk, Options, Table
from vecstore.ingest.text.diagnosis import has_controls
from vecstore.wording import quoted

__all__ = ["first_vectors", "open_word2vec_binary", "read_header"]

_HEADER = re.compile(rb"[ \t]*([0-9]{1,18})[ \t]+([0-9]{1,18})[ \t\r]*\n")
_BLOCK_BYTES = 1 << 22


def read_header(head: bytes) -> tuple[int, int, int] | None:
    r"""Return rows, dimensions and length of the first line; None if it is not a header.

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
    count, dim, _ = header
    chunks = partial(_chunks, source, *header, options.encoding)
    return Table("word2vec-binary", dim, "str", count, chunks)


def first_vectors(head: bytes) -> npt.NDArray[np.float32]:
    """Return the vectors of the whole rows in the head of a file."""
    header = read_header(head)
    if header is None:
        return np.empty((0, 1), np.float32)
    count, dim, begin = header
    return _cut(head[begin:], dim, count)[1]


def _chunks(
    source: Source, count: int, dim: int, begin: int, encoding: str | None
) -> Generator[Chunk, None, None]:
    row, rest, ends = 0, b"", set[bool]()
    with source.open() as stream:
        stream.read(begin)
        while row < count:
            # Large enough for a whole row with its key.
            more = stream.read(_BLOCK_BYTES + 4 * dim)
            block = rest + more
            raw, vectors, used = _cut(block, dim, count - row)
            if not raw and _other_floats(source.head):
                raise _misplaced(source, row)
            if not raw:
                yield _lost(
                    vectors,
                    row,
                    f"no whole row is here, but the first line promises {count}",
                    block,
                )
                return
            # Some programs end rows with a newline, which then stands before the next key.
            ends |= {key.startswith(b"\n") for key in raw[not row :]}
            keys = [key.removeprefix(b"\n") for key in raw]
            _check(source, keys, row, ends)
            if encoding is None and (odd := _broken_row(keys, vectors, source.head)) is not None:
                raise _misplaced(source, row + odd)
            yield _chunk(keys, vectors, row, encoding)
            row += len(keys)
            rest = block[used:]
        rest += stream.read(_BLOCK_BYTES + 4 * dim)
    if rest.strip(b"\r\n"):
        raw, vectors, _ = _cut(rest, dim, 1)
        if not raw:
            raise _misplaced(source, row)
        _check(source, [key.lstrip(b"\r\n") for key in raw], row, set())
        reason = f"more rows follow, but the first line promises {count}"
        yield _lost(vectors[:0], row, reason, rest)


def _check(source: Source, keys: list[bytes], row: int, ends: set[bool]) -> None:
    """Raise if a row does not begin where it should: all rows after it would be wrong."""
    if has_controls(keys):
        raise _misplaced(source, row + next(i for i, key in enumerate(keys) if has_controls([key])))
    if len(ends) > 1:
        raise _misplaced(source, row)


def _misplaced(source: Source, row: int) -> IngestError:
    return IngestError(
        f"{source.path}, row {row}: no row begins where one should, by the first line of the file. "
        f"{_misfit(source.head)}"
    )


def _misfit(head: bytes) -> str:
    """Say what a file seems to be whose rows do not have the length that its first line implies."""
    if name := _other_floats(head):
        return f"Its numbers seem to be {name}; they must be float32."
    return (
        "A key holds a blank, which this format cannot tell from the end of the key; or the file "
        "has other dimensions than it says, or was damaged. Write it again, as text or without "
        "blanks in keys."
    )


def _broken_row(keys: list[bytes], vectors: npt.NDArray[np.float32], head: bytes) -> int | None:
    """Return the first row whose key is not UTF-8 because it begins in the vector before it."""
    if is_utf8(b" ".join(keys)):
        return None
    for row, key in enumerate(keys):
        if not is_utf8(key) and (_other_floats(head) or _is_behind_blank(key, vectors, row)):
            return row
    return None


def _is_behind_blank(key: bytes, vectors: npt.NDArray[np.float32], row: int) -> bool:
    """Return whether the vector before a key begins with the rest of a key that holds a blank."""
    if not row:
        return False
    text, blank, _ = vectors[row - 1].tobytes().partition(b" ")
    rest = key[len(text) + 1 :]
    return bool(text and blank and rest) and is_utf8(text) and is_utf8(rest)


def _other_floats(head: bytes) -> str | None:
    """Return the name of the floats that make the rows fit where float32 does not; or None."""
    count, dim, begin = read_header(head) or (0, 1, 0)
    for name, size in (("float64", 8), ("float16", 2)):
        # Four rows cannot fit by chance.
        raw, _, used = _cut(head[begin:], dim, min(count, 4), size)
        ends = begin + used >= len(head.rstrip(b"\n"))
        keys = [key.removeprefix(b"\n") for key in raw]
        fits = len(raw) == min(count, 4) and (len(raw) > 1 or ends)
        if raw and fits and not has_controls(keys) and is_utf8(b" ".join(keys)):
            return name
    return None


def _cut(
    block: bytes, dim: int, most: int, itemsize: int = 4
) -> tuple[list[bytes], npt.NDArray[np.float32], int]:
    """Return the keys and vectors of the whole rows of a block, and how many bytes they take."""
    keys, vectors, begin = list[bytes](), list[bytes](), 0
    width = itemsize * dim
    while len(keys) < most and (blank := block.find(b" ", begin)) >= 0:
        end = blank + 1 + width
        if end > len(block):
            break
        keys.append(block[begin:blank])
        vectors.append(block[blank + 1 : end])
        begin = end
    numbers = np.frombuffer(b"".join(vectors) if itemsize == 4 else b"", "<f4")
    return keys, numbers.reshape(-1, dim), begin


def _lost(vectors: npt.NDArray[np.float32], row: int, reason: str, block: bytes) -> Chunk:
    faults = Faults(np.array([row]), lambda _: (reason, quoted(block)))
    return Chunk(np.empty(0, object), vectors, np.empty(0, np.int64), [faults])


def _chunk(
    raw: list[bytes], vectors: npt.NDArray[np.float32], row: int, encoding: str | None
) -> Chunk:
    places = np.arange(row, row + len(raw))
    keys, good, faults = decode_keys(raw, places, encoding)
    if faults:
        return Chunk(keys[good], vectors[good], places[good], faults)
    return Chunk(keys, vectors, places, [])
