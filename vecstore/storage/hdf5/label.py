"""The label of a file of arrays: all of an HDF5 file except the arrays.

The HDF5 library writes to a file in memory, of which only the pages that it touches exist: a few
kilobytes that say what each array is and where in the file it will lie. The library never writes
to the disk itself, because a disk that fills up during its work can crash the process.
"""

import io
import os
from _thread import allocate_lock, start_new_thread
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np

__all__ = ["ALIGNMENT", "Label", "make_label"]

#: Every array begins at a multiple of this many bytes: a page.
ALIGNMENT = 4096


class _Described(Protocol):
    """An array, or what will become one."""

    @property
    def dtype(self) -> np.dtype[Any]: ...
    @property
    def shape(self) -> tuple[int, ...]: ...


class Label(NamedTuple):
    """The layout that HDF5 made for a file."""

    size: int  # bytes of the whole file
    pages: dict[int, bytes]  # what to write besides the arrays, by offset
    offsets: dict[str, int]  # of every array, by path


def make_label(attributes: Mapping[str, str | int], arrays: Mapping[str, _Described]) -> Label:
    """Let HDF5 lay out a file of these arrays, in this order; only their dtypes and shapes count.

    Text attributes become ASCII of fixed length, integers int64. Raises ValueError for an empty
    array, because HDF5 gives it no place.
    """
    import h5py  # noqa: F401  # not in the new thread: a fork waits only for this one's imports

    made: list[Label] = []
    _beyond_signals(lambda: made.append(_label(attributes, arrays)))
    return made[0]


def _label(attributes: Mapping[str, str | int], arrays: Mapping[str, _Described]) -> Label:
    import h5py
    from h5py import h5d, h5p, h5s, h5t

    place = h5p.create(h5p.DATASET_CREATE)
    place.set_layout(h5d.CONTIGUOUS)
    place.set_alloc_time(h5d.ALLOC_TIME_EARLY)
    place.set_fill_time(h5d.FILL_TIME_NEVER)
    link = h5p.create(h5p.LINK_CREATE)
    link.set_create_intermediate_group(True)
    offsets = {}
    memory = _SparseMemory()
    # v108 keeps the file readable by HDF5 1.8, and is the first to put checksums on its metadata.
    with h5py.File(
        memory,
        "w",
        libver=("v108", "v110"),
        alignment_threshold=1,
        alignment_interval=ALIGNMENT,
    ) as file:
        for name, value in attributes.items():
            file.attrs[name] = np.bytes_(value, "ascii") if isinstance(value, str) else value
        for name, array in arrays.items():
            kind = h5t.py_create(array.dtype)
            space = h5s.create_simple(array.shape)
            dataset = h5d.create(file.id, name.encode(), kind, space, place, link)
            if not (offset := dataset.get_offset()):
                raise ValueError(f"`{name}` must not be empty; got shape {array.shape}.")
            offsets[name] = offset
    pages = {number * ALIGNMENT: bytes(page) for number, page in memory.pages.items()}
    return Label(memory.size, pages, offsets)


def _beyond_signals(call: Callable[[], object]) -> None:
    """Call in a thread of its own, where no signal handler runs."""
    # A handler may raise, KeyboardInterrupt for instance. Raised within the methods of
    # `_SparseMemory`, which HDF5 calls, HDF5 would turn it into another error.
    errors: list[BaseException] = []
    done = allocate_lock()
    done.acquire()

    def work() -> None:
        try:
            call()
        except BaseException as error:  # noqa: BLE001  # raised again below
            errors.append(error)
        finally:
            done.release()

    # Not `threading.Thread`: it takes what a handler raises within `start` for a failure to start
    # and clears its state, over which the running thread then trips.
    try:
        start_new_thread(work, ())
    except RuntimeError:  # the interpreter is ending, or the system grants no more threads
        call()
        return
    done.acquire()
    if errors:
        raise errors[0]


class _SparseMemory(io.RawIOBase):
    """A file in memory that holds only the pages written to. HDF5 reads nothing back."""

    def __init__(self) -> None:
        self.size = 0
        self.pages: dict[int, bytearray] = {}
        self._at = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        self._at = base + offset
        return self._at

    def truncate(self, size: int | None = None) -> int:
        self.size = self._at if size is None else size
        return self.size

    def write(self, data: Any) -> int:
        left = memoryview(data)
        while left:
            number, start = divmod(self._at, ALIGNMENT)
            page = self.pages.setdefault(number, bytearray(ALIGNMENT))
            count = min(len(left), ALIGNMENT - start)
            page[start : start + count] = left[:count]
            left = left[count:]
            self._at += count
        self.size = max(self.size, self._at)
        return len(data)
