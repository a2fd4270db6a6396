"""Ways to damage a store: as disks and people do, and as somebody does who knows the format.

A mutation is *honest* if nothing in it was made to fit: bits flip, blocks vanish, files are mixed
up. A *hostile* one has the right sizes and checksums everywhere, so that nothing but what opening
validates stands between it and the process.
"""

import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

from tests.storage.jenkins import fix_checksums
from vecstore.storage.disk import files, names
from vecstore.storage.disk.sealed import seal

Random = np.random.Generator


class Mutation(NamedTuple):
    """What was done to a store."""

    what: str
    target: str
    honest: bool


def mutate(folder: Path, others: list[Path], rng: Random) -> Mutation:
    """Damage a store in one way; `others` are stores to take files from."""
    honest = bool(rng.random() < 0.6)
    choices = HONEST if honest else HOSTILE
    act = choices[rng.integers(len(choices))]
    target = act(folder, others, rng)
    return Mutation(act.__name__, target, honest)


def _pick(folder: Path, rng: Random, *kinds: str) -> Path:
    """Choose a kind of file, then one of the kind, so that there are as many of each."""
    kind = kinds[rng.integers(len(kinds))]
    paths = sorted(folder.glob(f"{kind}-*"))
    return paths[rng.integers(len(paths))]


KINDS = ("manifest", "segment", "segment", "tombstones", "journal", "journal", "subwords")


def _place(content: bytes, rng: Random) -> int:
    """Choose a byte; every other time one of the first, where the labels are."""
    return int(rng.integers(min(len(content), 4096) if rng.random() < 0.5 else len(content)))


def _span(content: bytes, rng: Random) -> slice:
    start = _place(content, rng)
    return slice(start, start + int(2 ** rng.uniform(0, 12)))


# Honest ones.


def flip_bits(folder: Path, others: list[Path], rng: Random) -> str:
    path = _pick(folder, rng, *KINDS)
    content = bytearray(path.read_bytes())
    for _ in range(rng.integers(1, 9)):
        content[_place(content, rng)] ^= 1 << int(rng.integers(8))
    path.write_bytes(content)
    return path.name


def fill_range(folder: Path, others: list[Path], rng: Random) -> str:
    path = _pick(folder, rng, *KINDS)
    content = bytearray(path.read_bytes())
    span = _span(content, rng)
    n = len(content[span])
    fill = [bytes(n), b"\xff" * n, rng.bytes(n)][rng.integers(3)]
    content[span] = fill
    path.write_bytes(content)
    return path.name


def duplicate_range(folder: Path, others: list[Path], rng: Random) -> str:
    """Put a piece of a file over another piece, or between two bytes."""
    path = _pick(folder, rng, *KINDS)
    content = bytearray(path.read_bytes())
    piece = content[_span(content, rng)]
    start = _place(content, rng)
    over = len(piece) if rng.random() < 0.5 else 0
    content[start : start + over] = piece
    path.write_bytes(content)
    return path.name


def truncate(folder: Path, others: list[Path], rng: Random) -> str:
    path = _pick(folder, rng, *KINDS)
    content = path.read_bytes()
    path.write_bytes(content[: _place(content, rng)])
    return path.name


def extend(folder: Path, others: list[Path], rng: Random) -> str:
    path = _pick(folder, rng, *KINDS)
    n = int(rng.integers(1, 5000))
    tail = [bytes(n), rng.bytes(n), path.read_bytes()[:n]][rng.integers(3)]
    path.write_bytes(path.read_bytes() + tail)
    return path.name


def remove(folder: Path, others: list[Path], rng: Random) -> str:
    path = _pick(folder, rng, *KINDS)
    path.unlink()
    return path.name


def swap(folder: Path, others: list[Path], rng: Random) -> str:
    """Exchange two files of the store."""
    one, other = _pick(folder, rng, *KINDS), _pick(folder, rng, *KINDS)
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    return f"{one.name} {other.name}"


def take_from_another_store(folder: Path, others: list[Path], rng: Random) -> str:
    path = _pick(folder, rng, *KINDS)
    kind = path.name.partition("-")[0]
    path.write_bytes(_pick(others[rng.integers(len(others))], rng, kind).read_bytes())
    return path.name


# Hostile ones.


def forge_manifest(folder: Path, others: list[Path], rng: Random) -> str:
    """Change a field of the manifest to something else, and seal it."""
    path, fields = _manifest(folder)
    owner, name = fields, "files"
    if rng.random() < 0.3:
        name = sorted(fields)[rng.integers(len(fields))]
    while isinstance(owner[name], dict | list) and owner[name] and rng.random() < 0.8:
        owner = owner[name]
        inside = sorted(owner) if isinstance(owner, dict) else range(len(owner))
        name = inside[rng.integers(len(inside))]
    number = int(2 ** rng.uniform(0, 70))
    values = [None, -1, 0, 1, number, 1.5, "", "x", "../x", [], {}, True, "0" * 32, "segment"]
    owner[name] = values[rng.integers(len(values))]
    if rng.random() < 0.1:
        del owner[name]
    path.write_bytes(seal(fields))
    return f"{path.name} {name}"


def forge_bytes(folder: Path, others: list[Path], rng: Random) -> str:
    """Flip bits of a file, and enter its new checksum in the manifest."""
    target = flip_bits(folder, others, rng)
    _enter(folder)
    return target


def forge_size(folder: Path, others: list[Path], rng: Random) -> str:
    target = truncate(folder, others, rng)
    _enter(folder)
    return target


def forge_range(folder: Path, others: list[Path], rng: Random) -> str:
    target = duplicate_range(folder, others, rng)
    _enter(folder)
    return target


def forge_label(folder: Path, others: list[Path], rng: Random) -> str:
    """Flip bits of what HDF5 says about the arrays, and make its checksums right again."""
    path = _pick(folder, rng, "segment", "segment", "subwords")
    content = bytearray(path.read_bytes())
    for _ in range(rng.integers(1, 4)):
        place = int(rng.choice(_label_bytes(path)))
        content[place] = (
            (content[place] ^ (1 << int(rng.integers(8))))
            if rng.random() < 0.7
            else (int(rng.choice([0, 1, 0x7F, 0x80, 0xFF])))
        )
    path.write_bytes(fix_checksums(content))
    _enter(folder)
    return path.name


def forge_record(folder: Path, others: list[Path], rng: Random) -> str:
    """Change a field or a byte of a record of the journal, and its checksum."""
    path = _pick(folder, rng, "journal")
    content = bytearray(path.read_bytes())
    starts, at = [], 64
    while at < len(content):
        starts.append(at)
        at += int.from_bytes(content[at + 8 : at + 16], "little")
    start = starts[rng.integers(len(starts))]
    end = start + int.from_bytes(content[start + 8 : start + 16], "little")
    if rng.random() < 0.5:
        field = start + 8 * int(rng.integers(2, 8))
        content[field : field + 8] = int(2 ** rng.uniform(0, 64) - 1).to_bytes(8, "little")
    else:
        for _ in range(rng.integers(1, 5)):
            content[int(rng.integers(start + 16, end))] ^= 1 << int(rng.integers(8))
    seed = zlib.crc32(content[32:48])
    checksum = zlib.crc32(content[start + 8 : end], seed)
    content[start + 4 : start + 8] = checksum.to_bytes(4, "little")
    path.write_bytes(content)
    return f"{path.name} at {start}"


def rewrite_arrays(folder: Path, others: list[Path], rng: Random) -> str:
    """Write a file of arrays anew with one array that is not as it should be."""
    path = _pick(folder, rng, "segment", "segment", "subwords")
    with h5py.File(path) as file:
        label = dict(file.attrs)
        arrays = {}
        file.visititems(
            lambda name, one: arrays.update({name: one[()]}) if hasattr(one, "shape") else None
        )
    victim = sorted(arrays)[rng.integers(len(arrays))]
    if rng.random() < 0.2:
        label[sorted(label)[rng.integers(len(label))]] = [-1, 0, 2**40, b"x", 1.5][rng.integers(5)]
    how = _CHANGES[rng.integers(len(_CHANGES))]
    arrays[victim] = how(arrays[victim], rng)
    path.unlink()
    with h5py.File(path, "w", libver=("v108", "v110")) as file:
        for name, value in label.items():
            file.attrs[name] = value
        for name, array in arrays.items():
            if array is not None:
                chunks = True if name == victim and rng.random() < 0.1 and array.size else None
                file.create_dataset(name, data=array, chunks=chunks)
    _enter(folder)
    return f"{path.name} {victim} {how.__name__}"


def _lose(array: np.ndarray, rng: Random) -> np.ndarray | None:
    return None


def _shorten(array: np.ndarray, rng: Random) -> np.ndarray:
    return array[: rng.integers(len(array))]


def _turn(array: np.ndarray, rng: Random) -> np.ndarray:
    return array.T if array.ndim > 1 else array[:, None]


def _convert(array: np.ndarray, rng: Random) -> np.ndarray:
    kinds = ["<f8", ">f4", "<f2", "<i8", "<u8", ">u8", "|u1", "|i1", "<i4", "S3"]
    with np.errstate(all="ignore"):
        return array.astype(kinds[rng.integers(len(kinds))])


def _noise(array: np.ndarray, rng: Random) -> np.ndarray:
    raw = np.frombuffer(rng.bytes(array.nbytes), array.dtype)
    return raw.reshape(array.shape)


def _equal(array: np.ndarray, rng: Random) -> np.ndarray:
    return np.broadcast_to(array.reshape(-1)[rng.integers(array.size)], array.shape)


def _shuffle(array: np.ndarray, rng: Random) -> np.ndarray:
    return rng.permuted(array, axis=array.ndim - 1)


_CHANGES = [_lose, _shorten, _turn, _convert, _noise, _equal, _shuffle]


def _manifest(folder: Path) -> tuple[Path, dict[str, object]]:
    path = next(folder.glob("manifest-*.json"))
    fields = json.loads(path.read_bytes())
    for name in ("magic", "format", "checksum"):
        del fields[name]
    return path, fields


def _enter(folder: Path) -> None:
    """Write the sizes and checksums that files have now into the manifest."""
    if not list(folder.glob("manifest-*.json")):
        return
    try:
        path, fields = _manifest(folder)
    except (ValueError, KeyError):  # the manifest is the victim
        return
    for entry in fields["files"]:
        name = entry.get("name", "")  # the manifest may be the victim
        if names.parse_name(name) and (folder / name).is_file():
            size, checksum = files.stamp(folder / name)
            entry.update(size=max(1, size), checksum=f"{checksum:08x}")
    path.write_bytes(seal(fields))


def _label_bytes(path: Path) -> np.ndarray:
    """Return the places in a file that no array takes."""
    free = np.ones(path.stat().st_size, bool)
    with h5py.File(path) as file:

        def cross_out(_: str, one: object) -> None:
            if isinstance(one, h5py.Dataset):
                start = one.id.get_offset()
                free[start : start + one.nbytes] = False

        file.visititems(cross_out)
    content = np.frombuffer(path.read_bytes(), np.uint8)
    # Pages are mostly zeros behind what they hold.
    return np.flatnonzero(free & (content > 0))


Act = Callable[[Path, list[Path], Random], str]
HONEST: list[Act] = [
    flip_bits,
    fill_range,
    duplicate_range,
    truncate,
    extend,
    remove,
    swap,
    take_from_another_store,
]
HOSTILE: list[Act] = [
    forge_manifest,
    forge_bytes,
    forge_size,
    forge_range,
    forge_label,
    forge_record,
    rewrite_arrays,
]
