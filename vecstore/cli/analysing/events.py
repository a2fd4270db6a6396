"""``vecstore events``: the records of a table as rows of a store."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

import click

import vecstore
from vecstore.cli.options import metric_option, output_options
from vecstore.cli.output import Style, write_record
from vecstore.cli.progress import progress

if TYPE_CHECKING:
    import polars

    from vecstore.analysis.records import Events, Field

__all__ = ["events"]


@click.command()
@click.argument("table", type=click.Path(path_type=Path))
@click.argument("out", metavar="STORE", type=click.Path(path_type=Path))
@click.option("--from", "vectors", metavar="STORE", help="Store with the vectors of the parts.")
@click.option(
    "--field",
    "fields",
    metavar="COLUMN[=STORE]",
    multiple=True,
    help="Column whose values are keys of --from, or of a store of its own; may be repeated.",
)
@click.option(
    "--text",
    "texts",
    metavar="COLUMN[=STORE]",
    multiple=True,
    help="Column of texts, whose words are keys in the same way; may be repeated.",
)
@click.option(
    "--split",
    "splits",
    metavar="COLUMN=SIGN",
    multiple=True,
    help='Separator between the keys in a field, such as "genres=|".',
)
@click.option(
    "--weight",
    "weights",
    metavar="COLUMN=NUMBER",
    multiple=True,
    help="Weight of a column in the mean.  [default: 1]",
)
@click.option(
    "--template",
    default="{value}",
    show_default=True,
    help='How the value of a field becomes a key: "{field}={value}" after "train categories".',
)
@click.option(
    "--key", metavar="COLUMN", help="Column with the keys of the rows.  [default: row numbers]"
)
@click.option(
    "--missing",
    type=click.Choice(["raise", "ignore"]),
    default="raise",
    show_default=True,
    help="What to do with a part that has no vector: stop, or leave it out and count it.",
)
@metric_option(help="Metric of the new store.  [default: that of the vectors]")
@output_options
def events(
    table: Path,
    out: Path,
    vectors: str | None,
    fields: Sequence[str],
    texts: Sequence[str],
    splits: Sequence[str],
    weights: Sequence[str],
    template: str,
    key: str | None,
    missing: str,
    metric: str | None,
    style: Style,
) -> None:
    """Make a new STORE of the records in TABLE.

    The vector of a record is the weighted mean of the vectors of its parts. TABLE is CSV, TSV (also
    .gz), Parquet, JSON or JSON lines, according to its suffix. Its columns become attributes. The
    printed recall_at_10 is the share of records found by their parts: among the ten nearest to the
    mean of all parts, and to the mean without each of the columns.

    \b
      vecstore events wines.csv wines.vecs --from words.vecs --text variety --text country
      vecstore events films.csv films.vecs --from words.vecs --field genres --split "genres=|"
      vecstore events sales.csv sales.vecs --from factors.vecs --field shop --field item \\
          --template "{field}={value}"
    """
    from vecstore.analysis import Events
    from vecstore.input_tables import as_table

    with ExitStack() as stack, progress(f"Composing {table.name}"):
        chosen = dict(_fields(stack, vectors, fields, texts, splits, weights, template))
        records, frame = Events(chosen, missing=missing), as_table(table, name="table")
        store = stack.enter_context(records.to_store(out, frame, key, metric=metric))
        entry = store.info()["provenance"][-1]
        facts = {
            "store": str(out),
            "rows": len(store),
            "dim": store.dim,
            "left_out": entry["left_out"],
            "missing_parts": entry["missing_parts"],
            "recall_at_10": _recalls(records, store, frame, key),
        }
    write_record(facts, style)


def _fields(
    stack: ExitStack,
    vectors: str | None,
    fields: Sequence[str],
    texts: Sequence[str],
    splits: Sequence[str],
    weights: Sequence[str],
    template: str,
) -> Iterator[tuple[str, "Field"]]:
    """Yield each column with its `Field`, put together from all options."""
    from vecstore.analysis import Field
    from vecstore.analysis.records import words

    signs = dict(map(_named, splits))
    factors = {name: _number(name, text) for name, text in map(_named, weights)}
    columns = [(_column(one), False) for one in fields] + [(_column(one), True) for one in texts]
    names = [name for (name, _), _ in columns]
    for name in (*signs, *factors):
        if name not in names:
            raise click.UsageError(f'"{name}" must be a column of --field or --text.')
    if not names:
        raise click.UsageError("Name at least one column: --field or --text.")
    stores: dict[str, vecstore.Store] = {}
    for (name, path), is_text in columns:
        place = path or vectors
        if place is None:
            raise click.UsageError(f'Name a store for "{name}": --from, or {name}=STORE.')
        if place not in stores:
            stores[place] = stack.enter_context(vecstore.open(place))
        split = words if is_text else signs.get(name)
        key = "{value}" if is_text else template
        yield name, Field(stores[place], factors.get(name, 1.0), split, key)


def _column(text: str) -> tuple[str, str | None]:
    name, separator, path = text.rpartition("=")
    return (name, path) if separator else (text, None)


def _named(text: str) -> tuple[str, str]:
    name, value = _column(text)
    if value is None:
        raise click.UsageError(f'"{text}" must be a column, "=", and a value.')
    return name, value


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise click.UsageError(f'The weight of "{name}" must be a number; got "{text}".') from None


def _recalls(
    records: "Events", store: vecstore.Store, frame: "polars.DataFrame", key: str | None
) -> dict[str, float | None]:
    """Return the share of records found by all their fields, and by all fields but one."""
    from vecstore.analysis import found_by_parts

    names = list(records.fields)
    asked = {"all parts": names}
    if len(names) > 1:
        asked |= {f"without {left}": [name for name in names if name != left] for left in names}
    shares = {
        by: found_by_parts(records, store, frame, key, parts=parts) for by, parts in asked.items()
    }
    return {by: None if isnan(share) else round(share, 4) for by, share in shares.items()}
