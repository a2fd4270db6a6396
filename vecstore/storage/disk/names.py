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
    """What the name of a file says."""

    kind: str  # a key of _PATTERNS, or "temporary"
    number: int | None = None  # of the segment or subwords, or the segment it belongs to
    generation: int | None = None  # of a manifest, tombstones, an index or a journal


def manifest_name(generation: int) -> str:
    """Return the name, without folders; generations count from 1."""
    return f"manifest-{generation:08d}.json"


def segment_name(number: int) -> str:
    """Return the name of a segment; numbers count from 1."""
    return f"segment-{number:08d}.h5"


def subwords_name(number: int) -> str:
    """Return the name of a file of subword vectors."""
    return f"subwords-{number:08d}.h5"


def tombstones_name(segment: int, generation: int) -> str:
    """Return the name of the tombstones of a segment as of a generation."""
    return f"tombstones-{segment:08d}-{generation:08d}.npy"


def index_name(segment: int, generation: int) -> str:
    """Return the name of the index over a segment that a generation adds."""
    return f"index-{segment:08d}-{generation:08d}.h5"


def journal_name(generation: int) -> str:
    """Return the name of the journal that follows a generation."""
    return f"journal-{generation:08d}.log"


def temporary_name(name: str) -> str:
    """Return a name that nobody else has, for a file until it is complete."""
    # File systems allow 255 bytes, so a long name of a user is cut.
    return f"{name[:60]}.{secrets.token_hex(4)}.tmp"


def parse_name(name: str) -> FileName | None:
    """Return what a file name says; None unless a store writes exactly this name.

    >>> parse_name("tombstones-00000003-00000007.npy")
    FileName(kind='tombstones', number=3, generation=7)
    """
    if match := _TEMPORARY.fullmatch(name):
        whole = parse_name(match["whole"])
        return FileName("temporary") if whole and whole.kind != "temporary" else None
    # The patterns refuse segment-3.h5: numbers are padded to eight digits.
    for kind, pattern in _PATTERNS.items():
        if match := pattern.fullmatch(name):
            return FileName(kind, **{field: int(text) for field, text in match.groupdict().items()})
    return None


def parse_number(name: str) -> int:
    """Return the number of the segment or subwords in a name; 0 if there is none."""
    parsed = parse_name(name)
    return parsed.number or 0 if parsed else 0
