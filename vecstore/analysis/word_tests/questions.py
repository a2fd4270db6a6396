"""Files of analogies: word2vec's four words a line, and BATS's pairs by category."""

from collections.abc import Iterable, Iterator
from itertools import permutations
from os import PathLike
from pathlib import Path
from typing import NamedTuple

from vecstore.analysis.word_tests.lines import read_lines
from vecstore.errors import IngestError

__all__ = ["HEADING", "PlainQuestion", "Question", "Section", "read_questions"]

HEADING = ": "
# The files of BATS: 1_Inflectional_morphology/I01 [noun - plural_reg].txt.
_BATS = ("*.txt", "*/*.txt")


#: A `Question` as a plain tuple. A file has tens of thousands. The garbage collector stops tracking
#: plain tuples of strings; traversing `Question` objects would take as long as answering them.
PlainQuestion = tuple[str, tuple[str, ...], str, tuple[str, ...]]


class Question(NamedTuple):
    """The question what is to c as b is to a."""

    a: str
    b: tuple[str, ...]  # interchangeable words, the preferred one first
    c: str
    expected: tuple[str, ...]  # likewise


class Section(NamedTuple):
    """Questions of one kind."""

    name: str
    questions: list[PlainQuestion]


def read_questions(path: str | PathLike[str]) -> tuple[list[Section], int]:
    """Read analogies; return the sections, and the number of lines that are not a question.

    A file has either word2vec's format (Mikolov et al., 2013): lines ``a b c d`` in sections headed
    ``: name``; or that of BATS (Gladkova, Drozd and Matsuoka, 2016): lines
    ``word<TAB>target/target``, with the category in a third column or one file per category in a
    folder.

    Raises IngestError if there are no questions, or a file of the folder is not of BATS.
    """
    path = Path(path)
    if path.is_dir():
        read = [_read_category(file) for pattern in _BATS for file in sorted(path.glob(pattern))]
        sections = [section for found, _ in read for section in found]
        skipped = sum(count for _, count in read)
    else:
        sections, skipped = _read_file(path)
    if not any(section.questions for section in sections):
        raise IngestError(
            f"{path} holds no analogies: lines of four words, in sections headed by "
            f'"{HEADING}name", or of a word, a tab and its counterparts.'
        )
    return sections, skipped


def _read_file(path: Path) -> tuple[list[Section], int]:
    lines = read_lines(path)
    if any(line.startswith(HEADING) for line in lines) or not any("\t" in line for line in lines):
        return _quadruples(lines, path.stem)
    return _pairs(lines, path.stem)


def _read_category(path: Path) -> tuple[list[Section], int]:
    """Read a file of BATS; the first line tells whether it is one."""
    lines = read_lines(path)
    if lines and "\t" not in lines[0]:
        raise IngestError(f"{path} is not of BATS: lines of a word, a tab and its counterparts.")
    return _pairs(lines, path.stem)


def _quadruples(lines: Iterable[str], name: str) -> tuple[list[Section], int]:
    """Read word2vec's format; questions before the first heading get the name of the file."""
    sections, skipped = [Section(name, [])], 0
    alone: dict[str, tuple[str]] = {}  # a word is in dozens of questions
    for line in lines:
        if line.startswith(HEADING):
            sections.append(Section(line.lstrip(HEADING).strip(), []))
        elif len(words := line.split()) == 4:
            a, b, c, expected = words
            given, wanted = alone.setdefault(b, (b,)), alone.setdefault(expected, (expected,))
            sections[-1].questions.append((a, given, c, wanted))
        else:
            skipped += 1
    return sections if sections[0].questions else sections[1:], skipped


def _pairs(lines: Iterable[str], name: str) -> tuple[list[Section], int]:
    """Read BATS's format, and ask each pair of a category about every other."""
    categories: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    skipped = 0
    for line in lines:
        word, *fields = (field.strip() for field in line.split("\t"))
        targets = tuple(filter(None, fields[0].split("/"))) if fields else ()
        if word and targets:
            category = fields[1] if len(fields) > 1 else name
            categories.setdefault(category, []).append((word, targets))
        else:
            skipped += 1
    return [
        Section(category, list(_crossed(pairs)))
        for category, pairs in categories.items()
        # A line of headings makes a category of one pair, which asks nothing.
        if len(pairs) > 1
    ], skipped


def _crossed(pairs: Iterable[tuple[str, tuple[str, ...]]]) -> Iterator[PlainQuestion]:
    """Yield a question for every two pairs, both ways."""
    for (a, b), (c, expected) in permutations(pairs, 2):
        yield a, b, c, expected
