"""Word vectors from a shell: every model, and what is said when it cannot be."""

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

import vecstore

pytest.importorskip("keras")
pytest.importorskip("sklearn")

from tests.trainers.words.test_window import kinds_of_nearest, sentences

pytestmark = pytest.mark.keras

Invoke = Callable[..., Result]
ROOT = Path(__file__).parents[3]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("\n".join(sentences(1500)), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("cbow", "--window 3 --subsample 0 --epochs 20"),
        ("window", "--context 2 --epochs 20 --batch-size 128"),
        ("cooccurrence", "--window 2"),
    ],
)
def test_words_of_a_kind_become_neighbours(
    model: str, options: str, text: Path, invoke: Invoke
) -> None:
    chosen = ["--model", model, "--dim", "8", *options.split()]
    result = invoke("train", "words", str(text), *chosen, "--out", "words.vecs", "--json")
    assert result.exit_code == 0, result.stderr
    printed = json.loads(result.stdout)
    assert printed["model"] == model
    assert printed["words"] == len(text.read_text(encoding="utf-8").split())
    with vecstore.open("words.vecs") as store:
        assert len(store) == printed["rows"]
        assert all(kind == near for kind, near in kinds_of_nearest(store))


def test_windows_of_numbers_come_from_an_archive(tmp_path: Path, invoke: Invoke) -> None:
    windows = np.random.default_rng(0).integers(0, 3, (60, 4))
    words = np.array(["a", "b", "c"])
    np.savez(tmp_path / "grams.npz", train=windows[10:], valid=windows[:10], vocab=words)
    given = ("grams.npz", "--model", "window", "--epochs", "1")
    result = invoke("train", "words", *given, "--out", "words.vecs", "--json")
    assert result.exit_code == 0, result.stderr
    printed = json.loads(result.stdout)
    assert {"loss", "val_loss"} <= set(printed)
    assert printed["parameters"] == 3 * 5 + (15 + 1) * 3
    assert vecstore.open("words.vecs").keys().tolist() == ["a", "b", "c"]


def test_several_files_are_one_text(tmp_path: Path, invoke: Invoke) -> None:
    (tmp_path / "one.txt").write_text("Ships sail.\n" * 9, encoding="utf-8")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "more.txt").write_text("ships sink\n" * 9, encoding="utf-8")
    reading = ("--tokens", "spaces", "--keep-case", "--epochs", "1", "--dim", "2")
    result = invoke("train", "words", "one.txt", "two", *reading, "--out", "words.vecs")
    assert result.exit_code == 0, result.stderr
    keys = vecstore.open("words.vecs").keys().tolist()
    assert sorted(keys) == ["Ships", "sail.", "ships", "sink"]


def test_the_loss_can_be_watched_on_another_text(
    text: Path, tmp_path: Path, invoke: Invoke
) -> None:
    (tmp_path / "more.txt").write_text("\n".join(sentences(50, seed=1)), encoding="utf-8")
    given = (str(text), "--validation", "more.txt", "--epochs", "1", "--dim", "2")
    result = invoke("train", "words", *given, "--out", "words.vecs", "--json")
    assert json.loads(result.stdout)["val_loss"] > 0, result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ("text.txt --context 3", 2, "--context is for --model window."),
        ("text.txt --model window --negative 5", 2, "--negative is for --model skipgram or cbow."),
        ("text.txt --model cooccurrence --epochs 3", 2, "--epochs is for --model skipgram or"),
        ("nowhere.txt", 1, "nowhere.txt does not exist; name a file or folder of text."),
        ("empty.txt", 1, "The text holds no word at all."),
        ("text.txt --min-count 9999", 1, '"the", occurs 800 times; `min_count` is 9999.'),
        ("latin.txt", 1, "latin.txt is not text in utf-8 (invalid continuation byte); pass --enc"),
        ("text.txt --encoding utf-7x", 1, "must be one that Python knows; got"),
        ("other.npz", 2, "An .npz file of windows is for --model window, and comes alone."),
        ("other.npz --model window", 1, 'other.npz must have the array "train"; it has numbers.'),
        ("no.npz --model window", 1, "no.npz is not a file; an .npz of windows is needed."),
        ("empty.npz --model window", 1, "empty.npz cannot be read as a .npz file: "),
        ("cut.npz --model window", 1, "cut.npz cannot be read as a .npz file: "),
        ("other.npz --model window --min-count 5", 2, "--min-count is for text; the words of an"),
        ("other.npz --model window --keep-case", 2, "--lowercase/--keep-case is for text"),
        ("text.txt --model cooccurrence --learning-rate 1", 2, "--learning-rate is for --model sk"),
        ("text.txt --learning-rate 0", 2, "--learning-rate"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_leaves_no_store(
    arguments: str, code: int, sentence: str, text: Path, tmp_path: Path, invoke: Invoke
) -> None:
    (tmp_path / "empty.txt").touch()
    (tmp_path / "latin.txt").write_bytes("déjà vu".encode("latin-1"))
    np.savez(tmp_path / "other.npz", numbers=np.arange(3))
    (tmp_path / "empty.npz").touch()
    whole = (tmp_path / "other.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    result = invoke("train", "words", *arguments.split(), "--out", "words.vecs")
    assert result.exit_code == code
    assert sentence in result.stderr
    assert result.stdout == ""
    assert not Path("words.vecs").exists()


@pytest.mark.slow
def test_ctrl_c_on_a_terminal_keeps_what_was_learned(text: Path, tmp_path: Path) -> None:
    here, there = pty.openpty()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "vecstore", "train", "words", str(text)),
            *("--epochs", "100000", "--dim", "8", "--out", "words.vecs"),
        ],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLUMNS": "120"},
        stdin=there,
        stdout=there,
        stderr=there,
        start_new_session=True,
        preexec_fn=_own_terminal,
    )
    os.close(there)
    seen, pressed = b"", False
    while chunk := _read(here):
        seen += chunk
        # The bar is drawn now and then: any one epoch may go by unseen.
        if not pressed and re.search(rb"epoch ([3-9]|\d\d+) of 100000", seen):
            pressed = os.write(here, b"\x03") == 1
    os.close(here)
    assert process.wait(timeout=60) == 130
    assert b"Interrupted; words.vecs holds what was learned until then." in seen
    assert b"I0000" not in seen  # nor any other remark of TensorFlow about the machine
    with vecstore.open(tmp_path / "words.vecs") as store:
        (origin,) = store.info()["provenance"]
        assert origin["interrupted"]
        assert origin["epochs"] >= 2


def _own_terminal() -> None:
    """Make the terminal the process's own, so that Ctrl-C reaches it."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # Linux reports the end of a terminal as an input/output error
        return b""
