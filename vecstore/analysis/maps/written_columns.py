"""Results that go back into the store as attributes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.errors import VecstoreError
from vecstore.storage import check_name
from vecstore.store import Store

__all__ = ["check_columns", "write_columns"]


def check_columns(store: Store, names: Mapping[str, str], *, overwrite: bool) -> None:
    """Find out, before anything is computed, whether results can be written.

    Parameters
    ----------
    store : Store
        Where to.
    names : mapping of str to str
        The columns, and of which kind they shall be: ``"int64"`` or ``"float64"``.
    overwrite : bool
        Whether values that are there may go.

    Raises
    ------
    ReadOnlyError
        If the store is not open for writing.
    TypeError
        If a column is there, of another kind.
    VecstoreError
        If a column has values that may not go.
    """
    store.batch()  # for what it refuses; nothing begins before it is entered
    schema = store.frame([]).schema
    for name, kind in names.items():
        check_name(name)
        if name not in schema:
            continue
        found = str(schema[name]).lower()
        if found != kind:
            raise TypeError(
                f'Column "{name}" must hold {kind} for this; it holds {found}. Choose another name.'
            )
        if not overwrite and store.frame()[name].null_count() < len(store):
            raise VecstoreError(
                f'Column "{name}" has values already; overwrite them, or choose another name.'
            )


def write_columns(
    store: Store,
    keys: npt.NDArray[Any],
    columns: Mapping[str, npt.NDArray[Any]],
    provenance: Mapping[str, Any],
) -> None:
    """Write results as attributes. Rows that they are not about lose what they had there.

    So a column is one result, never two halves of different ones, and rows keep their order.

    Parameters
    ----------
    store : Store
        Open for writing.
    keys : ndarray, shape (m,)
        What the results are about, in the order of insertion.
    columns : mapping of str to ndarray of int64 or float64, shape (m,)
        From `check_columns`, the same names.
    provenance : mapping
        What computed them, for `Store.info`.

    Notes
    -----
    One commit that writes every row anew: all of it or nothing. Keys and attributes are in memory
    meanwhile, vectors a segment at a time.
    """
    every = store.keys()
    chosen = np.isin(every, keys) if len(keys) < len(every) else np.ones(len(every), bool)
    full = {}
    for name, values in columns.items():
        full[name] = np.ma.array(np.zeros(len(every), values.dtype), mask=~chosen)
        full[name][chosen] = values
    with store.batch(provenance=provenance) as batch:
        batch.set_attributes(every, full)
