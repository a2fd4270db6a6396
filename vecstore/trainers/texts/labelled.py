"""Labelled texts from tables, and from the arrays of callers."""

from collections.abc import Sequence
from os import PathLike
from typing import Any, NamedTuple

from vecstore.filters import columns_named, filtered
from vecstore.input_tables import read_columns, scan_table
from vecstore.trainers.corpus.numbered import as_texts, rows_of

__all__ = ["LabelledTexts", "as_labelled", "read_texts"]


class LabelledTexts(NamedTuple):
    """Texts, and what each of them is.

    Attributes
    ----------
    texts : list of n str, or of lists of words or of ids
        What to learn from.
    labels : list of n str, int or bool
        What to learn; none, where nobody asked for them.
    """

    texts: Sequence[Any]
    labels: Sequence[Any]


def as_labelled(data: Any, name: str) -> LabelledTexts:
    """Return a pair of texts and labels, or refuse it.

    Parameters
    ----------
    data : pair of sequences
        Texts, or lists of words or of ids, and as many labels.
    name : str
        The caller's argument, for the errors.

    Returns
    -------
    LabelledTexts
        Labels are Python's own, so that JSON can hold them.

    Raises
    ------
    TypeError
        If it is no pair, or holds what is neither text nor label, or words and ids.
    ValueError
        If there are none, not as many labels as texts, or a negative id.
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
    r"""Read labelled texts from a table.

    Parameters
    ----------
    path : path-like
        CSV or TSV (also .gz), Parquet, JSON (a list of objects) or JSON lines; the suffix tells.
    text : str or sequence of str, default "text"
        The column of the texts; of several, the texts are joined by line breaks. A missing text is
        empty. A column may hold lists of words or of ids; then all of them must.
    label : str or None, default "label"
        The column of the labels. Rows without one are left out. None reads texts alone.
    where : str or None
        Which rows, in SQL: ``"split = 'train'"``.

    Returns
    -------
    LabelledTexts
        In the order of the table.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no table, a column is missing, a condition cannot be evaluated, or no row is left.

    Examples
    --------
    >>> from pathlib import Path
    >>> _ = Path("phrases.csv").write_text("text,label\nwell done,1\npoor work,0\n")
    >>> read_texts("phrases.csv", where="label = 1")
    LabelledTexts(texts=['well done'], labels=[1])
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
