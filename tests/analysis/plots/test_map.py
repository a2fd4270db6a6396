"""Maps: of what is in the store, named as asked, and refused in a sentence."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Annotation

import vecstore
from vecstore.analysis import project
from vecstore.analysis.plots import draw_map, save
from vecstore.errors import KeyNotFoundError, VecstoreError
from vecstore.store.store import Store


@pytest.fixture
def store(tmp_path: Path, rng: np.random.Generator) -> Iterator[Store]:
    """Three bunches, one row of which is not on the map."""
    kinds = np.repeat([0, 1, 2], 20)
    vectors = 10 * np.eye(3, 5)[kinds] + rng.standard_normal((60, 5))
    with vecstore.create(tmp_path / "bunches.vecs", dim=5, metric="euclidean") as store:
        store.add(
            [f"row {i}" for i in range(60)],
            vectors,
            {
                "kind": [("$cat$", "dog", None)[kind] for kind in kinds],
                "size": rng.uniform(0, 9, 60),
                "nothing": [None] * 60,
                "one": [None] * 7 + [1.0] + [None] * 52,
                "other": [None] * 7 + [2.0] + [None] * 52,
            },
        )
        project(store, where="key <> 'row 7'")
        yield store


def names(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts if isinstance(text, Annotation)]


def test_categories_have_a_legend_and_their_names_where_they_are(store: Store) -> None:
    figure = draw_map(store, color="kind")
    [legend] = figure.legends
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts == [r"\$cat\$  19", "dog  20", "no value"]
    assert names(figure)[-2:] == [r"\$cat\$", "dog"]
    cats = [text for text in figure.axes[0].texts if text.get_text() == r"\$cat\$"][-1]
    points = store.frame(where="kind = '$cat$'")[["x", "y"]].drop_nulls().to_numpy()
    assert np.linalg.norm(np.array(cats.xy) - points.mean(axis=0)) < 3


def test_quantities_have_a_scale(store: Store) -> None:
    figure = draw_map(store, color="size")
    assert not figure.legends
    assert figure.axes[1].get_ylabel() == "size"


def test_keys_that_were_asked_for_are_named_and_others_as_they_fit(store: Store) -> None:
    figure = draw_map(store, names=["row 3", "row 59"], heading="Bunches")
    assert {"row 3", "row 59", "Bunches"} <= set(names(figure))
    assert len(names(figure)) == 3
    assert len(names(draw_map(store, most=10, heading="Bunches"))) == 11


def test_a_key_that_was_asked_for_is_named_once(store: Store) -> None:
    assert names(draw_map(store, names=["row 3"], most=60)).count("row 3") == 1


def test_only_rows_that_qualify_are_drawn(store: Store) -> None:
    assert "59 points" in draw_map(store).axes[0].get_title(loc="left")
    assert "20 points" in draw_map(store, where="kind = 'dog'").axes[0].get_title(loc="left")


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_a_map_becomes_a_file(store: Store, tmp_path: Path, suffix: str) -> None:
    path = save(draw_map(store, color="kind", names=["row 3"]), tmp_path / f"map{suffix}")
    assert 10_000 < path.stat().st_size < 500_000


def test_a_hundred_thousand_points_are_one_image(tmp_path: Path, rng: np.random.Generator) -> None:
    vectors = rng.standard_normal((100_000, 2))
    with vecstore.create(tmp_path / "many.vecs", dim=2, metric="euclidean", keys="int") as store:
        columns = {"x": vectors[:, 0], "y": vectors[:, 1], "side": vectors[:, 0] > 0}
        store.add(range(100_000), vectors, columns)
        figure = draw_map(store, color="side")
    assert len(figure.axes[0].images) == 1
    assert not figure.axes[0].collections
    assert save(figure, tmp_path / "many.svg").stat().st_size < 1_000_000


def test_rows_with_one_coordinate_are_on_no_map(tmp_path: Path) -> None:
    with vecstore.create(tmp_path / "half.vecs", dim=1, metric="euclidean") as store:
        store.add(["a", "b", "c"], [[1], [2], [3]], {"x": [1.0, None, np.nan], "y": [None, 2, 3]})
        with pytest.raises(VecstoreError, match='None of 3 rows has both "x" and "y"; project'):
            draw_map(store)


def test_a_colour_is_known_of_some_points(store: Store) -> None:
    with pytest.raises(ValueError, match='Colours need values; "x" has none'):
        draw_map(store, color="x", columns=("one", "other"))


@pytest.mark.parametrize(
    ("arguments", "kind", "sentence"),
    [
        ({"color": "colour"}, ValueError, '`color` must name a column of the store; got "colour"'),
        ({"color": "nothing"}, ValueError, "`color` must name a column"),
        ({"names": ["row 7"]}, VecstoreError, '"row 7" is not on the map.'),
        ({"names": ["row 77"]}, KeyNotFoundError, 'No key "row 77"'),
        ({"columns": ("u", "v")}, VecstoreError, "it lacks the column u and v; project it first."),
        ({"columns": ("kind", "y")}, TypeError, '`columns` must hold numbers; "kind" holds String'),
        ({"where": "size > 10"}, ValueError, "`where` must leave some rows"),
        ({"where": "key = 'row 7'"}, ValueError, '"x" has none in 1 rows.'),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(
    store: Store, arguments: dict[str, object], kind: type[Exception], sentence: str
) -> None:
    with pytest.raises(kind) as caught:
        draw_map(store, **arguments)
    assert sentence in str(caught.value)
