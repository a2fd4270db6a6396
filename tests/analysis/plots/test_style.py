"""What all pictures share: colours that anybody can tell apart, and files."""

import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.font_manager import findfont

from vecstore.analysis.plots.style import PALETTE, fonts, literal, new_figure, save, title

# What is left of red, green and blue to those who lack one kind of cone, in linear light
# (Machado, Oliveira and Fernandes, 2009).
SIGHTS = {
    "all three": np.eye(3),
    "no red": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "no green": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "no blue": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])
SEEN = 15  # of difference in CIELAB, of which 2.3 can just be noticed side by side


def lab(color: str, sight: np.ndarray) -> np.ndarray:
    """The colour as somebody sees it, in CIELAB."""
    rgb = np.array(to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    x, y, z = np.cbrt(TO_XYZ @ np.clip(sight @ linear, 0, 1) / WHITE)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def nearest(colors: list[str], sight: np.ndarray) -> float:
    seen = [lab(color, sight) for color in colors]
    return min(float(np.linalg.norm(one - other)) for one, other in combinations(seen, 2))


@pytest.mark.parametrize("sight", SIGHTS.values(), ids=SIGHTS)
def test_categories_are_told_apart_with_any_eyes(sight: np.ndarray) -> None:
    assert nearest(list(PALETTE), sight) > SEEN


def test_the_measure_knows_colours_that_are_confused() -> None:
    assert nearest(["#2ca02c", "#ff7f0e"], SIGHTS["no red"]) < SEEN  # a green and an orange


def test_keys_are_shown_as_they_are() -> None:
    figure = new_figure()
    axes = figure.add_subplot()
    title(axes, literal("$x^2$"))
    figure.draw_without_rendering()
    shown = axes.title if axes.title.get_text() else axes._left_title
    assert shown.get_window_extent().width > 0
    assert literal("$x^2$") == r"\$x^2\$"


def test_every_font_is_installed() -> None:
    assert fonts()[0] == "DejaVu Sans"
    assert all(findfont(name, fallback_to_default=False) for name in fonts())


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_the_same_figure_is_the_same_file(tmp_path: Path, suffix: str) -> None:
    for name in ("one", "two"):
        figure = new_figure(2, 2)
        axes = figure.add_subplot()
        axes.imshow([[0, 1]])
        axes.plot([0, 1], "o-")
        save(figure, tmp_path / (name + suffix))
    one, two = ((tmp_path / (name + suffix)).read_bytes() for name in ("one", "two"))
    assert one == two
    assert one.startswith(b"\x89PNG" if suffix == ".png" else b"<?xml")


def test_nothing_is_overwritten_and_nothing_else_is_written(tmp_path: Path) -> None:
    path = save(new_figure(1, 1), tmp_path / "empty.png")
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match="exists already"):
        save(new_figure(2, 2), path)
    assert path.read_bytes() == before
    with pytest.raises(ValueError, match=r"`path` must end in .png or .svg; got"):
        save(new_figure(1, 1), tmp_path / "empty.jpg")
    assert [file.name for file in tmp_path.iterdir()] == ["empty.png"]


def test_pictures_leave_pyplot_alone() -> None:
    program = (
        "import sys, numpy, vecstore\n"
        "from vecstore.analysis.plots import draw_matrix\n"
        "draw_matrix(vecstore.from_arrays(numpy.eye(3), metric='euclidean'), [0, 1, 2])\n"
        "assert 'matplotlib' in sys.modules\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
