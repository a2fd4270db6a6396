"""The reader: batches of keys and vectors from a table, under the caller's error policy."""

from collections.abc import Generator, Iterator
from contextlib import closing
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy.typing as npt

from vecstore.errors import IngestError
from vecstore.ingest.report import Report
from vecstore.ingest.row_checks import Sieve
from vecstore.ingest.source import Source
from vecstore.ingest.table import Chunk, KeyKind, Table

if TYPE_CHECKING:
    import polars

    from vecstore.storage.segments import Subwords

__all__ = ["Policy", "Reader"]


class Policy(NamedTuple):
    """How the caller wants the rows of a file; see `vecstore.ingest.read`."""

    errors: str = "raise"
    limit: int | None = None
    dtype: str = "float32"
    key_kind: KeyKind | None = None
    allow_zero: bool = True


class Reader:
    r"""The vectors of a file, as an iterable of batches; `vecstore.ingest.read` makes one.

    Every iteration reads the file from its beginning and fills a new `report`. Memory does not grow
    with the vectors, but a set of the keys is kept to detect duplicates. Close the reader, or use
    it in a ``with`` statement, to remove the temporary file to which a compressed file was
    unpacked.

    Parameters
    ----------
    source : Source
        The file.
    table : Table
        Its content.
    policy : Policy
        What the caller wants of it.

    Attributes
    ----------
    path : Path
        The file.
    format : str
        The format it is read as.
    dim : int
        Length of the vectors.
    key_kind : str
        ``"str"`` or ``"int"``: the kind of keys in the batches.
    count : int or None
        How many vectors there will be, if the file says so; fewer if some are skipped.
    subwords : Subwords or None
        The n-gram vectors of a fastText model, from which those of unknown words are computed.
    attributes : tuple of str
        The columns besides keys and vectors, which `with_attributes` yields.
    report : Report
        What has been read so far, and what was left out.

    Examples
    --------
    >>> from pathlib import Path
    >>> from vecstore import ingest
    >>> _ = Path("compass.txt").write_text("north 0 1\neast 1 0\nsouth 0 -x\n")
    >>> with ingest.read("compass.txt", errors="skip") as reader:
    ...     for keys, vectors in reader:
    ...         print(keys, vectors.tolist())
    ['north' 'east'] [[0.0, 1.0], [1.0, 0.0]]
    >>> print(reader.report)
    compass.txt (glove): 2 vectors read, 1 line skipped.
      line 3: "-x" is not a number ("south 0 -x")
    """

    def __init__(self, source: Source, table: Table, policy: Policy) -> None:
        self._source = source
        self._table = table
        self._policy = policy
        self.path = source.path
        self.format = table.format
        self.dim = table.dim
        self.key_kind: KeyKind = policy.key_kind or table.key_kind
        self.count = table.count
        if policy.limit is not None and table.count is not None:
            self.count = min(policy.limit, table.count)
        self.subwords: Subwords | None = table.subwords
        self.attributes = table.attributes
        self.report = self._new_report()

    @property
    def progress(self) -> float | None:
        """The share of the file that has been read, from 0 to 1; None if it is unknown."""
        if self.count:
            return min(1.0, self.report.rows / self.count)
        return self._source.progress

    def __iter__(self) -> Iterator[tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
        """Yield batches of keys, shape (m,), and vectors, shape (m, dim)."""
        with closing(self.with_attributes()) as batches:
            yield from ((keys, vectors) for keys, vectors, _ in batches)

    def with_attributes(
        self,
    ) -> (
        "Generator[tuple[npt.NDArray[Any], npt.NDArray[Any], polars.DataFrame | None], None, None]"
    ):
        r"""Yield batches with the other columns of their rows.

        Yields
        ------
        keys : ndarray of object (str) or int64, shape (m,)
            As when iterating.
        vectors : ndarray of float32 or float16, shape (m, dim)
            As when iterating.
        attributes : polars.DataFrame or None
            The columns named in `attributes`, with m rows; None if there are none.

        Examples
        --------
        >>> from pathlib import Path
        >>> from vecstore import ingest
        >>> _ = Path("pins.csv").write_text("word,x1,x2,year\nboreas,0,1,1999\n")
        >>> with ingest.read("pins.csv") as reader:
        ...     [(keys, vectors, attributes)] = reader.with_attributes()
        >>> attributes.to_dicts()
        [{'year': 1999}]
        """
        policy = self._policy
        sieve = Sieve(
            policy.key_kind,
            policy.dtype,
            allow_zero=policy.allow_zero,
            unique=self._table.numbered,
        )
        report = self.report = self._new_report()
        with closing(self._table.chunks()) as chunks:
            for chunk in chunks:
                good = self._settle(sieve.sift(chunk), report)
                if len(good.keys):
                    report.rows += len(good.keys)
                    yield good.keys, good.vectors, good.attributes
                if report.rows == policy.limit:
                    return

    def _settle(self, chunk: Chunk, report: Report) -> Chunk:
        """Return the chunk up to the limit; raise or count the faults in that part of it."""
        limit = self._policy.limit
        if limit is not None and len(chunk.keys) >= (left := limit - report.rows):
            chunk = chunk.head(left)
        if self._policy.errors == "raise":
            self._raise_first(chunk, report.unit)
        report.count(chunk.faults)
        return chunk

    def _raise_first(self, chunk: Chunk, unit: str) -> None:
        firsts = [some.first() for some in chunk.faults if len(some.places)]
        if firsts:
            first = min(firsts)
            other = "pass encoding= with what it is in, " if "valid UTF-8" in first.reason else ""
            raise IngestError(
                f"{self.path}, {unit} {first.place}: {first}. "
                f'Correct it, {other}or pass errors="skip" to leave such {unit}s out.'
            )

    def _new_report(self) -> Report:
        table = self._table
        return Report(
            str(self.path), self.format, table.unit, notes=table.notes, keys=table.keys_from
        )

    def close(self) -> None:
        r"""Remove the temporary file of a compressed source; the reader cannot be used afterwards.

        Examples
        --------
        >>> from pathlib import Path
        >>> from vecstore import ingest
        >>> _ = Path("compass.txt").write_text("north 0 1\neast 1 0\n")
        >>> reader = ingest.read("compass.txt")
        >>> reader.dim
        2
        >>> reader.close()
        """
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
