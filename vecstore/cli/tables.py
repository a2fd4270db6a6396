"""Tables for people, made with rich; imported only when the output is a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from rich.columns import Columns
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vecstore.cli.fields import field
from vecstore.metrics import has_similarities
from vecstore.search import Matches
from vecstore.terminal import printable

if TYPE_CHECKING:
    from vecstore.bench import Measurement

__all__ = [
    "console",
    "plain_table",
    "print_answers",
    "print_index",
    "print_measurements",
    "print_pairs",
    "print_record",
    "print_vectors",
]

SHOWN_VALUES = 6  # of each vector, enough to recognise it


class _Plain(Console):
    """A console that escapes control characters in what it prints."""

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(printable(text, lines=True), **options)


def console(*, stderr: bool = False) -> Console:
    """Return a console that prints keys literally: "[red]" and ":smile:" are just text."""
    return _Plain(stderr=stderr, markup=False, emoji=False, highlight=False)


def plain_table() -> Table:
    """Return a table without rules, with bold headings."""
    return Table(box=None, header_style="bold", pad_edge=False)


def print_answers(answers: Sequence[tuple[str, Matches]]) -> None:
    """Print a table of neighbours per query, side by side as the terminal's width allows."""
    tables = [_answer_table(query, matches) for query, matches in answers]
    console().print(Columns([Padding(table, (0, 3, 1, 0)) for table in tables]), end="")


def print_pairs(pairs: Iterable[tuple[object, object, float, bool]]) -> None:
    """Print rows of key, neighbour, distance, and whether the pair is mutual."""
    table = plain_table()
    table.add_column("key", style="cyan", overflow="fold")
    table.add_column("neighbour", style="cyan", overflow="fold")
    table.add_column("distance", justify="right")
    table.add_column("mutual")
    for key, neighbor, distance, mutual in pairs:
        table.add_row(field(key), field(neighbor), f"{distance:.4f}", "yes" if mutual else "")
    console().print(table)


def print_vectors(names: Sequence[object], vectors: npt.NDArray[Any]) -> None:
    """Print the norm and the first values of each vector."""
    dim = vectors.shape[1]
    table = Table(box=None, header_style="bold")
    table.add_column("key", style="cyan", overflow="fold")
    table.add_column("norm", justify="right")
    table.add_column(f"first of {dim} values" if dim > SHOWN_VALUES else "values", overflow="fold")
    for name, vector in zip(names, vectors, strict=True):
        norm = float(np.linalg.norm(vector.astype(np.float64)))
        values = "  ".join(f"{value:7.4f}" for value in vector[:SHOWN_VALUES])
        table.add_row(field(name), f"{norm:.4f}", values + (" ..." if dim > SHOWN_VALUES else ""))
    console().print(table)


def print_record(record: Mapping[str, Any]) -> None:
    """Print named facts, one per line."""
    table = Table(box=None, show_header=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, value in record.items():
        table.add_row(name.replace("_", " "), _shown(value))
    console().print(table)


def print_index(index: Mapping[str, Any]) -> None:
    """Print the measurements of an index, a line per width of the walk (ef)."""
    title = f"{index['file']}: {index['rows']:,} rows, {index['bytes']:,} bytes"
    queries = f"measured with {index['queries']} {index['source']}"
    table = Table(box=None, header_style="bold", title=f"{title}; {queries}", title_justify="left")
    for name in ("ef", "recall@1", "recall@10", "recall@100", "one by one /s", "batch /s"):
        table.add_column(name, justify="right")
    for step in index["steps"]:
        shares = [f"{share:.4f}" for share in step["recall"]]
        table.add_row(str(step["ef"]), *shares, *_rates(step["speed"]))
    table.add_row("exact", *["1.0000"] * 3, *_rates(index["exact"]))
    console().print(table)


def print_measurements(found: Sequence["Measurement"]) -> None:
    """Print benchmark measurements, a line per setting."""
    table = plain_table()
    table.add_column("algorithm", style="cyan")
    table.add_column("setting")
    for name in (f"recall@{found[0].k}", "one by one /s", "batch /s", "build s"):
        table.add_column(name, justify="right")
    for one in found:
        rates = (f"{one.recall:.4f}", f"{one.single:,.0f}", f"{one.batch:,.0f}")
        table.add_row(one.algorithm, one.setting, *rates, f"{one.build_seconds:.1f}")
    console().print(table)


def _rates(speed: Mapping[str, float]) -> list[str]:
    return [f"{rate:,.0f}" for rate in (speed["single"], speed["batch"])]


def _answer_table(query: str, matches: Matches) -> Table:
    table = plain_table()
    table.add_column(field(query), style="cyan", overflow="fold")
    similar = has_similarities(matches.metric)
    if similar:
        table.add_column("similarity", justify="right")
    table.add_column("distance", justify="right", style="dim" if similar else "")
    for place, (key, distance) in enumerate(matches):
        similarity = [f"{matches.similarities[place]:.4f}"] if similar else []
        table.add_row(field(key), *similarity, f"{distance:.4f}")
    return table


def _shown(value: Any) -> str:
    """Format a fact for people: thousands separators, and a line per nested value."""
    if type(value) is int:
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return "\n".join(f"{name}  {_shown(inner)}" for name, inner in value.items())
    if isinstance(value, list | tuple):
        return "\n".join(map(_shown, value))
    return field(value)
