"""What is in an HDF5 file of unknown origin, before anything in it is trusted.

Only hard links are followed: other links may lead to other files, or to a pipe that never ends. A
header may claim any number of rows: a file of 2 KB can hold a dataset of 10^12 rows that was never
written, or a string of 500 MB.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vecstore.errors import IngestError

if TYPE_CHECKING:
    import h5py

__all__ = ["attribute", "check_claims", "datasets", "groups", "hard_path", "visit_datasets"]

_DEEPEST = 64  # nested groups; HDF5 itself goes on until the stack overflows
_MOST_HOPS = 16

# Deflate expands one byte to 1032 at most.
_LARGEST_RATIO = 1100
_SMALL_CLAIM = 1 << 26  # bytes that may be claimed without any stored


def visit_datasets(root: "h5py.h5g.GroupID") -> Iterator[tuple[str, "h5py.h5d.DatasetID"]]:
    """Yield each dataset behind hard links once; raises RuntimeError if nested too deep."""
    from h5py import h5d

    return ((path, item) for path, item in _visit(root) if isinstance(item, h5d.DatasetID))


def groups(file: "h5py.File") -> Iterator["h5py.Group"]:
    """Yield each group behind hard links once; raises RuntimeError if nested too deep."""
    import h5py
    from h5py import h5g

    for _, item in _visit(h5g.open(file.id, b"/")):
        if isinstance(item, h5g.GroupID):
            yield h5py.Group(item)


def _visit(root: "h5py.h5g.GroupID") -> Iterator[tuple[str, "h5py.h5g.ObjectID"]]:
    from h5py import h5g, h5l, h5o

    info = h5o.get_info(root)
    seen = {(info.fileno, info.addr)}
    waiting = [(root, "", 0)]
    while waiting:
        group, prefix, depth = waiting.pop()
        found = []
        for name in group:
            if group.links.get_info(name).type != h5l.TYPE_HARD:
                continue
            item = h5o.open(group, name)
            info = h5o.get_info(item)
            if (info.fileno, info.addr) in seen:
                continue
            seen.add((info.fileno, info.addr))
            path = prefix + name.decode("utf-8", "surrogateescape")
            yield path, item
            if isinstance(item, h5g.GroupID):
                if depth == _DEEPEST:
                    raise RuntimeError(f"its groups are nested more than {_DEEPEST} deep")
                found.append((item, f"{path}/", depth + 1))
        waiting += reversed(found)


def datasets(file: "h5py.File") -> dict[str, "h5py.Dataset"]:
    """Return the datasets of a file by path, without the leading slash."""
    import h5py
    from h5py import h5g

    found = visit_datasets(h5g.open(file.id, b"/"))
    return dict(sorted((name, h5py.Dataset(one)) for name, one in found))


def hard_path(file: "h5py.File", path: Path, name: str) -> str:
    """Return a path without soft links; raises IngestError if one leads to another file."""
    from h5py import h5g, h5l, h5o

    left, group, done = name.strip("/").split("/"), h5g.open(file.id, b"/"), list[str]()
    for _ in range(_MOST_HOPS):
        while left:
            part = left[0].encode("utf-8", "surrogateescape")
            if not isinstance(group, h5g.GroupID) or not part or part not in group:
                return name.strip("/")
            kind = group.links.get_info(part).type
            if kind == h5l.TYPE_SOFT:
                break
            if kind != h5l.TYPE_HARD:
                raise IngestError(
                    f'"{name}" of {path} lies in another file, which is not read from here. '
                    f"Name that file instead."
                )
            group = h5o.open(group, part)
            done.append(left.pop(0))
        if not left:
            return "/".join(done)
        target = group.links.get_val(part).decode("utf-8", "surrogateescape")
        before = [] if target.startswith("/") else done
        left = [*before, *target.strip("/").split("/"), *left[1:]]
        group, done = h5g.open(file.id, b"/"), []
    raise IngestError(f'"{name}" of {path} is a link that leads in a circle.')


def attribute(item: "h5py.Group", name: str, path: Path) -> Any:
    """Return an attribute, None if absent; raises IngestError if it claims too much."""
    if name not in item.attrs:
        return None
    stored = item.attrs.get_id(name)
    # One string may claim 4 GiB, which HDF5 allocates before it sees that they are not there.
    # The storage size will not do: HDF5 raises an error if asked for that of an empty attribute.
    claimed = math.prod(stored.shape or ()) * stored.dtype.itemsize
    if claimed > (size := path.stat().st_size):
        raise IngestError(
            f'Attribute "{name}" of {path} claims {claimed:,} bytes; the file has {size:,}: it is '
            f"damaged."
        )
    return item.attrs[name]


def check_claims(dataset: "h5py.Dataset", path: Path) -> None:
    """Raise IngestError if a dataset lies in other files or cannot be what its header claims."""
    import h5py

    name = (dataset.name or "").lstrip("/")
    if dataset.is_virtual or dataset.external:
        raise IngestError(
            f'Dataset "{name}" of {path} is kept in other files, which are not read from here. '
            f"Copy its values into one file, or name those."
        )
    size = path.stat().st_size
    claimed = math.prod(dataset.shape or ()) * dataset.dtype.itemsize
    stored = min(dataset.id.get_storage_size(), size)
    if claimed > max(_SMALL_CLAIM, _LARGEST_RATIO * stored):
        raise IngestError(
            f'Dataset "{name}" of {path} claims {claimed:,} bytes, of which the file has {stored:,}'
            f": it is damaged, or was never written."
        )
    if dataset.dtype.kind == "O":
        if h5py.check_string_dtype(dataset.dtype) is None:
            raise IngestError(f'Dataset "{name}" of {path} holds neither strings nor numbers.')
        promised = sum(int(part.sum(dtype=np.uint64)) for part in _string_lengths(dataset, path))
        if promised > size:
            raise IngestError(
                f'The strings of dataset "{name}" of {path} claim {promised:,} bytes; the file has '
                f"{size:,}: it is damaged."
            )


def _string_lengths(dataset: "h5py.Dataset", path: Path) -> Iterator[npt.NDArray[np.uint32]]:
    """Yield the claimed lengths of strings; HDF5 itself would allocate as much first."""
    address, _ = dataset.file.id.get_create_plist().get_sizes()
    kept = np.dtype([("length", "<u4"), ("address", f"V{address}"), ("place", "<u4")])
    if dataset.chunks:
        yield from (part["length"] for part in _opaque_chunks(dataset, kept))
    elif (offset := dataset.id.get_offset()) is not None and dataset.size:
        if offset + dataset.size * kept.itemsize > path.stat().st_size:
            raise IngestError(f'Dataset "{dataset.name}" of {path} ends beyond the file.')
        yield np.memmap(path, kept, "r", offset, (dataset.size,))["length"]


def _opaque_chunks(dataset: "h5py.Dataset", kept: np.dtype[Any]) -> Iterator[npt.NDArray[Any]]:
    """Yield the chunks of a dataset before HDF5 makes strings of them."""
    import h5py

    # Decode the same bytes with the same filters, as opaque values in a file in memory. Strings
    # have no fixed length to shuffle by: HDF5 skips that filter and marks it in the mask.
    place = dataset.id.get_create_plist().copy()
    place.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    filters = [place.get_filter(number)[0] for number in range(place.get_nfilters())]
    if shuffled := h5py.h5z.FILTER_SHUFFLE in filters:
        place.remove_filter(h5py.h5z.FILTER_SHUFFLE)
    opaque = h5py.h5t.create(h5py.h5t.OPAQUE, kept.itemsize)
    with h5py.File("chunk", "w", driver="core", backing_store=False) as scratch:
        space = h5py.h5s.create_simple(dataset.chunks)
        made = h5py.h5d.create(scratch.id, b"chunk", opaque, space, place)
        for number in range(dataset.id.get_num_chunks()):
            start = dataset.id.get_chunk_info(number).chunk_offset
            mask, data = dataset.id.read_direct_chunk(start)
            if shuffled:
                at = filters.index(h5py.h5z.FILTER_SHUFFLE)
                mask = mask >> (at + 1) << at | mask & ((1 << at) - 1)
            made.write_direct_chunk((0,) * len(start), data, mask)
            found = np.empty(dataset.chunks, f"V{kept.itemsize}")
            made.read(h5py.h5s.ALL, h5py.h5s.ALL, found, mtype=opaque)
            # An edge chunk may hold anything beyond the dataset.
            inside = zip(dataset.shape, start, strict=True)
            yield found.view(kept)[tuple(slice(n - at) for n, at in inside)]
