"""Dimensions of categories stay alive at the default rate: their values differ between rows."""

import numpy as np
import polars as pl
import pytest

from tests.real_data import real

pytest.importorskip("keras")

from vecstore.trainers import CategoricalFactors

pytestmark = pytest.mark.keras

ALIVE = 0.05  # the least standard deviation over the rows; it begins at about 0.7


def alive(trainer: CategoricalFactors, field: str) -> int:
    """Count the dimensions along which the rows differ."""
    _, vectors = trainer.embeddings(field)
    rows = np.asarray(trainer.attributes(field)["count"])
    mean = np.average(vectors, axis=0, weights=rows)
    spread = np.sqrt(np.average((vectors - mean) ** 2, axis=0, weights=rows))
    return int((spread > ALIVE).sum())


def tasting(n: int = 10_000) -> pl.DataFrame:
    """Rows whose number is mostly noise, as points of wines are, of many common and rare kinds."""
    rng = np.random.default_rng(0)
    sizes = {"taster": 20, "variety": 250, "country": 40}
    codes = {name: rng.zipf(1.5, n) % size for name, size in sizes.items()}
    effects = [rng.normal(size=size)[codes[name]] for name, size in sizes.items()]
    points = 88 + sum(effects) + 0.05 * effects[0] * effects[1] + 2.5 * rng.normal(size=n)
    return pl.DataFrame({**codes, "points": points})


def test_all_dimensions_are_alive_after_a_default_training() -> None:
    table = tasting()
    trainer = CategoricalFactors(["taster", "variety", "country"], "points")
    trainer.fit(table, progress=False)
    assert {name: alive(trainer, name) for name in trainer.fields} == dict.fromkeys(
        trainer.fields, 10
    )
    points = table["points"].to_numpy()
    assert trainer.history["mae"][-1] < 0.95 * np.abs(points - np.median(points)).mean()


@pytest.mark.slow
def test_nine_of_ten_dimensions_of_the_wines_are_alive() -> None:
    trainer = CategoricalFactors(["taster_name", "variety", "country"], "points")
    trainer.fit(real("wine-reviews/wine130k_categorical.csv.gz"), progress=False)
    assert trainer.history["loss"][-1] <= 2.27
    assert min(alive(trainer, name) for name in trainer.fields) >= 9
