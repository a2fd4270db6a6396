"""The TensorFlow projector's pairs of files: ``vectors.tsv`` and the labels in ``metadata.tsv``.

Metadata begin with a line of column names, unless they have only one column.
"""

from collections.abc import Generator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.encodings import MARK
from vecstore.errors import IngestError
from vecstore.ingest.source import Source
from vecstore.ingest.table import Chunk, Options, Table
from vecstore.ingest.text.label_lines import label_lines
from vecstore.ingest.text.sniff import TextShape, sniff_bare
from vecstore.ingest.text.vector_lines import text_chunks
from vecstore.ingest.unpacking import COMPRESSIONS
from vecstore.pipes import STDIN

__all__ = ["find_metadata", "metadata_path", "open_projector"]

_COMPRESSED = tuple(f".{name}" for name in COMPRESSIONS)


def metadata_path(vectors: Path) -> Path:
    """Return where the metadata of a file of vectors usually lie.

    >>> metadata_path(Path("words/vectors.tsv")).name, metadata_path(Path("words.tsv.gz")).name
    ('metadata.tsv', 'words.metadata.tsv')
    """
    plain = vectors.with_suffix("") if vectors.suffix in _COMPRESSED else vectors
    for word in ("vectors", "tensors"):
        if word in plain.name:
            return plain.with_name(plain.name.replace(word, "metadata"))
    return plain.with_name(f"{plain.stem}.metadata{plain.suffix}")


def find_metadata(vectors: Path) -> Path | None:
    """Return the metadata beside a file of vectors; None if there are none."""
    plain = metadata_path(vectors)
    candidates = [plain, *(plain.with_name(plain.name + end) for end in _COMPRESSED)]
    return next((path for path in candidates if path.is_file()), None)


def open_projector(source: Source, options: Options) -> Table:
    """Open a pair of files; the option ``keys`` names the metadata, or a column of them."""
    head = source.text_head
    dim = sniff_bare(head, complete=source.head_is_all)
    if dim is None:
        raise IngestError(
            f"{source.path} is not a projector's file of vectors: its lines do not hold equally "
            f"many numbers and nothing else."
        )
    named = Path(options.keys) if options.keys and _is_source(options.keys) else None
    metadata = named or find_metadata(source.path)
    if metadata is None:
        raise IngestError(
            f"{source.path} has no metadata: {metadata_path(source.path)} is missing. Pass keys= "
            f"with the path of the file that names the vectors."
        )
    keys = _read_labels(metadata, None if named else options.keys, options.encoding)
    shape = TextShape(dim, None, len(MARK) if head.startswith(MARK) else 0)
    chunks = partial(_chunks, source, shape, options.threads, keys, metadata)
    return Table("projector", dim, "str", len(keys), chunks, unit="line")


def _is_source(name: str) -> bool:
    """Return whether a name is the path of a file or a pipe, and not a column."""
    path = Path(name)
    return name == STDIN or (path.exists() and not path.is_dir())


def _read_labels(path: Path, column: str | None, encoding: str | None) -> npt.NDArray[Any]:
    rows = [line.split("\t") for line in label_lines(path, "metadata", encoding)]
    if not rows or len(rows[0]) == 1:
        return np.array([row[0] for row in rows], dtype=object)
    names = rows[0]
    if column is not None and column not in names:
        raise ValueError(
            f'`keys` must be one of {", ".join(names)}, the columns of {path}; got "{column}".'
        )
    at = names.index(column) if column else 0
    return np.array([row[at] if at < len(row) else "" for row in rows[1:]], dtype=object)


def _chunks(
    source: Source, shape: TextShape, threads: int | None, keys: npt.NDArray[Any], metadata: Path
) -> Generator[Chunk, None, None]:
    last = 0
    with closing(text_chunks(source, shape, threads, keyed=False)) as chunks:
        for chunk in chunks:
            ends = [int(places[-1]) for places in _all_places(chunk) if len(places)]
            last = max(ends, default=last)
            if last > len(keys):
                break
            yield chunk._replace(keys=keys[chunk.keys])
    if last != len(keys):
        raise IngestError(
            f"{source.path} has {'more than' if last > len(keys) else 'only'} "
            f"{min(last, len(keys))} lines, but {metadata} names {len(keys)} vectors."
        )


def _all_places(chunk: Chunk) -> list[npt.NDArray[np.int64]]:
    return [chunk.places, *(some.places for some in chunk.faults)]
