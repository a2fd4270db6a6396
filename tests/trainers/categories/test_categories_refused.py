"""Tables and parameters that nothing can be learned from are named, before training."""

import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

keras = pytest.importorskip("keras")

from tests.trainers.categories.test_categories import FIELDS, TABLE, factors  # noqa: E402 (needs Keras)
from vecstore.errors import VecstoreError  # noqa: E402
from vecstore.trainers import CategoricalFactors  # noqa: E402

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def trained() -> CategoricalFactors:
    return factors(dim=4).fit(TABLE, epochs=2)


# What is refused, before anything is trained.

REFUSED_TABLES: dict[str, tuple[Any, type[Exception], str]] = {
    "a missing column": (
        TABLE.rename({"grape": "grapes"}),
        ValueError,
        '`data` has no column "grape"; it has taster, grapes, country, points. '
        'Did you mean "grapes"?',
    ),
    "no rows": (TABLE.clear(), ValueError, "`data` must have rows; it has none."),
    "a target of words": (
        TABLE.with_columns(pl.lit("good").alias("points")),
        TypeError,
        'Column "points" must hold numbers; it holds String.',
    ),
    "a missing target": (
        TABLE.with_columns(pl.when(pl.col("taster") != "Dan").then("points")),
        ValueError,
        'Column "points" must be finite and not negative; ',
    ),
    "a negative target": (
        TABLE.with_columns(pl.col("points") - 85),
        ValueError,
        "Filter them out, or add a number to the column.",
    ),
    "only zeros": (
        TABLE.with_columns(pl.lit(0).alias("points")),
        ValueError,
        '"points" must not be 0 in all rows.',
    ),
    "lists": (
        TABLE.with_columns(pl.concat_list("grape").alias("grape")),
        TypeError,
        'Column "grape" must hold texts, numbers, truth values or dates; it holds List(String).',
    ),
    "columns of different lengths": (
        {"taster": ["Ann"], "grape": ["a", "b", "c"], "country": ["d"] * 2, "points": [1, 2]},
        ValueError,
        "`data` cannot be read as a table: ",
    ),
    "a list": ([1, 2], TypeError, "`data` must be a table: a frame of polars or pandas, a path"),
    "no file": ("no-such.csv", FileNotFoundError, "no-such.csv is not a file; a table is needed."),
    "no name of a table": ("wines.xlsx", ValueError, "wines.xlsx must be a table, and be named"),
}


@pytest.mark.parametrize("name", REFUSED_TABLES)
def test_a_bad_table_is_refused_before_training(name: str) -> None:
    table, error, message = REFUSED_TABLES[name]
    trainer = factors()
    with pytest.raises(error, match=re.escape(message)):
        trainer.fit(table)
    with pytest.raises(VecstoreError, match="call fit first"):
        trainer.embeddings()


BROKEN = {
    "broken.parquet": b"PAR1 and nothing else",
    "broken.json": b"{nothing",
    "empty.csv": b"",
    "ragged.csv": b"taster,grape\na,b\nc,d,e\n",
    "latin1.csv": b"taster,grape,country,points\n\xe9,b,c,1\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_named(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(BROKEN[name])
    with pytest.raises(ValueError, match=re.escape(f"{path} ")) as caught:
        factors().fit(path)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"fields": "grape"}, TypeError, "`fields` must be a sequence of names"),
        (
            {"fields": ["grape"]},
            ValueError,
            "whose vectors can be multiplied pair by pair",
        ),
        ({"fields": ["grape", "grape"]}, ValueError, "pair by pair; got grape, grape"),
        ({"fields": ["grape", "points"]}, ValueError, "`target` must not be one of `fields`"),
        ({"dim": 0}, ValueError, "`dim` must be at least 1; got 0."),
        ({"l2": -1}, ValueError, "`l2` must be at least 0; got -1."),
        ({"learning_rate": 0}, ValueError, "`learning_rate` must be above 0; got 0."),
    ],
)
def test_bad_parameters_are_refused(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        CategoricalFactors(**{"fields": FIELDS, "target": "points", **arguments})


def test_a_second_fit_with_new_categories_is_refused(trained: CategoricalFactors) -> None:
    before = trained.attributes()
    new = TABLE.head(3).with_columns(pl.Series("country", ["France", "Peru", "Chile"]))
    with pytest.raises(ValueError, match='"country" must have only categories of the first fit; '):
        trained.fit(new)
    assert trained.attributes() == before


def test_a_field_that_is_not_there_is_named(trained: CategoricalFactors) -> None:
    for ask in (trained.embeddings, trained.attributes):
        with pytest.raises(ValueError, match='must be one of taster, grape, country; got "colour"'):
            ask("colour")
    with pytest.raises(ValueError, match="`validation` must leave something to learn from"):
        factors().fit(TABLE[:1], validation=0.5)
