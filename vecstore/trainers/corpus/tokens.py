"""Text as a stream of tokens, one piece of bounded size at a time.

A source is a file or a pipe (plain or gzipped), a folder with such files at any depth, or an
iterable of sentences: texts, or lists of tokens or of ids. In files a line is a sentence. Hidden
files and folders (with a dot in front of their names) are skipped.
"""

import codecs
import gzip
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from io import BufferedReader, FileIO, TextIOBase, TextIOWrapper
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, cast

from vecstore.encodings import find_encoding
from vecstore.pipes import STDIN, open_once
from vecstore.trainers.corpus.numbered import rows_of, spelled

if TYPE_CHECKING:
    from typing import TypeAlias

__all__ = ["END", "TOKENIZERS", "Source", "Tokenizer", "pieces", "tokens"]

Sentence: "TypeAlias" = str | Sequence[str] | Sequence[int] | PathLike[str]
Source: "TypeAlias" = str | PathLike[str] | Iterable[Sentence]
Tokenizer: "TypeAlias" = str | Callable[[str], Iterable[str]]

END = "\n"  # the token that ends a sentence

# Each pattern also finds line ends: one pass over a piece is much faster than one per line.
TOKENIZERS = {
    "words": re.compile(r"\n|[^\W_]+(?:['\u2019][^\W_]+)*"),
    "spaces": re.compile(r"\n|\S+"),
}

_GZIP = b"\x1f\x8b"
_LOOKED_AT = 1 << 10

# Characters that are read at a time. A longer token is cut.
_PIECE = 1 << 20


def tokens(
    source: Source,
    *,
    tokenizer: Tokenizer = "words",
    lowercase: bool = True,
    encoding: str = "utf-8",
) -> Iterator[list[str]]:
    r"""Yield lists of some tokens, few enough for memory, with ``"\n"`` after each sentence.

    >>> list(tokens(["It's late.", "Go!"]))
    [["it's", 'late', '\n'], ['go', '\n']]
    """
    split = _splitter(tokenizer)
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise ValueError(f'`encoding` must be one that Python knows; got "{encoding}".') from None
    for piece in pieces(source, encoding):
        if isinstance(piece, str):
            yield split(piece.lower() if lowercase else piece)
        else:
            yield [*(token.lower() if lowercase else token for token in piece), END]


def pieces(source: Source, encoding: str = "utf-8") -> Iterator[str | Sequence[str]]:
    """Yield text that ends at a space or a line end, or the tokens of one sentence."""
    if isinstance(source, str | PathLike):
        yield from _of_path(Path(source), encoding)
        return
    for number, sentence in enumerate(rows_of(source, "The text")):
        if isinstance(sentence, str):
            yield sentence + END
        elif isinstance(sentence, PathLike):
            yield from _of_path(Path(fspath(sentence)), encoding)
        else:
            place = f"The text must have sentences of words or of ids; sentence {number}"
            yield spelled(sentence, place)


def _splitter(tokenizer: Tokenizer) -> Callable[[str], list[str]]:
    if isinstance(tokenizer, str):
        if tokenizer not in TOKENIZERS:
            names = ", ".join(f'"{name}"' for name in TOKENIZERS)
            raise ValueError(f'`tokenizer` must be {names} or a callable; got "{tokenizer}".')
        return TOKENIZERS[tokenizer].findall
    by_line = tokenizer

    def split(piece: str) -> list[str]:
        lines = piece.split(END)
        found = [token for line in lines[:-1] for token in (*by_line(line), END)]
        return [*found, *by_line(lines[-1])]  # the line ends in a later piece

    return split


def _of_path(path: Path, encoding: str) -> Iterator[str]:
    if str(path) != STDIN and not path.exists():
        raise FileNotFoundError(f"{path} does not exist; name a file or folder of text.")
    if not path.is_dir():
        yield from _of_file(path, encoding)
        return
    for found in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") for part in found.relative_to(path).parts)
        if found.is_file() and not hidden:
            yield from _of_file(found, encoding)


def _of_file(path: Path, encoding: str) -> Iterator[str]:
    try:
        with closing(_opened(path)) as stream:
            # A byte order mark is not a word, and it overrules the default encoding.
            is_default = codecs.lookup(encoding).name == "utf-8"
            told = find_encoding(stream.peek(_LOOKED_AT)) or "utf-8-sig"
            with TextIOWrapper(stream, told if is_default else encoding) as text:
                yield from _cut(text)
    except UnicodeDecodeError as error:
        raise ValueError(
            f'{path} is not text in {encoding} ({error.reason}); pass encoding="latin-1", or what '
            "it is in."
        ) from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path} is damaged: {error}; get it again.") from None


def _opened(path: Path) -> BufferedReader:
    file = cast("BufferedReader", open_once(path))
    if not file.peek(len(_GZIP)).startswith(_GZIP):  # not a seek: a pipe has none
        return file
    unpacked = gzip.GzipFile(fileobj=file)
    unpacked.myfileobj = cast("FileIO", file)  # closed with it
    return cast("BufferedReader", unpacked)


def _cut(file: TextIOBase) -> Iterator[str]:
    """Yield pieces that do not end inside a token; the last one ends a sentence."""
    rest = ""
    while chunk := file.read(_PIECE):
        text = rest + chunk
        end = 1 + (text.rfind(END) if END in chunk else text.rfind(" "))
        if end == 0:  # a token longer than a piece
            end = len(text)
        yield text[:end]
        rest = text[end:]
    yield rest + END
