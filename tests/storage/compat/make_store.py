"""Makes the stores of the current format that later versions must read.

    python -m tests.storage.compat.make_store

Run it once, when a format is published; what it wrote is committed and never written again. It
refuses to run with any other version of the library than the one that it was written for.
"""

import json
import shutil
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np

import vecstore
from vecstore import ingest
from vecstore.storage import Subwords
from vecstore.storage.disk.versions import FORMAT

LIBRARY = "0.1.0"
HERE = Path(__file__).parent / "v1"

KEYS = ["north", "nørd", "", "a\0b", "鍵", *[f"row {i}" for i in range(60)]]


def main() -> None:
    """Write every store into one archive, most of which is zeros, and beside it what each holds."""
    assert (vecstore.__version__, FORMAT) == (LIBRARY, 1)
    assert not HERE.exists(), f"{HERE} is there already, and is not to be made again."
    HERE.mkdir()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder / "cosine.vecs", "cosine", "float32", KEYS)
        make(folder / "euclidean.vecs", "euclidean", "float16", [7 * i - 100 for i in range(65)])
        with vecstore.open(folder / "cosine.vecs") as store:
            ingest.export(store, folder / "cosine.h5", "hdf5")
        shutil.make_archive(str(HERE / "stores"), "zip", folder)


def make(path: Path, metric: str, dtype: str, keys: list[Any]) -> None:
    """Write a store with two segments, tombstones, subwords, attributes and a journal."""
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(len(keys), 5)).astype(dtype)
    kind = "str" if isinstance(keys[0], str) else "int"
    subwords = Subwords(rng.normal(size=(4, 5)).astype(np.float32), 3, 4)
    store = vecstore.create(path, dim=5, metric=metric, keys=kind, dtype=dtype)
    with store:
        store.add_batches(
            [(keys[:30], vectors[:30], attributes(30))],
            subwords=subwords,
            provenance={"source": "compass.txt", "model": "none", "parameters": {"seed": 1}},
        )
        store.add_batches([(keys[30:60], vectors[30:60])])
        store.delete(keys[3:6])
    with vecstore.open(path, mode="a") as store:
        store.add(keys[60:], vectors[60:], {"note": [f"né {i}" for i in range(5)]})
        store.upsert(keys[10:12], vectors[:2], attributes(2))
        store.set_attributes(keys[20:21], {"year": [None]})
        store.delete(keys[40:41])
        # What a writer leaves that is killed now; closing folds the journal into a segment.
        killed = {one.name: one.read_bytes() for one in path.iterdir()}
    for one in path.iterdir():
        one.unlink()
    for file, content in killed.items():
        (path / file).write_bytes(b"" if file == "writer.lock" else content)
    with vecstore.open(path) as store:
        text = json.dumps(holds(store), indent=1, ensure_ascii=False)
    (HERE / f"{path.name}.json").write_text(f"{text}\n", encoding="utf-8")


def attributes(n: int) -> dict[str, list[Any]]:
    """Columns of every type, with values missing."""
    return {
        "year": [None if i % 7 == 0 else 1990 + i for i in range(n)],
        "weight": [i / 8 for i in range(n)],
        "good": [None if i % 5 == 0 else i % 2 == 0 for i in range(n)],
        "title": [None if i % 3 == 0 else f"títle {i}" for i in range(n)],
        "day": [date(2020, 1, 1 + i % 28) for i in range(n)],
        "seen": [datetime(2021, 5, 6, 7, 8, i, 123456) for i in range(n)],
    }


def holds(store: vecstore.Store) -> dict[str, Any]:
    """Return everything that a store holds, as JSON has it: floats by their shortest decimals."""
    queries = np.linspace(-1, 1, 3 * store.dim).reshape(3, store.dim)
    found = store.search(queries, k=4)
    oov = store.oov(["unheard of"])[0].tolist() if store.key_kind == "str" else None
    columns = store.frame().drop("key")
    info = store.info()
    return {
        **{name: info[name] for name in ("rows", "dim", "metric", "dtype", "key_kind")},
        "keys": store.keys().tolist(),
        "vectors": store[store.keys().tolist()].tolist(),
        "attributes": {one.name: [plain(value) for value in one] for one in columns},
        "types": {one.name: str(one.dtype) for one in columns},
        "nearest": found.keys.tolist(),
        "oov": oov,
        "provenance": info["provenance"],
    }


def plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


if __name__ == "__main__":
    main()
