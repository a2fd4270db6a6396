"""``vecstore check``: whether a store is whole."""

import dataclasses
import os
from collections.abc import Iterator
from typing import Any

import click

import vecstore
from vecstore.cli.fields import field
from vecstore.cli.options import output_options
from vecstore.cli.output import Style, say, write_objects

__all__ = ["check"]


@click.command()
@click.argument("path", metavar="STORE", type=click.Path())
@click.option("--full", is_flag=True, help="Recompute all norms and codes, not just a sample.")
@output_options
@click.pass_context
def check(ctx: click.Context, path: str, full: bool, style: Style) -> None:
    """Read all of STORE and print every problem.

    Every byte is compared with its checksum, every key is looked up, and everything derived from
    the vectors is recomputed. The exit status is 1 if anything is wrong. Nothing is repaired.
    Leftovers of a writer that died are listed but are no error: the next writer removes them.

    \b
      vecstore check words.vecs
      vecstore check words.vecs --full --jsonl
    """
    found = []

    def noted() -> Iterator[vecstore.Problem]:
        for problem in vecstore.check(path, full=full):
            found.append(problem)
            yield problem

    if style in ("json", "jsonl"):
        write_objects(map(_facts, noted()), style)
    else:
        for problem in noted():
            say(problem if style == "table" else _line(problem), err=False)
    wrong = [problem for problem in found if not problem.harmless]
    if style == "table" and not wrong:
        say(f"No {'other ' if found else ''}problems in {path}.", err=False)
    if wrong:
        ctx.exit(1)


def _line(problem: vecstore.Problem) -> str:
    facts = (problem.path, problem.what, problem.expected, problem.found)
    return "\t".join(field("" if fact is None else fact) for fact in facts)


def _facts(problem: vecstore.Problem) -> dict[str, Any]:
    facts = dataclasses.asdict(problem)
    if not problem.harmless:
        del facts["harmless"]
    return {**facts, "path": os.fspath(problem.path)}
