"""``vecstore align``: the vectors of one language moved into the space of another."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

import vecstore
from vecstore.analysis.languages import (
    RETRIEVALS,
    known_pairs,
    precision,
    read_dictionary,
    split_pairs,
)
from vecstore.analysis.languages import align as learn
from vecstore.cli.options import output_options, parse_key, threads_option
from vecstore.cli.output import Style, say, write_record
from vecstore.cli.progress import progress

__all__ = ["align"]

SEED = 0  # of the words held out: the same ones every time
DEPTHS = (1, 5)

Pairs = list[tuple[Any, Any]]


def _new(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    """Refuse a path that is taken before the work, not after it."""
    if path is not None and path.exists():
        raise vecstore.StoreExistsError(f"{path} exists already; remove it or choose another name.")
    return path


@click.command()
@click.argument("source", metavar="STORE", type=click.Path())
@click.argument("target", metavar="OTHER", type=click.Path())
@click.option(
    "--pairs",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Dictionary: a key of STORE and one of OTHER a line.",
)
@click.option("--identical", is_flag=True, help="Take the keys that both have for a dictionary.")
@click.option(
    "--out",
    metavar="NEW",
    type=click.Path(path_type=Path),
    required=True,
    callback=_new,
    help="The store to make: OTHER, moved.",
)
@click.option(
    "--refine",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Learn N times more, from the pairs that are each other's nearest.",
)
@click.option(
    "--held-out",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.1,
    show_default=True,
    metavar="SHARE",
    help="Of the dictionary's words: kept from the learning, to test with.",
)
@click.option(
    "--test",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Dictionary to test with, instead of words held out.",
)
@click.option(
    "--map",
    "map_to",
    metavar="NEW",
    type=click.Path(path_type=Path),
    callback=_new,
    help="Keep the map as well: a store whose row i is where axis i goes.",
)
@threads_option
@output_options
def align(
    source: str,
    target: str,
    pairs: Path | None,
    identical: bool,
    out: Path,
    refine: int,
    held_out: float,
    test: Path | None,
    map_to: Path | None,
    threads: int | None,
    style: Style,
) -> None:
    """Move the vectors of OTHER into the space of STORE.

    The map is orthogonal: distances among the vectors of OTHER stay as they are. It is learned from
    the pairs of a dictionary, of which a tenth of the words is held out to test it with. Precision
    at 5: the share of words of which a right translation is among the best five, by nearest
    neighbours (nn) and by CSLS, which sets back words that are near everything.

    \b
      vecstore align en.vecs fr.vecs --pairs en-fr.txt --out fr-in-en.vecs
      vecstore align en.vecs fr.vecs --identical --refine 5 --out fr-in-en.vecs
      vecstore translate "a written text" --from en.vecs --into fr-in-en.vecs
    """
    if identical == (pairs is not None):
        raise click.UsageError("Pass either --pairs FILE or --identical.")
    with vecstore.open(source) as stays, vecstore.open(target) as moves:
        known = None if pairs is None else _known(pairs, stays, moves)
        if test is not None:
            tests = _known(test, stays, moves)
        else:
            known, tests = (known, []) if known is None else split_pairs(known, held_out, SEED)
        with progress("Learning") as report:
            alignment = learn(stays, moves, known, refine=refine, threads=threads, progress=report)
        parameters = dict(alignment.provenance["parameters"])
        if pairs is not None:
            parameters |= {"pairs": str(pairs), "held_out": 0 if test else held_out, "seed": SEED}
        alignment = replace(
            alignment, provenance={**alignment.provenance, "parameters": parameters}
        )
        if map_to is not None:
            alignment.save(map_to)
        with alignment.write(moves, out) as moved:
            facts = {"store": str(out), "rows": len(moved), "pairs": parameters["known_pairs"]}
            if refine:
                facts["mutual_pairs"] = parameters["mutual_pairs"][-1]
            if tests:
                facts |= _precision(stays, moved, tests, threads)
    write_record(facts, style)


def _known(path: Path, source: vecstore.Store, target: vecstore.Store) -> Pairs:
    """Read the pairs of a dictionary that both stores know, as keys of theirs."""
    pairs, skipped = read_dictionary(path)
    if skipped:
        say(f"{path}: lines that are no pair, skipped: {skipped:,}.")
    keys = [(parse_key(source, ours), parse_key(target, theirs)) for ours, theirs in pairs]
    return known_pairs(keys, source, target)


def _precision(
    source: vecstore.Store, target: vecstore.Store, tests: Sequence[Any], threads: int | None
) -> dict[str, Any]:
    """Return the figures of both ways of retrieval, side by side."""
    ways = RETRIEVALS if source.metric == "cosine" else ("nn",)
    found = {
        way: precision(source, target, tests, DEPTHS, retrieval=way, threads=threads)
        for way in ways
    }
    figures: dict[str, Any] = {"tested_words": next(iter(found.values())).words}
    for depth in DEPTHS:
        figures[f"precision_at_{depth}"] = {
            way: round(one.at[depth], 4) for way, one in found.items()
        }
    return figures
