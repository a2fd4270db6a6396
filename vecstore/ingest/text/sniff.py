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
# Enough lines to outvote odd ones; more would slow down small files.
_LINES = 32


class TextShape(NamedTuple):
    """How the lines of a text file are laid out."""

    dim: int  # numbers per line
    promised: int | None  # lines, by the header of a word2vec file; None without header
    skipped_bytes: int  # before the first line: a byte order mark, the header


def sniff_text(head: bytes, *, complete: bool) -> TextShape | None:
    r"""Return the shape of lines of a key and numbers; None if these are no such lines.

    >>> sniff_text(b". . . 0.1 0.2\n2010 0.3 0.4\n", complete=True)
    TextShape(dim=2, promised=None, skipped_bytes=0)
    """
    bom = len(MARK) if head.startswith(MARK) else 0
    spans = _first_spans(head, bom, complete=complete)
    lines = [head[begin:end] for begin, end in spans]
    if header := _HEADER.fullmatch(lines[0]):
        if _agrees(header, lines[1:], head, complete):
            skipped = spans[1][0] if len(spans) > 1 else len(head)
            return TextShape(int(header[2]), int(header[1]), skipped)
        # It votes only if it is alone: the bytes of word2vec's binary format may follow it.
        lines = lines[1:] if any(lines[1:]) else lines
    # A line votes for the count of numbers at its end. Its first field does not count: keys may
    # contain blanks, and may be numbers. At least half of the lines must agree.
    fields = _fields(lines)
    votes = list(map(count_numbers, fields))
    dim = _winner(votes)
    if not 1 <= dim <= MAX_DIM or _hide_numbers(fields, votes):
        return None
    return TextShape(dim, None, bom)


def longer_dim(head: bytes, shape: TextShape, *, complete: bool) -> int | None:
    """Return how many numbers lines have if all of the first ones exceed the promised dimension."""
    spans = _first_spans(head, shape.skipped_bytes, complete=complete)
    votes = _votes([head[begin:end] for begin, end in spans])
    return _winner(votes) or max(votes) if votes and min(votes) > shape.dim else None


def _agrees(header: re.Match[bytes], lines: list[bytes], head: bytes, complete: bool) -> bool:
    """Return whether two numbers are the rows and dimensions of the lines that follow them."""
    count, dim = int(header[1]), int(header[2])
    votes = _votes(lines)
    long_enough = sum(n >= dim for n in votes)
    agree = 2 * long_enough >= len(votes) if votes else count == 0
    if dim == 1 and complete:
        # "3 1" could be a key and its number. Only the count of lines decides.
        return agree and count == sum(bool(line.strip()) for line in split_lines(head)[1:])
    return agree and 1 <= dim <= MAX_DIM


def sniff_bare(head: bytes, *, complete: bool) -> int | None:
    """Return how many numbers, and nothing else, lines hold; None unless at least half agree."""
    spans = _first_spans(head, len(MARK) if head.startswith(MARK) else 0, complete=complete)
    fields = [split_fields(head[begin:end]) for begin, end in spans]
    dim = _winner([len(some) if all(map(is_number, some)) else 0 for some in fields if some])
    return dim if 1 <= dim <= MAX_DIM else None


def _first_spans(head: bytes, begin: int, *, complete: bool) -> list[tuple[int, int]]:
    spans = list(islice(line_spans(head, begin), _LINES + 1)) or [(len(head), len(head))]
    # The last line may be cut off anywhere.
    return spans[:_LINES] if complete or len(spans) == 1 else spans[:-1]


def _hide_numbers(fields: list[list[bytes]], votes: list[int]) -> bool:
    """Return whether most keys end in a number with punctuation: `king 0.1, 0.2, 0.3`."""
    last = [some[-n - 1] for some, n in zip(fields, votes, strict=True) if len(some) > n + 1]
    return 2 * sum(_ODD_NUMBER.fullmatch(field) is not None for field in last) > len(fields)


def _votes(lines: list[bytes]) -> list[int]:
    return list(map(count_numbers, _fields(lines)))


def _fields(lines: list[bytes]) -> list[list[bytes]]:
    return [split_fields(line) for line in lines if line.strip()]


def _winner(votes: list[int]) -> int:
    # Of several with equally many votes the first wins, which people take for the rule.
    winners = Counter(vote for vote in votes if vote).most_common(1)
    return winners[0][0] if winners and 2 * winners[0][1] >= len(votes) else 0
