"""The command that makes vectors of images."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

import vecstore

pytest.importorskip("keras")
pytest.importorskip("tensorflow")

pytestmark = [pytest.mark.keras, pytest.mark.images]

Invoke = Callable[..., Result]
Launch = Callable[..., "subprocess.CompletedProcess[str]"]

FRUIT = Path(__file__).parents[3] / "vecstore" / "data" / "images"
# Random filters: enough to tell colours, and quick.
NETWORK = ("--model", "mobilenet", "--weights", "random", "--size", "64")
FILTERS = (*NETWORK, "--layer", "conv_pw_1_relu", "--pooling", "avg")


def test_a_store_of_images_answers_what_looks_alike(tmp_path: Path, invoke: Invoke) -> None:
    done = invoke("extract", str(FRUIT), "fruit.vecs", *FILTERS, "--json")
    assert done.exit_code == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["images_per_second"] > 0
    assert facts | {"seconds": 1, "images_per_second": 1} == {
        "store": "fruit.vecs",
        "images": 24,
        "known": 0,
        "skipped": 0,
        "model": "MobileNet",
        "layer": "conv_pw_1_relu",
        "preprocessing": "tf",
        "dim": 64,
        "seconds": 1,
        "images_per_second": 1,
    }
    found = invoke("similar", "fruit.vecs", "Lime/Lime_001.jpg", "--k", "3").stdout.splitlines()
    assert [line.split("\t")[1].split("/")[0] for line in found] == ["Lime"] * 3


def test_the_same_command_goes_on(tmp_path: Path, invoke: Invoke) -> None:
    shutil.copytree(FRUIT / "Lime", tmp_path / "fruit" / "Lime")
    invoke("extract", "fruit", "fruit.vecs", *FILTERS)
    (tmp_path / "fruit" / "Lime" / "damaged.jpg").write_bytes(b"")
    shutil.copytree(FRUIT / "Banana", tmp_path / "fruit" / "Banana")
    done = invoke("extract", "fruit", "fruit.vecs", *FILTERS)
    facts = dict(line.split("\t") for line in done.stdout.splitlines())
    assert (facts["images"], facts["known"], facts["skipped"]) == ("8", "8", "1")
    assert done.stderr == (
        "8 images extracted, 8 there already, 1 skipped:\n  Lime/damaged.jpg: Input is empty\n"
    )
    with vecstore.open(tmp_path / "fruit.vecs") as store:
        assert len(store) == 16


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux alone")
def test_nothing_stops_a_run_and_nothing_goes_unsaid(tmp_path: Path, invoke: Invoke) -> None:
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[:30] = 255
    upright, turned = Image.fromarray(pixels), Image.fromarray(pixels[::-1, ::-1])
    exif = Image.Exif()
    exif[0x0112] = 3
    photos = tmp_path / "photos"
    photos.mkdir()
    upright.save(photos / "up.png")
    turned.save(photos / "same.png", exif=exif)
    upright.save(photos / "x.tiff")
    upright.save(photos / "y.tif")
    Path(os.fsdecode(bytes(photos) + b"/caf\xe9.png")).write_bytes(b"")
    Path(photos / "\u00e9.jpg").write_bytes(b"")
    Path(photos / "gone.jpg").symlink_to("nowhere")
    os.mkfifo(photos / "pipe.jpg")
    filters = (*NETWORK, "--layer", "conv_pw_1_relu", "--metric", "euclidean")
    for name, option in (("turned.vecs", "--orient"), ("stored.vecs", "--no-orient")):
        done = invoke("extract", "photos", name, *filters, option)
        assert done.exit_code == 0, done.stderr
        facts = dict(line.split("\t") for line in done.stdout.splitlines())
        assert (facts["images"], facts["skipped"]) == ("2", "6")
        for said in (
            "2 images extracted, 6 skipped:",
            r"  caf\xe9.png: its name is not valid UTF-8",
            "  \u00e9.jpg: Input is empty",
            "  gone.jpg: a link to nothing",
            "  pipe.jpg: a pipe, no file",
            "  no images: .tif 1, .tiff 1",
        ):
            assert said in done.stderr.splitlines()
        with vecstore.open(tmp_path / name) as store:
            apart = np.abs(store["up.png"] - store["same.png"]).max()
        assert (apart == 0) == (name == "turned.vecs")


def test_folders_need_not_be_labels(tmp_path: Path, invoke: Invoke) -> None:
    done = invoke("extract", str(FRUIT), "fruit.vecs", *FILTERS, "--no-labels")
    assert done.exit_code == 0, done.stderr
    with vecstore.open(tmp_path / "fruit.vecs") as store:
        assert "label" not in store.frame().columns


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("gone", "a.vecs", *NETWORK), "gone is neither a file nor a folder; check the path."),
        (("empty", "a.vecs", *NETWORK), "empty holds no images; their names end in .bmp, "),
        (
            (FRUIT, "a.vecs", "--model", "vgg61"),
            "`model` must name a network of keras.applications",
        ),
        ((FRUIT, "a.vecs", *NETWORK, "--layer", "conv_pw1"), 'Did you mean "conv_pw_1"'),
        ((FRUIT, "a.vecs", "--model", "mobilenet", "--weights", "w.h5"), "w.h5 is not there; "),
        ((FRUIT, "no/a.vecs", *FILTERS), "no is not a folder; make it first."),
        ((FRUIT, "words.vecs", *FILTERS), "words.vecs has vectors of length 3; those of these"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_leaves_nothing_behind(
    tmp_path: Path, invoke: Invoke, arguments: tuple[object, ...], sentence: str
) -> None:
    (tmp_path / "empty").mkdir()
    vecstore.create(tmp_path / "words.vecs", dim=3).close()
    done = invoke("extract", *map(str, arguments))
    assert done.exit_code == 1
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "a.vecs").exists()


@pytest.mark.slow
def test_nothing_but_the_answer_is_written(tmp_path: Path, launch: Launch) -> None:
    """TensorFlow has much to say about the machine, which no reader of tables wants."""
    done = launch(f"vecstore extract {FRUIT} fruit.vecs {' '.join(FILTERS)} --jsonl")
    assert done.returncode == 0
    assert done.stderr == ""
    assert json.loads(done.stdout)["images"] == 24


@pytest.mark.slow
def test_an_interrupted_run_says_how_to_go_on(tmp_path: Path, launch: Launch) -> None:
    """Thousands of links to one image, and Ctrl-C when the store is there."""
    (tmp_path / "many").mkdir()
    for number in range(20_000):
        (tmp_path / "many" / f"{number}.jpg").symlink_to(FRUIT / "Lime" / "Lime_001.jpg")
    command = f"vecstore extract many many.vecs {' '.join(FILTERS)}"
    done = launch(
        f"set -m; {command} & worker=$!; until [ -d many.vecs ]; do sleep 0.1; done\n"
        "kill -INT -- -$worker; wait $worker"
    )
    assert done.returncode == 130
    assert "Interrupted; the same command goes on with many.vecs.\n" in done.stderr
    with vecstore.open(tmp_path / "many.vecs") as store:
        assert 0 < len(store) < 20_000
