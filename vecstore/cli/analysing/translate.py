"""``vecstore translate``: text word by word, in a space that two stores share."""

import sys
from collections.abc import Iterable, Sequence

import click

import vecstore
from vecstore.analysis.languages import RETRIEVALS, Translation, Translator
from vecstore.cli.fields import field
from vecstore.cli.options import output_options, threads_option
from vecstore.cli.output import Style, say, write_answers, write_objects
from vecstore.cli.progress import progress

__all__ = ["translate"]


@click.command()
@click.argument("text", metavar="[TEXT]...", nargs=-1)
@click.option(
    "--from",
    "source",
    metavar="STORE",
    type=click.Path(),
    required=True,
    help="Store with the words of TEXT.",
)
@click.option(
    "--into",
    "target",
    metavar="STORE",
    type=click.Path(),
    required=True,
    help="Store to choose the translations from.",
)
@click.option(
    "--retrieval",
    type=click.Choice(RETRIEVALS),
    default="csls",
    show_default=True,
    help="csls penalises words that are near everything; nn takes the nearest neighbour.",
)
@click.option("--words", is_flag=True, help="Print each word with its best translations.")
@click.option(
    "--k",
    "-k",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Number of translations of each word, with --words.",
)
@threads_option
@output_options
def translate(
    text: Sequence[str],
    source: str,
    target: str,
    retrieval: str,
    words: bool,
    k: int,
    threads: int | None,
    style: Style,
) -> None:
    """Translate TEXT word by word.

    Without TEXT, the lines of standard input are translated. Both stores must share one space, as
    "align" makes them do. Words that are not in the first store stay as they are, and are listed on
    standard error. With --words, when the output is piped, each line holds a word, a translation
    and its distance, which is 1 - cos for nn and minus the CSLS score for csls.

    \b
      vecstore translate "this is a text" --from en.vecs --into fr-in-en.vecs
      vecstore translate "this is a text" --from en.vecs --into fr-in-en.vecs --words -k 3
      vecstore translate --from fr-in-en.vecs --into en.vecs < texte.txt
    """
    lines: Iterable[str] = [" ".join(text)] if text else sys.stdin
    with vecstore.open(source) as ours, vecstore.open(target) as theirs:
        with progress("Comparing the stores") as report:
            translator = Translator(ours, theirs, retrieval, threads=threads, progress=report)
        found = (_translated(translator, line.strip("\ufeff\r\n"), k) for line in lines)
        if words:
            write_answers(
                (
                    (str(one.word), one.matches)
                    for _, whole in found
                    for one in whole.words
                    if one.matches
                ),
                style,
            )
        elif style in ("table", "lines"):
            for _, translation in found:
                click.echo(field(translation))
        else:
            objects = (
                {"text": line, "translation": str(whole), "unknown": whole.unknown}
                for line, whole in found
            )
            write_objects(objects, style)


def _translated(translator: Translator, line: str, k: int) -> tuple[str, Translation]:
    """Translate a line, and print which words are unknown."""
    translation = translator(line, k)
    if translation.unknown:
        say(f"Unknown: {', '.join(map(str, translation.unknown))}.")
    return line, translation
