"""``vecstore align``: moving the vectors of one language into the space of another."""

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

SEED = 0  # of the choice of held-out words, which is the same every time
DEPTHS = (1, 5)

Pairs = list[tuple[Any, Any]]


def _new(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    """Refuse a path that already exists, before any work."""
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
    help="Dictionary with a key of STORE and a key of OTHER on each line.",
)
@click.option(
    "--identical", is_flag=True, help="Use the keys that both stores share as the dictionary."
)
@click.option(
    "--out",
    metavar="NEW",
    type=click.Path(path_type=Path),
    required=True,
    callback=_new,
    help="New store for the moved vectors of OTHER.",
)
@click.option(
    "--refine",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Learn again N times, from the pairs that are each other's nearest neighbours.",
)
@click.option(
    "--held-out",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.1,
    show_default=True,
    metavar="SHARE",
    help="Share of the dictionary's words to hold out for the test.",
)
@click.option(
    "--test",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Dictionary to test with, instead of held-out words.",
)
@click.option(
    "--map",
    "map_to",
    metavar="NEW",
    type=click.Path(path_type=Path),
    callback=_new,
    help="Save the map in another new store; its row i is the image of axis i.",
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

    The map is orthogonal, so the distances among the vectors of OTHER do not change. It is learned
    from the pairs of a dictionary; a tenth of its words is held out to test the map. Precision at 5
    is the share of these words with a correct translation among the best five. Translations are
    found by nearest neighbours (nn) and by CSLS, which penalises words that are near everything.

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
    """Read the pairs of a dictionary whose words are keys of both stores."""
    pairs, skipped = read_dictionary(path)
    if skipped:
        say(f"{path}: lines that are not pairs, skipped: {skipped:,}.")
    keys = [(parse_key(source, ours), parse_key(target, theirs)) for ours, theirs in pairs]
    return known_pairs(keys, source, target)


def _precision(
    source: vecstore.Store, target: vecstore.Store, tests: Sequence[Any], threads: int | None
) -> dict[str, Any]:
    """Return the precision at each depth for both ways of retrieval."""
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
