"""Read query vectors from files and pipes; write vectors and answers to files."""

import json
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import click
import numpy as np
import numpy.typing as npt

from vecstore import ingest
from vecstore.analysis.word_tests import numbered_lines
from vecstore.cli.numpy_files import read_npy
from vecstore.cli.output import write_lines
from vecstore.encodings import find_encoding
from vecstore.ingest.formats import queries_dataset
from vecstore.ingest.text import is_number, is_text
from vecstore.pipes import whole_file
from vecstore.search import Matches
from vecstore.storage.disk import write_new

__all__ = ["parse_vectors", "read_queries", "save_answers", "save_array"]

Vectors = npt.NDArray[np.float32]
_NPY = b"\x93NUMPY"
Named = Iterator[tuple[str | None, list[Any]]]


def read_queries(path: str, dim: int) -> tuple[list[str], Vectors]:
    """Return n names and vectors (n, dim) from a file of any format, or from "-", standard input.

    Of a benchmark file in HDF5 the dataset ``test`` is read; a .npy file may hold one vector.
    """
    if path == "-":
        if sys.stdin.isatty():
            click.echo("Type vectors, one a line; Ctrl-D ends.", err=True)
        return _parse_stdin(sys.stdin.buffer.read(), dim)
    with whole_file(path) as place:
        return _read_file(place, dim)


def _parse_stdin(content: bytes, dim: int) -> tuple[list[str], Vectors]:
    """Read text as our commands print it, or the bytes of a file of any format."""
    encoding = find_encoding(content)
    if encoding is None and not is_text(content, complete=True):
        with TemporaryDirectory(prefix="vecstore-") as folder:
            place = Path(folder, "stdin")
            place.write_bytes(content)
            return _read_file(place, dim)
    try:
        text = content.decode(encoding or "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"Queries on standard input must be text in UTF-8: {error}.") from None
    return parse_vectors(text.removeprefix("\ufeff"), dim)


def _read_file(path: Path, dim: int) -> tuple[list[str], Vectors]:
    with path.open("rb") as file:
        is_array = file.read(len(_NPY)) == _NPY
    if is_array and (array := read_npy(path)).ndim == 1:
        return ["0"], array[np.newaxis]
    with ingest.read(path, dataset=queries_dataset(path)) as reader:
        batches = list(reader)
    names = [str(key) for keys, _ in batches for key in keys]
    if reader.format == "glove" and reader.dim == dim - 1 and all(map(_is_number, names)):
        # Lines of plain numbers: without `dim`, the first number of each looked like a key.
        return parse_vectors("\n".join(line for _, line in numbered_lines(path)), dim)
    return names, np.concatenate([vectors for _, vectors in batches])


def _is_number(name: str) -> bool:
    return is_number(name.encode())


def parse_vectors(text: str, dim: int) -> tuple[list[str], Vectors]:
    """Return n names and vectors (n, dim) from text; unnamed queries are numbered from 0.

    The text is what ``get`` and ``compose`` print. A line holds `dim` numbers, after a name or not,
    separated by tabs, spaces or commas. JSON holds arrays of numbers, arrays of these, or objects
    with "vector" and perhaps "key".
    """
    named = list(_from_json(text) if text.lstrip()[:1] in ("[", "{") else _from_lines(text, dim))
    for place, (_, values) in enumerate(named):
        if len(values) != dim:
            raise ValueError(f"Query {place} must have {dim} numbers; got {len(values)}.")
    names = [str(place) if name is None else name for place, (name, _) in enumerate(named)]
    try:
        vectors = np.array([values for _, values in named], np.float32).reshape(-1, dim)
    except (TypeError, ValueError) as error:
        raise ValueError(f"Queries must be numbers: {error}.") from None
    return names, vectors


def _from_lines(text: str, dim: int) -> Named:
    """Split lines into fields; with one field more than `dim`, the first is a name."""
    for line in text.split("\n"):
        if line.strip():
            fields = line.split("\t") if "\t" in line else line.replace(",", " ").split()
            named = len(fields) == dim + 1
            yield (fields[0] if named else None), fields[named:]


def _from_json(text: str) -> Named:
    """Read one JSON value, as ``--json`` prints it, or one per line, as ``--jsonl`` does."""
    try:
        values = [json.loads(text)]
    except json.JSONDecodeError:
        values = [json.loads(line) for line in text.split("\n") if line.strip()]
    for value in values:
        yield from _from_value(value)


def _from_value(value: Any) -> Named:
    if isinstance(value, dict):
        if "vector" not in value:
            raise ValueError(f'A query object must have "vector"; got {sorted(value)}.')
        yield (str(value["key"]) if "key" in value else None), value["vector"]
    elif isinstance(value, list) and value and isinstance(value[0], list | dict):
        for one in value:
            yield from _from_value(one)
    elif isinstance(value, list):
        yield None, value
    else:
        raise ValueError(f"A query must be an array of numbers; got {json.dumps(value)}.")


def save_array(path: Path, array: npt.NDArray[Any]) -> None:
    """Write a new .npy file."""
    write_new(path, partial(_write_array, array))


def save_answers(path: Path, answers: Iterable[tuple[str, Matches]]) -> None:
    """Write answers to a new .npz file (arrays) or .tsv file (a line per match)."""
    known = list(answers)
    write_new(path, partial(_write_tsv if path.suffix == ".tsv" else _write_arrays, known))


def _write_array(array: npt.NDArray[Any], path: Path) -> None:
    with path.open("wb") as file:
        # Given the file itself, NumPy would only report how many bytes are missing, not why.
        np.save(SimpleNamespace(write=file.write), array)


def _write_tsv(known: list[tuple[str, Matches]], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as lines:
        write_lines(known, lines)


def _write_arrays(known: list[tuple[str, Matches]], path: Path) -> None:
    keys = np.stack([matches.keys for _, matches in known])
    if keys.dtype == object:  # str; fixed-width text can be read again without pickle
        keys = np.where(keys == None, "", keys).astype(str)  # noqa: E711
    with path.open("wb") as arrays:
        np.savez(
            arrays,
            queries=np.array([name for name, _ in known]),
            keys=keys,
            distances=np.stack([matches.distances for _, matches in known]),
            counts=np.array([matches.counts for _, matches in known]),
        )
