"""``vecstore project``: coordinates of all keys for a map."""

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
    help="pca: the directions of largest variance, fast; tsne, umap: neighbours stay together.",
)
@where_option
@click.option(
    "--into",
    metavar="X Y",
    nargs=2,
    default=("x", "y"),
    show_default=True,
    help="Attributes to store the coordinates in.",
)
@click.option("--overwrite", is_flag=True, help="Replace existing values.")
@click.option(
    "--k",
    type=click.IntRange(min=2),
    help="Number of neighbours to keep together.  [default: tsne 90, umap 15]",
)
@click.option(
    "--seed", default=0, show_default=True, help="Random seed; the same seed gives the same result."
)
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
    """Give every key of STORE coordinates in the plane.

    The coordinates become attributes. t-SNE and UMAP start from the exact nearest neighbours.

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
