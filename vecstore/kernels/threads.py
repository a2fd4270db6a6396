"""How many threads an engine may use, and how the portable engine uses them."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TypeVar

__all__ = ["in_threads", "thread_count"]

Task = TypeVar("Task")
Result = TypeVar("Result")

_CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def thread_count(threads: int | None = None) -> int:
    """Return the number of threads to use.

    Parameters
    ----------
    threads : int or None
        The caller's wish; None takes ``VECSTORE_THREADS``, and without it the processors that this
        process may run on, cut to its CPU quota.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    ValueError
        If ``VECSTORE_THREADS`` is not a whole number of at least 1.
    """
    if threads is not None:
        return threads
    wished = os.environ.get("VECSTORE_THREADS")
    if wished is None:
        return max(1, min(_processors(), _quota()))
    if not wished.isdecimal() or int(wished) < 1:
        raise ValueError(
            f'`VECSTORE_THREADS` must be a whole number of at least 1; got "{wished}".'
        )
    return int(wished)


def in_threads(work: Callable[[Task], Result], tasks: Iterable[Task], threads: int) -> list[Result]:
    """Return ``[work(task) for task in tasks]``, worked on by several threads.

    The work must release the GIL to gain anything.
    """
    waiting = list(tasks)
    if threads == 1 or len(waiting) < 2:
        return [work(task) for task in waiting]
    # A pool per call costs some 50 microseconds a thread; in return there is no state that a
    # fork could break.
    with ThreadPoolExecutor(min(threads, len(waiting))) as pool:
        return list(pool.map(work, waiting))


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _quota() -> int:
    """Return the processors' worth of time that the container grants, rounded up; asked once."""
    if not _CGROUP_QUOTA.exists():
        return _processors()
    quota, period = _CGROUP_QUOTA.read_text().split()
    return _processors() if quota == "max" else -(-int(quota) // int(period))
