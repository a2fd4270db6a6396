"""`vecstore train autoencoder`: images, stores and texts to stores of codes."""

import json
from pathlib import Path

import numpy as np
import pytest

import vecstore
from tests.cli.conftest import Invoke

pytest.importorskip("keras")
pytest.importorskip("sklearn")
pytest.importorskip("matplotlib")

from matplotlib.image import imread
from sklearn.datasets import load_digits

from vecstore.analysis.plots import draw_reconstructions, save
from vecstore.trainers import ConvAutoencoder

pytestmark = pytest.mark.keras

DIGITS = load_digits()


def idx(values: np.ndarray) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in values.shape)
    return bytes([0, 0, 8, values.ndim]) + sizes + values.astype(np.uint8).tobytes()


@pytest.fixture
def digits(tmp_path: Path) -> None:
    """Write digits as MNIST is published, and as arrays."""
    pixels = DIGITS.images * 255 / 16
    for name, rows in (("train", slice(1500)), ("test", slice(1500, None))):
        (tmp_path / f"{name}-images").write_bytes(idx(pixels[rows]))
        (tmp_path / f"{name}-labels").write_bytes(idx(DIGITS.target[rows]))
    np.save(tmp_path / "digits.npy", DIGITS.data)


@pytest.mark.usefixtures("digits")
def test_images_become_codes_with_labels_and_a_picture(invoke: Invoke, tmp_path: Path) -> None:
    done = invoke(
        *("train", "autoencoder", "train-images", "--labels", "train-labels"),
        *("--test", "test-images", "--test-labels", "test-labels", "--layers", "64,32,4"),
        *("--learning-rate", "0.003", "--epochs", "25", "--batch-size", "50", "--pca"),
        *("--images", "digits.png", "--curves", "loss.svg", "--metric", "euclidean"),
        *("--out", "codes.vecs", "--json"),
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["reconstruction_error"] < found["pca_error"]
    assert found["neighbours_accuracy"] > 0.75
    assert (found["rows"], found["dim"]) == (1500, 4)
    assert (tmp_path / "digits.png").stat().st_size > 3_000
    assert (tmp_path / "loss.svg").exists()
    with vecstore.open("codes.vecs") as store:
        assert store.frame([3, 4])["label"].to_list() == DIGITS.target[3:5].tolist()


@pytest.mark.usefixtures("digits")
def test_convolutions_encode_images_and_the_noise_is_drawn_too(
    invoke: Invoke, tmp_path: Path
) -> None:
    done = invoke(
        *("train", "autoencoder", "train-images", "--conv", "--filters", "4,2", "--epochs", "1"),
        *("--denoising", "0.2", "--images", "noisy.png", "--out", "codes.vecs", "--json"),
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["dim"] == 2 * 2 * 2
    ten = DIGITS.images[:10] / 16
    save(draw_reconstructions(ten, ten, noisy=ten), tmp_path / "three rows.png")
    sizes = [imread(tmp_path / name).shape for name in ("noisy.png", "three rows.png")]
    assert sizes[0] == sizes[1]


def test_a_store_becomes_one_of_shorter_vectors(
    invoke: Invoke, tmp_path: Path, rng: np.random.Generator
) -> None:
    keys = [f"row {number}" for number in range(60)]
    with vecstore.create(tmp_path / "long.vecs", dim=12) as store:
        kinds = ["a", "b"] * 30
        store.add(keys, rng.standard_normal((60, 12)), {"kind": kinds})
    done = invoke(
        *("train", "autoencoder", "long.vecs", "--labels", "kind", "--where", "kind = 'a'"),
        *("--loss", "mse", "--layers", "3", "--epochs", "1", "--out", "short.vecs", "--json"),
    )
    assert done.exit_code == 0, done.output
    with vecstore.open("short.vecs") as store:
        assert store.keys().tolist() == keys[::2]
        assert set(store.frame()["label"]) == {"a"}


def test_texts_become_codes_of_their_words(invoke: Invoke, tmp_path: Path) -> None:
    lines = [
        f"{kind} {word} {other},{kind}"
        for kind, word, other in [
            ("sea", "ship", "wave"),
            ("sea", "wave", "fish"),
            ("sea", "fish", "ship"),
            ("sky", "bird", "cloud"),
            ("sky", "cloud", "wing"),
            ("sky", "wing", "bird"),
        ]
        * 10
    ]
    (tmp_path / "a.csv").write_text("\n".join(["text,about", *lines, ""]))
    done = invoke(
        *("train", "autoencoder", "a.csv", "--text", "text", "--labels", "about"),
        *("--denoising", "0.3", "--noise", "masking", "--layers", "8,2", "--epochs", "20"),
        *("--learning-rate", "0.01", "--batch-size", "10", "--out", "codes.vecs"),
        *("--save", "model", "--json"),
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["neighbours_accuracy"] == 1
    words = (tmp_path / "model" / "vocabulary.txt").read_text().split()
    assert set(words[:2]) == {"sea", "sky"}
    assert len(words) == 8


def test_a_model_that_is_kept_after_all_has_its_vocabulary(invoke: Invoke, tmp_path: Path) -> None:
    """An empty text is all zeros, and so is its code where the biases are."""
    (tmp_path / "a.csv").write_text("text\n" + "ship wave\n" * 9 + '""\n')
    done = invoke(
        *("train", "autoencoder", "a.csv", "--text", "text", "--layers", "2", "--epochs", "1"),
        *("--learning-rate", "1e-99", "--metric", "cosine", "--out", "codes.vecs"),
    )
    assert done.exit_code == 1
    assert "nonzero under cosine" in done.stderr
    words = (tmp_path / "codes.vecs.model" / "vocabulary.txt").read_text()
    assert sorted(words.split()) == ["ship", "wave"]


@pytest.mark.parametrize(("kinds", "got"), [(["a", None], "null and str"), ([0.5, 2.0], "float")])
def test_labels_that_cannot_be_told_apart_are_refused_before_training(
    invoke: Invoke, tmp_path: Path, kinds: list[object], got: str
) -> None:
    with vecstore.create(tmp_path / "long.vecs", dim=2) as store:
        store.add(["x", "y"], [[1, 1], [1, 2]], {"kind": kinds})
    done = invoke("train", "autoencoder", "long.vecs", "--labels", "kind", "--out", "codes.vecs")
    assert done.exit_code == 1
    assert f"all true or false; got {got}. Name another column" in done.stderr
    assert not (tmp_path / "codes.vecs").exists()


def test_a_store_that_refuses_the_codes_does_not_lose_the_model(
    invoke: Invoke, tmp_path: Path
) -> None:
    """What is black throughout has a code of zeros where ReLU has no bias yet."""
    np.save(tmp_path / "black.npy", np.zeros((40, 8, 8), np.uint8))
    done = invoke(
        *("train", "autoencoder", "black.npy", "--conv", "--filters", "4,2", "--epochs", "1"),
        *("--metric", "cosine", "--learning-rate", "1e-9", "--out", "codes.vecs"),
    )
    assert done.exit_code == 1
    assert "nonzero under cosine" in done.stderr
    assert "the model is kept: ConvAutoencoder.load('codes.vecs.model')." in done.stderr
    assert ConvAutoencoder.load("codes.vecs.model").history.height == 1
    assert not (tmp_path / "codes.vecs").exists()


@pytest.mark.usefixtures("digits")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("none.npy", "none.npy is not a file; a store, a .npy file or an IDX file is needed."),
        ("digits.npy", "got values from 0 to 16. Pass --loss mse for any numbers."),
        ("digits.npy --conv --loss mse", "must have shape (n, height, width) or"),
        (
            "digits.npy --images a.png --loss mse",
            "--images needs images; the rows have shape (64,)",
        ),
        ("digits.npy --where x=1", "`where` is for stores and tables; digits.npy is an array."),
        ("train-images --labels test-labels", "must have a label for each of the 1500 rows"),
        ("train-images --test digits.npy", "`test` must have shape (n, 8, 8); got (1797, 64)."),
        ("train-images --layers 0", "must be whole numbers with commas between them"),
        ("a.vecs --labels kind", 'a.vecs has no attribute "kind"; it has none.'),
    ],
)
def test_what_cannot_be_done_is_refused(
    invoke: Invoke, arguments: str, message: str, tmp_path: Path
) -> None:
    with vecstore.create(tmp_path / "a.vecs", dim=2) as store:
        store.add(["x"], [[1, 1]])
    done = invoke("train", "autoencoder", *arguments.split(), "--out", "codes.vecs")
    assert done.exit_code in (1, 2)
    assert message in done.stderr
    assert not (tmp_path / "codes.vecs").exists()
