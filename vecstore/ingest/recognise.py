"""Recognise the format of a file by its content.

The file name decides only between formats that fit the content equally well.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from vecstore.encodings import unmarked_utf16
from vecstore.errors import IngestError
from vecstore.ingest.foreign import name_foreign
from vecstore.ingest.formats.fasttext import looks_like_fasttext, open_fasttext
from vecstore.ingest.formats.gensim_files import looks_like_gensim, open_gensim
from vecstore.ingest.formats.hdf5 import open_hdf5
from vecstore.ingest.formats.matlab import looks_like_matlab, open_matlab
from vecstore.ingest.formats.numpy_files import open_npy, open_npz
from vecstore.ingest.formats.projector import find_metadata, open_projector
from vecstore.ingest.formats.tensors import looks_like_safetensors, open_safetensors
from vecstore.ingest.formats.vecs import (
    BIN_TYPES,
    VECS_TYPES,
    open_bin,
    open_vecs,
    shape_of_bin,
    shape_of_vecs,
)
from vecstore.ingest.formats.word2vec import first_vectors, open_word2vec_binary, read_header
from vecstore.ingest.keras.files import holds_keras, is_shards
from vecstore.ingest.keras.table import open_keras
from vecstore.ingest.sheets.delimited import looks_like_csv, open_csv, sniff_csv, wide_row
from vecstore.ingest.sheets.jsonl import looks_like_jsonl, open_jsonl
from vecstore.ingest.sheets.parquet import open_arrow, open_parquet
from vecstore.ingest.source import Source
from vecstore.ingest.table import Options, Table
from vecstore.ingest.text.diagnosis import is_text, swapped_bytes, why_no_numbers
from vecstore.ingest.text.sniff import sniff_bare, sniff_text
from vecstore.ingest.text.vector_lines import open_glove, open_word2vec_text
from vecstore.wording import counted

__all__ = ["FORMATS", "recognise"]

Opener = Callable[[Source, Options], Table]

#: The formats that can be read, and the function that opens a file of each.
FORMATS: dict[str, Opener] = {
    "glove": open_glove,
    "word2vec-text": open_word2vec_text,
    "word2vec-binary": open_word2vec_binary,
    "fasttext": open_fasttext,
    "npy": open_npy,
    "npz": open_npz,
    "hdf5": open_hdf5,
    "keras": open_keras,
    "parquet": open_parquet,
    "arrow": open_arrow,
    "csv": open_csv,
    "jsonl": open_jsonl,
    "safetensors": open_safetensors,
    "matlab": open_matlab,
    "gensim": open_gensim,
    "projector": open_projector,
    **{name: partial(open_vecs, name) for name in VECS_TYPES},
    **{name: partial(open_bin, name) for name in BIN_TYPES},
}

_MAGIC = {
    b"\x93NUMPY": "npy",
    b"PK\x03\x04": "npz",
    b"\x89HDF\r\n\x1a\n": "hdf5",
    b"PAR1": "parquet",
    b"ARROW1": "arrow",
}


def recognise(source: Source) -> str:
    """Return a key of `FORMATS`; IngestError if no format fits, or more than one."""
    head = source.head
    if not head:
        raise IngestError(f"{source.path} is empty.")
    found = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), None)
    if is_shards(head) or (found == "hdf5" and holds_keras(source.file())):
        found = "keras"
    if found is None and looks_like_safetensors(head):
        found = "safetensors"
    if found is None and looks_like_matlab(head):
        found = "matlab"
    if found is None and looks_like_gensim(head):
        found = "gensim"
    found = found or _recognise_text(source) or _recognise_matrix(source)
    if found is None and looks_like_fasttext(head):
        found = "fasttext"
    if found is None:
        advice = name_foreign(head) or _odd_text(source)
        if advice:
            raise IngestError(f"{source.path} {advice}")
        raise IngestError(
            f"{source.path} is in no format that vecstore knows; it begins with {head[:20]!r}. "
            f"Pass format= with one of {', '.join(FORMATS)} to insist."
        )
    return found


def _recognise_text(source: Source) -> str | None:
    head, complete = source.text_head, source.head_is_all
    if looks_like_jsonl(head):
        return "jsonl"
    rows = None if b"\0" in head else sniff_csv(head, complete=complete)
    is_named = source.name.lower().endswith((".csv", ".tsv"))
    is_csv = looks_like_csv(rows, named=is_named)
    if is_csv and rows is not None and (is_named or rows.delimiter == "\t"):
        return "csv"
    shape = sniff_text(head, complete=complete)
    if shape is not None and shape.promised is not None:
        return "word2vec-text"
    # Lines of numbers only: the first number is a key, unless there is a file of labels beside it.
    if sniff_bare(head, complete=complete) and find_metadata(source.path):
        return "projector"
    if shape is not None:
        return "glove"
    # Before CSV: word2vec's first line, two numbers, is not the header of a table.
    if _is_word2vec_binary(source):
        return "word2vec-binary"
    return "csv" if is_csv else None


def _is_word2vec_binary(source: Source) -> bool:
    header = read_header(source.head)
    if header is None:
        return False
    begin = header[2]
    if is_text(source.head[begin:], complete=source.head_is_all):
        reason = why_no_numbers(source.text_head)
        raise IngestError(
            f"{source.path} begins with a line of two numbers, as word2vec's files do, but what "
            f"follows is neither lines of a key and {counted(header[1], 'number')} nor bytes of "
            f"such numbers{f': {reason}' if reason else ''}. Write it again with blanks between "
            f'plain numbers; or pass format="word2vec-binary" to insist.'
        )
    if swapped_bytes(first_vectors(source.head)):
        raise IngestError(
            f"{source.path} seems to hold big-endian numbers; they must be little-endian. Write it "
            f'again, or pass format="word2vec-binary" to insist.'
        )
    return True


def _odd_text(source: Source) -> str | None:
    """Say what is wrong with what seems to be text, to follow the path."""
    head = source.text_head
    if source.encoding is None and (name := unmarked_utf16(head)):
        return f'seems to be text in {name} without a byte order mark. Pass encoding="{name}".'
    if not is_text(head, complete=source.head_is_all):
        return None
    if wide := wide_row(head):
        return wide
    if reason := why_no_numbers(head):
        return (
            f"is in no format that vecstore knows: {reason}. Write it again with blanks between "
            f"plain numbers."
        )
    return None


def _recognise_matrix(source: Source) -> str | None:
    head, size = source.head, source.size
    found = [name for name, of in VECS_TYPES.items() if shape_of_vecs(head, size, _bytes(of))]
    found += [name for name, of in BIN_TYPES.items() if shape_of_bin(head, size, _bytes(of))]
    if len(found) > 1:
        found = [name for name in found if source.name.endswith(f".{name}")] or found
    if "fvecs" in found and "ivecs" in found:
        found.remove("ivecs" if _holds_floats(head) else "fvecs")
    # The file does not say whether its bytes are signed.
    if len(found) > 1:
        raise IngestError(
            f"{source.path} may be {' or '.join(found)}: its content does not tell. Pass format= "
            f"with the right one."
        )
    return found[0] if found else None


def _bytes(dtype: str) -> int:
    return np.dtype(dtype).itemsize


def _holds_floats(head: bytes) -> bool:
    """Return whether the 4-byte values of the first row are floats rather than integers."""
    dim = int.from_bytes(head[:4], "little")
    row = np.frombuffer(head, "<f4", count=min(dim, len(head) // 4 - 1), offset=4)
    # Small integers read as floats lie below every normal float; negative ones are NaN.
    return bool(np.all(np.isfinite(row)) and np.any(np.abs(row) > np.finfo(np.float32).tiny))
