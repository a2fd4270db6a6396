"""Commands for small questions about a few keys: odd, rank, relate."""

from collections.abc import Sequence
from typing import Any

import click

import vecstore
from vecstore.cli.fields import field
from vecstore.cli.options import k_option, output_options, parse_key, parse_keys, with_store
from vecstore.cli.output import Style, write_record

__all__ = ["odd", "rank", "relate"]


@click.command()
@with_store
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@output_options
def odd(store: vecstore.Store, keys: Sequence[str], style: Style) -> None:
    """Find the KEY that fits the others least.

    It is the one with the smallest cosine to the mean of the directions of all KEYs.

    \b
      vecstore odd words.vecs breakfast cereal dinner lunch
    """
    from vecstore.analysis import odd_one_out

    found = odd_one_out(store, parse_keys(store, keys))
    if style in ("table", "lines"):
        click.echo(field(found))
    else:
        write_record({"odd": found}, style)


@click.command()
@with_store
@click.argument("key")
@click.argument("other")
@click.option("--closer", is_flag=True, help="List the keys that are closer, nearest first.")
@output_options
def rank(store: vecstore.Store, key: str, other: str, closer: bool, style: Style) -> None:
    """Find the rank of OTHER among the neighbours of KEY.

    The nearest neighbour has rank 1.

    \b
      vecstore rank words.vecs king woman
      vecstore rank words.vecs king woman --closer
    """
    from vecstore.analysis import closer_than

    found = closer_than(store, parse_key(store, key), parse_key(store, other)).tolist()
    if style in ("table", "lines"):
        for one in found if closer else [len(found) + 1]:
            click.echo(field(one))
    else:
        facts: dict[str, Any] = {"rank": len(found) + 1}
        write_record(facts | {"closer": found} if closer else facts, style)


@click.command()
@with_store
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@click.option(
    "--to",
    "others",
    metavar="KEY",
    multiple=True,
    required=True,
    help="Key to compare with; may be repeated.",
)
@k_option
@output_options
def relate(
    store: vecstore.Store, keys: Sequence[str], others: Sequence[str], k: int, style: Style
) -> None:
    """Compute how similar the KEYs are to those of --to.

    The similarity is the cosine between the means of the two groups of vectors. For a single KEY
    and a single --to, in a store with metric cosine, the relative cosine is printed too: this
    cosine divided by the sum of the cosines of the k nearest neighbours of KEY. With k = 10, a
    value above 0.1 suggests synonyms.

    \b
      vecstore relate words.vecs big --to huge
      vecstore relate words.vecs king man --to queen --to woman
    """
    from vecstore.analysis import n_similarity, relative_cosine_similarity

    near, far = parse_keys(store, keys), parse_keys(store, others)
    facts = {"cosine": n_similarity(store, near, far)}
    if len(near) == len(far) == 1 and store.metric == "cosine" and len(store) > 1:
        facts["relative"] = relative_cosine_similarity(store, near[0], far[0], k)
    write_record(facts, style)
