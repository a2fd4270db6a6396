"""Safetensors: a JSON header with the name, type and place of every tensor, then their bytes.

No package is needed: the header is checked here, and the bytes are mapped.
"""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.errors import IngestError
from vecstore.ingest.formats.guess import ArrayInfo, guess_arrays, left_out
from vecstore.ingest.formats.matrix import as_keys, check_matrix, keys_beside, matrix_table
from vecstore.ingest.source import Source
from vecstore.ingest.table import ROW_NUMBERS, Options, Table, row_slices

__all__ = ["looks_like_safetensors", "open_safetensors"]

_TYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "u1",
    "BOOL": "?",
}
# The bits of a bfloat16 are the upper half of a float32.
_BFLOAT16 = "BF16"
# The reference implementation refuses longer headers.
_MAX_HEADER = 100_000_000


class _Tensor(NamedTuple):
    """The type of a tensor as the file names it, its shape, and where its bytes begin."""

    kind: str
    shape: tuple[int, ...]
    begin: int

    @property
    def stored(self) -> np.dtype[Any]:
        return np.dtype("<u2" if self.kind == _BFLOAT16 else _TYPES.get(self.kind, "V1"))

    @property
    def info(self) -> ArrayInfo:
        """Shape and dtype for `guess_arrays`."""
        return ArrayInfo(self.shape, np.dtype("<f4") if self.kind == _BFLOAT16 else self.stored)


def looks_like_safetensors(head: bytes) -> bool:
    """Return whether a file begins with the length of a header, and the header."""
    length = int.from_bytes(head[:8], "little")
    return 2 <= length <= _MAX_HEADER and head[8:9] == b"{" and head[9:10] in (b'"', b" ", b"}")


def open_safetensors(source: Source, options: Options) -> Table:
    """Open a tensor of two axes; its keys are another tensor, in a file, or row numbers."""
    tensors = _read_header(source)
    infos = {name: tensor.info for name, tensor in tensors.items()}
    is_file = options.keys not in (None, ROW_NUMBERS, *infos)
    chosen = options._replace(keys=None) if is_file else options
    vectors, keys = guess_arrays(infos, source.path, chosen)
    what = f'tensor "{vectors}" of {source.path}'
    if tensors[vectors].kind not in (*_TYPES, _BFLOAT16):
        raise IngestError(
            f"{what} cannot be read as vectors: its type is {tensors[vectors].kind}. Convert it to "
            f"float32 first."
        )
    shape = check_matrix(*infos[vectors], what)
    if keys is None or is_file:
        found, keys_from = keys_beside(source, options)
    else:
        whole = _map(source.file(), tensors[keys])
        found, keys_from = as_keys(whole, f'tensor "{keys}" of {source.path}'), f'tensor "{keys}"'
    parts = partial(_parts, source, tensors[vectors])
    notes = left_out(infos, vectors, keys)
    return matrix_table("safetensors", source, shape, parts, found, keys_from, notes)


def _read_header(source: Source) -> dict[str, _Tensor]:
    size = source.size
    with source.open() as stream:
        length = int.from_bytes(stream.read(8), "little")
        if not 2 <= length <= min(_MAX_HEADER, size - 8):
            raise IngestError(
                f"{source.path} is not a complete safetensors file: its header would have {length} "
                "bytes."
            )
        raw = stream.read(length)
    try:
        header = json.loads(raw)
        header.pop("__metadata__", None)
        tensors = {name: _tensor(entry, 8 + length, size) for name, entry in header.items()}
    except (
        AttributeError,
        KeyError,
        OverflowError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        raise IngestError(
            f"{source.path} is a safetensors file that cannot be read: {error}."
        ) from error
    return tensors


def _tensor(entry: dict[str, Any], start: int, size: int) -> _Tensor:
    """Return a tensor as the header has it, if its bytes are in the file."""
    begin, end = (int(place) for place in entry["data_offsets"])
    tensor = _Tensor(str(entry["dtype"]), tuple(int(n) for n in entry["shape"]), start + begin)
    if not 0 <= begin <= end <= size - start or min((0, *tensor.shape)) < 0:
        raise ValueError("a tensor lies beyond its end")
    values = 1
    for n in tensor.shape:
        values *= n
    if tensor.stored.kind != "V" and values * tensor.stored.itemsize != end - begin:
        raise ValueError("the bytes of a tensor are not as many as its shape says")
    return tensor


def _map(path: Path, tensor: _Tensor) -> npt.NDArray[Any]:
    # An empty array cannot be mapped.
    if 0 in tensor.shape:
        return np.empty(tensor.shape, tensor.stored)
    return np.asarray(np.memmap(path, tensor.stored, "r", tensor.begin, tensor.shape))


def _parts(source: Source, tensor: _Tensor) -> Iterator[npt.NDArray[Any]]:
    mapped = _map(source.file(), tensor)
    n, dim = tensor.shape
    for part in row_slices(n, dim):
        rows = mapped[part]
        if tensor.kind == _BFLOAT16:
            rows = (rows.astype("<u4") << np.uint32(16)).view("<f4")
        yield rows
