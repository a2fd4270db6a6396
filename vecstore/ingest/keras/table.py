"""Keras files as tables: one matrix of a model, with the keys of its vocabulary."""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import numpy as np

from vecstore.errors import IngestError
from vecstore.ingest.keras.choice import choose
from vecstore.ingest.keras.files import StoredModel, stored_model
from vecstore.ingest.keras.matrices import Matrix, matrices
from vecstore.ingest.keras.row_keys import RowKeys, row_keys
from vecstore.ingest.keras.vocabularies import Vocabulary, vocabularies
from vecstore.ingest.source import Source
from vecstore.ingest.table import Chunk, KeyKind, Options, Table

__all__ = ["find_matrix", "open_keras"]

_NAMED = 5  # rows of zeros that a report lists


def open_keras(source: Source, options: Options) -> Table:
    """Open an embedding; the option ``dataset`` names its layer, ``keys`` a file or a lookup."""
    model = stored_model(source)
    matrix = _chosen(source, model, options.dataset)
    try:
        found = _vocabularies(source, model, options)
        rows = row_keys(
            matrix,
            model,
            found,
            options.keys,
            allow_zero=options.allow_zero,
            encoding=options.encoding,
        )
    except RecursionError as error:
        raise IngestError(
            f"{source.path} cannot be read as a file of Keras: its layers lie too deep."
        ) from error
    return _table(matrix, rows)


def find_matrix(source: Source, layer: str | None) -> Matrix:
    """Return the matrix of a layer, or of the only embedding; readable until the source closes."""
    return _chosen(source, stored_model(source), layer)


def _chosen(source: Source, model: StoredModel, layer: str | None) -> Matrix:
    return choose(matrices(model.layers), layer, source.path).weight


def _vocabularies(source: Source, model: StoredModel, options: Options) -> list[Vocabulary]:
    """Return the vocabularies of a model; none if they are unreadable and a file is given."""
    try:
        return vocabularies(source.bytes_path, model, zipped=source.compression == "zip")
    except IngestError:
        if options.keys is None or not Path(options.keys).exists():
            raise
        return []


def _table(matrix: Matrix, rows: RowKeys) -> Table:
    notes = list(rows.notes)

    def chunks() -> Generator[Chunk, None, None]:
        start, zeros = 0, []
        try:
            for part in matrix.rows():
                places = np.arange(start, start + len(part))
                start += len(part)
                kept, doubtful = rows.kept[places], rows.left_if_zero[places]
                if doubtful.any():
                    zero = kept & doubtful & ~part.any(axis=1)
                    zeros += places[zero].tolist()
                    kept = kept & ~zero
                places = places[kept]
                keys = places if rows.keys is None else rows.keys[places]
                yield Chunk(keys, part if kept.all() else part[kept], places, [])
        finally:
            notes[:] = [*rows.notes, *_about(zeros)]

    numbered = rows.keys is None
    kind: KeyKind = "int" if rows.keys is None or rows.keys.dtype != object else "str"
    count = int(rows.kept.sum())
    table = Table("keras", matrix.shape[1], kind, count, chunks, numbered=numbered)
    return replace(table, notes=notes)


def _about(zeros: list[int]) -> list[str]:
    if not zeros:
        return []
    named = ", ".join(f"{row:,}" for row in zeros[:_NAMED])
    more = f" and {len(zeros) - _NAMED:,} more" if len(zeros) > _NAMED else ""
    what = "row" if len(zeros) == 1 else "rows"
    return [f"Left out: {what} {named}{more} (zeros, as of padding)."]
