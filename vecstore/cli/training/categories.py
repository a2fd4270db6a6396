"""``vecstore train categories``: vectors of the categories in a table."""

from dataclasses import asdict
from pathlib import Path

import click

from vecstore.cli.quiet import import_quietly
from vecstore.cli.training.train import Destination, Passes, finish, training_options

__all__ = ["command"]


@click.command("categories")
@click.argument("table", type=click.Path(path_type=Path))
@click.option(
    "--field",
    "fields",
    metavar="COLUMN",
    multiple=True,
    required=True,
    help="Column of categories; repeat it to name two or more.",
)
@click.option("--target", metavar="COLUMN", required=True, help="Column of the number to predict.")
@click.option(
    "--dim",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Dimension of the vectors.",
)
@click.option(
    "--l2",
    type=click.FloatRange(min=0),
    default=1e-4,
    show_default=True,
    help="L2 penalty: the weight of the squared vectors in the loss.",
)
@click.option(
    "--validation",
    metavar="SHARE",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Hold out this share of the rows, drawn at random, and measure the loss on it.",
)
@training_options(epochs=10, batch_size=None)
def command(
    table: Path,
    fields: tuple[str, ...],
    target: str,
    dim: int,
    l2: float,
    validation: float | None,
    seed: int,
    passes: Passes,
    destination: Destination,
) -> None:
    """Learn a vector for every category of some columns of TABLE.

    The target of a row is predicted from the dot products of its categories' vectors, pair by pair.
    TABLE is CSV, TSV (also .gz), Parquet, JSON or JSON lines, according to its suffix. The new
    store holds the categories of all fields: keys are "field=category", and the attributes are
    "field", "bias" and "count". A missing value is a category too.

    \b
      vecstore train categories wines.csv --field taster --field variety --field country \\
          --target points --out wines.vecs
      vecstore similar wines.vecs "variety=Malbec" --where "field = 'variety' and count > 99"
    """
    import_quietly("vecstore.trainers", "keras")
    from vecstore.trainers import CategoricalFactors

    trainer = CategoricalFactors(fields, target, dim, l2, seed=seed)
    trainer.fit(table, **asdict(passes), validation=validation)
    facts = {"fields": ", ".join(fields), "parameters": trainer.model.count_params()}
    finish(trainer, destination, **facts)
