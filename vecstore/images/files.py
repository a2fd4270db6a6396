"""Find images: their files, their keys and their labels."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from vecstore.errors import IngestError
from vecstore.images.archives import ARCHIVES, unpack
from vecstore.images.listing import SUFFIXES, Listing, list_folder, printable, problem_of

__all__ = ["Images", "Source", "check_source", "describe_others", "find_images", "open_images"]

_KINDS = 10  # files left out, or their kinds, that a message lists

#: A folder, searched at any depth; an archive of one; an image; or a list of images.
Source = str | PathLike[str] | Iterable[str | PathLike[str]]


class Images(NamedTuple):
    """Images that have not been read yet."""

    keys: list[str]  # n paths within the folder, with "/"
    files: list[str]  # where to read them
    paths: list[str]  # where they lie for the user: absolute, in an archive after its own path
    labels: list[str] | None
    skipped: Sequence[tuple[str, str]] = ()  # unusable images and why, found without opening them
    others: Mapping[str, int] = MappingProxyType({})  # counts of other files by suffix

    def pick(self, places: Iterable[int]) -> "Images":
        """Return the images at `places`, in that order."""
        places = list(places)

        def picked(column: list[str]) -> list[str]:
            return [column[place] for place in places]

        return self._replace(
            keys=picked(self.keys),
            files=picked(self.files),
            paths=picked(self.paths),
            labels=None if self.labels is None else picked(self.labels),
        )


@contextmanager
def open_images(source: Source, labels: str | Sequence[str] | None = "folder") -> Iterator[Images]:
    """Find images, to be read while the block runs; IngestError if there are none."""
    if not isinstance(source, str | PathLike) or not _is_archive(Path(source)):
        yield find_images(source, labels)
        return
    archive = Path(source)
    _check_labels(labels)
    with tempfile.TemporaryDirectory(prefix="vecstore-images-") as folder:
        found = _arranged(unpack(archive, folder), archive, archive.name.partition(".")[0], labels)
        whole = printable(str(archive.resolve()))
        yield found._replace(paths=[f"{whole}/{key}" for key in found.keys])


def check_source(path: Path) -> None:
    """Refuse, like `open_images`, a path without images; archives are not opened."""
    if not _is_archive(path):
        find_images(path)


def find_images(source: Source, labels: str | Sequence[str] | None = "folder") -> Images:
    """Find images in a folder or a list, as `open_images` does."""
    _check_labels(labels)
    if isinstance(source, str | PathLike) and Path(source).is_dir():
        root = Path(source)
        found = _arranged(list_folder(root), root, root.resolve().name, labels)
        return found._replace(paths=[_absolute(file) for file in found.files])
    files = [Path(source)] if isinstance(source, str | PathLike) else [*map(Path, source)]
    keys = [file.as_posix() for file in files]
    _check_listed(files, keys)
    shown = [file.absolute().parent.name for file in files]
    given = shown if labels == "folder" else _given(labels, len(files))
    problems = [
        problem_of(str(file)) or _unwritable(key) for file, key in zip(files, keys, strict=True)
    ]
    skipped = [(printable(key), why) for key, why in zip(keys, problems, strict=True) if why]
    if len(skipped) == len(files):
        raise IngestError("No image can be used: " + _few(skipped))
    names = [str(file) for file in files]
    whole = Images(keys, names, [_absolute(file) for file in names], given, skipped)
    return whole.pick(place for place, why in enumerate(problems) if not why)


def describe_others(others: Mapping[str, int]) -> str:
    """List how many files are not images, by suffix: ".tif 1, .tiff 2"."""
    kinds = sorted(others.items(), key=lambda one: (-one[1], one[0]))[:_KINDS]
    more = sum(others.values()) - sum(count for _, count in kinds)
    listed = [f"{kind} {count:,}" for kind, count in sorted(kinds)]
    return ", ".join(listed + ([f"others {more:,}"] if more else []))


def _arranged(listing: Listing, root: Path, top: str, labels: str | Sequence[str] | None) -> Images:
    """Return the images of a folder, sorted by name."""
    if not listing.files:
        found = [_few(listing.skipped)] if listing.skipped else []
        found += [f"{describe_others(listing.others)}."] if listing.others else []
        left_out = f" Left out: {'; '.join(found)}" if found else ""
        raise IngestError(
            f"{root} holds no images; their names end in {', '.join(SUFFIXES)}.{left_out}"
        )
    keys = sorted(listing.files, key=lambda key: key.split("/"))
    folders = [key.split("/")[-2] if "/" in key else printable(top) for key in keys]
    files = [listing.files[key] for key in keys]
    given = folders if labels == "folder" else _given(labels, len(files))
    return Images(keys, files, files, given, listing.skipped, listing.others)


def _absolute(file: str) -> str:
    absolute = str(Path(file).absolute())
    return printable(absolute) if _unwritable(absolute) else absolute


def _unwritable(key: str) -> str | None:
    try:
        key.encode()
    except UnicodeEncodeError:
        return "its name is not valid UTF-8"
    return None


def _few(skipped: Sequence[tuple[str, str]]) -> str:
    named = [f"{key}: {reason}" for key, reason in skipped[:_KINDS]]
    more = f" and {len(skipped) - _KINDS:,} more" if len(skipped) > _KINDS else ""
    return "; ".join(named) + more + "."


def _check_labels(labels: str | Sequence[str] | None) -> None:
    if isinstance(labels, str) and labels != "folder":
        raise ValueError(f'`labels` must be "folder", None or a list; got "{labels}".')


def _is_archive(path: Path) -> bool:
    return path.is_file() and path.name.lower().endswith(ARCHIVES)


def _check_listed(files: list[Path], keys: list[str]) -> None:
    if not files:
        raise IngestError("The list of images is empty.")
    missing = [file for file in files if not os.path.lexists(file)]
    if missing:
        more = f" (and {len(missing) - 1:,} more)" if len(missing) > 1 else ""
        raise FileNotFoundError(
            f"{missing[0]} is neither a file nor a folder{more}; check the path."
        )
    if len(set(keys)) < len(keys):
        twice = next(key for place, key in enumerate(keys) if key in keys[:place])
        raise ValueError(f'Every image must come once; "{twice}" comes again.')


def _given(labels: Sequence[str] | None, count: int) -> list[str] | None:
    if labels is not None and len(labels) != count:
        raise ValueError(
            f"`labels` must have one for each of the {count:,} images; got {len(labels):,}."
        )
    return None if labels is None else list(labels)
