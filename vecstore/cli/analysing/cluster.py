"""``vecstore cluster``: groups of rows that lie together."""

import click

import vecstore
from vecstore.cli.fields import field
from vecstore.cli.options import output_options, where_option
from vecstore.cli.output import Style, write_record
from vecstore.cli.progress import progress

__all__ = ["cluster"]


@click.command()
@click.argument("path", metavar="STORE", type=click.Path())
@click.argument("n", metavar="N", type=click.IntRange(min=2))
@click.option(
    "--reduce",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    help="Number of principal components to keep; 0 keeps the vectors as they are.",
)
@where_option
@click.option(
    "--into",
    metavar="COLUMN",
    default="cluster",
    show_default=True,
    help="Attribute to store the number of the cluster in.",
)
@click.option(
    "--truth", metavar="COLUMN", help="Attribute to compare the clusters with; prints NMI and ARI."
)
@click.option("--overwrite", is_flag=True, help="Replace existing values.")
@click.option("--dry-run", is_flag=True, help="Do not write the attribute.")
@click.option(
    "--seed",
    default=0,
    show_default=True,
    help="Random seed; the same seed gives the same result.",
)
@output_options
def cluster(
    path: str,
    n: int,
    reduce: int,
    where: str | None,
    into: str,
    truth: str | None,
    overwrite: bool,
    dry_run: bool,
    seed: int,
    style: Style,
) -> None:
    """Group the keys of STORE into N clusters.

    The vectors are reduced to principal components and clustered by k-means. Each key gets the
    number of its cluster as an attribute, for filters and for colouring maps; 0 is the largest
    cluster.

    \b
      vecstore cluster images.vecs 5 --truth label
      vecstore cluster words.vecs 20 --into topic --where "frequency > 100"
      vecstore similar words.vecs frog --where "cluster = 3"
    """
    from vecstore.analysis import cluster as find_clusters

    with (
        vecstore.open(path, mode="r" if dry_run else "a") as store,
        progress("Clustering"),
    ):
        found = find_clusters(
            store,
            n,
            reduce or None,
            where=where,
            column=None if dry_run else into,
            truth=truth,
            overwrite=overwrite,
            seed=seed,
        )
    facts = {
        "store": path,
        "column": None if dry_run else into,
        "method": found.method,
        "rows": len(found.keys),
        "variance_kept": _rounded(found.explained),
        "silhouette": _rounded(found.silhouette),
    }
    if truth is not None:
        facts |= {"nmi": _rounded(found.nmi), "ari": _rounded(found.ari)}
    clusters = [
        {"cluster": number, "rows": int(size), "typical": typical}
        for number, (size, typical) in enumerate(zip(found.sizes, found.typical, strict=True))
    ]
    if style != "table":
        write_record({**facts, "clusters": clusters}, style)
        return
    write_record({name: value for name, value in facts.items() if value is not None}, style)
    _print_clusters(clusters)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _print_clusters(clusters: list[dict[str, object]]) -> None:
    from vecstore.cli.tables import console, plain_table

    table = plain_table()
    table.add_column("cluster", justify="right")
    table.add_column("rows", justify="right")
    table.add_column("nearest to its center", style="cyan", overflow="fold")
    for one in clusters:
        typical = one["typical"]
        assert isinstance(typical, list)
        table.add_row(str(one["cluster"]), f"{one['rows']:,}", "  ".join(map(field, typical)))
    console().print()
    console().print(table)
