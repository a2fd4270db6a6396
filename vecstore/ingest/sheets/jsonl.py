"""JSON lines: one object per line; its vector is a list of numbers, or numbered fields."""

import json
from collections.abc import Generator
from contextlib import closing
from functools import partial
from typing import Any

from vecstore.errors import IngestError
from vecstore.ingest.sheets.cells import json_kind
from vecstore.ingest.sheets.sheet import MOST_COLUMNS, Row, Sheet, open_sheet
from vecstore.ingest.source import Source
from vecstore.ingest.table import Options, Table
from vecstore.ingest.text.line_blocks import line_blocks

__all__ = ["looks_like_jsonl", "open_jsonl"]

_SAMPLE = 1000


def looks_like_jsonl(head: bytes) -> bool:
    """Return whether the first line is a JSON object."""
    line = head.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0].split(b"\r", 1)[0]
    if line.startswith(b"["):  # a list of objects: `open_jsonl` says what to do with it
        return line[1:].lstrip().startswith(b"{")
    return line.startswith(b"{") and isinstance(_parse(line), dict)


def open_jsonl(source: Source, options: Options) -> Table:
    """Open lines that are JSON objects."""
    names: dict[str, None] = {}
    n = 0
    with closing(_objects(source)) as objects:
        for _, value in objects:
            if isinstance(value, dict):
                names.update(dict.fromkeys(value))
                n += 1
            if n == _SAMPLE or len(names) > MOST_COLUMNS:
                break
    if not names:
        raise IngestError(
            f"{source.path} holds no objects of JSON, one a line. If it is one list of them, write "
            f"each on a line of its own: jq -c '.[]'."
        )
    columns = list(names)
    sheet = Sheet("jsonl", columns, partial(_rows, source, columns), json_kind, "other")
    return open_sheet(source, options, sheet)


def _rows(source: Source, names: list[str]) -> Generator[Row, None, None]:
    with closing(_objects(source)) as objects:
        for line, value in objects:
            if isinstance(value, dict):
                yield line, [value.get(name) for name in names]
            else:
                yield line, value if isinstance(value, str) else "it is not a JSON object"


def _objects(source: Source) -> Generator[tuple[int, Any], None, None]:
    """Yield the number of every line that is not blank, and its object, or as str what is wrong."""
    line = 0
    with closing(line_blocks(source.open_text(), source.path)) as blocks:
        for block in blocks:
            text = block.tobytes()
            if not line:
                text = text.removeprefix(b"\xef\xbb\xbf")
            for one in text.splitlines():
                line += 1
                if one.strip():
                    value = _parse(one)
                    yield line, value if not isinstance(value, ValueError) else _reason(value)


def _reason(error: ValueError) -> str:
    return f"it is no JSON: {error}"


def _parse(line: bytes) -> Any:
    """Return the object on a line, or the error; other values than objects are errors too."""
    try:
        value = json.loads(line.decode())
    except RecursionError:
        return ValueError("it is nested too deeply")
    except ValueError as error:
        return error
    return value if isinstance(value, dict) else ValueError("it is no object")
