"""Writing: many rows at once, one at a time and durable, a hundred, deleting, compacting.

The baselines are the disk itself: the same bytes written in one go and synced, and the same bytes
appended and synced for each row. Everything happens in the same folder, so on the same device.
"""

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import vecstore
from benchmarks import datasets
from benchmarks.stopwatch import Stopwatch
from benchmarks.stores import STORES, Opened, StoreKind

# Qdrant warns that its local mode is not made for so many rows.
pytestmark = pytest.mark.filterwarnings("ignore:Local mode is not recommended")

DIM = 100
ROWS, SMOKE_ROWS = 100_000, 500
# What a row of 100 floats and its key take in our journal.
RECORD_BYTES = 64 + 8 + 16 + 4 * DIM


@pytest.fixture(scope="module")
def rows(full_size: bool) -> datasets.Floats:
    count = ROWS if full_size else SMOKE_ROWS
    return np.random.default_rng(0).standard_normal((count, DIM)).astype(np.float32)


@pytest.fixture(params=STORES, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> StoreKind:
    pytest.importorskip(request.param.module, exc_type=ImportError)
    return request.param


def created(kind: StoreKind, path: Path) -> Opened:
    try:
        return kind.create(path, DIM)
    except ImportError as error:
        pytest.skip(f"{kind.name}: {error}")


@pytest.fixture
def opened(kind: StoreKind, tmp_path: Path) -> Iterator[Opened]:
    store = created(kind, tmp_path / "store")
    yield store
    store.close()


def bench_bulk_add(
    timed: Stopwatch, kind: StoreKind, rows: datasets.Floats, tmp_path: Path
) -> None:
    numbers = itertools.count()

    def added() -> int:
        store = created(kind, tmp_path / str(next(numbers)))
        store.add(0, rows)
        count = store.count()
        store.close()
        return count

    group = f"add {len(rows):,} x {DIM}"
    assert timed(added, group=group, name=kind.name, rows=len(rows)) == len(rows)


def bench_bulk_add_raw(timed: Stopwatch, rows: datasets.Floats, tmp_path: Path) -> None:
    """A quarter more bytes than the vectors, for what is computed from them."""
    more = np.concatenate([rows, rows[: len(rows) // 4]])
    numbers = itertools.count()

    def written() -> int:
        # A new file each time, as in a store: pages that were just freed are faster to get.
        path = tmp_path / str(next(numbers))
        with path.open("wb") as file:
            file.write(more.data)
            file.flush()
            os.fsync(file.fileno())
        return path.stat().st_size

    group = f"add {len(rows):,} x {DIM}"
    assert timed(written, group=group, name="write, sync", rows=len(rows)) == more.nbytes


@pytest.mark.parametrize("count", [1, 100])
def bench_upsert(
    timed: Stopwatch, kind: StoreKind, opened: Opened, rows: datasets.Floats, count: int
) -> None:
    numbers = itertools.count()

    def put() -> None:
        opened.upsert(next(numbers) * count % 10_000, rows[:count])

    timed(put, group=f"upsert {count} x {DIM}, durable", name=kind.name, rows=count)
    assert opened.count() >= count


@pytest.mark.parametrize("count", [1, 100])
def bench_upsert_raw(timed: Stopwatch, tmp_path: Path, count: int) -> None:
    path = tmp_path / "raw"
    record = bytes(RECORD_BYTES * count)
    with path.open("ab", buffering=0) as file:

        def append() -> None:
            file.write(record)
            os.fsync(file.fileno())

        timed(append, group=f"upsert {count} x {DIM}, durable", name="append, sync", rows=count)
    assert path.stat().st_size >= len(record)


def bench_delete(timed: Stopwatch, kind: StoreKind, opened: Opened, rows: datasets.Floats) -> None:
    """One key each time; what is to be deleted was added before."""
    rows = rows[:5000]  # Qdrant takes minutes to add more
    opened.add(0, rows)
    numbers = itertools.count()
    timed(lambda: opened.delete(next(numbers) % len(rows), 1), group="delete 1", name=kind.name)
    assert opened.count() < len(rows)


def bench_compact(timed: Stopwatch, rows: datasets.Floats, tmp_path: Path) -> None:
    numbers = itertools.count()

    def compacted() -> int:
        with vecstore.create(tmp_path / str(next(numbers)), DIM) as store:
            keys = [f"key {row}" for row in range(len(rows))]
            store.add(keys, rows)
            store.delete(keys[::3])
            store.compact()
            return store.info()["deleted"] + len(store)

    group = f"add {len(rows):,} x {DIM}, delete a third, compact"
    assert timed(compacted, group=group, name="vecstore") == len(rows) - len(rows[::3])


OPEN = """
import sys, time
import numpy, vecstore
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
before = resident()
start = time.perf_counter()
store = vecstore.open(sys.argv[1])
seconds = time.perf_counter() - start
assert "key 7" in store
print(len(store), seconds, resident() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("count", [10_000, 400_000, 1_000_000])
def bench_open_cold_process(timed: Stopwatch, full_size: bool, tmp_path: Path, count: int) -> None:
    """Opening in a process that has just begun: its time, and the memory that it takes."""
    count = count if full_size else count // 1000
    path = tmp_path / "a.vecs"
    with vecstore.create(path, DIM) as store:
        store.add_batches(
            ([f"key {row}" for row in range(start, start + 1000)], np.ones((1000, DIM)))
            for start in range(0, count, 1000)
        )
        bytes_each = sum(store.info()["files"].values()) / len(store)
    command = [sys.executable, "-c", OPEN, str(path)]

    def opened() -> list[str]:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()

    length, seconds, resident = timed(opened, group="a process that opens", name=f"{count:,} keys")
    timed._benchmark.extra_info.update(
        open_ms=1e3 * float(seconds), resident_mb=int(resident) / 1e6, bytes_each=bytes_each
    )
    print(
        f"{count:,} keys: open {1e3 * float(seconds):.1f} ms, {int(resident) / 1e6:.1f} MB "
        f"resident, {bytes_each:.0f} bytes on disk for each"
    )
    assert int(length) == max(count, 1000)
    assert int(resident) < 20e6
