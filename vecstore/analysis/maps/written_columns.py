"""Results that are written back into the store as attributes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.errors import VecstoreError
from vecstore.storage import check_name
from vecstore.store import Store

__all__ = ["check_columns", "write_columns"]


def check_columns(store: Store, names: Mapping[str, str], *, overwrite: bool) -> None:
    """Check, before anything is computed, whether results can be written.

    `names` maps each column to "int64" or "float64". Raises ReadOnlyError; TypeError if a column is
    of another type; VecstoreError if one has values, unless `overwrite` is True.
    """
    store.batch()  # only for its checks: nothing begins before it is entered
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
    """Write results as attributes in one commit that rewrites every row; other rows become null.

    `keys`, (m,), are in the order of insertion; `columns` are those that `check_columns` has seen.
    """
    # Rows without a result lose their old value, so that a column is one result, never a mixture of
    # two. Keys and attributes are held in memory meanwhile, vectors one segment at a time.
    every = store.keys()
    chosen = np.isin(every, keys) if len(keys) < len(every) else np.ones(len(every), bool)
    full = {}
    for name, values in columns.items():
        full[name] = np.ma.array(np.zeros(len(every), values.dtype), mask=~chosen)
        full[name][chosen] = values
    with store.batch(provenance=provenance) as batch:
        batch.set_attributes(every, full)
