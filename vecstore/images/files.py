"""Which images there are, what they are called, and what they show."""

import os
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import NamedTuple

from vecstore.errors import IngestError

__all__ = ["SUFFIXES", "Images", "Source", "check_source", "find_images", "open_images"]

#: Which files of a folder are images. What is in them is told by their content.
SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp")

_ARCHIVES = (".tar", ".tar.bz2", ".tar.gz", ".tar.xz", ".tgz", ".zip")

#: A folder, an archive of one, or files.
Source = str | PathLike[str] | Iterable[str | PathLike[str]]


class Images(NamedTuple):
    """Images that have not been read yet.

    Attributes
    ----------
    keys : list of n str
        What they are called: the path from the folder on, with ``/``.
    files : list of n str
        Where to read them.
    paths : list of n str
        Where they lie, for the user: absolute, or the path of the archive and the name in it.
    labels : list of n str, or None
        What they show.
    """

    keys: list[str]
    files: list[str]
    paths: list[str]
    labels: list[str] | None

    def pick(self, places: Iterable[int]) -> "Images":
        """Return some of them, in the order of `places`."""
        places = list(places)
        columns = (self.keys, self.files, self.paths, self.labels)
        return Images(*(one and [one[place] for place in places] for one in columns))  # type: ignore[arg-type]


@contextmanager
def open_images(source: Source, labels: str | Sequence[str] | None = "folder") -> Iterator[Images]:
    """Find images, which may be read while the block runs.

    Parameters
    ----------
    source : path-like, or iterable of path-like
        A folder, searched to its depths; an archive of one (``.tar``, ``.tar.gz``, ``.zip``, ...),
        which is unpacked to a temporary folder; one image; or a list of images.
    labels : "folder", None, or sequence of str
        What the images show: the name of the folder that each lies in, nothing, or a label for each
        of a list of images.

    Yields
    ------
    Images
        Those of a folder in the order of their names.

    Raises
    ------
    IngestError
        If there are no images, or the archive is damaged.
    FileNotFoundError
        If there is nothing at the path, or at one of them.
    ValueError
        If `labels` is none of these, or an image comes twice.
    """
    if not isinstance(source, str | PathLike) or not _is_archive(Path(source)):
        yield find_images(source, labels)
        return
    archive = Path(source)
    with tempfile.TemporaryDirectory(prefix="vecstore-images-") as folder:
        _unpack(archive, folder)
        found = find_images(folder, labels, name=str(archive))
        yield found._replace(paths=[f"{archive.resolve()}/{key}" for key in found.keys])


def check_source(path: Path) -> None:
    """Refuse a path at which there can be no images, without looking into archives.

    Raises
    ------
    IngestError, FileNotFoundError
        As `open_images`.
    """
    if not _is_archive(path):
        find_images(path)


def find_images(
    source: Source, labels: str | Sequence[str] | None = "folder", *, name: str | None = None
) -> Images:
    """Find images in a folder or in a list.

    Parameters
    ----------
    source, labels
        As for `open_images`, less archives.
    name : str or None
        The archive that the folder was in, for errors and labels.

    Returns
    -------
    Images
        At least one.

    Raises
    ------
    IngestError, FileNotFoundError, ValueError
        As for `open_images`.
    """
    if isinstance(labels, str) and labels != "folder":
        raise ValueError(f'`labels` must be "folder", None or a list; got "{labels}".')
    if isinstance(source, str | PathLike) and Path(source).is_dir():
        root = Path(source)
        files = sorted(_images_below(root))
        top = Path(name).name.partition(".")[0] if name else root.resolve().name
        folders = [file.parent.name if file.parent != root else top for file in files]
        keys = [file.relative_to(root).as_posix() for file in files]
        if not files:
            raise IngestError(
                f"{name or root} holds no images; their names end in {', '.join(SUFFIXES)}."
            )
    else:
        files = [Path(source)] if isinstance(source, str | PathLike) else [*map(Path, source)]
        folders = [file.absolute().parent.name for file in files]
        keys = [file.as_posix() for file in files]
        _check_listed(files, keys)
    return Images(
        keys,
        [str(file) for file in files],
        [str(file.absolute()) for file in files],
        folders if labels == "folder" else _given(labels, len(files)),
    )


def _is_archive(path: Path) -> bool:
    return path.is_file() and path.name.lower().endswith(_ARCHIVES)


def _images_below(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = [one for one in folders if not one.startswith(".")]
        for name in names:
            # "._cat.jpg" is what macOS leaves beside a cat.jpg in an archive.
            if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                yield Path(folder, name)


def _check_listed(files: list[Path], keys: list[str]) -> None:
    if not files:
        raise IngestError("The list of images is empty.")
    missing = [file for file in files if not file.is_file()]
    if missing:
        more = f" (and {len(missing) - 1:,} more)" if len(missing) > 1 else ""
        raise FileNotFoundError(f"{missing[0]} is no file and no folder{more}; check the path.")
    if len(set(keys)) < len(keys):
        twice = next(key for place, key in enumerate(keys) if key in keys[:place])
        raise ValueError(f'Every image must come once; "{twice}" comes again.')


def _given(labels: Sequence[str] | None, count: int) -> list[str] | None:
    if labels is not None and len(labels) != count:
        raise ValueError(
            f"`labels` must have one for each of the {count:,} images; got {len(labels):,}."
        )
    return None if labels is None else list(labels)


def _unpack(archive: Path, folder: str) -> None:
    try:
        if archive.suffix.lower() == ".zip":
            with zipfile.ZipFile(archive) as members:
                members.extractall(folder)
        else:
            with tarfile.open(archive) as members:
                members.extractall(folder, filter="data")
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise IngestError(f"{archive} cannot be unpacked: {error}.") from error
