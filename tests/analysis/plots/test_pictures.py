"""Neighbourhoods, analogies, matrices, extremes, images: what is drawn is what the store says."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from PIL import Image

import vecstore
from vecstore import ingest
from vecstore.analysis import dimension_extremes
from vecstore.analysis.plots import (
    draw_analogy,
    draw_confusion,
    draw_extremes,
    draw_images,
    draw_matrix,
    draw_neighbourhood,
    draw_pairs,
)
from vecstore.analysis.plots.style import NOTHING
from vecstore.errors import KeyNotFoundError, VecstoreError
from vecstore.store.store import Store

GLOVE = Path(vecstore.__file__).parent / "data" / "glove-6b-100d.txt.gz"
PAIRS = [("france", "paris"), ("italy", "rome"), ("germany", "berlin"), ("japan", "tokyo")]


@pytest.fixture(scope="module")
def words() -> Store:
    keys, vectors = zip(*ingest.read(GLOVE), strict=True)
    return vecstore.from_arrays(np.concatenate(vectors), np.concatenate(keys).tolist())


def points(figure: Figure, size: float) -> np.ndarray:
    """The markers of one size, in the order in which they were drawn."""
    lines = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    return np.vstack([line.get_xydata() for line in lines if line.get_markersize() == size])


def test_neighbours_are_at_their_distance_from_the_middle(words: Store) -> None:
    figure = draw_neighbourhood(words, "piano", 12)
    radii = np.linalg.norm(points(figure, 7), axis=1)
    np.testing.assert_allclose(radii, words.similar("piano", k=12).distances, atol=1e-12)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert {"piano", *words.similar("piano", k=12).keys} <= set(texts)


def test_neighbours_that_are_alike_lie_in_the_same_direction() -> None:
    sheaves = {"a": [1, 0.3, 0], "b": [1, 0.3, 0.05], "c": [1, -0.3, 0], "d": [1, -0.3, 0.05]}
    keys, vectors = ["middle", *sheaves], [[1, 0, 0], *sheaves.values()]
    store = vecstore.from_arrays(vectors, keys, metric="euclidean")
    places = points(draw_neighbourhood(store, "middle", 4), 7)
    place = dict(zip(store.similar("middle", k=4).keys, places, strict=True))
    assert np.linalg.norm(place["a"] - place["b"]) < 0.1
    assert np.linalg.norm(place["a"] - place["c"]) > 0.5


def test_an_analogy_is_drawn_in_the_plane_of_its_three_keys(words: Store) -> None:
    figure = draw_analogy(words, "man", "king", "woman")
    start, end, other = points(figure, 8)[:3]
    unit = words[["man", "king", "woman", "queen"]]
    unit = unit / np.linalg.norm(unit, axis=1, keepdims=True)
    drawn = np.linalg.norm([end - start, other - start, other - end], axis=1)
    true = np.linalg.norm([unit[1] - unit[0], unit[2] - unit[0], unit[2] - unit[1]], axis=1)
    np.testing.assert_allclose(drawn, true, rtol=1e-5)
    assert end[0] == pytest.approx(start[0])  # the first arrow points up
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert "king - man + woman = queen" in texts


def test_any_integer_can_be_an_answer() -> None:
    vectors = [[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]]
    store = vecstore.from_arrays(vectors, [5, 6, 7, -1], metric="euclidean")
    texts = [text.get_text() for text in draw_analogy(store, 5, 6, 7).axes[0].texts]
    assert "6 - 5 + 7 = -1" in texts


def test_arrows_of_one_relation_agree(words: Store) -> None:
    figure = draw_pairs(words, PAIRS)
    starts, ends = np.split(points(figure, 7), 2)
    arrows = (ends - starts) / np.linalg.norm(ends - starts, axis=1, keepdims=True)
    assert (arrows @ arrows.T).min() > 0.8


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot"])
def test_a_matrix_has_what_the_store_finds(words: Store, metric: str) -> None:
    keys = ["king", "queen", "paris", "rome", "dog"]
    store = vecstore.from_arrays(words[keys], keys, metric=metric)
    figure = draw_matrix(store, keys, ordered=False)
    values = np.asarray(figure.axes[0].images[0].get_array())
    found = store.search(words[keys], k=5)
    wanted = found.distances if metric == "euclidean" else found.similarities
    np.testing.assert_allclose(np.take_along_axis(values, found.rows, axis=1), wanted, atol=1e-9)


def test_keys_that_are_alike_are_put_side_by_side(words: Store) -> None:
    keys = ["king", "paris", "dog", "queen", "rome", "cat"]
    labels = draw_matrix(words, keys).axes[0].get_yticklabels()
    order = [label.get_text() for label in labels]
    for one, other in (("king", "queen"), ("paris", "rome"), ("dog", "cat")):
        assert abs(order.index(one) - order.index(other)) == 1


def test_extremes_are_the_largest_and_the_smallest_values(rng: np.random.Generator) -> None:
    vectors = rng.standard_normal((50, 4)).astype(np.float32)
    store = vecstore.from_arrays(vectors, metric="euclidean")
    axes = draw_extremes(store, [2], n=3).axes[0]
    widths = [bar.get_width() for bar in axes.patches]
    ordered = np.sort(vectors[:, 2])[::-1]
    np.testing.assert_array_equal(widths, [*ordered[:3], *ordered[-3:]])
    names = [text.get_text() for text in axes.texts]
    assert names[:1] == [str(vectors[:, 2].argmax())]


def test_extremes_are_those_of_the_dimension() -> None:
    """Also where values are equal: the keys that came first."""
    store = vecstore.from_arrays([[1.0], [1.0], [0.0], [0.0], [0.5]], metric="euclidean")
    names = [text.get_text() for text in draw_extremes(store, [0], n=1).axes[0].texts]
    ends = dimension_extremes(store, 0, 1)
    assert names == [str(ends.highest[0].key), str(ends.lowest[0].key)] == ["0", "2"]


def test_a_few_rows_are_all_at_the_ends() -> None:
    store = vecstore.from_arrays([[1.0], [-2.0], [3.0]], metric="euclidean")
    assert [bar.get_width() for bar in draw_extremes(store, [0], n=5).axes[0].patches] == [3, 1, -2]


def test_extremes_of_all_dimensions_have_one_scale_and_dead_ones_are_marked() -> None:
    vectors = np.array([[0.4, 7, 30], [0.1, 7.001, -40], [-0.2, 7, 10]], np.float32)
    store = vecstore.from_arrays(vectors, metric="dot")
    panels = draw_extremes(store, [2, 1]).axes
    assert [axes.get_title("left") for axes in panels] == ["Dimension 2", "Dimension 1, dead"]
    assert len({axes.get_xlim() for axes in panels}) == 1
    colors = [{bar.get_facecolor() for bar in axes.patches} for axes in panels]
    assert colors[1] == {to_rgba(NOTHING)}
    assert to_rgba(NOTHING) not in colors[0]
    assert panels[0].get_xlim()[0] < -40


@pytest.fixture
def photos(tmp_path: Path) -> Iterator[Store]:
    """Four squares of one colour each, stored by their mean colour."""
    colors = {
        "red": (255, 0, 0),
        "dark red": (139, 0, 0),
        "blue": (0, 0, 255),
        "sky": (80, 80, 255),
    }
    for name, color in colors.items():
        Image.new("RGB", (40, 30), color).save(tmp_path / f"{name}.png")
    with vecstore.create(tmp_path / "photos.vecs", dim=3) as store:
        store.add(
            list(colors),
            list(colors.values()),
            {
                "path": [f"{name}.png" for name in colors],
                "family": ["warm", "warm", "cold", "cold"],
                "wrong": ["none.png"] * 4,
            },
        )
        yield store


def test_images_stand_beside_their_nearest(photos: Store, tmp_path: Path) -> None:
    figure = draw_images(photos, ["red", "blue"], 2, folder=tmp_path, column="path", label="family")
    tiles = [axes.images[0].get_array()[15, 20].tolist() for axes in figure.axes]
    assert tiles[:2] == [[255, 0, 0], [139, 0, 0]]
    assert tiles[3:5] == [[0, 0, 255], [80, 80, 255]]
    assert figure.axes[1].get_xlabel() == "warm\n0.000"
    frames = [axes.spines["left"].get_edgecolor() for axes in figure.axes[:3]]
    assert len(set(frames)) == 3  # the image itself, one of its family, one of another


def test_of_a_long_key_the_end_is_written_under_its_image(tmp_path: Path) -> None:
    name = "a/folder/in/a/folder/photo.png"
    (tmp_path / name).parent.mkdir(parents=True)
    Image.new("RGB", (9, 9)).save(tmp_path / name)
    store = vecstore.from_arrays([[1.0]], [name])
    figure = draw_images(store, [name], 1, folder=tmp_path)
    assert figure.axes[0].get_xlabel() == "…/a/folder/photo.png"


def test_images_that_cannot_be_read_are_named(photos: Store, tmp_path: Path) -> None:
    with pytest.raises(VecstoreError, match=r'"red" cannot be read: .*none\.png.* unpacked'):
        draw_images(photos, ["red"], 1, folder=tmp_path, column="wrong")
    (tmp_path / "red.png").write_bytes(b"not an image")
    with pytest.raises(VecstoreError, match='image of "red" cannot be read'):
        draw_images(photos, ["red"], 1, folder=tmp_path, column="path")
    with pytest.raises(ValueError, match='`column` must name a column of the store; got "file"'):
        draw_images(photos, ["red"], 1, column="file")


def test_a_confusion_shows_counts() -> None:
    figure = draw_confusion(np.array([[3, 1], [0, 4]]), ["cat", "dog"])
    assert sorted(text.get_text() for text in figure.axes[0].texts) == ["1", "3", "4"]
    assert "87.5% of 8 are right" in figure.axes[0].get_title(loc="left")


@pytest.mark.parametrize(
    ("draw", "kind", "sentence"),
    [
        (lambda s: draw_neighbourhood(s, "kign"), KeyNotFoundError, 'Did you mean "king"'),
        (lambda s: draw_neighbourhood(s, "king", 61), ValueError, "`k` must be at most 60, to be"),
        (lambda s: draw_analogy(s, "man", "man", "king"), ValueError, "must not be on a line"),
        (lambda s: draw_analogy(s, "man", "king", "nobody7"), KeyNotFoundError, "nobody7"),
        (lambda s: draw_pairs(s, PAIRS[:1]), ValueError, "`pairs` must be at least 2; got 1."),
        (lambda s: draw_matrix(s, ["king"]), ValueError, "2 to 80 different keys; got 1."),
        (lambda s: draw_extremes(s, [100]), ValueError, "from 0 to 99, as the vectors have; got"),
        (lambda s: draw_extremes(s, range(30)), ValueError, "`dimensions` must be 1 to 24; got 30"),
        (lambda s: draw_images(s, ["king"], 50), ValueError, "`k` must be at most 20"),
        (lambda s: draw_images(s, ["king"], 1), VecstoreError, 'The image of "king" cannot be'),
        (lambda s: draw_confusion(np.eye(2, dtype=int), ["a"]), ValueError, "shape (1, 1)"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(
    words: Store, draw: object, kind: type[Exception], sentence: str
) -> None:
    with pytest.raises(kind) as caught:
        draw(words)
    assert sentence in str(caught.value)


def test_an_analogy_needs_a_fourth_key() -> None:
    store = vecstore.from_arrays(np.eye(3), list("abc"))
    with pytest.raises(ValueError, match="`store` must have more keys than these three"):
        draw_analogy(store, "a", "b", "c")


def test_dot_products_have_no_neighbourhood() -> None:
    store = vecstore.from_arrays([[1.0], [2.0]], metric="dot")
    with pytest.raises(ValueError, match="must have distances for this picture"):
        draw_neighbourhood(store, 0)
