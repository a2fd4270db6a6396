"""Records of several fields as vectors, which any of their parts can find."""

from collections.abc import Iterable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.analysis.records.event_fields import Field, check_field
from vecstore.analysis.records.event_vectors import FieldVectors, unit
from vecstore.arrays import Rows
from vecstore.input_tables import as_table, record_keys
from vecstore.metrics import check_metric, metric_name
from vecstore.store import Store, create, removed_on_failure

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Composed", "Events"]

# Records composed at a time. It bounds the memory of the sums in float64; the float32 vectors of
# all records stay in memory until they are written.
_STEP = 2048


class Composed(NamedTuple):
    """The vectors of the records that have one."""

    vectors: npt.NDArray[np.float32]  # (m, dim)
    # (m,), ascending. The other records have no part with a vector, or parts that cancel out under
    # cosine.
    rows: Rows
    missing: dict[str, int]  # by field: how many parts its store lacks


class Events:
    """Records as vectors: each the weighted sum, or mean, of the vectors of its fields.

    The vector of a field is that of its value, or the mean of the vectors of its parts: the words
    of a text, or the genres of a film. Under cosine every vector is scaled to unit length before it
    is added, as in `Store.compose`, and so is the result.

    Parameters
    ----------
    fields : mapping of str to Field or Store
        The columns that count, and where their vectors come from: one store for all of them, or
        several of the same dimension and metric.
    method : str, default "mean"
        ``"mean"`` divides by the total weight of the fields that a record has; ``"sum"`` does not.
        Under cosine both give the same.
    missing : str, default "raise"
        What to do with a part that is not in the store: ``"raise"`` an error, or ``"ignore"`` the
        part. A value that is missing from the table is always ignored.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid, or the stores differ in dimension or metric.

    Notes
    -----
    A part is looked up as it is written, then in lower case, then split in two at an apostrophe.

    Examples
    --------
    >>> import vecstore
    >>> from vecstore.analysis import Events
    >>> words = ["air force", "army", "new york", "paris", "1980", "1944"]
    >>> vectors = vecstore.from_arrays(np.eye(6), keys=words)
    >>> table = {"who": ["army", "air force", "air force"], "where": ["paris", "paris", "new york"]}
    >>> table["year"] = [1944, 1980, 1980]
    >>> events = Events(dict.fromkeys(table, vectors))
    >>> with events.to_store("events.vecs", table) as store:
    ...     store.search(vectors.compose({"air force": 1, "new york": 1, "1980": 1}), k=2).keys
    ...     found = store.search(events.query({"where": "paris", "year": 1944}), k=1)
    ...     found.to_frame().drop("distance").rows()
    array([2, 1])
    [(0, 'army', 'paris', 1944)]
    """

    def __init__(
        self,
        fields: Mapping[str, Field | Store],
        method: str = "mean",
        missing: str = "raise",
    ) -> None:
        if method not in ("mean", "sum"):
            raise ValueError(f'`method` must be "mean" or "sum"; got {method!r}.')
        if missing not in ("raise", "ignore"):
            raise ValueError(f'`missing` must be "raise" or "ignore"; got {missing!r}.')
        if not fields:
            raise ValueError("`fields` must name a column; it names none.")
        self.fields = {
            name: field if isinstance(field, Field) else Field(field)
            for name, field in fields.items()
        }
        self.method = method
        self.missing = missing
        for name, field in self.fields.items():
            check_field(name, field)
        first = next(iter(self.fields.values())).store
        self.dim, self.metric = first.dim, check_metric(metric_name(first.metric))
        for name, field in self.fields.items():
            if (field.store.dim, field.store.metric) != (self.dim, self.metric):
                raise ValueError(
                    f'`fields` must have stores of one dim and metric; that of "{name}" has '
                    f"{field.store.dim} and {metric_name(field.store.metric)}, the first "
                    f"{self.dim} and {self.metric}."
                )

    def compose(self, table: Any, parts: Iterable[str] | None = None) -> Composed:
        """Return the vectors of the records in a table.

        Parameters
        ----------
        table : polars or pandas frame, mapping of str to sequence, or path-like
            n records, with a column for each field. The name of a file tells its format: CSV, TSV,
            Parquet, JSON or JSON lines.
        parts : iterable of str, or None
            The fields to add up; None takes all.

        Returns
        -------
        Composed
            ``vectors``, ndarray of float32, shape (m, dim); ``rows``, the records that they belong
            to, ndarray of int64, shape (m,), ascending; and ``missing``, for each field how many
            parts were not in its store.

        Raises
        ------
        KeyNotFoundError
            If a part is not in its store, unless `missing` is ``"ignore"``.
        ValueError, TypeError
            If a field is not a column of the table, or `table` is not a table.

        Notes
        -----
        Sums are accumulated in float64 and rounded once.
        """
        frame = as_table(table, name="table")
        names = list(self.fields) if parts is None else self._chosen(parts)
        for name in names:
            if name not in frame.columns:
                raise ValueError(
                    f'`table` must have the column "{name}"; it has {", ".join(frame.columns)}.'
                )
        strict = self.missing == "raise"
        fields = [FieldVectors(name, self.fields[name], strict=strict) for name in names]
        pieces, rows = [], []
        for first in range(0, len(frame), _STEP):
            sums, found = self._sums(frame[first : first + _STEP], fields)
            pieces.append(sums[found].astype(np.float32))
            rows.append(first + np.flatnonzero(found))
        missing = {one.name: one.missing for one in fields}
        return Composed(np.concatenate(pieces), np.concatenate(rows), missing)

    def query(self, parts: Mapping[str, Any]) -> npt.NDArray[np.float32]:
        """Return the vector of a partly known record, to search for similar ones.

        Parameters
        ----------
        parts : mapping of str to value
            Values of some of the fields.

        Returns
        -------
        ndarray of float32, shape (dim,)
            The vector of a record with these values and no others.

        Raises
        ------
        KeyNotFoundError
            If a part is not in its store, unless `missing` is ``"ignore"``.
        ValueError
            If a name is not a field, or no part has a vector.
        """
        names = self._chosen(parts)
        composed = self.compose({name: [parts[name]] for name in names}, names)
        if not len(composed.rows):
            raise ValueError(f"`parts` must have a part that has a vector; got {dict(parts)!r}.")
        vector: npt.NDArray[np.float32] = composed.vectors[0]
        return vector

    def to_store(
        self,
        store: str | PathLike[str] | Store,
        table: Any,
        key: str | None = None,
        *,
        metric: str | None = None,
    ) -> Store:
        """Put records into a store: a row for each that has a vector, its columns as attributes.

        Parameters
        ----------
        store : path-like or Store
            The path of a new store, or a store that is open for writing.
        table : polars or pandas frame, mapping of str to sequence, or path-like
            The records. All columns become attributes, whether they are fields or not.
        key : str or None
            The column of the keys; None numbers the records from 0.
        metric : str or None
            The metric of a new store; None takes that of the stores of the fields.

        Returns
        -------
        Store
            Open for writing; close it when done.

        Raises
        ------
        StoreExistsError
            If the path is taken.
        DuplicateKeyError
            If two records have the same key, or the store already has it.
        KeyNotFoundError, ValueError, TypeError
            As for `compose`; also if no record has a vector, or a column cannot be an attribute.

        Notes
        -----
        All records are added in one commit. Its provenance names the fields, their weights and
        their stores, and counts the records that were left out and the missing parts of each field.
        """
        frame = as_table(table, name="table")
        keys = record_keys(frame, key)
        if isinstance(store, Store):
            store.batch()  # only for its checks: nothing begins before it is entered
            self._add(store, frame, keys, key)
            return store
        kind = "int" if isinstance(keys[0], int) else "str"
        with removed_on_failure(create(store, self.dim, metric or self.metric, kind)) as new:
            self._add(new, frame, keys, key)
        return new

    def _add(self, store: Store, frame: "pl.DataFrame", keys: list[Any], key: str | None) -> None:
        composed = self.compose(frame)
        if not len(composed.rows):
            raise ValueError(
                f"`table` must have records with parts that have vectors; none of {len(frame):,} "
                f"has one."
            )
        attributes = frame[composed.rows].drop([key] if key else [])
        rows = ([keys[row] for row in composed.rows.tolist()], composed.vectors, attributes)
        store.add_batches([rows], provenance=self._provenance(len(frame), composed))

    def _chosen(self, names: Iterable[str]) -> list[str]:
        chosen = list(names)
        unknown = [name for name in chosen if name not in self.fields]
        if unknown or not chosen:
            got = f'"{unknown[0]}"' if unknown else "none"
            raise ValueError(f"`parts` must be of {', '.join(self.fields)}; got {got}.")
        return chosen

    def _sums(
        self, frame: "pl.DataFrame", fields: list[FieldVectors]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        sums = np.zeros((len(frame), self.dim))
        weights = np.zeros(len(frame))
        for one in fields:
            means, found = one.means(frame[one.name].to_list())
            sums += one.field.weight * means
            weights += one.field.weight * found
        means = sums / np.where(weights > 0, weights, 1)[:, np.newaxis]
        if self.metric == "cosine":
            return unit(means)
        return (means if self.method == "mean" else sums), weights > 0

    def _provenance(self, records: int, composed: Composed) -> dict[str, Any]:
        described = {
            name: {
                "store": str(field.store.path) if field.store.path else None,
                "weight": float(field.weight),
                "split": field.split if isinstance(field.split, str | None) else _name(field.split),
                "key": field.key,
            }
            for name, field in self.fields.items()
        }
        return {
            "composed_of": described,
            "parameters": {"method": self.method, "missing": self.missing},
            "records": records,
            "left_out": records - len(composed.rows),
            "missing_parts": composed.missing,
        }


def _name(function: Any) -> str:
    return getattr(function, "__name__", repr(function))
