"""Tables made of text, CSV and JSON lines, as a `Table` of vectors.

The first rows decide which column is what; all rows decide the dtypes of the attributes.
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.attributes import polars_type
from vecstore.errors import IngestError
from vecstore.forks import check_polars
from vecstore.ingest.formats.guess import ArrayInfo
from vecstore.ingest.report import Faults
from vecstore.ingest.sheets.cells import CONVERT, join_kinds, numbers_of
from vecstore.ingest.sheets.table_columns import attribute_types, choose_columns
from vecstore.ingest.source import Source
from vecstore.ingest.table import MAX_DIM, ROW_NUMBERS, Chunk, Options, Table, row_slices
from vecstore.ingest.text.parsing import complaint
from vecstore.ingest.text.vector_lines import parser
from vecstore.wording import quoted

__all__ = ["MOST_COLUMNS", "Sheet", "open_sheet", "too_wide"]

#: Longer vectors belong in a binary format.
MOST_COLUMNS = 1 << 16
# The most rows to look at, and the most values in them: a million values take a second.
_SAMPLE, _SAMPLED_VALUES = 1000, 1 << 19
_EXACT = 1 << 53
_DTYPES = {"vector": np.float32, "int64": np.int64, "float64": np.float64, "string": object}

Row = tuple[int, Sequence[Any] | str]


@dataclass(frozen=True)
class Sheet:
    """Rows of values under column names."""

    format: str
    names: list[str]  # of the columns
    rows: Callable[[], Generator[Row, None, None]]  # each line, and its values or its fault
    kind: Callable[[Any], str | None]  # of a value
    mixed: str  # the kind of a column whose values have several
    bare: bool = False  # all columns of numbers may be the vectors, for want of numbered ones
    index: str | None = None  # the index column of a pandas frame
    notes: tuple[str, ...] = ()  # for the report

    def good_rows(self) -> Iterator[Sequence[Any]]:
        """Yield the values of the rows without faults."""
        with closing(self.rows()) as rows:
            yield from (values for _, values in rows if not isinstance(values, str))


@dataclass(frozen=True)
class _Plan:
    """The purpose of each column, by its place."""

    vectors: list[int]
    dim: int
    keys: int | None
    key_kind: str
    attributes: dict[int, str]


def open_sheet(source: Source, options: Options, sheet: Sheet) -> Table:
    """Open the columns of a sheet as keys, vectors and attributes."""
    if len(sheet.names) > MOST_COLUMNS:
        raise IngestError(f"{source.path} {too_wide(len(sheet.names))}")
    rows = max(8, min(_SAMPLE, _SAMPLED_VALUES // len(sheet.names)))
    sample = list(islice(sheet.good_rows(), rows))
    kinds = _kinds(sheet, sample, range(len(sheet.names)))
    n = len(sample)
    place = {name: at for at, name in enumerate(sheet.names)}
    infos = {
        name: ArrayInfo((n, 0) if kind == "vector" else (n,), np.dtype(_DTYPES.get(kind, np.void)))
        for name, kind in zip(sheet.names, _usual_kinds(sheet, sample, kinds), strict=True)
    }
    index = sheet.index
    vectors, keys = choose_columns(infos, index, source.path, options, bare=sheet.bare)
    columns = [place[name] for name in vectors]
    dim = _dim(source, sheet, columns, sample)
    taken = {*vectors, keys}
    rest = [at for at, name in enumerate(sheet.names) if name not in taken]
    if options.attributes is not None:
        rest = [at for at in rest if sheet.names[at] in options.attributes]
    key_at = None if keys is None else place[keys]
    numeric_key = key_at is not None and kinds[key_at] != "string"
    open_kinds = [at for at in rest if kinds[at] != sheet.mixed]
    if numeric_key and key_at is not None:
        open_kinds.append(key_at)
    if n == rows and open_kinds:
        for at, kind in zip(open_kinds, _kinds(sheet, sheet.good_rows(), open_kinds), strict=True):
            kinds[at] = kind
    types, notes = _attribute_kinds(sheet, rest, kinds)
    key_kind = "int64" if key_at is None else str(kinds[key_at])
    if key_kind not in ("int64", "float64", "string"):
        if sheet.mixed != "string" or key_kind == "vector":
            raise IngestError(
                f'Column "{keys}" of {source.path} cannot be read as keys: it must hold strings or '
                f'integers. Pass keys= with another, or with "{ROW_NUMBERS}".'
            )
        key_kind = "string"
    plan = _Plan(columns, dim, key_at, key_kind, types)
    if len(vectors) > 1:
        notes = (f'vectors: {len(vectors)} columns, "{vectors[0]}" to "{vectors[-1]}"', *notes)
    return Table(
        sheet.format,
        dim,
        "str" if key_kind == "string" else "int",
        None,
        partial(_chunks, source, sheet, plan),
        unit="line",
        numbered=keys is None,
        keys_from=ROW_NUMBERS if keys is None else f'column "{keys}"',
        attributes=tuple(sheet.names[at] for at in types),
        notes=[*sheet.notes, *notes],
    )


def too_wide(columns: int) -> str:
    """Say that a table has too many columns, to follow its path."""
    return (
        f"has {columns:,} columns; of a table in text at most {MOST_COLUMNS:,} are read. Save the "
        f"vectors as .npy."
    )


def _kinds(sheet: Sheet, rows: Iterable[Sequence[Any]], places: Sequence[int]) -> list[str | None]:
    """Return the kinds of the columns at `places`; None where all values are missing."""
    found: list[set[str | None]] = [set() for _ in places]
    for values in rows:
        for kinds, at in zip(found, places, strict=True):
            kinds.add(sheet.kind(values[at]))
    return [join_kinds(kinds, sheet.mixed) for kinds in found]


def _usual_kinds(
    sheet: Sheet, sample: list[Sequence[Any]], kinds: list[str | None]
) -> "Iterator[str]":
    """Yield the kind of most values of each column: numbers, vectors or text."""
    for at, kind in enumerate(kinds):
        if kind in ("vector", "int64", "float64", None):
            yield str(kind)
            continue
        found = Counter(sheet.kind(values[at]) for values in sample)
        present = sum(found.values()) - found[None]
        if 2 * found["vector"] > present:
            yield "vector"
        elif 2 * (found["int64"] + found["float64"]) > present:
            yield "float64"
        else:
            yield "other" if kind == "other" else "string"


def _attribute_kinds(
    sheet: Sheet, places: list[int], kinds: list[str | None]
) -> tuple[dict[int, str], tuple[str, ...]]:
    check_polars()
    import polars as pl

    schema: dict[str, pl.DataType] = {}
    for at in places:
        kind = kinds[at]
        if kind == "vector" and sheet.mixed == "string":
            kind = "string"
        if kind is not None:
            schema[sheet.names[at]] = polars_type(kind) if kind in CONVERT else pl.Object()
    types, notes = attribute_types(schema, (), None)
    if any(isinstance(dtype, pl.Object) for dtype in schema.values()):
        notes = tuple(note.replace("Object, which", "of several types, which") for note in notes)
    back = {polars_type(kind): kind for kind in CONVERT}
    return {at: back[types[sheet.names[at]]] for at in places if sheet.names[at] in types}, notes


def _dim(source: Source, sheet: Sheet, columns: list[int], sample: list[Sequence[Any]]) -> int:
    if len(columns) > 1:
        dim = len(columns)
    else:
        lengths = [len(numbers_of(values[columns[0]]).split()) for values in sample]
        counts = np.bincount([length for length in lengths if length] or [0])
        dim = int(counts.argmax())
    if not 1 <= dim <= MAX_DIM:
        raise IngestError(
            f'Column "{sheet.names[columns[0]]}" of {source.path} holds no vectors in its first '
            f"rows."
        )
    return dim


def _chunks(source: Source, sheet: Sheet, plan: _Plan) -> Generator[Chunk, None, None]:
    size = next(row_slices(1 << 62, plan.dim + len(plan.attributes))).stop
    parse = parser()
    first = 0
    with closing(sheet.rows()) as rows:
        while some := list(islice(rows, size)):
            yield _chunk(some, sheet, plan, parse, first)
            first += len(some)


def _chunk(
    rows: list[Row], sheet: Sheet, plan: _Plan, parse: Callable[..., Any], first: int
) -> Chunk:
    """Convert some rows; the first fault found in a row is the one reported."""
    check_polars()
    import polars as pl

    reasons: dict[int, str] = {
        i: values for i, (_, values) in enumerate(rows) if isinstance(values, str)
    }
    texts, keys = [], list[Any]()
    for i, (_, values) in enumerate(rows):
        text, key = "?", None
        if not isinstance(values, str):
            text = _numbers(values, plan)
            key, reason = _key(values, plan, first + i)
            if reason:
                reasons.setdefault(i, reason)
        texts.append(text)
        keys.append(key)
    block = np.frombuffer(("\n".join(texts) + "\n").encode("utf-8", "replace"), np.uint8)
    _, vectors, lines, bad, _ = parse(block, plan.dim, keyed=False)
    for i in bad[:, 0].tolist():
        line = texts[i].encode("utf-8", "replace")
        reasons.setdefault(i, complaint(line, plan.dim, keyed=False) or "it cannot be parsed")
    columns = {sheet.names[at]: list[Any]() for at in plan.attributes}
    good = []
    for place, i in enumerate(lines.tolist()):
        if i in reasons:
            continue
        values = rows[i][1]
        converted = [_convert(values[at], kind) for at, kind in plan.attributes.items()]
        if any(isinstance(one, UnicodeError) for one in converted):
            reasons[i] = "its text is not valid UTF-8"
            continue
        good.append(place)
        for column, value in zip(columns.values(), converted, strict=True):
            column.append(value)
    numbers = np.array([line for line, _ in rows], np.int64)
    chosen = lines[good]
    kind = object if plan.key_kind == "string" else np.int64
    found = np.empty(len(good), kind)
    found[:] = [keys[i] for i in chosen.tolist()]
    schema = {sheet.names[at]: polars_type(kind) for at, kind in plan.attributes.items()}
    attributes = pl.DataFrame(columns, schema) if columns else None
    faults = _faults(reasons, keys, numbers)
    return Chunk(found, vectors[good], numbers[chosen], faults, attributes)


def _faults(reasons: dict[int, str], keys: list[Any], lines: npt.NDArray[np.int64]) -> list[Faults]:
    wrong = sorted(reasons)

    def describe(i: int) -> tuple[str, str]:
        key = keys[wrong[i]]
        return reasons[wrong[i]], "" if key is None else quoted(str(key))

    return [Faults(lines[wrong], describe)] if wrong else []


def _numbers(values: Sequence[Any], plan: _Plan) -> str:
    """Return the numbers of a row as a line of text."""
    if len(plan.vectors) == 1:
        return numbers_of(values[plan.vectors[0]]).strip() or "?"
    fields = [str(values[at]).strip() for at in plan.vectors]
    text = " ".join(fields)
    # A field that holds several numbers, or none, must not make the count right by chance.
    if text.count(" ") != plan.dim - 1 or not all(fields) or len(text.split()) != plan.dim:
        return " ".join("_".join(field.split()) or "nothing" for field in fields)
    return text


def _key(values: Sequence[Any], plan: _Plan, row: int) -> tuple[Any, str]:
    """Return the key of a row, and what is wrong with it."""
    if plan.keys is None:
        return row, ""
    value = values[plan.keys]
    if value is None or value == "":
        return None, "it has no key"
    if plan.key_kind != "string":
        if plan.key_kind == "int64":
            return int(value), ""
        number = float(value)
        if not number.is_integer() or abs(number) >= _EXACT:
            return None, f"its key {value} is not an integer"
        return int(number), ""
    text = str(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        return None, "its key is not valid UTF-8"
    return text, ""


def _convert(value: Any, kind: str) -> Any:
    if value is None or value == "":
        return None
    converted = CONVERT[kind](value)
    if kind == "string":
        try:
            converted.encode()
        except UnicodeEncodeError as error:
            return error
    return converted
