"""Guards for forked processes: threads stay in the parent, and so does whatever they had locked."""

import os
import sys
from pathlib import Path
from threading import RLock

from vecstore.errors import VecstoreError

__all__ = ["IMPORTING", "check_polars"]

#: Held while a library is first imported. A fork waits for it, so no child has one half imported.
IMPORTING = RLock()

_TASKS = Path("/proc/self/task")
_unusable = False
_uses = False


def check_polars() -> None:
    """Raise VecstoreError where polars would wait for threads that did not survive a fork."""
    if _unusable:
        raise VecstoreError(
            "polars does not work in a process that was forked after polars was used: it would "
            "wait for ever. Start workers with "
            'multiprocessing.get_context("spawn") or "forkserver", or use no table in them: '
            "searches work, and `where` as SQL text."
        )


def _before() -> None:
    global _uses
    IMPORTING.acquire()
    _uses = _has_pool()


def _in_parent() -> None:
    IMPORTING.release()


def _in_child() -> None:
    global _unusable
    IMPORTING.release()
    _unusable = _unusable or _uses


def _has_pool() -> bool:
    """Return whether polars has threads, or may have them."""
    if "polars" not in sys.modules:
        return False
    if not _TASKS.is_dir():
        return True
    for task in _TASKS.iterdir():
        try:
            name = (task / "comm").read_text().strip()
        except OSError:  # the thread has just ended
            continue
        if name.startswith("polars-") and name.removeprefix("polars-").isdigit():
            return True
    # If another thread is importing polars, its import lock stays locked in the child.
    return bool(getattr(sys.modules["polars"].__spec__, "_initializing", False))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
