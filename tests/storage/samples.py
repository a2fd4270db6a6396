"""Small stores that the tests of this folder build and look into."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vecstore.storage import FileEntry, Generation, Manifest, build_keys, write_segment

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


def contents(generation: Generation) -> dict[object, bytes]:
    """Every key with the bytes of its vector; the key tables must agree with them."""
    found = {}
    for segment in generation.segments:
        keys = segment.keys.take(np.arange(segment.n)).tolist()
        assert segment.keys.find(keys).tolist() == list(range(segment.n))
        found.update(zip(keys, map(bytes, segment.vectors), strict=True))
    return found


def expected(keys: Sequence[object]) -> dict[object, bytes]:
    return {key: bytes(vector_of(key)) for key in keys}
