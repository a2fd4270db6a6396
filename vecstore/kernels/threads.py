"""How many threads an engine may use, and how the engines in Python use them."""

import math
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TypeVar

from vecstore.arrays import MOST_THREADS, check_count

__all__ = ["check_threads", "in_threads", "thread_count"]

Task = TypeVar("Task")
Result = TypeVar("Result")

_CGROUPS = Path("/sys/fs/cgroup")


def thread_count(threads: int | None = None) -> int:
    """Return the number of threads to use; None takes ``VECSTORE_THREADS``, or what is granted.

    Raises ValueError if ``VECSTORE_THREADS`` is not a whole number from 1 to 4096.
    """
    if threads is not None:
        return threads
    wished = os.environ.get("VECSTORE_THREADS")
    if wished is None:
        # The processors that this process may run on, cut to its CPU quota.
        return int(max(1, min(_processors(), _quota())))
    if not wished.isdecimal() or not wished.strip("0"):
        raise ValueError(
            f'`VECSTORE_THREADS` must be a whole number of at least 1; got "{wished}".'
        )
    # Python refuses to read thousands of digits.
    digits = wished.lstrip("0")
    if len(digits) > len(str(MOST_THREADS)) or int(digits) > MOST_THREADS:
        raise ValueError(f'`VECSTORE_THREADS` must be at most {MOST_THREADS}; got "{wished[:40]}".')
    return int(digits)


def check_threads(threads: int | None) -> int:
    """Return the thread count for a caller's wish; ValueError if not 1 to `MOST_THREADS`."""
    return thread_count(
        None if threads is None else check_count(threads, "threads", most=MOST_THREADS)
    )


def in_threads(work: Callable[[Task], Result], tasks: Iterable[Task], threads: int) -> list[Result]:
    """Return ``[work(task) for task in tasks]``; it gains only if `work` releases the GIL."""
    waiting = list(tasks)
    if threads == 1 or len(waiting) < 2:
        return [work(task) for task in waiting]
    # A pool per call costs some 50 microseconds per thread. In return, there is no state for a fork
    # to break.
    with ThreadPoolExecutor(min(threads, len(waiting))) as pool:
        return list(pool.map(work, waiting))


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache  # reading it takes longer than many a search
def _quota() -> float:
    """Return how many processors the control group grants, rounded up; inf without a limit."""
    # As in `csrc/core/threads.cpp`.
    file = _CGROUPS / _own_group() / "cpu.max"
    if not file.is_file():  # in a container, its own group is the root of what it sees
        file = _CGROUPS / "cpu.max"
    if not file.is_file():
        return math.inf
    quota, period = file.read_text().split()
    return math.inf if quota == "max" else math.ceil(int(quota) / int(period))


def _own_group() -> str:
    """Return the path of this process's control group (version 2), relative to their root."""
    groups = Path("/proc/self/cgroup")
    for line in groups.read_text().splitlines() if groups.is_file() else []:
        if line.startswith("0::/"):
            return line.removeprefix("0::/")
    return ""
