"""What ``vecstore train autoencoder`` reads: arrays, stores, and tables of texts."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy.typing as npt

import vecstore
from vecstore.cli.numpy_files import read_npy

if TYPE_CHECKING:
    from vecstore.trainers.corpus import Vocabulary

__all__ = ["Samples", "read_samples"]


class Samples(NamedTuple):
    """Rows to encode, and what is known about them."""

    rows: npt.NDArray[Any]  # (n, ...): images, vectors, or bags of words
    keys: Sequence[Any] | None = None  # of the store that they come from
    labels: list[Any] | None = None  # str, int or bool
    vocabulary: "Vocabulary | None" = None  # of bags of words


def read_samples(
    path: Path,
    labels: str | None,
    *,
    text: Sequence[str] = (),
    where: str | None = None,
    vocabulary: "Vocabulary | int" = 0,
) -> Samples:
    """Read rows and labels of a store, a .npy file, an IDX file or, with `text`, a table.

    `labels` names a column of the store or table, or else a .npy or IDX file. The words of the
    columns `text` become bags of words; `vocabulary` is theirs, or the size of a new one.
    """
    if text:
        return _of_table(path, labels, text, where, vocabulary)
    if path.is_dir():
        return _of_store(path, labels, where)
    if where is not None:
        raise ValueError(f"`where` is for stores and tables; {path} is an array.")
    rows = _array(path)
    if labels is None:
        return Samples(rows)
    given = _array(Path(labels))
    if given.shape != rows.shape[:1]:
        raise ValueError(
            f"{labels} must have a label for each of the {len(rows)} rows of {path}; "
            f"it has shape {given.shape}."
        )
    return Samples(rows, labels=given.tolist())


def _of_store(path: Path, column: str | None, where: str | None) -> Samples:
    with vecstore.open(path) as store:
        frame = store.frame(where=where)
        if frame.is_empty():
            raise ValueError(f"{path} must have rows{f' where {where}' if where else ''}.")
        if column is not None and column not in frame.columns:
            there = ", ".join(frame.columns[1:]) or "none"
            raise ValueError(f'{path} has no attribute "{column}"; it has {there}.')
        keys = frame["key"].to_list()
        return Samples(store[keys], keys, None if column is None else frame[column].to_list())


def _of_table(
    path: Path,
    column: str | None,
    text: Sequence[str],
    where: str | None,
    vocabulary: "Vocabulary | int",
) -> Samples:
    from vecstore.trainers.corpus import bags_of_words, vocabulary_of
    from vecstore.trainers.texts import read_texts

    texts, labels = read_texts(path, text=text, label=column, where=where)
    if isinstance(vocabulary, int):
        vocabulary = vocabulary_of(texts, max_size=vocabulary)
    bags = bags_of_words(texts, vocabulary)
    return Samples(bags, None, None if column is None else list(labels), vocabulary)


def _array(path: Path) -> npt.NDArray[Any]:
    from vecstore.trainers.pictures import read_idx

    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is not a file; a store, a .npy file or an IDX file is needed."
        )
    if path.suffix != ".npy":
        return read_idx(path)
    return read_npy(path)
