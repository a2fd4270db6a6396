"""`vecstore train categories`: a table to a store of its categories."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import vecstore
from tests.cli.conftest import Invoke

pytest.importorskip("keras")

pytestmark = pytest.mark.keras

TABLE = ("train", "categories", "wines.csv", "--field", "taster", "--field", "grape")
NUMBERS = ("--field", "grape", "--field", "points")
POINTS = ("--target", "points", "--out", "wines.vecs")


@pytest.fixture
def wines(tmp_path: Path) -> None:
    """Write a table in which grapes have points of their own, and some tasters are missing."""
    rng = np.random.default_rng(4)
    grape = rng.integers(5, size=400)
    tasters = ["Ann", "Bob", None]
    pl.DataFrame(
        {
            "taster": [tasters[one] for one in rng.integers(3, size=400)],
            "grape": [f"grape {one}" for one in grape],
            "points": 80 + 2 * grape,
        }
    ).write_csv(tmp_path / "wines.csv")


@pytest.mark.usefixtures("wines")
def test_a_table_becomes_a_store_and_a_saved_model(invoke: Invoke) -> None:
    done = invoke(
        *TABLE, *POINTS, "--dim", "3", "--epochs", "20", "--validation", "0.1", "--metric", "dot",
        *("--save", "model", "--json"),
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["rows"], found["dim"], found["epoch"]) == (3 + 5, 3, 20)
    assert found["parameters"] == (3 + 5) * (3 + 1) + 2 * 4 * 3
    assert found["val_mae"] < 1
    with vecstore.open("wines.vecs") as store:
        assert store.metric == "dot"
        assert "taster=(missing)" in store
        assert store.frame(where="field = 'grape'").height == 5
    from vecstore.trainers import CategoricalFactors

    points = CategoricalFactors.load("model").predict({"taster": ["Ann"], "grape": ["grape 4"]})
    assert points[0] == pytest.approx(88, abs=1.5)


@pytest.mark.usefixtures("wines")
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((*TABLE, "--target", "pionts", "--out", "new"), 1, 'Did you mean "points"?'),
        ((*TABLE, "--target", "grape", "--out", "new"), 1, "`target` must not be one of `fields`"),
        ((*TABLE[:5], "--target", "points", "--out", "new"), 1, "must name two or more"),
        ((*TABLE[:3], *NUMBERS, "--target", "taster", "--out", "new"), 1, "must hold numbers"),
        ((*TABLE, "--target", "points", "--out", "wines.csv"), 1, "wines.csv exists already"),
        ((*TABLE, *POINTS, "--validation", "1"), 2, "--validation"),
        ((*TABLE, "--target", "points"), 2, "--out"),
        (("train", "categories", "no.csv", *TABLE[3:], *POINTS), 1, "no.csv is not a file"),
    ],
)
def test_what_cannot_be_trained_is_one_sentence(
    invoke: Invoke, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = invoke(*arguments)
    assert done.exit_code == code
    assert message in done.stderr
    assert not Path("new").exists()
    assert not Path("wines.vecs").exists()
