"""Stores that have one of everything, made by the storage layer alone, and ways to damage them."""

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np

from vecstore.kernels import reference
from vecstore.storage import (
    FileEntry,
    Journal,
    Manifest,
    Record,
    Subwords,
    build_keys,
    commit,
    read_journal,
    read_latest,
    reclaim,
    write_segment,
    write_subwords,
    write_tombstones,
)
from vecstore.storage.attributes import attribute_arrays, encode_attributes
from vecstore.storage.columns import Column
from vecstore.storage.disk import files
from vecstore.storage.disk.lock import WriterLock
from vecstore.storage.keys.strings import PackedStrings

DIM = 6
SCHEMA = {"year": "int64", "title": "string", "read": "bool"}


def make_store(
    folder: Path,
    metric: str = "cosine",
    key_kind: str = "str",
    dtype: str = "float32",
    rows: tuple[int, ...] = (40, 25),
) -> Manifest:
    """Make a store of segments with codes and attributes, tombstones, subwords and a journal."""
    folder.mkdir()
    rng = np.random.default_rng(7)
    manifest = Manifest(dim=DIM, metric=metric, dtype=dtype, key_kind=key_kind, schema=SCHEMA)
    with WriterLock(folder):
        for n in rows:
            manifest = manifest.adding(_segment(folder, manifest, n, rng))
        deleted = np.zeros(-(-rows[0] // 64), np.uint64)
        deleted[0] = 2**3 | 2**17
        grave = write_tombstones(folder, manifest.segments[0], 1, deleted)
        subwords = Subwords(rng.normal(size=(9, DIM)).astype(np.float32), 3, 5)
        entry = write_subwords(folder, manifest.next_number, subwords)
        manifest = commit(folder, manifest.adding(grave, entry))
        append_records(folder, manifest, rng)
        reclaim(folder, manifest)
    return manifest


def append_records(folder: Path, manifest: Manifest, rng: np.random.Generator) -> None:
    """Append commits: three rows that come, one that takes the place of another, two that go."""
    journal = Journal(folder, manifest, read_journal(folder, manifest), durable=True)
    n, generation = manifest.rows, manifest.generation
    for came, went in ((3, []), (1, [5]), (0, [n - 1, n + 1])):
        # The second record is an upsert of the key of row 5.
        first = 5 if went == [5] else n
        generation += 1
        keys = keys_of(manifest.key_kind, first, came)
        listed = np.array(keys, np.int64) if manifest.key_kind == "int" else keys
        vectors = rng.normal(size=(came, DIM)).astype(manifest.dtype)
        columns = encode_attributes(columns_of(came)) if came else b""
        journal.append(Record(generation, listed, vectors, np.array(went, np.int64), columns))
        n += came
    journal.close()


def keys_of(key_kind: str, first: int, n: int) -> list[object]:
    """Keys by row, so that none comes twice."""
    numbers = range(first, first + n)
    return [3 * i - 7 if key_kind == "int" else f"key nø {i}" for i in numbers]


def columns_of(n: int) -> dict[str, Column]:
    """Attributes of n rows; every third year is not known."""
    valid = (np.arange(n) % 3 > 0).astype(np.uint8)
    return {
        "year": Column("int64", 1990 + np.arange(n) * valid, valid),
        "title": Column("string", PackedStrings.pack([f"tïtle {i}" for i in range(n)])),
        "read": Column("bool", (np.arange(n) % 2).astype(np.uint8)),
    }


def patch(path: Path, dataset: str, place: tuple[int, ...] | int, value: object) -> None:
    """Change one element of an array in a file, behind everybody's back."""
    with h5py.File(path) as file:
        array = file[dataset][()]
        offset = file[dataset].id.get_offset()
    array[place] = value
    with path.open("r+b") as raw:
        raw.seek(offset)
        raw.write(array.tobytes())


def reseal(folder: Path) -> None:
    """Write the manifest again, with the sizes and checksums that the files have now."""
    manifest = read_latest(folder)
    entries = [_stamped(folder, entry) for entry in manifest.files]
    old = read_journal(folder, manifest)
    manifest = commit(folder, replace(manifest, files=tuple(entries)))
    journal = Journal(folder, manifest, read_journal(folder, manifest), durable=True)
    for record in old.records:
        journal.append(record._replace(generation=record.generation + 1))
    journal.close()
    reclaim(folder, manifest)


def _stamped(folder: Path, entry: FileEntry) -> FileEntry:
    size, checksum = files.stamp(folder / entry.name)
    return replace(entry, size=size, checksum=checksum)


def _segment(folder: Path, manifest: Manifest, n: int, rng: np.random.Generator) -> FileEntry:
    vectors = rng.normal(size=(n, DIM)).astype(manifest.dtype)
    cosine = manifest.metric == "cosine"
    return write_segment(
        folder,
        manifest.next_number,
        build_keys(keys_of(manifest.key_kind, manifest.rows, n), manifest.key_kind),
        vectors,
        dim=DIM,
        metric=manifest.metric,
        dtype=manifest.dtype,
        inverse_norms=reference.inverse_norms(vectors) if cosine else None,
        codes=reference.encode(vectors, manifest.metric, np.zeros(DIM, np.float32)),
        extra=attribute_arrays(columns_of(n)),
    )
