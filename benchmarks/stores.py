"""Stores on disk, ours and theirs, each written to the way its own documentation writes.

vecstore and SQLite are told to sync every commit. LanceDB writes a new version of its table and
leaves syncing to the system. Chroma and Qdrant keep their data in SQLite, with settings of their
own.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol

import vecstore
from benchmarks.datasets import Floats

__all__ = [
    "STORES",
    "Chroma",
    "Lance",
    "Opened",
    "Qdrant",
    "SqliteVec",
    "StoreKind",
    "Vecstore",
]


class Opened(Protocol):
    """A store that is open for writing; row i has the key ``f"key {i}"``."""

    def add(self, first: int, vectors: Floats) -> None:
        """Add rows from number `first` on."""

    def upsert(self, first: int, vectors: Floats) -> None:
        """Put rows, there or not."""

    def delete(self, first: int, count: int) -> None:
        """Delete rows."""

    def count(self) -> int:
        """How many rows there are."""


class StoreKind(NamedTuple):
    """A library that keeps vectors on disk: its name, its module, how to make a store with it."""

    name: str
    module: str
    create: Callable[[Path, int], Opened]


def _keys(first: int, count: int) -> list[str]:
    return [f"key {row}" for row in range(first, first + count)]


class Vecstore:
    def __init__(self, path: Path, dim: int) -> None:
        self._store = vecstore.create(path, dim)

    def add(self, first: int, vectors: Floats) -> None:
        self._store.add(_keys(first, len(vectors)), vectors)

    def upsert(self, first: int, vectors: Floats) -> None:
        self._store.upsert(_keys(first, len(vectors)), vectors)

    def delete(self, first: int, count: int) -> None:
        self._store.delete(_keys(first, count))

    def count(self) -> int:
        return len(self._store)

    def close(self) -> None:
        self._store.close()


class SqliteVec:
    def __init__(self, path: Path, dim: int) -> None:
        import sqlite3

        import sqlite_vec

        if not hasattr(sqlite3.Connection, "enable_load_extension"):
            raise ImportError("this Python's sqlite3 loads no extensions")
        self._db = sqlite3.connect(path)
        self._db.enable_load_extension(True)
        sqlite_vec.load(self._db)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        table = f"CREATE VIRTUAL TABLE v USING vec0(key TEXT PRIMARY KEY, x float[{dim}])"
        self._db.execute(table)

    def add(self, first: int, vectors: Floats) -> None:
        rows = zip(_keys(first, len(vectors)), map(bytes, vectors), strict=True)
        with self._db:
            self._db.executemany("INSERT INTO v(key, x) VALUES (?, ?)", rows)

    def upsert(self, first: int, vectors: Floats) -> None:
        names = _keys(first, len(vectors))
        with self._db:
            self._db.executemany("DELETE FROM v WHERE key = ?", [(name,) for name in names])
            rows = zip(names, map(bytes, vectors), strict=True)
            self._db.executemany("INSERT INTO v(key, x) VALUES (?, ?)", rows)

    def delete(self, first: int, count: int) -> None:
        with self._db:
            rows = [(name,) for name in _keys(first, count)]
            self._db.executemany("DELETE FROM v WHERE key = ?", rows)

    def count(self) -> int:
        return self._db.execute("SELECT count(*) FROM v").fetchone()[0]

    def close(self) -> None:
        self._db.close()


class Lance:
    def __init__(self, path: Path, dim: int) -> None:
        import lancedb
        import pyarrow

        vector = pyarrow.list_(pyarrow.float32(), dim)
        schema = pyarrow.schema([("key", pyarrow.string()), ("vector", vector)])
        self._table = lancedb.connect(path).create_table("v", schema=schema)
        self._schema = schema

    def _rows(self, first: int, vectors: Floats) -> object:
        import pyarrow

        flat = pyarrow.array(vectors.reshape(-1))
        column = pyarrow.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
        names = pyarrow.array(_keys(first, len(vectors)))
        return pyarrow.table([names, column], schema=self._schema)

    def add(self, first: int, vectors: Floats) -> None:
        self._table.add(self._rows(first, vectors))

    def upsert(self, first: int, vectors: Floats) -> None:
        merge = self._table.merge_insert("key").when_matched_update_all()
        merge.when_not_matched_insert_all().execute(self._rows(first, vectors))

    def delete(self, first: int, count: int) -> None:
        self._table.delete(f"key IN ({', '.join(map(repr, _keys(first, count)))})")

    def count(self) -> int:
        return self._table.count_rows()

    def close(self) -> None:
        """Nothing is held open."""


class Chroma:
    def __init__(self, path: Path, dim: int) -> None:
        import chromadb

        self._rows = chromadb.PersistentClient(str(path)).create_collection("v")

    def _calls(self, call: Callable[..., object], first: int, vectors: Floats) -> None:
        for start in range(0, len(vectors), 5000):  # its largest batch is a little above
            some = vectors[start : start + 5000]
            call(ids=_keys(first + start, len(some)), embeddings=some)

    def add(self, first: int, vectors: Floats) -> None:
        self._calls(self._rows.add, first, vectors)

    def upsert(self, first: int, vectors: Floats) -> None:
        self._calls(self._rows.upsert, first, vectors)

    def delete(self, first: int, count: int) -> None:
        self._rows.delete(ids=_keys(first, count))

    def count(self) -> int:
        return self._rows.count()

    def close(self) -> None:
        """It closes itself."""


class Qdrant:
    def __init__(self, path: Path, dim: int) -> None:
        from qdrant_client import QdrantClient, models

        self._models = models
        self._client = QdrantClient(path=str(path))
        config = models.VectorParams(size=dim, distance=models.Distance.COSINE)
        self._client.create_collection("v", vectors_config=config)

    def add(self, first: int, vectors: Floats) -> None:
        self.upsert(first, vectors)

    def upsert(self, first: int, vectors: Floats) -> None:
        ids = list(range(first, first + len(vectors)))  # it has no string keys
        batch = self._models.Batch(ids=ids, vectors=vectors.tolist())
        self._client.upsert("v", points=batch)

    def delete(self, first: int, count: int) -> None:
        ids = list(range(first, first + count))
        self._client.delete("v", points_selector=self._models.PointIdsList(points=ids))

    def count(self) -> int:
        return self._client.count("v").count

    def close(self) -> None:
        self._client.close()


STORES = (
    StoreKind("vecstore", "vecstore", Vecstore),
    StoreKind("sqlite-vec", "sqlite_vec", SqliteVec),
    StoreKind("LanceDB", "lancedb", Lance),
    StoreKind("Chroma", "chromadb", Chroma),
    StoreKind("Qdrant, local", "qdrant_client", Qdrant),
)
