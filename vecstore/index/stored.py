"""An index as a search uses it: a graph over the rows of one segment, and what is known of it."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.errors import CorruptStoreError
from vecstore.index.graph import Graph, as_arrays, from_arrays
from vecstore.index.recall_table import Table

__all__ = ["Index", "as_stored", "read_index"]

_COVERED = "covered"


class Index(NamedTuple):
    """A graph over rows of a segment, mapped from its file."""

    path: Path
    size: int  # bytes of the file
    graph: Graph
    covered: npt.NDArray[np.uint64] | None  # (ceil(n / 64),), bit r: the graph has row r; None: all
    table: Table
    facts: dict[str, Any]  # JSON values: kind, parameters, seconds


def as_stored(
    graph: Graph, covered: npt.NDArray[np.uint64] | None, table: Table, facts: dict[str, Any]
) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
    """Return the arrays and the JSON metadata that the file of an index keeps."""
    arrays = as_arrays(graph)
    if covered is not None:
        arrays[_COVERED] = covered
    return arrays, {**facts, "table": table.to_json()}


def read_index(
    path: Path, size: int, arrays: dict[str, npt.NDArray[Any]], metadata: dict[str, Any], n: int
) -> Index:
    """Return the index that a file keeps, on mapped arrays; CorruptStoreError if not over n rows.

    Links are not read: a walk does not rely on any of them.
    """
    words = (-(-n // 64),)
    covered = arrays.get(_COVERED)
    try:
        graph = from_arrays(arrays)
        if len(graph.links) != n:
            raise ValueError(f"its graph has {len(graph.links)} rows; its segment has {n}")
        if covered is not None and (covered.dtype != np.uint64 or covered.shape != words):
            raise ValueError(f'its "{_COVERED}" must be uint64 of shape {words}')
        table = Table.from_json(metadata.get("table", {}))
    except ValueError as error:
        what = str(error).rstrip(".")
        raise CorruptStoreError(
            f'{path} is damaged: {what}. Make it again: "vecstore index build".',
            path=path,
            what=what,
        ) from None
    facts = {name: value for name, value in metadata.items() if name != "table"}
    return Index(path, size, graph, covered, table, facts)
