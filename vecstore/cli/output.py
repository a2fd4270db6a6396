"""Print answers on standard output.

=========  ========================================================================
style      when it is used, and what it prints
=========  ========================================================================
``table``  on a terminal: tables for people (`tables.py`)
``lines``  otherwise: one line per match or vector, fields separated by tabs, no
           header, no colour; a tab or line break inside a key is written ``\\t``,
           ``\\n`` or ``\\r``, everything else unchanged
``json``   with ``--json``: one JSON value
``jsonl``  with ``--jsonl``: the same objects, one per line, as soon as each is known
=========  ========================================================================

In JSON a number that is not finite is null. Control characters, such as the escape sequences of a
terminal, are escaped in JSON and whenever the output is a terminal.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, Literal, TextIO

import click
import numpy as np
import numpy.typing as npt

from vecstore.cli.fields import decimals, field
from vecstore.metrics import has_similarities
from vecstore.search import Matches
from vecstore.terminal import printable

__all__ = [
    "Style",
    "choose_style",
    "say",
    "write_answers",
    "write_lines",
    "write_objects",
    "write_record",
    "write_vectors",
]

Style = Literal["table", "lines", "json", "jsonl"]
Answers = Iterable[tuple[str, Matches]]

CONTROLS = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def choose_style(name: str | None) -> Style:
    """Return the style that was asked for, or else the one that suits standard output."""
    if name == "json":
        return "json"
    if name == "jsonl":
        return "jsonl"
    return "table" if sys.stdout.isatty() else "lines"


def say(message: object, *, err: bool = True) -> None:
    """Print a message, with keys and paths in it made safe for a terminal."""
    click.echo(printable(str(message), lines=True), err=err)


def write_answers(answers: Answers, style: Style) -> None:
    """Print the matches of each named query; lines have the fields query, key, distance."""
    if style == "table":
        from vecstore.cli import tables

        tables.print_answers(list(answers))
    elif style == "lines":
        write_lines(answers, sys.stdout)
    else:
        write_objects(
            ({"query": query, "matches": list(_objects(matches))} for query, matches in answers),
            style,
        )


def write_lines(answers: Answers, file: TextIO) -> None:
    """Write a line of query, key and distance for each match."""
    for query, matches in answers:
        for key, distance in matches:
            file.write(f"{field(query, file)}\t{field(key, file)}\t{distance!r}\n")


def write_vectors(names: Sequence[object], vectors: npt.NDArray[Any], style: Style) -> None:
    """Print the vectors (n, dim) of n names; lines have the name, then the dim values."""
    if style == "table":
        from vecstore.cli import tables

        tables.print_vectors(names, vectors)
    elif style == "lines":
        for name, vector in zip(names, vectors, strict=True):
            click.echo("\t".join([field(name), *decimals(vector)]))
    else:
        write_objects(
            (
                {"key": name, "vector": [float(text) for text in decimals(vector)]}
                for name, vector in zip(names, vectors, strict=True)
            ),
            style,
        )


def write_record(record: Mapping[str, Any], style: Style) -> None:
    """Print named facts, one per line or as one JSON object."""
    if style == "table":
        from vecstore.cli import tables

        tables.print_record(record)
    elif style == "lines":
        for name, value in record.items():
            nested = isinstance(value, dict | list | tuple)
            click.echo(f"{name}\t{_json(value) if nested else field(value)}")
    else:
        click.echo(_json(record))


def write_objects(objects: Iterable[Mapping[str, Any]], style: Style) -> None:
    """Print JSON objects: as one list, or one per line as soon as each is known."""
    if style == "json":
        click.echo(_json(list(objects)))
    else:
        for one in objects:
            click.echo(_json(one))


def _objects(matches: Matches) -> Iterator[dict[str, Any]]:
    """Yield the matches of a query as JSON objects, with similarities if the metric has them."""
    if has_similarities(matches.metric):
        for match, similarity in zip(matches, matches.similarities, strict=False):
            yield {"key": match.key, "distance": match.distance, "similarity": float(similarity)}
    else:
        for match in matches:
            yield match._asdict()


def _json(value: object) -> str:
    try:
        written = json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain)
    except ValueError:  # JSON has no NaN and no infinity
        written = json.dumps(_finite(value), ensure_ascii=False, allow_nan=False, default=_plain)
    # JSON leaves DEL and C1 as they are; here they can only stand inside a string.
    return CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def _plain(value: object) -> Any:
    """Convert NumPy scalars and paths to types that JSON has."""
    return value.item() if isinstance(value, np.generic) else str(value)


def _finite(value: Any) -> Any:
    """Replace numbers that are not finite with None, at any depth."""
    if isinstance(value, Mapping):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    number = value.item() if isinstance(value, np.floating) else value
    return None if isinstance(number, float) and not isfinite(number) else value
