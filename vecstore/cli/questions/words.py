"""Small questions about a few keys: odd, rank, relate."""

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
    """Say which of the KEYs goes least with the others.

    Its cosine with the mean of their directions is the smallest.

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
@click.option("--closer", is_flag=True, help="List the keys that are closer, the nearest first.")
@output_options
def rank(store: vecstore.Store, key: str, other: str, closer: bool, style: Style) -> None:
    """Say which place OTHER has among the neighbours of KEY, from 1.

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
@click.option("--to", "others", metavar="KEY", multiple=True, required=True, help="What to.")
@k_option
@output_options
def relate(
    store: vecstore.Store, keys: Sequence[str], others: Sequence[str], k: int, style: Style
) -> None:
    """Say how alike the KEYs are to those of --to: the cosine between the means of their vectors.

    Of one KEY and one other, under the metric cosine, also in relation to the k nearest of KEY: the
    share of this cosine in the sum of theirs. With ten of them, more than 0.1 speaks for synonyms.

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
