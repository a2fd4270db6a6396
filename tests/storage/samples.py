"""Small stores that the tests of this folder build and look into."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from vecstore.storage import FileEntry, Generation, Manifest, build_keys, write_segment
from vecstore.storage.journal import Journal, read_journal
from vecstore.storage.journal_records import Record
from vecstore.storage.segments.tombstones import rows_of

DIM = 4

# One of each kind of array that a file of a store may hold.
ARRAYS = {
    "vectors": np.arange(30, dtype=np.float32).reshape(10, 3),
    "half": np.arange(7, dtype=np.float16),
    "keys/utf8": np.frombuffer(b"some bytes", np.uint8),
    "keys/offsets": np.array([0, 2**64 - 1], np.uint64),
    "scan/codes": np.array([[-128, 127]], np.int8),
}


def new_manifest(metric: str = "cosine", key_kind: str = "str", dim: int = DIM) -> Manifest:
    return Manifest(dim=dim, metric=metric, dtype="float32", key_kind=key_kind)


def vector_of(key: object) -> np.ndarray:
    """A vector that depends on the key alone, so that a reader can tell whose it is."""
    seed = np.frombuffer(str(key).encode().ljust(8, b"\0")[:8], np.uint32)
    return np.random.default_rng(seed).normal(size=DIM).astype(np.float32)


def add_segment(folder: Path, manifest: Manifest, keys: Sequence[object]) -> FileEntry:
    vectors = np.stack([vector_of(key) for key in keys])
    norms = (1 / np.linalg.norm(vectors, axis=1)).astype(np.float32)
    return write_segment(
        folder,
        manifest.next_number,
        build_keys(keys, manifest.key_kind),
        vectors,
        dim=DIM,
        metric=manifest.metric,
        inverse_norms=norms if manifest.metric == "cosine" else None,
    )


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def append(
    folder: Path,
    manifest: Manifest,
    commits: Iterable[tuple[Sequence[object], Sequence[int]]],
    *,
    durable: bool = True,
) -> None:
    """Append commits, each of keys that come and global rows that go, to the journal."""
    replay = read_journal(folder, manifest)
    journal = Journal(folder, manifest, replay, durable=durable)
    generation = manifest.generation + len(replay.records)
    for number, (keys, dead) in enumerate(commits, generation + 1):
        vectors = np.array([vector_of(key) for key in keys], np.float32).reshape(-1, DIM)
        listed = keys if manifest.key_kind == "str" else np.array(keys, np.int64)
        journal.append(Record(number, listed, vectors, np.array(dead, np.int64)))
    journal.close()


def contents(generation: Generation) -> dict[object, bytes]:
    """Every key with the bytes of its vector; the key tables must agree with them."""
    keys, vectors, dead = [], [], []
    for segment, deleted in zip(generation.segments, generation.deleted, strict=True):
        if deleted is not None:
            dead.extend((rows_of(deleted) + len(keys)).tolist())
        here = segment.keys.take(np.arange(segment.n)).tolist()
        assert segment.keys.find(here).tolist() == list(range(segment.n))
        keys.extend(here)
        vectors.extend(map(bytes, segment.vectors))
    for record in generation.journal.records:
        keys.extend(record.keys)
        vectors.extend(map(bytes, record.vectors))
        dead.extend(record.dead.tolist())
    live = sorted(set(range(len(keys))) - set(dead))
    found = {keys[row]: vectors[row] for row in live}
    assert len(found) == len(live)
    return found


def expected(keys: Sequence[object]) -> dict[object, bytes]:
    return {key: bytes(vector_of(key)) for key in keys}
