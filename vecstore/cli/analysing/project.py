"""``vecstore project``: a map of all keys."""

import time

import click

import vecstore
from vecstore.cli.options import output_options, threads_option, where_option
from vecstore.cli.output import Style, write_record
from vecstore.cli.progress import progress

__all__ = ["project"]


@click.command()
@click.argument("path", metavar="STORE", type=click.Path())
@click.option(
    "--method",
    type=click.Choice(["pca", "tsne", "umap"]),
    default="pca",
    show_default=True,
    help="pca: the directions of largest variance, in no time; tsne, umap: neighbours together.",
)
@where_option
@click.option(
    "--into",
    metavar="X Y",
    nargs=2,
    default=("x", "y"),
    show_default=True,
    help="The attributes that become the coordinates.",
)
@click.option("--overwrite", is_flag=True, help="Replace what the attributes hold.")
@click.option(
    "--k",
    type=click.IntRange(min=2),
    help="Neighbours to stay close to.  [default: tsne 90, umap 15]",
)
@click.option("--seed", default=0, show_default=True, help="The same gives the same map.")
@threads_option
@output_options
def project(
    path: str,
    method: str,
    where: str | None,
    into: tuple[str, str],
    overwrite: bool,
    k: int | None,
    seed: int,
    threads: int | None,
    style: Style,
) -> None:
    """Give every key of STORE a place in the plane, as attributes x and y.

    t-SNE and UMAP are given the exact neighbours.

    \b
      vecstore project words.vecs
      vecstore project images.vecs --method tsne
      vecstore plot map images.vecs --color label --out map.png
    """
    from vecstore.analysis import project as find_places

    start = time.perf_counter()
    with vecstore.open(path, mode="a") as store, progress("Projecting") as report:
        found = find_places(
            store,
            method,
            where,
            columns=into,
            overwrite=overwrite,
            k=k,
            seed=seed,
            threads=threads,
            progress=report,
        )
    facts = {
        "store": path,
        "columns": " ".join(into) if style == "table" else list(into),
        "method": method,
        "rows": len(found.keys),
        "seconds": round(time.perf_counter() - start, 2),
    }
    if found.explained is not None:
        facts["variance_shown"] = round(found.explained, 4)
    write_record(facts, style)
