"""CSV and TSV: fields separated by commas, semicolons, tabs or bars, and quoted if necessary.

The vectors are a column of numbers in brackets, or many columns of one number each.
"""

import csv
import re
from collections.abc import Generator, Iterator
from contextlib import closing
from functools import partial
from io import StringIO
from typing import NamedTuple

from vecstore.errors import IngestError
from vecstore.ingest.formats.guess import is_key_name
from vecstore.ingest.sheets.cells import is_vector, text_kind
from vecstore.ingest.sheets.sheet import MOST_COLUMNS, Row, Sheet, open_sheet, too_wide
from vecstore.ingest.source import Source
from vecstore.ingest.table import Options, Table
from vecstore.ingest.text.line_blocks import line_blocks
from vecstore.wording import counted

__all__ = ["Dialect", "looks_like_csv", "open_csv", "sniff_csv", "wide_row"]

_DELIMITERS = ",;\t|"
# The most rows to look at, and the most fields in them.
_LINES, _FIELDS = 32, 1 << 15
_SNIFFED_BYTES = 1 << 15
# The default of the csv module is 128 KB, which a vector of 10,000 numbers exceeds.
_MAX_FIELD = 1 << 26
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?")


_WORD_AND_NUMBER = re.compile(r"\s*\S+[ \t]+[-+]?[\d.]+(?:[eE][-+]?\d+)?\s*")


class Dialect(NamedTuple):
    """How the rows of a file are written, and the first of them."""

    delimiter: str
    names: list[str]
    has_header: bool
    decimal_comma: bool
    rows: list[list[str]]


def sniff_csv(head: bytes, *, complete: bool) -> Dialect | None:
    r"""Return how the first lines are delimited; None unless most have equally many fields.

    >>> sniff_csv(b"word;a;b\nking;0,5;1,5\n", complete=True)[:4]
    (';', ['word', 'a', 'b'], True, True)
    """
    best: list[list[str]] = []
    chosen = ""
    text = _first_lines(head, complete=complete)
    for delimiter in _DELIMITERS:
        rows = _first_rows(text, delimiter, least=2 if best else 1)
        width = len(rows[0]) if rows else 0
        agree = sum(len(row) == width for row in rows)
        if (
            agree * 2 > len(rows)
            and (agree > 1 or len(rows) == 1)
            and width > len(best[:1] and best[0])
        ):
            best, chosen = rows, delimiter
    if not best:
        return None
    width = len(best[0])
    alike = [row for row in best if len(row) == width]
    has_header = _has_header(alike)
    names = _names(alike[0]) if has_header else [f"column {i + 1}" for i in range(width)]
    if len(set(names)) < width:
        has_header, names = False, [f"column {i + 1}" for i in range(width)]
    body = alike[has_header:]
    return Dialect(chosen, names, has_header, _decimal_comma(body), body)


def looks_like_csv(dialect: Dialect | None, *, named: bool) -> bool:
    """Return whether lines are rows of vectors; `named`: the file name is that of a table."""
    if dialect is None or not dialect.rows:
        return False
    if not named and all(_WORD_AND_NUMBER.fullmatch(row[0]) for row in dialect.rows):
        return False  # "king 0.5,0.25": a key, a blank and numbers between commas
    kinds = [_kind(dialect.decimal_comma, cell) for row in dialect.rows for cell in row]
    has_lists = "vector" in kinds
    if len(dialect.names) == 1 or (dialect.delimiter == "\t" and not dialect.has_header):
        return has_lists and (dialect.has_header or len(dialect.names) > 1)
    numbers = sum(kind in ("int64", "float64") for kind in kinds)
    return named or has_lists or 2 * numbers >= len(kinds)


def open_csv(source: Source, options: Options) -> Table:
    """Open a table of delimited fields."""
    # This limit of the csv module applies to all threads, so it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), _MAX_FIELD))
    dialect = sniff_csv(source.text_head, complete=source.head_is_all)
    if dialect is None:
        reason = wide_row(source.text_head) or (
            "is not a table of fields between commas, semicolons, tabs or bars: its first lines do "
            "not have equally many."
        )
        raise IngestError(f"{source.path} {reason}")
    _refuse_doubtful_keys(source, options, dialect)
    notes = []
    if dialect.delimiter != ",":
        name = {";": "semicolons", "\t": "tabs", "|": "bars"}[dialect.delimiter]
        notes.append(f"fields are between {name}")
    if dialect.decimal_comma:
        notes.append("decimal commas were read as points")
    sheet = Sheet(
        "csv",
        dialect.names,
        partial(_rows, source, dialect),
        text_kind,
        "string",
        bare=True,
        index=_index(dialect),
        notes=tuple(notes),
    )
    return open_sheet(source, options, sheet)


def _refuse_doubtful_keys(source: Source, options: Options, dialect: Dialect) -> None:
    """Refuse a nameless first column of integers before floats: it may be keys or vectors."""
    if dialect.has_header or options.keys is not None or options.dataset is not None:
        return
    kinds = [{text_kind(cell) for cell in column} for column in zip(*dialect.rows, strict=False)]
    is_first = kinds[0] == {"int64"} and len(kinds) > 1
    if is_first and all("float64" in some for some in kinds[1:]):
        raise IngestError(
            f"{source.path} has no line of names, and its first column holds integers: keys or "
            f'numbers of vectors? Pass keys="column 1", or keys="row numbers".'
        )


def _kind(decimal_comma: bool, cell: str) -> str | None:
    is_number = decimal_comma and _DECIMAL_COMMA.fullmatch(cell.strip())
    return "float64" if is_number else text_kind(cell)


def _first_lines(head: bytes, *, complete: bool) -> str:
    """Return some whole lines of the head."""
    # Not all of the head: the csv module would read on to its end after a stray quotation mark.
    end = 0
    while end < _SNIFFED_BYTES or head.count(b"\n", 0, end) < _LINES:
        end = head.find(b"\n", max(end, _SNIFFED_BYTES)) + 1
        if not end:
            break
    text = head[: end or len(head)].decode("utf-8-sig", "surrogateescape")
    if not complete and not end:  # the last line may be cut off anywhere
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text
    return text


def _first_rows(text: str, delimiter: str, *, least: int) -> list[list[str]]:
    """Return the first rows; none if the first has fewer fields than `least`, or too many."""
    rows = list[list[str]]()
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if len(row) > MOST_COLUMNS or (not rows and row and len(row) < least):
                return []
            if row:
                rows.append(row)
            if len(rows) == _LINES or (len(rows) > 2 and len(rows) * len(row) > _FIELDS):
                break
    except csv.Error:
        return rows
    return rows


def wide_row(head: bytes) -> str | None:
    """Say that the first line has too many fields, to follow the path; None if it has not."""
    line = re.split(rb"[\r\n]", head, maxsplit=1)[0]
    most = max(line.count(delimiter.encode()) for delimiter in _DELIMITERS) + 1
    return too_wide(most) if most > MOST_COLUMNS else None


def _has_header(rows: list[list[str]]) -> bool:
    first, body = rows[0], rows[1:]
    numbers = [cell.strip() for cell in first if text_kind(cell) in ("int64", "float64")]
    if not body or any(is_vector(cell.strip()) for cell in first):
        return False
    if not numbers:
        below = {text_kind(cell) for row in body for cell in row}
        return bool(below & {"int64", "float64", "vector"}) or any(
            "," in c for r in body for c in r
        )
    # pandas numbers unnamed columns from 0.
    others = [cell for cell in first if text_kind(cell) not in ("int64", "float64")]
    running = [str(i) for i in range(len(numbers))]
    return numbers == running and len(running) > 1 and all(not c or is_key_name(c) for c in others)


def _names(row: list[str]) -> list[str]:
    return [name.strip() for name in row]


def _decimal_comma(rows: list[list[str]]) -> bool:
    cells = [cell.strip() for row in rows for cell in row]
    found = any(_DECIMAL_COMMA.fullmatch(cell) for cell in cells)
    return found and not any("." in cell and text_kind(cell) == "float64" for cell in cells)


def _index(dialect: Dialect) -> str | None:
    """Return the first column if pandas wrote it as an index and it names the rows."""
    name = dialect.names[0]
    cells = [row[0] for row in dialect.rows]
    is_index = dialect.has_header and (not name or name.startswith("Unnamed: 0"))
    return name if is_index and cells != [str(i) for i in range(len(cells))] else None


def _rows(source: Source, dialect: Dialect) -> Generator[Row, None, None]:
    width, header = len(dialect.names), dialect.has_header
    with closing(_lines(source)) as lines:
        reader = csv.reader(lines, delimiter=dialect.delimiter, strict=True)
        while True:
            line = reader.line_num + 1
            try:
                row = next(reader, None)
            except csv.Error as error:
                if "field larger" in str(error) or "end of data" in str(error):
                    raise IngestError(
                        f"{source.path}, line {line}: a quotation mark is not closed."
                    ) from error
                yield line, f"it is not well quoted: {error}"
                continue
            if row is None:
                return
            if header or not row:
                header = header and not row
            elif len(row) != width:
                yield line, f"it has {counted(len(row), 'field')} where {width} are required"
            elif dialect.decimal_comma:
                yield line, [_point(cell) for cell in row]
            else:
                yield line, row


def _point(cell: str) -> str:
    return cell.replace(",", ".") if _DECIMAL_COMMA.fullmatch(cell.strip()) else cell


def _lines(source: Source) -> Generator[str, None, None]:
    """Yield the lines with their ends; bytes that are not UTF-8 become surrogates."""
    start = "\ufeff"
    with closing(line_blocks(source.open_text(), source.path)) as blocks:
        for block in blocks:
            text = block.tobytes().decode("utf-8", "surrogateescape").removeprefix(start)
            start = ""
            yield from _split(text)


def _split(text: str) -> Iterator[str]:
    return iter(StringIO(text, newline=""))
