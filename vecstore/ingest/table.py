"""The table that every format module makes of a file, to be read chunk by chunk.

A format module knows how rows are written but no error policy: it reports the rows that it cannot
read, and `reader` decides what to do about them.
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

#: Longer vectors do not occur: a header that claims them is damaged or hostile.
MAX_DIM = 1 << 20

#: The value of `Options.keys`, and the phrase in reports, for keys that are row numbers.
ROW_NUMBERS = "row numbers"

# Values per chunk: a few MB, so that the next step still finds them in a cache.
_CHUNK_VALUES = 1 << 20


class Chunk(NamedTuple):
    """Some rows of a table, and what could not be read in that part of the file."""

    keys: npt.NDArray[Any]  # (m,), object (str) or int64
    vectors: npt.NDArray[Any]  # (m, dim), in the dtype of the file
    places: npt.NDArray[np.int64]  # (m,), ascending: lines from 1, or rows from 0
    faults: list[Faults]
    attributes: "polars.DataFrame | None" = None  # the other columns, m rows

    def where(self, good: npt.NDArray[np.bool_]) -> "Chunk":
        """Return the rows of a mask, and all faults."""
        some = self.attributes if self.attributes is None else self.attributes.filter(good)
        return Chunk(self.keys[good], self.vectors[good], self.places[good], self.faults, some)

    def head(self, n: int) -> "Chunk":
        """Return the first n rows, and the faults before the last of them."""
        last = int(self.places[n - 1])
        faults = [some.before(last) for some in self.faults]
        some = self.attributes if self.attributes is None else self.attributes.head(n)
        return Chunk(self.keys[:n], self.vectors[:n], self.places[:n], faults, some)


class Options(NamedTuple):
    """What a caller may say about the content of a file; see `vecstore.ingest.read`."""

    dataset: str | None = None
    keys: str | None = None
    threads: int | None = None
    allow_zero: bool = True
    encoding: str | None = None
    attributes: tuple[str, ...] | None = None
    allow_pickle: bool = False


@dataclass(frozen=True)
class Table:
    """A file as a sequence of rows, of which only the beginning has been read."""

    format: str
    dim: int
    key_kind: KeyKind
    count: int | None  # rows, if the file says so in advance
    chunks: Callable[[], Generator[Chunk, None, None]]  # reads from the beginning
    unit: str = "row"  # what `Chunk.places` counts: "line" or "row"
    numbered: bool = False  # the keys are row numbers, for want of others
    subwords: "Subwords | None" = None  # of a fastText model
    keys_from: str = ""  # where the keys come from, for the report; empty if there is no choice
    attributes: tuple[str, ...] = ()  # the columns in `Chunk.attributes`
    # Sentences for the report: what was chosen, what is not read. Complete after the last chunk.
    notes: list[str] = field(default_factory=list)


def row_slices(n: int, dim: int, multiple_of: int = 1) -> Iterator[slice]:
    """Yield slices of a few MB of float32 each that cover n rows."""
    step = -(-max(1, _CHUNK_VALUES // dim) // multiple_of) * multiple_of
    return (slice(start, min(start + step, n)) for start in range(0, n, step))
