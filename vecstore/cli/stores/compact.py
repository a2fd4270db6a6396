"""``vecstore compact``: giving back the space of deleted rows."""

import click

import vecstore
from vecstore.cli.output import say

__all__ = ["compact"]


@click.command()
@click.argument("path", metavar="STORE", type=click.Path())
def compact(path: str) -> None:
    """Free the space of deleted rows in STORE.

    Small segments are merged as well. Processes that have STORE open for reading are not disturbed.

    \b
      vecstore compact words.vecs
    """
    with vecstore.open(path, mode="a") as store:
        before = _bytes(store)
        store.compact()
        after = _bytes(store)
    say(f"{path}: {before:,} bytes before, {after:,} after", err=False)


def _bytes(store: vecstore.Store) -> int:
    files: dict[str, int] = store.info()["files"]
    return sum(files.values())
