"""Text files of labels: one a line."""

from pathlib import Path

from vecstore.encodings import MARK
from vecstore.errors import IngestError
from vecstore.ingest.lines import line_spans
from vecstore.ingest.source import Source

__all__ = ["label_lines", "labels_in"]


def label_lines(path: Path, what: str, encoding: str | None = None) -> list[str]:
    """Return the lines of a text file, compressed or not; an error calls them `what`."""
    return labels_in(Source(path, encoding=encoding), what)


def labels_in(source: Source, what: str) -> list[str]:
    """Return the lines of the text in a source; an error calls them `what`."""
    with source.open_text() as stream:
        text = stream.read().removeprefix(MARK)
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
