"""The keys for the rows of a matrix: a vocabulary of the model, a file, or row numbers."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.errors import IngestError
from vecstore.ingest.formats.matrix import read_keys
from vecstore.ingest.keras.choice import EMBEDDINGS
from vecstore.ingest.keras.files import StoredModel
from vecstore.ingest.keras.graph import feeds
from vecstore.ingest.keras.matrices import Matrix
from vecstore.ingest.keras.vocabularies import IDS, Vocabulary

__all__ = ["RowKeys", "row_keys"]


class RowKeys(NamedTuple):
    """The keys of the rows of a matrix, and which rows have none."""

    keys: npt.NDArray[Any] | None  # (n,); None for the numbers of the rows
    kept: npt.NDArray[np.bool_]  # (n,), rows that have a key
    left_if_zero: npt.NDArray[np.bool_]  # (n,), rows to leave out if they are zeros
    notes: list[str]  # for the report


def row_keys(
    matrix: Matrix,
    model: StoredModel,
    found: list[Vocabulary],
    wanted: str | None,
    *,
    allow_zero: bool,
    encoding: str | None,
) -> RowKeys:
    """Return the keys of a matrix; `wanted` names a file of keys or one of the vocabularies."""
    named = [one for one in found if one.name == wanted]
    if wanted is not None and not named:
        if found and not Path(wanted).exists():
            raise ValueError(
                f"`keys` must be a file of keys, or one of {_listed(found)} in "
                f'{matrix.layer.source}; got "{wanted}".'
            )
        keys = read_keys(Path(wanted), encoding)
        return _of_file(
            matrix, _vocabulary_of(matrix, model, found), Path(wanted), keys, allow_zero
        )
    vocabulary = named[0] if named else _vocabulary_of(matrix, model, found)
    if isinstance(vocabulary, list):
        name = matrix.layer.name
        raise IngestError(
            f'{matrix.layer.source} has no one vocabulary for layer "{name}": {_listed(vocabulary)}'
            f" may be. Pass keys= with the right one, or with a file of keys."
        )
    if vocabulary is not None:
        return _of_vocabulary(matrix, vocabulary)
    return _of_numbers(matrix, found, allow_zero)


def _vocabulary_of(
    matrix: Matrix, model: StoredModel, found: list[Vocabulary]
) -> Vocabulary | list[Vocabulary] | None:
    """Return the vocabulary of a matrix, a list of candidates if it is ambiguous, or None."""
    n, name = matrix.shape[0], matrix.layer.name
    gives_ids = matrix.layer.kind in EMBEDDINGS
    fitting = [one for one in found if (one.mode == IDS) == gives_ids]
    flow = feeds(model.config).get(name)
    if flow is None:  # a class of the user's own: its configuration has no graph
        exact = _different(one for one in fitting if n in (one.rows, one.most))
        return None if not exact else exact[0] if len(exact) == 1 else exact
    sure = {source for source, unchanged in flow if unchanged}
    # A kernel has rows for the counts of words only if no other layer has changed them.
    sources = {source for source, _ in flow} if gives_ids else sure
    linked = _different(one for one in fitting if one.name in sources)
    if len(linked) == 1 and all(one.name in sure for one in fitting if one.name in sources):
        return linked[0]
    return linked or None


def _different(found: Iterable[Vocabulary]) -> list[Vocabulary]:
    """Return the vocabularies without those that would give the same keys as an earlier one."""
    return list({(one.keys, one.special): one for one in found}.values())


def _of_vocabulary(matrix: Matrix, vocabulary: Vocabulary) -> RowKeys:
    n, rows = matrix.shape[0], vocabulary.rows
    if rows > n:
        raise IngestError(
            f'{matrix.layer.source} holds {n:,} vectors in layer "{matrix.layer.name}", but the '
            f'vocabulary "{vocabulary.name}" has {rows:,} entries. Pass keys= with a file of keys.'
        )
    notes = [f'Keys are the vocabulary "{vocabulary.name}".']
    return _placed(n, _array(vocabulary.keys), vocabulary.special, notes)


def _of_file(
    matrix: Matrix,
    vocabulary: Vocabulary | list[Vocabulary] | None,
    path: Path,
    keys: npt.NDArray[Any],
    allow_zero: bool,
) -> RowKeys:
    n = matrix.shape[0]
    known = vocabulary if isinstance(vocabulary, Vocabulary) else None
    if len(keys) == n:
        names = {token for _, token in known.special} if known else {"[UNK]"}
        nameless = np.array([key == "" or key in names for key in keys.tolist()], bool)
        return RowKeys(keys, np.ones(n, bool), nameless & (not allow_zero), [])
    if known is not None and known.rows <= n and len(keys) in (len(known.keys), known.rows):
        whole = len(keys) == known.rows
        return _placed(n, keys[len(known.special) if whole else 0 :], known.special, [])
    spare = n - len(keys)
    if known is None and spare > 0 and _stand_for_nothing(matrix, spare):
        return _placed(n, keys, (("padding or unknown keys", None),) * spare, [])
    hint = ""
    if known is not None:
        hint = (
            f' Its vocabulary "{known.name}" has {len(known.keys):,} keys and '
            f"{len(known.special):,} special rows before them."
        )
    raise IngestError(
        f"{matrix.layer.source} holds {n} vectors, but there are {len(keys)} keys.{hint}"
    )


def _stand_for_nothing(matrix: Matrix, count: int) -> bool:
    """Return whether the first rows are padding, by the layer's `mask_zero` or as zeros."""
    if count == 1 and matrix.layer.config.get("mask_zero") is True:
        return True
    for part in matrix.rows():
        if part[:count].any():
            return False
        count -= len(part)
        if count <= 0:
            return True
    return False


def _of_numbers(matrix: Matrix, found: list[Vocabulary], allow_zero: bool) -> RowKeys:
    n = matrix.shape[0]
    left = np.full(n, not allow_zero)
    left[:1] |= matrix.layer.config.get("mask_zero") is True
    said = "Keys are the numbers of the rows: "
    if found:
        said += f'no vocabulary gives the ids of "{matrix.layer.name}". Pass keys= with one of '
        said += f"{_listed(found)}, or with a file of keys, for others."
    elif not matrix.layer.config:
        said += "weights alone have no vocabulary, as a .keras file may have."
    else:
        said += "the model has no vocabulary."
    return RowKeys(None, np.ones(n, bool), left, [said])


def _placed(
    n: int, keys: npt.NDArray[Any], special: tuple[tuple[str, Any], ...], notes: list[str]
) -> RowKeys:
    """Put keys after the special rows; rows after the keys have none."""
    first, end = len(special), len(special) + len(keys)
    kept = np.zeros(n, bool)
    kept[first:end] = True
    whole = np.zeros(n, keys.dtype)
    whole[first:end] = keys
    groups: dict[str, list[int]] = {}
    for row, (what, _) in enumerate(special):
        groups.setdefault(what, []).append(row)
    if end < n:
        groups["no key"] = [end, n - 1]
    left = [f"{_span(rows[0], rows[-1])} ({what})" for what, rows in groups.items()]
    notes = [*notes, f"Left out: {', '.join(left)}."] if left else notes
    return RowKeys(whole, kept, np.zeros(n, bool), notes)


def _span(first: int, last: int) -> str:
    return f"row {first:,}" if first == last else f"rows {first:,} to {last:,}"


def _array(keys: tuple[Any, ...]) -> npt.NDArray[Any]:
    numbers = bool(keys) and all(type(key) is int for key in keys)
    return np.array(keys, dtype=np.int64 if numbers else object)


def _listed(found: list[Vocabulary]) -> str:
    return ", ".join(f'"{one.name}" ({len(one.keys):,} keys)' for one in found)
