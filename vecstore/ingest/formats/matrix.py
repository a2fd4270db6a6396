"""Files that hold a matrix, with keys beside it or without keys."""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.errors import IngestError
from vecstore.ingest.source import Source
from vecstore.ingest.table import MAX_DIM, ROW_NUMBERS, Chunk, Options, Table
from vecstore.ingest.text.label_lines import labels_in, most_bytes, too_large

__all__ = [
    "as_keys",
    "check_matrix",
    "companion_paths",
    "keys_beside",
    "matrix_table",
    "read_keys",
]

_BOM = b"\xef\xbb\xbf"
# Below 2**53, float64 holds every integer exactly.
_EXACT = 1 << 53


def matrix_table(
    name: str,
    source: Source,
    shape: tuple[int, int],
    parts: Callable[[], Iterator[npt.NDArray[Any]]],  # yields the rows, some at a time
    keys: npt.NDArray[Any] | None,  # object (str) or int64; None for row numbers
    keys_from: str = "",  # this and the notes are for the report
    notes: tuple[str, ...] = (),
) -> Table:
    """Return the table of a matrix; IngestError if there are not as many keys as rows."""
    n, dim = shape
    if keys is not None and len(keys) != n:
        raise IngestError(
            f"{source.path} holds {n} vectors, but there are {len(keys)} keys."
            f' Pass keys= with the right ones, or with "{ROW_NUMBERS}".'
        )

    def chunks() -> Generator[Chunk, None, None]:
        row = 0
        for vectors in parts():
            places = np.arange(row, row + len(vectors))
            row += len(vectors)
            yield Chunk(places if keys is None else keys[places], vectors, places, [])

    is_text = keys is not None and keys.dtype == object
    kind = "str" if is_text else "int"
    return Table(
        name,
        dim,
        kind,  # type: ignore[arg-type]
        n,
        chunks,
        numbered=keys is None,
        keys_from=ROW_NUMBERS if keys is None else keys_from,
        notes=list(notes),
    )


def check_matrix(shape: tuple[int, ...], dtype: np.dtype[Any], what: str) -> tuple[int, int]:
    """Return rows and columns; IngestError if `what` is not a matrix of numbers."""
    if len(shape) != 2 or not 1 <= shape[1] <= MAX_DIM or dtype.kind not in "fiu":
        raise IngestError(
            f"{what} cannot be read as vectors: it must be a matrix of numbers; "
            f"got {dtype} of shape {shape}.{_way_out(shape, dtype)}"
        )
    return shape[0], shape[1]


def _way_out(shape: tuple[int, ...], dtype: np.dtype[Any]) -> str:
    if dtype.kind == "O":
        return " Make one array of the rows with np.stack, and save that."
    if dtype.kind == "c":
        return " Save their real and imaginary parts side by side, as twice as many numbers."
    if dtype.kind == "b":
        return ' Save it with .astype("uint8").'
    if dtype.kind not in "fiu":
        return ""
    if len(shape) == 1:
        return " Save one vector with .reshape(1, -1), single numbers with .reshape(-1, 1)."
    if len(shape) > 2:
        return " Save it with .reshape(len(a), -1), or the part of it that is meant."
    return ""


def companion_paths(path: Path) -> tuple[Path, Path]:
    """Return where the keys of a matrix lie: as text, one per line, or as an array of integers."""
    return path.with_name(f"{path.name}.keys.txt"), path.with_name(f"{path.name}.keys.npy")


def keys_beside(source: Source, options: Options) -> tuple[npt.NDArray[Any] | None, str]:
    """Return the keys from the file named or beside the matrix, and where they come from."""
    if options.keys == ROW_NUMBERS and not Path(ROW_NUMBERS).exists():
        return None, ROW_NUMBERS
    paths = companion_paths(source.path)
    found = next((path for path in paths if path.exists()), None)
    path = found if options.keys is None else Path(options.keys)
    return (
        (None, ROW_NUMBERS) if path is None else (read_keys(path, options.encoding), f"file {path}")
    )


def read_keys(path: Path, encoding: str | None = None) -> npt.NDArray[Any]:
    """Return the keys in a file: text with one per line, or a NumPy array."""
    source = Source(path, encoding=encoding)
    if source.head.startswith(b"\x93NUMPY"):
        most = most_bytes(source)
        if most is not None and source.size > most:
            raise too_large(source, "keys", most)
        try:
            # Mapped, because a header may claim any number of keys.
            return as_keys(np.load(source.file(), "r", allow_pickle=False), str(path))
        except ValueError as error:
            raise IngestError(f"{path} cannot be read as keys: {error}.") from error
    return np.array(labels_in(source, "keys"), dtype=object)


def as_keys(array: npt.NDArray[Any], what: str) -> npt.NDArray[Any]:
    """Return keys as object (str) or int64, shape (n,); IngestError naming `what` if unsuitable."""
    # Strings, UTF-8 bytes, integers or whole floats, of shape (n,) or (n, 1).
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 1 and array.dtype.kind == "f":
        array = _whole(array, what)
    if array.ndim == 1 and array.dtype.kind in "iu":
        if array.dtype.kind == "u" and array.size and array.max() > np.iinfo(np.int64).max:
            raise IngestError(f"{what} cannot be read as keys: {array.max()} exceeds 64 bits.")
        return array.astype(np.int64)
    if array.ndim == 1 and array.dtype.kind in "USOT":
        return _texts(array, what)
    raise IngestError(
        f"{what} cannot be read as keys: it must be a row of strings or integers; "
        f"got {array.dtype} of shape {array.shape}. Pass keys= with the name of another, or with "
        f'"{ROW_NUMBERS}".'
    )


def _whole(array: npt.NDArray[Any], what: str) -> npt.NDArray[np.int64]:
    """Return whole floats as integers: a column of ids with a gap has become floats."""
    wrong = ~((array == np.round(array)) & (np.abs(array) < _EXACT))
    if wrong.any():
        raise IngestError(
            f"{what} cannot be read as keys: value {int(np.argmax(wrong))} is "
            f"{array[np.argmax(wrong)]}, which is not an integer that a float holds exactly."
        )
    return array.astype(np.int64)


def _texts(array: npt.NDArray[Any], what: str) -> npt.NDArray[Any]:
    try:
        found = [one.decode() if isinstance(one, bytes) else one for one in array.tolist()]
        if found and all(type(one) is int for one in found):
            return np.array(found, dtype=np.int64)
        "".join(found).encode()  # fails on anything but str, and on lone surrogates
    except (OverflowError, TypeError, UnicodeError) as error:
        raise IngestError(f"{what} cannot be read as keys: {error}.") from error
    texts = np.empty(len(found), dtype=object)
    texts[:] = found
    return texts
