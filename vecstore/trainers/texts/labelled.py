"""Labelled texts from tables, and from the arrays of callers."""

from collections.abc import Sequence
from os import PathLike
from typing import Any, NamedTuple

from vecstore.filters import columns_named, filtered
from vecstore.input_tables import read_columns, scan_table
from vecstore.trainers.corpus.numbered import as_texts, rows_of

__all__ = ["LabelledTexts", "as_labelled", "read_texts"]


class LabelledTexts(NamedTuple):
    """Texts, and what each of them is."""

    texts: Sequence[Any]  # str, or lists of words or of ids
    labels: Sequence[Any]  # str, int or bool; empty if labels were not read


def as_labelled(data: Any, name: str) -> LabelledTexts:
    """Return a pair (texts, labels) with labels as Python's own types, which JSON can hold.

    Raises TypeError or ValueError unless it has texts of one kind and as many labels.
    """
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise TypeError(f"`{name}` must be a pair (texts, labels); got {type(data).__name__}.")
    texts, labels = list(rows_of(data[0], f"`{name}`")), list(data[1])
    labels = [label.item() if hasattr(label, "item") else label for label in labels]
    if len(texts) != len(labels):
        raise ValueError(
            f"`{name}` must have a label for each text; got {len(texts)} texts and "
            f"{len(labels)} labels."
        )
    if not texts:
        raise ValueError(f"`{name}` must have at least one text; got none.")
    texts = as_texts(texts, name)
    for row, label in enumerate(labels):
        if not isinstance(label, str | int):
            raise TypeError(
                f"`{name}` must hold labels of type str, int or bool; label {row} is of type "
                f"{type(label).__name__}."
            )
    return LabelledTexts(texts, labels)


def read_texts(
    path: str | PathLike[str],
    *,
    text: str | Sequence[str] = "text",
    label: str | None = "label",
    where: str | None = None,
) -> LabelledTexts:
    """Read labelled texts from a table (CSV, TSV, Parquet, JSON or JSON lines, by its suffix).

    Several `text` columns are joined by line breaks, and a missing text is empty; columns of lists
    hold words or ids. Rows without a label are left out; ``label=None`` reads texts alone. `where`
    is SQL.
    """
    import polars as pl

    columns = [text] if isinstance(text, str) else list(text)
    labels = [] if label is None else [label]
    table = scan_table(path)
    named = () if where is None else columns_named(where, table.collect_schema())
    kept = read_columns(table, list(dict.fromkeys([*columns, *labels, *named])), str(path))
    kept = kept if where is None else filtered(kept, where)
    kept = kept.drop_nulls(labels) if labels else kept
    if kept.is_empty():
        with_label = f' with a "{label}"' if labels else ""
        fulfilled = f" where {where}" if where else ""
        raise ValueError(f"{path} must have rows{with_label}{fulfilled}; it has none.")
    found = [] if label is None else kept[label].to_list()
    lists = [column for column in columns if isinstance(kept.schema[column], pl.List | pl.Array)]
    if lists:
        if len(lists) < len(columns):
            other = next(column for column in columns if column not in lists)
            raise ValueError(f'{path} must have lists in all of these columns; "{other}" has none.')
        rows = kept.select(lists).rows()
        joined = [[token for part in row for token in part or ()] for row in rows]
        return LabelledTexts(as_texts(joined, "text"), found)
    parts = [pl.col(column).cast(pl.String).fill_null("") for column in columns]
    texts = kept.select(pl.concat_str(parts, separator="\n")).to_series()
    return LabelledTexts(texts.to_list(), found)
