"""What the first lines of a text file say about all of them."""

import re
from collections import Counter
from itertools import islice
from typing import NamedTuple

from vecstore.encodings import MARK
from vecstore.ingest.table import MAX_DIM
from vecstore.ingest.text.parsing import (
    count_numbers,
    is_number,
    line_spans,
    split_fields,
    split_lines,
)

__all__ = ["TextShape", "longer_dim", "sniff_bare", "sniff_text"]

_HEADER = re.compile(rb"[ \t]*([0-9]{1,18})[ \t]+([0-9]{1,18})[ \t\r]*")
_ODD_NUMBER = re.compile(
    rb"[\[({]?[+-]?(?:[0-9]+[.,:]?[0-9]*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?[,;|:\])}]*"
)
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
    bom = len(MARK) if head.startswith(MARK) else 0
    spans = _first_spans(head, bom, complete=complete)
    lines = [head[begin:end] for begin, end in spans]
    if header := _HEADER.fullmatch(lines[0]):
        if _agrees(header, lines[1:], head, complete):
            skipped = spans[1][0] if len(spans) > 1 else len(head)
            return TextShape(int(header[2]), int(header[1]), skipped)
        # It votes only if it is alone: behind it there may be the bytes of word2vec's other format.
        lines = lines[1:] if any(lines[1:]) else lines
    fields = _fields(lines)
    votes = list(map(count_numbers, fields))
    dim = _winner(votes)
    if not 1 <= dim <= MAX_DIM or _hide_numbers(fields, votes):
        return None
    return TextShape(dim, None, bom)


def longer_dim(head: bytes, shape: TextShape, *, complete: bool) -> int | None:
    """Return how many numbers lines end in if all of the first ones have more than they should."""
    spans = _first_spans(head, shape.skipped_bytes, complete=complete)
    votes = _votes([head[begin:end] for begin, end in spans])
    return _winner(votes) or max(votes) if votes and min(votes) > shape.dim else None


def _agrees(header: re.Match[bytes], lines: list[bytes], head: bytes, complete: bool) -> bool:
    """Whether two numbers are the rows and dimensions of the lines that follow them."""
    count, dim = int(header[1]), int(header[2])
    votes = _votes(lines)
    long_enough = sum(n >= dim for n in votes)
    agree = 2 * long_enough >= len(votes) if votes else count == 0
    if dim == 1 and complete:
        # It could be a key and its number: only the number of lines tells.
        return agree and count == sum(bool(line.strip()) for line in split_lines(head)[1:])
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
    spans = _first_spans(head, len(MARK) if head.startswith(MARK) else 0, complete=complete)
    fields = [split_fields(head[begin:end]) for begin, end in spans]
    dim = _winner([len(some) if all(map(is_number, some)) else 0 for some in fields if some])
    return dim if 1 <= dim <= MAX_DIM else None


def _first_spans(head: bytes, begin: int, *, complete: bool) -> list[tuple[int, int]]:
    spans = list(islice(line_spans(head, begin), _LINES + 1)) or [(len(head), len(head))]
    # The last one may be cut off anywhere.
    return spans[:_LINES] if complete or len(spans) == 1 else spans[:-1]


def _hide_numbers(fields: list[list[bytes]], votes: list[int]) -> bool:
    """Whether most keys end in what is a number, too, but for a comma: `king 0.1, 0.2, 0.3`."""
    last = [some[-n - 1] for some, n in zip(fields, votes, strict=True) if len(some) > n + 1]
    return 2 * sum(_ODD_NUMBER.fullmatch(field) is not None for field in last) > len(fields)


def _votes(lines: list[bytes]) -> list[int]:
    return list(map(count_numbers, _fields(lines)))


def _fields(lines: list[bytes]) -> list[list[bytes]]:
    return [split_fields(line) for line in lines if line.strip()]


def _winner(votes: list[int]) -> int:
    # Of equally many the first, which people take for the rule.
    winners = Counter(vote for vote in votes if vote).most_common(1)
    return winners[0][0] if winners and 2 * winners[0][1] >= len(votes) else 0
