"""Text files of labels, one per line."""

from pathlib import Path

from vecstore.encodings import MARK
from vecstore.errors import IngestError
from vecstore.ingest.source import Source
from vecstore.ingest.text.parsing import line_spans

__all__ = ["label_lines", "labels_in", "most_bytes", "too_large"]

# Words compress to a third or a tenth of their size, running numbers to less.
_FREE_BYTES = 1 << 26
_DENSEST = 50


def label_lines(path: Path, what: str, encoding: str | None = None) -> list[str]:
    """Return the lines of a text file, compressed or not; errors call them `what`."""
    return labels_in(Source(path, encoding=encoding), what)


def labels_in(source: Source, what: str) -> list[str]:
    """Return the lines of a source; errors call them `what`."""
    most = most_bytes(source)
    with source.open_text() as stream:
        text = stream.read(-1 if most is None else most + 1)
    if most is not None and len(text) > most:
        raise too_large(source, what, most)
    text = text.removeprefix(MARK)
    lines = []
    for begin, end in line_spans(text):
        try:
            lines.append(text[begin:end].decode())
        except UnicodeDecodeError as error:
            raise IngestError(
                f"{source.path} cannot be read as {what}: line {len(lines) + 1} is not valid "
                f"{source.encoding or 'UTF-8'}. Pass encoding= with what it is in."
            ) from error
    return lines


def most_bytes(source: Source) -> int | None:
    """Return the most bytes that compressed labels may unpack to; None if not compressed."""
    packed = source.packed_size
    return None if source.compression is None else max(_FREE_BYTES, _DENSEST * packed)


def too_large(source: Source, what: str, most: int) -> IngestError:
    """Return the error for labels that unpack to more bytes than real ones can."""
    return IngestError(
        f"{source.path} cannot be read as {what}: it unpacks to more than {most:,} bytes out of "
        f"{source.packed_size:,}, and no {what} are so much alike. If it is no mistake, unpack it, "
        f"and pass that file."
    )
