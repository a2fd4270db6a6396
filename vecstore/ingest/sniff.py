"""What the first lines of a text file say about all of them."""

import re
from collections import Counter
from typing import NamedTuple

from vecstore.ingest.lines import count_numbers, is_number, split_fields
from vecstore.ingest.table import MAX_DIM

__all__ = ["TextShape", "sniff_bare", "sniff_text"]

_BOM = b"\xef\xbb\xbf"
_HEADER = re.compile(rb"[ \t]*([0-9]{1,18})[ \t]+([0-9]{1,18})[ \t\r]*")
# Enough to outvote odd ones; looking at more would be felt in the time of a small file.
_LINES = 32


class TextShape(NamedTuple):
    """How the lines of a text file are made.

    Attributes
    ----------
    dim : int
        Numbers per line.
    promised : int or None
        Lines, as the header of a word2vec file says; None without header.
    skipped_bytes : int
        What stands before the first line: a byte order mark, the header.
    """

    dim: int
    promised: int | None
    skipped_bytes: int


def sniff_text(head: bytes, *, complete: bool) -> TextShape | None:
    r"""Return the shape of lines of a key and numbers; None if these are no such lines.

    Parameters
    ----------
    head : bytes
        The beginning of the file.
    complete : bool
        Whether it is the whole file.

    Returns
    -------
    TextShape or None
        A line votes for as many dimensions as numbers it ends in, its first field aside: keys may
        contain blanks and be numbers. At least half of the lines must agree.

    Examples
    --------
    >>> sniff_text(b". . . 0.1 0.2\n2010 0.3 0.4\n", complete=True)
    TextShape(dim=2, promised=None, skipped_bytes=0)
    >>> sniff_text(b"2 3\nthe 1 2 3\nof 4 5 6\n", complete=True)
    TextShape(dim=3, promised=2, skipped_bytes=4)
    """
    bom = len(_BOM) if head.startswith(_BOM) else 0
    lines = _first_lines(head[bom:], complete=complete)
    if header := _HEADER.fullmatch(lines[0]):
        if _agrees(header, lines[1:], head, complete):
            return TextShape(int(header[2]), int(header[1]), bom + len(lines[0]) + 1)
        # It votes only if it is alone: behind it there may be the bytes of word2vec's other format.
        lines = lines[1:] if any(lines[1:]) else lines
    dim = _winner(_votes(lines))
    return TextShape(dim, None, bom) if 1 <= dim <= MAX_DIM else None


def _agrees(header: re.Match[bytes], lines: list[bytes], head: bytes, complete: bool) -> bool:
    """Whether two numbers are the rows and dimensions of the lines that follow them."""
    count, dim = int(header[1]), int(header[2])
    if dim == 1 and complete:
        # It could be a key and its number: only the number of lines tells.
        return count == sum(bool(line.strip()) for line in head.split(b"\n")[1:])
    votes = _votes(lines)
    long_enough = sum(n >= dim for n in votes)
    agree = 2 * long_enough >= len(votes) if votes else count == 0
    return agree and 1 <= dim <= MAX_DIM


def sniff_bare(head: bytes, *, complete: bool) -> int | None:
    """Return how many numbers there are on a line of nothing else.

    Parameters
    ----------
    head : bytes
        The beginning of the file.
    complete : bool
        Whether it is the whole file.

    Returns
    -------
    int or None
        None if these are no such lines; at least half of them must agree.
    """
    fields = [split_fields(line) for line in _first_lines(head, complete=complete)]
    dim = _winner([len(some) if all(map(is_number, some)) else 0 for some in fields if some])
    return dim if 1 <= dim <= MAX_DIM else None


def _first_lines(head: bytes, *, complete: bool) -> list[bytes]:
    lines = head.split(b"\n", _LINES)
    # The last one may be cut off anywhere.
    return lines[:_LINES] if complete or len(lines) == 1 else lines[:-1]


def _votes(lines: list[bytes]) -> list[int]:
    return [count_numbers(split_fields(line)) for line in lines if line.strip()]


def _winner(votes: list[int]) -> int:
    # Of equally many the first, which people take for the rule.
    winners = Counter(vote for vote in votes if vote).most_common(1)
    return winners[0][0] if winners and 2 * winners[0][1] >= len(votes) else 0
