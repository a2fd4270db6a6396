"""Text files of vectors: GloVe's, word2vec's, fastText's ``.vec``.

One thread decompresses the stream and cuts it into blocks of whole lines, and several parse them.
Memory holds a few blocks, whatever the size of the file.
"""

from collections.abc import Callable, Generator
from contextlib import closing
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.errors import IngestError
from vecstore.ingest.report import Faults
from vecstore.ingest.source import Source
from vecstore.ingest.table import Chunk, Options, Table
from vecstore.ingest.text.diagnosis import why_no_numbers
from vecstore.ingest.text.line_blocks import line_blocks
from vecstore.ingest.text.parsing import ParsedBlock, complaint, parse_block
from vecstore.ingest.text.pipeline import map_in_order, read_ahead
from vecstore.ingest.text.sniff import TextShape, longer_dim, sniff_text
from vecstore.kernels import thread_count
from vecstore.wording import counted, quoted

__all__ = ["open_glove", "open_word2vec_text", "parser", "text_chunks"]

Bytes = npt.NDArray[np.uint8]


def open_glove(source: Source, options: Options) -> Table:
    """Open lines of a key and numbers, without header."""
    shape = sniff_text(source.text_head, complete=source.head_is_all)
    if shape is None:
        raise IngestError(
            f"{source.path} is not a text file of vectors: its lines do not end in equally many "
            f"numbers.{_hint(source)}"
        )
    return _table("glove", source, shape, options)


def open_word2vec_text(source: Source, options: Options) -> Table:
    """Open lines of a key and numbers that follow a line "rows dim"."""
    shape = sniff_text(source.text_head, complete=source.head_is_all)
    if shape is None or shape.promised is None:
        raise IngestError(
            f"{source.path} does not begin with a line of two numbers, rows and dimensions, that "
            f'its other lines agree with. Pass format="glove" if it has no header.{_hint(source)}'
        )
    if found := longer_dim(source.text_head, shape, complete=source.head_is_all):
        raise IngestError(
            f"{source.path} begins with a line that says {counted(shape.dim, 'number')} a row, but "
            f"its first lines end in {found}. Correct that line."
        )
    return _table("word2vec-text", source, shape, options)


def _hint(source: Source) -> str:
    reason = why_no_numbers(source.text_head)
    return f" It seems that {reason}." if reason else ""


def _table(name: str, source: Source, shape: TextShape, options: Options) -> Table:
    chunks = partial(_checked_chunks, source, shape, options.threads)
    return Table(name, shape.dim, "str", shape.promised, chunks, unit="line")


def _checked_chunks(
    source: Source, shape: TextShape, threads: int | None
) -> Generator[Chunk, None, None]:
    """Yield the chunks of a file, and a fault if its header promises another number of lines."""
    found = 0
    with closing(text_chunks(source, shape, threads, keyed=True)) as chunks:
        for chunk in chunks:
            found += len(chunk.places) + sum(len(some.places) for some in chunk.faults)
            yield chunk
    if shape.promised not in (None, found):
        reason = f"the header promises {shape.promised} lines of vectors, the file has {found}"
        nothing = np.empty(0, np.int64)
        faults = Faults(np.ones(1, np.int64), lambda _: (reason, ""))
        yield Chunk(nothing.astype(object), np.empty((0, shape.dim)), nothing, [faults])


def text_chunks(
    source: Source, shape: TextShape, threads: int | None, *, keyed: bool
) -> Generator[Chunk, None, None]:
    """Parse the lines of a file, in order; without a key, lines are numbered."""
    n_threads = thread_count(threads)
    certain = shape.promised is not None
    stream = source.open_text()
    stream.read(shape.skipped_bytes)
    blocks = read_ahead(line_blocks(stream, source.path), depth=n_threads)
    parse = partial(_parse, parser(), shape.dim, keyed, certain)
    first_line = 2 if certain else 1
    explain = partial(_explain, shape.dim, keyed, certain, source.encoding)
    with closing(map_in_order(parse, blocks, n_threads)) as parsed_blocks:
        for block, parsed in parsed_blocks:
            yield _chunk(block, parsed, first_line, explain, keyed=keyed)
            first_line += parsed.n_lines


def parser() -> Callable[..., Any]:
    """Return the parser of a block of lines: the compiled one, if there is one."""
    try:
        from vecstore import _native
    except ImportError:
        return parse_block
    return _native.parse_text


def _parse(
    parser: Callable[..., Any], dim: int, keyed: bool, certain: bool, block: Bytes
) -> tuple[Bytes, ParsedBlock]:
    return block, ParsedBlock(*parser(block, dim, keyed=keyed, certain=certain))


def _explain(dim: int, keyed: bool, certain: bool, encoding: str | None, line: bytes) -> str:
    reason = complaint(line, dim, keyed=keyed, certain=certain) or "it cannot be parsed"
    return reason.replace("UTF-8", encoding) if encoding else reason


def _chunk(
    block: Bytes,
    parsed: ParsedBlock,
    first_line: int,
    explain: Callable[[bytes], str],
    *,
    keyed: bool,
) -> Chunk:
    places = parsed.lines + first_line
    keys = _decode(parsed.keys) if keyed else places - 1
    if not len(parsed.bad):
        return Chunk(keys, parsed.vectors, places, [])

    def describe(i: int) -> tuple[str, str]:
        _, begin, end = parsed.bad[i]
        line = block[begin:end].tobytes()
        return explain(line), quoted(line)

    return Chunk(keys, parsed.vectors, places, [Faults(parsed.bad[:, 0] + first_line, describe)])


def _decode(keys: Bytes) -> npt.NDArray[Any]:
    # No key holds a newline, and the parser has checked that all are UTF-8.
    return np.array(keys.tobytes().decode().split("\n")[:-1], dtype=object)
