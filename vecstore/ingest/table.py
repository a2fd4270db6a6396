"""What every format module makes of a file: a table that can be read chunk by chunk.

A format module knows how rows are written and nothing about policies: it says which rows it could
not read, and `reader` decides what to do about them.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.ingest.report import Faults

if TYPE_CHECKING:
    import polars

    from vecstore.storage.segments import Subwords

__all__ = ["MAX_DIM", "ROW_NUMBERS", "Chunk", "KeyKind", "Options", "Table", "row_slices"]

KeyKind = Literal["str", "int"]

#: No file has longer vectors; a header that says so is damaged or hostile.
MAX_DIM = 1 << 20

#: What `Options.keys` is, and reports say, where keys are the numbers of the rows.
ROW_NUMBERS = "row numbers"

# Values handed on at a time: a few MB, so that the next step finds them in a cache.
_CHUNK_VALUES = 1 << 20


class Chunk(NamedTuple):
    """Some rows of a table.

    Attributes
    ----------
    keys : ndarray of object (str) or int64, shape (m,)
        Their keys.
    vectors : ndarray of numbers, shape (m, dim)
        Their vectors, in the type of the file.
    places : ndarray of int64, shape (m,)
        The line (from 1) or row (from 0) of the file that each comes from; ascending.
    faults : list of Faults
        What could not be read in this part of the file.
    attributes : polars.DataFrame or None
        What else the file says of these rows; m lines.
    """

    keys: npt.NDArray[Any]
    vectors: npt.NDArray[Any]
    places: npt.NDArray[np.int64]
    faults: list[Faults]
    attributes: "polars.DataFrame | None" = None

    def where(self, good: npt.NDArray[np.bool_]) -> "Chunk":
        """Return some of its rows, and all faults."""
        some = self.attributes if self.attributes is None else self.attributes.filter(good)
        return Chunk(self.keys[good], self.vectors[good], self.places[good], self.faults, some)

    def head(self, n: int) -> "Chunk":
        """Return its first rows, and the faults before the last of them."""
        last = int(self.places[n - 1])
        faults = [some.before(last) for some in self.faults]
        some = self.attributes if self.attributes is None else self.attributes.head(n)
        return Chunk(self.keys[:n], self.vectors[:n], self.places[:n], faults, some)


class Options(NamedTuple):
    """What a caller may say about where things are in a file; see `vecstore.ingest.read`."""

    dataset: str | None = None
    keys: str | None = None
    threads: int | None = None
    allow_zero: bool = True
    encoding: str | None = None
    attributes: tuple[str, ...] | None = None
    allow_pickle: bool = False


@dataclass(frozen=True)
class Table:
    """A file as a sequence of rows, nothing of which but its beginning has been read.

    Attributes
    ----------
    format : str
        The name of the format.
    dim : int
        Length of the vectors.
    key_kind : str
        ``"str"`` or ``"int"``.
    count : int or None
        The number of rows, as far as the file tells before it is read.
    chunks : callable
        Starts reading from the beginning.
    unit : str
        What `Chunk.places` counts: ``"line"`` or ``"row"``.
    numbered : bool
        Whether the keys are the numbers of the rows, for want of others.
    subwords : Subwords or None
        Of a fastText model.
    keys_from : str
        Where the keys come from, for the report; empty where only one place is possible.
    attributes : tuple of str
        The columns that chunks have as attributes.
    notes : list of str
        Sentences for the report: what was chosen, and what is not read; complete when all of the
        file has been read.
    """

    format: str
    dim: int
    key_kind: KeyKind
    count: int | None
    chunks: Callable[[], Generator[Chunk, None, None]]
    unit: str = "row"
    numbered: bool = False
    subwords: "Subwords | None" = None
    keys_from: str = ""
    attributes: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)


def row_slices(n: int, dim: int, multiple_of: int = 1) -> Iterator[slice]:
    """Yield slices of a few MB of float32 that together are all of n rows.

    Examples
    --------
    >>> list(row_slices(5, 1 << 19))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    step = -(-max(1, _CHUNK_VALUES // dim) // multiple_of) * multiple_of
    return (slice(start, min(start + step, n)) for start in range(0, n, step))
