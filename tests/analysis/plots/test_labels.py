"""Names in a picture: beside their points, inside the frame, none over another."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.text import Annotation

from vecstore.analysis.plots.labels import Labels
from vecstore.analysis.plots.layout import set_window, settle
from vecstore.analysis.plots.style import new_figure, strip


def window(points: np.ndarray) -> Axes:
    figure = new_figure(8, 6)
    axes = figure.add_subplot()
    strip(axes)
    settle(figure)
    set_window(axes, points)
    return axes


def boxes(axes: Axes) -> list[tuple[float, float, float, float]]:
    found = [text.get_window_extent() for text in axes.texts if isinstance(text, Annotation)]
    return [(box.x0, box.y0, box.x1, box.y1) for box in found]


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return not (
        one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    )


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 30))
def test_names_never_collide_and_stay_inside(seed: int, n: int) -> None:
    points = np.random.default_rng(seed).uniform(size=(n, 2))
    axes = window(points)
    Labels(axes, points).add(points, [f"point {i}" for i in range(n)])
    placed = boxes(axes)
    assert len(placed) == n
    assert not any(overlap(one, other) for one, other in combinations(placed, 2))
    frame = axes.get_window_extent()
    assert min(box[0] for box in placed) >= frame.x0
    assert max(box[3] for box in placed) <= frame.y1


def test_a_name_is_beside_its_point_when_there_is_room() -> None:
    points = np.array([[0.0, 0.0], [1.0, 1.0]])
    axes = window(points)
    Labels(axes, points).add(points, ["low", "high"])
    for point, box in zip(axes.transData.transform(points), boxes(axes), strict=True):
        gap = np.maximum([box[0] - point[0], box[1] - point[1]], point - np.array(box[2:]))
        assert gap.max() < 10
    assert not axes.lines


def test_a_line_leads_to_a_point_whose_name_is_farther_away() -> None:
    points = np.zeros((20, 2)) + np.linspace(0, 1e-3, 20)[:, np.newaxis]
    everything = np.vstack([points, [[-1, -1], [1, 1]]])
    axes = window(everything)
    Labels(axes, everything).add(points, [f"crowded {i}" for i in range(20)])
    assert axes.lines
    assert not any(overlap(*pair) for pair in combinations(boxes(axes), 2))


def test_names_avoid_points_where_they_can() -> None:
    line = np.column_stack([np.linspace(0.5, 0.7, 200), np.full(200, 0.5)])  # to the right
    everything = np.vstack([line, [[0, 0], [1, 1]]])
    axes = window(everything)
    Labels(axes, everything).add(np.array([[0.5, 0.5]]), ["somewhere"])
    [(left, bottom, right, top)] = boxes(axes)
    pixels = axes.transData.transform(line)
    inside = (pixels > [left, bottom]).all(axis=1) & (pixels < [right, top]).all(axis=1)
    assert not inside.any()


def test_of_what_may_be_named_only_what_fits_is() -> None:
    points = np.zeros((50, 2))
    everything = np.vstack([points, [[-1, -1], [1, 1]]])
    axes = window(everything)
    labels = Labels(axes, everything)
    named = labels.add_what_fits(points, ["the same place"] * 50, 50)
    assert 1 <= named < 20
    assert len(boxes(axes)) == named
    assert labels.add_what_fits(np.array([[0.9, 0.9], [0, 0]]), ["one", "two"], 1) == 1


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_points_that_are_passed_over_have_no_room(seed: int) -> None:
    """The quick look at many points says no only where every place is taken."""
    rng = np.random.default_rng(seed)
    points = np.vstack([rng.uniform(size=(300, 2)), [[0, 0], [1, 1]]])
    axes = window(points)
    labels = Labels(axes, points)
    labels.add_what_fits(points, ["name"] * len(points), 200)
    room = labels._have_room(points)
    assert not room.all()
    for point in points[~room][:50]:
        assert not labels._put(point, "i", (3.0,), size=8)


class Counted(list[str]):
    """Names that count how many of them were looked at."""

    seen = 0

    def __getitem__(self, place: int) -> str:
        self.seen += 1
        return super().__getitem__(place)


def test_a_full_page_is_not_tried_for_every_point(rng: np.random.Generator) -> None:
    points = rng.uniform(size=(20_000, 2))
    names = Counted(["a name"] * len(points))
    named = Labels(window(points), points).add_what_fits(points, names, len(points))
    assert named > 200
    assert names.seen < 5_000


def test_every_name_is_written_even_where_no_place_is_free() -> None:
    points = np.zeros((60, 2))
    axes = window(np.array([[-1.0, -1.0], [1.0, 1.0]]))
    Labels(axes, points).add(points, [f"one of very many names {i}" for i in range(60)])
    assert len(boxes(axes)) == 60


@pytest.mark.parametrize("name", ["$x$", "two\nlines", "a_b^c", "{", "\\alpha"])
def test_any_key_can_be_a_name(name: str) -> None:
    points = np.array([[0.0, 0.0], [1.0, 1.0]])
    axes = window(points)
    Labels(axes, points).add(points, [name, name])
    heights = [box[3] - box[1] for box in boxes(axes)]
    assert max(heights) < 30  # one line, and no formula
