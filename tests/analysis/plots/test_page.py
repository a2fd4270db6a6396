"""The page of pictures: its pictures are there, small, and what its commands draw."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from vecstore.cli.main import main

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "pictures.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ vecstore (plot .*)$", PAGE, re.M)
# The others come from a training, or from t-SNE, which ends elsewhere where rounding differs.
REPEATABLE = {"analogy.png", "extremes.png", "matrix.png", "neighbourhood.png", "queen.png"}
SEEN = 0.5  # of 255, on average, most being white: versions draw letters a little differently


def test_every_picture_of_the_page_is_there_and_small() -> None:
    shown = re.findall(r"!\[[^]]+\]\((.+?)\)", PAGE)
    assert set(shown) >= REPEATABLE
    for name in shown:
        assert f" {name}" in PAGE, f"no command draws {name}"
        assert (DOCS / name).stat().st_size < 200_000


@pytest.mark.slow
def test_the_commands_of_the_page_draw_its_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run(["demo"])
    drawn = set()
    for arguments in map(shlex.split, COMMANDS):
        if arguments[-1] in REPEATABLE:
            run(arguments)
            ours, theirs = pixels(tmp_path / arguments[-1]), pixels(DOCS / arguments[-1])
            assert ours.shape == theirs.shape
            assert np.abs(ours - theirs).mean() < SEEN, f"{arguments[-1]} looks otherwise"
            drawn.add(arguments[-1])
    assert drawn == REPEATABLE


def run(arguments: list[str]) -> None:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"), np.float64)
