"""Which attributes are categories, which are quantities, and what both look like."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from matplotlib.colors import to_rgb

from vecstore.analysis.plots.shades import Categories, Quantities, shades
from vecstore.analysis.plots.style import NOTHING, PALETTE


def test_few_texts_are_categories_in_their_order() -> None:
    look = shades(pl.Series("kind", ["dog", "cat", None, "dog"]))
    assert isinstance(look, Categories)
    assert (look.names, look.counts, look.rest) == (["cat", "dog"], [1, 2], "no value")
    assert look.codes.tolist() == [1, 0, -1, 1]
    assert look.colors[look.codes][2].tolist() == list(to_rgb(NOTHING))
    assert look.colors[0].tolist() == list(to_rgb(PALETTE[0]))


def test_of_many_texts_the_most_frequent_have_colours() -> None:
    values = [f"kind {i}" for i in range(30) for _ in range(i + 1)]
    look = shades(pl.Series("kind", values))
    assert isinstance(look, Categories)
    assert look.names == [f"kind {i}" for i in range(29, 20, -1)]
    assert look.rest == "21 others"
    assert (look.codes == -1).sum() == sum(range(1, 22))


def test_equally_frequent_texts_come_in_their_own_order() -> None:
    look = shades(pl.Series("kind", [f"kind {i:02}" for i in (*range(29, -1, -1), 20)]))
    assert isinstance(look, Categories)
    assert look.names == ["kind 20", *(f"kind {i:02}" for i in range(8))]


@pytest.mark.parametrize("name", ["count", "value"])
def test_an_attribute_may_have_any_name(name: str) -> None:
    look = shades(pl.Series(name, ["b", "a", "b"]))
    assert isinstance(look, Categories)
    assert (look.names, look.counts) == (["a", "b"], [1, 2])


def test_ten_categories_have_ten_colours_unless_something_is_missing() -> None:
    ten = shades(pl.Series("digit", range(10)))
    assert isinstance(ten, Categories)
    assert (len(ten.names), ten.rest) == (10, "")
    nine = shades(pl.Series("digit", [*range(10), 0, None]))
    assert isinstance(nine, Categories)
    assert (len(nine.names), nine.rest) == (9, "1 other, no value")


@pytest.mark.parametrize("values", [[3, 1, 2], [True, False, None]])
def test_few_integers_and_booleans_are_categories(values: list[object]) -> None:
    look = shades(pl.Series("cluster", values))
    assert isinstance(look, Categories)
    assert look.names == [str(value) for value in sorted(v for v in values if v is not None)]


def test_numbers_are_quantities_on_a_scale_that_outliers_do_not_stretch() -> None:
    look = shades(pl.Series("price", [*map(float, range(1000)), 1e9, None]))
    assert isinstance(look, Quantities)
    assert 0 <= look.low < 20
    assert 980 < look.high < 1000
    assert np.isnan(look.values[-1])
    infinite = shades(pl.Series("price", [*map(float, range(20)), np.inf, -np.inf]))
    assert isinstance(infinite, Quantities)
    assert np.isfinite([infinite.low, infinite.high]).all()
    assert isinstance(shades(pl.Series("year", range(1900, 2000))), Quantities)


@pytest.mark.parametrize("values", [[None, None], [np.nan, None], [np.inf]])
def test_nothing_has_no_colours(values: list[float | None]) -> None:
    with pytest.raises(ValueError, match='Colours need values; "size" has none'):
        shades(pl.Series("size", values, pl.Float64))


def test_dates_have_no_colours() -> None:
    with pytest.raises(TypeError, match='"born" holds Date'):
        shades(pl.Series("born", [date(2000, 1, 1)]))
