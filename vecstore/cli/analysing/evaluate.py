"""``vecstore evaluate``: analogies and rated pairs of words."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import vecstore
from vecstore.analysis.word_tests import (
    Analogies,
    PairScores,
    SectionScore,
    kind_of,
    word_analogies,
    word_pairs,
)
from vecstore.cli.fields import field
from vecstore.cli.options import output_options, threads_option, with_store
from vecstore.cli.output import Style, write_objects
from vecstore.cli.progress import progress
from vecstore.pipes import whole_file

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["evaluate"]

Scores = Analogies | PairScores


@click.command()
@with_store
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "--method",
    type=click.Choice(["add", "mul"]),
    default="add",
    show_default=True,
    help="How to solve analogies: 3CosAdd, or 3CosMul of Levy and Goldberg (2014).",
)
@click.option(
    "--restrict",
    type=click.IntRange(min=1),
    metavar="N",
    help="Use only the first N keys of STORE.  [default: all]",
)
@click.option("--case-sensitive", is_flag=True, help="Distinguish words that differ only in case.")
@click.option(
    "--count-unknown",
    is_flag=True,
    help="Count questions with unknown words as wrong, and such pairs with similarity 0.",
)
@click.option(
    "--column",
    metavar="NAME",
    help="Column to compare with, if a table of pairs has several ratings.",
)
@threads_option
@output_options
def evaluate(
    store: vecstore.Store,
    files: Sequence[Path],
    method: str,
    restrict: int | None,
    case_sensitive: bool,
    count_unknown: bool,
    column: str | None,
    threads: int | None,
    style: Style,
) -> None:
    """Test STORE with analogies and rated pairs of words.

    A FILE of either kind is recognised by its content. Files of analogies are those in the format
    of word2vec's questions-words.txt, and BATS (its folder, or one of its files). A file of pairs
    has two words and a number on each line, as in WordSim-353 and SimLex-999.

    When the output is piped, each line about analogies holds the file, a section or "total", the
    number of correct answers, of questions counted and of questions with unknown words, and the
    accuracy. Each line about pairs holds the file, "pairs", the Spearman and Pearson correlations,
    the number of pairs counted, and the number of pairs with unknown words.

    \b
      vecstore evaluate words.vecs questions-words.txt wordsim353.tsv
      vecstore evaluate words.vecs multi-simlex.csv --column ENG
    """
    shared: dict[str, Any] = {
        "restrict": restrict,
        "case_insensitive": not case_sensitive,
        "count_unknown": count_unknown,
    }
    found: list[tuple[str, Scores]] = []
    with ExitStack() as stack, progress("Evaluating") as report:
        # Copied to files, because a pipe could not be read twice.
        places = [stack.enter_context(whole_file(path)) for path in files]
        kinds = [kind_of(place) for place in places]
        for done, (path, place, kind) in enumerate(zip(files, places, kinds, strict=True), 1):
            scores: Scores
            if kind == "analogies":
                scores = word_analogies(store, place, method, threads=threads, **shared)
            else:
                scores = word_pairs(store, place, column=column, **shared)
            found.append((str(path), scores))
            report(done, len(files))
    _write(found, style)


def _write(found: Sequence[tuple[str, Scores]], style: Style) -> None:
    if style == "table":
        _print_tables(found)
    elif style == "lines":
        for path, scores in found:
            for line in _lines(scores):
                click.echo("\t".join(map(field, (path, *line))))
    else:
        write_objects(({"file": path, **_facts(scores)} for path, scores in found), style)


def _lines(scores: Scores) -> list[tuple[Any, ...]]:
    if isinstance(scores, PairScores):
        counted = len(scores.ratings)
        return [("pairs", scores.spearman, scores.pearson, counted, scores.unknown)]
    return [
        (one.section, len(one.right), one.counted, one.unknown, one.accuracy)
        for one in (*scores.sections, scores.total)
    ]


def _facts(scores: Scores) -> Mapping[str, Any]:
    if isinstance(scores, PairScores):
        return {
            "spearman": scores.spearman,
            "pearson": scores.pearson,
            "counted": len(scores.ratings),
            "unknown": scores.unknown,
            "coverage": scores.coverage,
        }
    return {**_counts(scores.total), "sections": [_counts(one) for one in scores.sections]}


def _counts(one: SectionScore) -> dict[str, Any]:
    return {
        "section": one.section,
        "correct": len(one.right),
        "counted": one.counted,
        "unknown": one.unknown,
        "accuracy": one.accuracy,
    }


def _print_tables(found: Sequence[tuple[str, Scores]]) -> None:
    """Print a table for each file of analogies, and one for all files of pairs."""
    from vecstore.cli.tables import console, plain_table

    def table(first: str, *others: str) -> "Table":
        made = plain_table()
        made.add_column(field(first), style="cyan", overflow="fold")
        for name in others:
            made.add_column(name, justify="right")
        return made

    out = console()
    pairs = table("pairs", "Spearman", "Pearson", "counted", "unknown")
    for path, scores in found:
        if isinstance(scores, PairScores):
            row = f"{scores.spearman:.4f}", f"{scores.pearson:.4f}", f"{len(scores.ratings):,}"
            pairs.add_row(field(Path(path).name), *row, f"{scores.unknown:,}")
            continue
        analogies = table(Path(path).name, "accuracy", "correct", "counted", "unknown")
        for one in (*scores.sections, scores.total):
            accuracy = f"{one.accuracy:.1%}" if one.counted else "-"
            counts = map("{:,}".format, (len(one.right), one.counted, one.unknown))
            analogies.add_row(field(one.section), accuracy, *counts)
        out.print(analogies)
        out.print()
    if pairs.row_count:
        out.print(pairs)
