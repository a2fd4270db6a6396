"""The name of every file that a store contains: one function to make it, one parser to read it.

===================================== ==========================================================
name                                  what it is
===================================== ==========================================================
``manifest-00000007.json``            the store as of generation 7
``segment-00000003.h5``               rows: keys and vectors
``subwords-00000002.h5``              n-gram vectors of a fastText model
``tombstones-00000003-00000007.npy``  rows of segment 3 that are deleted as of generation 7
``index-00000003-00000007.h5``         graph over segment 3, made in generation 7
``journal-00000007.log``              writes since generation 7
``writer.lock``                       held by the one writer
``writer.claim``                      who writes, on a file system that has no locks
``segment-00000003.h5.89abcdef.tmp``  being written, or left behind by a writer that died
===================================== ==========================================================

Numbers have at least eight digits, so that a listing sorted by name is sorted by number.
"""

import re
import secrets
from typing import NamedTuple

__all__ = [
    "CLAIM",
    "LOCK",
    "FileName",
    "index_name",
    "journal_name",
    "manifest_name",
    "parse_name",
    "parse_number",
    "segment_name",
    "subwords_name",
    "temporary_name",
    "tombstones_name",
]

LOCK = "writer.lock"
CLAIM = "writer.claim"
_TEMPORARY = re.compile(r"(?P<whole>.+?)(\.[0-9a-f]{8})?\.tmp")
_NUMBER = r"(?P<number>[0-9]{8}|[1-9][0-9]{8,})"
_GENERATION = r"(?P<generation>[0-9]{8}|[1-9][0-9]{8,})"
_PATTERNS = {
    "manifest": re.compile(rf"manifest-{_GENERATION}\.json"),
    "segment": re.compile(rf"segment-{_NUMBER}\.h5"),
    "subwords": re.compile(rf"subwords-{_NUMBER}\.h5"),
    "tombstones": re.compile(rf"tombstones-{_NUMBER}-{_GENERATION}\.npy"),
    "index": re.compile(rf"index-{_NUMBER}-{_GENERATION}\.h5"),
    "journal": re.compile(rf"journal-{_GENERATION}\.log"),
    "lock": re.compile(f"{re.escape(LOCK)}|{re.escape(CLAIM)}"),
}


class FileName(NamedTuple):
    """What the name of a file says.

    Attributes
    ----------
    kind : str
        ``"manifest"``, ``"segment"``, ``"subwords"``, ``"tombstones"``, ``"index"``,
        ``"journal"``, ``"lock"`` or ``"temporary"``.
    number : int or None
        Of a segment or of subwords; of the segment that tombstones or an index belong to.
    generation : int or None
        Of a manifest, tombstones, an index or a journal.
    """

    kind: str
    number: int | None = None
    generation: int | None = None


def manifest_name(generation: int) -> str:
    """Return the name of the manifest of a generation.

    Parameters
    ----------
    generation : int
        From 1 on.

    Returns
    -------
    str
        Without folders.
    """
    return f"manifest-{generation:08d}.json"


def segment_name(number: int) -> str:
    """Return the name of a segment.

    Parameters
    ----------
    number : int
        From 1 on.

    Returns
    -------
    str
        Without folders.
    """
    return f"segment-{number:08d}.h5"


def subwords_name(number: int) -> str:
    """Return the name of a file of subword vectors.

    Parameters
    ----------
    number : int
        From 1 on.

    Returns
    -------
    str
        Without folders.
    """
    return f"subwords-{number:08d}.h5"


def tombstones_name(segment: int, generation: int) -> str:
    """Return the name of the tombstones of a segment as of a generation.

    Parameters
    ----------
    segment : int
        The number of the segment.
    generation : int
        From 1 on.

    Returns
    -------
    str
        Without folders.
    """
    return f"tombstones-{segment:08d}-{generation:08d}.npy"


def index_name(segment: int, generation: int) -> str:
    """Return the name of the index over a segment that a generation brings.

    Parameters
    ----------
    segment : int
        The number of the segment.
    generation : int
        From 1 on.

    Returns
    -------
    str
        Without folders.
    """
    return f"index-{segment:08d}-{generation:08d}.h5"


def journal_name(generation: int) -> str:
    """Return the name of the journal that follows a generation.

    Parameters
    ----------
    generation : int
        From 1 on.

    Returns
    -------
    str
        Without folders.
    """
    return f"journal-{generation:08d}.log"


def temporary_name(name: str) -> str:
    """Return a name that nobody else has, under which a file is written until it is complete."""
    # File systems take 255 bytes; a long name of a user's is cut.
    return f"{name[:60]}.{secrets.token_hex(4)}.tmp"


def parse_name(name: str) -> FileName | None:
    """Return what a file name says; None for a file that no store writes.

    Parameters
    ----------
    name : str
        Without folders.

    Returns
    -------
    FileName or None
        None also for ``segment-3.h5``: a name is read only as it would be written.

    Examples
    --------
    >>> parse_name("tombstones-00000003-00000007.npy")
    FileName(kind='tombstones', number=3, generation=7)
    >>> parse_name("manifest-00000007.json.89abcdef.tmp")
    FileName(kind='temporary', number=None, generation=None)
    >>> parse_name("notes.txt") is None
    True
    """
    if match := _TEMPORARY.fullmatch(name):
        whole = parse_name(match["whole"])
        return FileName("temporary") if whole and whole.kind != "temporary" else None
    for kind, pattern in _PATTERNS.items():
        if match := pattern.fullmatch(name):
            return FileName(kind, **{field: int(text) for field, text in match.groupdict().items()})
    return None


def parse_number(name: str) -> int:
    """Return the number in the name of a segment, subwords, tombstones or an index; else 0.

    Parameters
    ----------
    name : str
        Without folders.

    Returns
    -------
    int
        Of tombstones and of an index, the number of their segment.

    Examples
    --------
    >>> parse_number("tombstones-00000003-00000007.npy")
    3
    """
    parsed = parse_name(name)
    return parsed.number or 0 if parsed else 0
