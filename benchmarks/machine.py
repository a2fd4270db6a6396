"""What this machine can do at best, measured in the same run as what is compared with it."""

import platform
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

__all__ = ["THREADS", "Machine", "best_of", "held_to", "measure"]

Result = TypeVar("Result")

#: Everybody gets as many threads as this: ours, BLAS, OpenMP.
THREADS = 2

# Several times the largest last-level cache of a desktop machine.
_READ_BYTES = 1 << 29
_SGEMM_SIZE = 2048
_ROUNDS = 5


class Machine(NamedTuple):
    """A processor and its measured limits.

    Attributes
    ----------
    cpu : str
        What the processor calls itself.
    threads : int
        How many "all" are.
    read_1, read_all : float
        GB/s (1e9 bytes) read from memory by one thread and by all.
    sgemm_1, sgemm_all : float
        GFLOP/s of NumPy's float32 matrix product with one thread and with all.
    """

    cpu: str
    threads: int
    read_1: float
    read_all: float
    sgemm_1: float
    sgemm_all: float

    def read(self, threads: int) -> float:
        return self.read_1 if threads == 1 else self.read_all

    def sgemm(self, threads: int) -> float:
        return self.sgemm_1 if threads == 1 else self.sgemm_all

    def __str__(self) -> str:
        return (
            f"{self.cpu}, {self.threads} threads: {self.read_all:.1f} GB/s read from memory, "
            f"{self.sgemm_all:.0f} GFLOP/s sgemm; one: {self.read_1:.1f} and {self.sgemm_1:.0f}"
        )


def measure(scale: float = 1.0, threads: int = THREADS) -> Machine:
    """Measure the limits; a scale below 1 takes less time and means less."""
    n_bytes = max(1 << 16, int(_READ_BYTES * scale))
    size = max(64, int(_SGEMM_SIZE * scale))
    return Machine(
        cpu(),
        threads,
        *(read_rate(n_bytes, count) for count in (1, threads)),
        *(sgemm_rate(size, count) for count in (1, threads)),
    )


def read_rate(n_bytes: int, threads: int) -> float:
    """Return GB/s: each thread reads a part of memory once, by BLAS's sdot of it with itself.

    STREAM's triad writes a third of its traffic; a scan writes nothing, so its limit is reading.
    """
    values = np.ones(n_bytes // 4, dtype=np.float32)
    parts = np.array_split(values, threads)
    with held_to(1), ThreadPoolExecutor(threads) as pool:
        seconds, sums = best_of(_ROUNDS, lambda: list(pool.map(lambda part: part @ part, parts)))
    assert np.isclose(sum(sums), len(values))
    return values.nbytes / seconds / 1e9


def sgemm_rate(size: int, threads: int) -> float:
    """Return GFLOP/s of a square float32 product that is written to memory there already."""
    values = np.ones((size, size), dtype=np.float32)
    out = np.empty_like(values)
    with held_to(threads):
        seconds, _ = best_of(_ROUNDS, lambda: np.matmul(values, values, out=out))
    assert (out == size).all()
    return 2 * size**3 / seconds / 1e9


def best_of(rounds: int, work: Callable[[], Result]) -> tuple[float, Result]:
    """Return the shortest time in seconds, and what the work returned."""
    shortest = np.inf
    for _ in range(rounds):
        start = time.perf_counter()
        result = work()
        shortest = min(shortest, time.perf_counter() - start)
    return shortest, result


@contextmanager
def held_to(threads: int) -> Iterator[None]:
    """Hold every BLAS and OpenMP that is loaded by now to so many threads."""
    with threadpool_limits(threads):
        yield


def cpu() -> str:
    """Return the name of the processor."""
    listed = Path("/proc/cpuinfo")
    names = [line for line in _lines(listed) if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else platform.processor() or "unknown CPU"


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []
