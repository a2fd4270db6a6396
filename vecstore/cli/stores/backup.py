"""Copying a store beside its writer: backup."""

import click

import vecstore

__all__ = ["backup"]


@click.command()
@click.argument("path", metavar="STORE", type=click.Path())
@click.argument("target", metavar="TO", type=click.Path())
def backup(path: str, target: str) -> None:
    """Copy STORE to TO, also while somebody writes to it.

    The copy is the newest committed state. Every file is compared with its checksum on the way, and
    nothing is left of a copy that fails.

    \b
      vecstore backup words.vecs words-2026-12-01.vecs
    """
    with vecstore.open(path) as store:
        store.backup(target)
    click.echo(target)
