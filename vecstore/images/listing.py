"""Which files are images, and which are left out and why."""

import errno
import os
import stat
from collections import Counter
from pathlib import Path, PurePosixPath

__all__ = ["SUFFIXES", "Listing", "list_folder", "printable", "problem_of"]

#: The suffixes of images. The format of an image is recognised by its content.
SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp")

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a folder",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class Listing:
    """Images by their keys, images that cannot be used and why, and counts of other files."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.skipped: list[tuple[str, str]] = []
        self.others: Counter[str] = Counter()

    def wants(self, key: str) -> bool:
        """Return whether the name is that of a usable image; if not, note it."""
        path = PurePosixPath(key)
        # "._cat.jpg" is what macOS leaves beside a cat.jpg in an archive.
        if any(part.startswith(".") for part in path.parts):
            self.others["hidden"] += 1
        elif path.suffix.lower() not in SUFFIXES:
            self.others[printable(path.suffix.lower()) or "no suffix"] += 1
        elif not _is_text(key):
            self.skip(key, "its name is not valid UTF-8")
        else:
            return True
        return False

    def skip(self, key: str, reason: str) -> None:
        """Note an image that cannot be used."""
        self.skipped.append((printable(key), reason))


def list_folder(root: Path) -> Listing:
    """Find images at any depth; links to folders are not followed."""
    found = Listing()

    def unreadable(error: OSError) -> None:
        folder = os.path.relpath(error.filename, root)
        found.skip(folder, f"the folder cannot be read: {error.strerror}")

    for folder, folders, names in os.walk(root, onerror=unreadable):
        within = Path(folder).relative_to(root)
        for name in folders:
            if name.startswith("."):
                found.others["hidden"] += 1
            elif Path(folder, name).is_symlink():
                found.skip((within / name).as_posix(), "a link to a folder, which is not followed")
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            key, file = (within / name).as_posix(), str(Path(folder, name))
            if found.wants(key):
                if problem := problem_of(file):
                    found.skip(key, problem)
                else:
                    found.files[key] = file
    return found


def problem_of(file: str) -> str | None:
    """Say why a file cannot be read, as far as that shows without opening it; else None."""
    try:
        mode = Path(file).stat().st_mode
    except OSError as error:
        if error.errno == errno.ENOENT and Path(file).is_symlink():
            return "a link to nothing"
        return error.strerror or str(error)
    if stat.S_ISREG(mode):
        return None
    return f"{_KINDS.get(stat.S_IFMT(mode), 'something else')}, no file"


def printable(name: str) -> str:
    r"""Return a name that any terminal can show: odd bytes and control characters are escaped.

    >>> print(printable("caf\udce9\n.png"))
    caf\xe9\n.png
    """
    try:
        text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # a lone surrogate, which Windows allows
        text = name.encode("utf-8", "backslashreplace").decode()
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
