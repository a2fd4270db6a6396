"""Building indexes over the segments of a store, and measuring their recall."""

import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore import kernels
from vecstore.arrays import Block, Progress, as_words
from vecstore.index import (
    NOBODY,
    Graph,
    Index,
    as_stored,
    first_copies,
    grown_graph,
    joined,
    reached,
    with_copies,
)
from vecstore.kernels import Float32s, allowed
from vecstore.search import calibrate
from vecstore.snapshot import Snapshot, State
from vecstore.storage import Directory, FileEntry, Manifest, write_index

__all__ = ["KINDS", "Now", "Recipe", "building", "described", "dropping", "tuning"]

#: Returns the state after the last commit.
Now = Callable[[], State]

KINDS = ("hnsw", "hnswlib")


class Recipe(NamedTuple):
    """How to build an index."""

    kind: str = "hnsw"  # one of `KINDS`
    M: int = 16  # links of a row on each upper level; twice as many on the lowest
    ef_construction: int = 200  # width of the walks that find the rows to link a row to
    seed: int = 0  # of the order in which rows are added, or of hnswlib's random levels


def building(
    now: Now,
    path: Directory,
    recipe: Recipe,
    *,
    where: Callable[[Snapshot], npt.NDArray[np.bool_]] | None,
    threads: int | None,
    progress: Progress | None,
) -> Iterator[Manifest]:
    """Build, measure and write the index over each segment; yield each manifest to commit.

    The caller holds the lock, and the journal is empty. `where` selects the rows of a snapshot to
    have in the index; deleted ones never are.
    """
    snapshot = now().snapshot
    chosen = None if where is None else where(snapshot)
    for place in range(len(now().manifest.segments)):
        first = int(snapshot.first_rows[place])
        later = progress and partial(_later, progress, first, snapshot.rows)
        yield _build(path, now(), place, recipe, chosen, threads, later)


def _build(
    path: Directory,
    state: State,
    place: int,
    recipe: Recipe,
    where: npt.NDArray[np.bool_] | None,
    threads: int | None,
    progress: Progress | None,
) -> Manifest:
    block, metric = _block(state.snapshot, place, where), state.manifest.metric
    chosen = allowed(block)
    rows = np.flatnonzero(chosen)
    if not len(rows):
        return state.manifest
    begun = time.perf_counter()
    vectors = block.vectors if len(rows) == len(chosen) else block.vectors[rows]
    first = first_copies(vectors)
    heads = np.flatnonzero(first == np.arange(len(first)))
    graph = _builder(recipe.kind)(
        vectors if len(heads) == len(rows) else vectors[heads],
        metric,
        M=recipe.M,
        ef_construction=recipe.ef_construction,
        threads=threads,
        seed=recipe.seed,
        progress=progress,
    )
    if len(heads) < len(rows):
        graph = with_copies(graph, first)
        if progress:
            progress(len(rows), len(rows))
    graph = joined(graph)
    if len(rows) < len(chosen):
        graph = _spread(graph, rows, len(chosen))
    chosen &= reached(graph)  # rows that are unreachable even so are searched exactly
    built = time.perf_counter() - begun
    table = calibrate(graph, block, metric, threads=threads, seed=recipe.seed)
    covered = None if chosen.all() else as_words(chosen)
    facts = {
        **recipe._asdict(),
        "rows": int(np.count_nonzero(chosen)),
        "build_seconds": round(built, 3),
        "built": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return _written(path, state, place, *as_stored(graph, covered, table, facts))


def _builder(kind: str) -> Callable[..., Graph]:
    if kind == "hnswlib":
        from vecstore.index import hnsw_graph

        return hnsw_graph
    if kernels.engine().NAME != "native":
        warnings.warn(
            "The compiled core is missing: an index of many rows takes hours. "
            'Build one of kind "hnswlib".',
            stacklevel=2,
        )
    return grown_graph


def tuning(
    now: Now, path: Directory, *, queries: Float32s | None, threads: int | None
) -> Iterator[Manifest]:
    """Measure each index again and write the result; yield each manifest to commit.

    `queries` are like those that will be asked; None holds out rows.
    """
    for place, part in enumerate(list(now().parts.values())):
        if (index := part.index) is None:
            continue
        state = now()
        block = _block(state.snapshot, place, None)
        if index.covered is not None:
            covered = allowed(block._replace(mask=index.covered))
            block = block._replace(mask=as_words(allowed(block) & covered))
        table = calibrate(
            index.graph, block, state.manifest.metric, queries=queries, threads=threads
        )
        stored = as_stored(index.graph, index.covered, table, index.facts)
        yield _written(path, state, place, *stored)


def dropping(now: Now, path: Directory) -> Iterator[Manifest]:
    """Yield the manifest without indexes."""
    manifest = now().manifest
    yield replace(manifest, files=tuple(one for one in manifest.files if one.kind != "index"))


def described(state: State) -> list[dict[str, Any]]:
    """Return what is known about every index, as JSON values; of a damaged one, the problem."""
    found = []
    for entry, part in zip(state.manifest.indexes, state.parts.values(), strict=True):
        if entry is None:
            continue
        known: Mapping[str, Any] = {"file": entry.name, "bytes": entry.size}
        index = part.try_index()
        if isinstance(index, Index):
            found.append({**known, **index.facts, **index.table.to_json()})
        else:
            found.append({**known, "problem": str(index)})
    return found


def _later(progress: Progress, first: int, total: int, done: int, _: int | None) -> None:
    """Report the progress of a segment as progress of the whole store."""
    progress(first + done, total)


def _block(snapshot: Snapshot, place: int, where: npt.NDArray[np.bool_] | None) -> Block:
    part, block = snapshot.parts[place], snapshot.blocks[place]
    block = block._replace(codes=part.encode())
    if where is None:
        return block
    here = where[block.first_row :][: len(block.vectors)]
    return block._replace(mask=as_words(allowed(block) & here))


def _spread(graph: Graph, rows: npt.NDArray[np.int64], n: int) -> Graph:
    """Return a graph over some rows, renumbered among all n."""
    numbers = np.append(rows, NOBODY).astype(np.uint32)
    links = np.full((n, graph.links.shape[1]), NOBODY, np.uint32)
    links[rows] = numbers[np.minimum(graph.links, len(rows))]
    levels = list(graph.levels)
    if levels:
        levels[-1] = levels[-1]._replace(down=numbers[levels[-1].down])
        return graph._replace(links=links, levels=tuple(levels))
    return graph._replace(links=links, entry=int(rows[graph.entry]))


def _written(
    path: Directory,
    state: State,
    place: int,
    arrays: dict[str, npt.NDArray[Any]],
    metadata: dict[str, Any],
) -> Manifest:
    manifest = state.manifest
    segment, old = manifest.segments[place], manifest.indexes[place]
    entry = write_index(path, segment, state.generation + 1, arrays, metadata)
    files: list[FileEntry] = []
    for one in manifest.files:
        files += [] if one is old else [one]
        files += [entry] if one is segment else []
    return replace(manifest, files=tuple(files), generation=state.generation)
