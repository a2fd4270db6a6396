"""``vecstore backup``: copying a store, even while it is written to."""

import click

import vecstore

__all__ = ["backup"]


@click.command()
@click.argument("path", metavar="STORE", type=click.Path())
@click.argument("target", metavar="TO", type=click.Path())
def backup(path: str, target: str) -> None:
    """Copy STORE to TO, even while another process writes to it.

    The copy is the latest committed state. Every file is compared with its checksum on the way. If
    the copy fails, nothing of it is left behind.

    \b
      vecstore backup words.vecs words-2026-12-01.vecs
    """
    with vecstore.open(path) as store:
        store.backup(target)
    click.echo(target)
