"""Commands that ask a store: get, similar, search, analogy, compose."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import click
import numpy as np

import vecstore
from vecstore.cli.options import (
    approximate_option,
    k_option,
    keys_from_option,
    out_option,
    output_options,
    parse_key,
    parse_keys,
    threads_option,
    where_option,
    with_store,
)
from vecstore.cli.output import Style, write_answers, write_vectors
from vecstore.cli.progress import progress
from vecstore.cli.questions import vectors
from vecstore.cli.questions.expression import label, parse_terms, parse_weight
from vecstore.search import Matches

__all__ = ["analogy", "compose", "get", "search", "similar"]

BATCH = 1024  # queries; enough for full speed in batches, few enough to show progress


@click.command()
@with_store
@click.argument("keys", metavar="[KEY]...", nargs=-1)
@keys_from_option
@out_option("Write the vectors to a new .npy file, as an array (n, dim).", ".npy")
@output_options
def get(
    store: vecstore.Store,
    keys: Sequence[str],
    keys_from: TextIO | None,
    out: Path | None,
    style: Style,
) -> None:
    """Print the vectors of KEYs.

    \b
      vecstore get words.vecs king queen
      vecstore get words.vecs king queen --out royals.npy
    """
    wanted = parse_keys(store, keys, keys_from)
    found = store[wanted]
    if out is None:
        write_vectors(wanted, found, style)
    else:
        vectors.save_array(out, found)


@click.command()
@with_store
@click.argument("keys", metavar="[KEY]...", nargs=-1)
@keys_from_option
@k_option
@where_option
@approximate_option
@threads_option
@output_options
def similar(
    store: vecstore.Store,
    keys: Sequence[str],
    keys_from: TextIO | None,
    style: Style,
    **options: Any,
) -> None:
    """Find the nearest keys of each KEY, leaving out the key itself.

    When the output is piped, each line holds the KEY, a neighbour and its distance.

    \b
      vecstore similar words.vecs frog toad --k 5
      vecstore similar words.vecs frog | cut -f2
      vecstore similar wines.vecs Malbec --where "country = 'France' and price < 20"
    """
    wanted = parse_keys(store, keys, keys_from)
    answers = _in_batches(
        wanted,
        lambda batch: store.similar(wanted[batch], **options),
        "Searching",
    )
    write_answers(answers, style)


@click.command()
@with_store
@click.option(
    "--queries",
    type=click.Path(allow_dash=True),
    default="-",
    help='File of query vectors, in any format that "import" reads.  [default: standard input]',
)
@k_option
@where_option
@click.option(
    "--exclude", metavar="KEY", multiple=True, help="Leave KEY out of the answers; may be repeated."
)
@approximate_option
@out_option("Write the answers to a new .npz or .tsv file.", ".npz", ".tsv")
@threads_option
@output_options
def search(
    store: vecstore.Store,
    queries: str,
    exclude: Sequence[str],
    out: Path | None,
    style: Style,
    **options: Any,
) -> None:
    """Find the nearest keys of query vectors.

    Standard input may hold the output of "get" or "compose", plain numbers, or JSON arrays. When
    the output is piped, each line holds the name or number of a query, a neighbour and its
    distance. An .npz file holds the arrays queries, keys, distances and counts.

    \b
      vecstore search words.vecs --queries q.npy --k 10 --out answers.npz
      vecstore compose words.vecs paris france=-1 italy=1 | vecstore search words.vecs
    """
    names, wanted = vectors.read_queries(queries, store.dim)
    left_out = [parse_key(store, text) for text in exclude] or None
    answers = _in_batches(
        names,
        lambda batch: store.search(wanted[batch], exclude=left_out, **options),
        "Searching",
    )
    if out is None:
        write_answers(answers, style)
    else:
        vectors.save_answers(out, answers)


@click.command()
@with_store
@click.argument("expression", metavar="[EXPRESSION]...", nargs=-1)
@click.option(
    "--positive", "--plus", metavar="KEY", multiple=True, help="Add KEY; may be repeated."
)
@click.option(
    "--negative", "--minus", metavar="KEY", multiple=True, help="Subtract KEY; may be repeated."
)
@click.option(
    "--method",
    type=click.Choice(["add", "mul"]),
    default="add",
    show_default=True,
    help="How to solve analogies: 3CosAdd, or 3CosMul of Levy and Goldberg (2014).",
)
@k_option
@where_option
@threads_option
@output_options
def analogy(
    store: vecstore.Store,
    expression: Sequence[str],
    positive: Sequence[str],
    negative: Sequence[str],
    method: str,
    k: int,
    where: str | None,
    threads: int | None,
    style: Style,
) -> None:
    """Answer an analogy, such as king - man + woman.

    Put spaces around the signs of EXPRESSION. --positive and --negative take any key as it is, even
    one that begins with "-" or contains " + ".

    \b
      vecstore analogy words.vecs king - man + woman
      vecstore analogy words.vecs "new york - york + jersey"
      vecstore analogy words.vecs king woman --negative man
      vecstore analogy words.vecs king woman -- -man
    """
    terms = [*parse_terms(expression), *((key, 1) for key in positive)]
    terms += [(key, -1) for key in negative]
    keys = parse_keys(store, [key for key, _ in terms])
    signed = [(key, sign) for key, (_, sign) in zip(keys, terms, strict=True)]
    matches = store.analogy(
        positive=[key for key, sign in signed if sign > 0],
        negative=[key for key, sign in signed if sign < 0],
        k=k,
        method=method,
        where=where,
        threads=threads,
    )
    write_answers([(label(signed), matches)], style)


@click.command()
@with_store
@click.argument("weights", metavar="KEY[=WEIGHT]...", nargs=-1, required=True)
@click.option(
    "--method",
    type=click.Choice(["sum", "mean"]),
    default="sum",
    show_default=True,
    help="A mean is the sum divided by the sum of the weights.",
)
@out_option("Write the vector to a new .npy file, as an array (dim,).", ".npy")
@output_options
def compose(
    store: vecstore.Store, weights: Sequence[str], method: str, out: Path | None, style: Style
) -> None:
    """Print a weighted sum or mean of vectors, to search with.

    WEIGHT is 1 if it is left out. A key that contains "=" needs an explicit WEIGHT.

    \b
      vecstore compose words.vecs king man=-1 woman | vecstore search words.vecs
      vecstore compose words.vecs king=0.5 queen=0.5 --out mean.npy
    """
    pairs = [(parse_key(store, key), weight) for key, weight in map(parse_weight, weights)]
    summands: dict[str | int, float] = {}
    for key, weight in pairs:
        summands[key] = summands.get(key, 0.0) + weight
    composed = store.compose(summands, method=method)
    if out is None:
        write_vectors([label(summands.items())], composed[np.newaxis], style)
    else:
        vectors.save_array(out, composed)


def _in_batches(
    names: Sequence[Any], ask: Callable[[slice], Matches], description: str
) -> Iterator[tuple[str, Matches]]:
    """Ask a batch of queries at a time and yield the answers one by one."""
    with progress(description) as report:
        for start in range(0, len(names), BATCH):
            batch = slice(start, start + BATCH)
            yield from zip(map(str, names[batch]), ask(batch), strict=True)
            report(min(start + BATCH, len(names)), len(names))
