"""The command that brings two spaces together: align."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

import vecstore
from tests.analysis.spaces import rotation
from vecstore.analysis import Alignment

Invoke = Callable[..., Result]
Watch = Callable[..., str]

N, DIM = 120, 8


@pytest.fixture
def spaces(tmp_path: Path, rng: np.random.Generator) -> tuple[str, str]:
    """Paths of a store and of one that is turned; `en-fr.txt` is their dictionary."""
    vectors, turn = rng.standard_normal((N, DIM)), rotation(DIM, rng)
    shaken = vectors @ turn + 0.01 * rng.standard_normal((N, DIM))
    names = [f"t{n}" if n % 3 else f"s{n}" for n in range(N)]
    for name, keys, rows in (("en", [f"s{n}" for n in range(N)], vectors), ("fr", names, shaken)):
        with vecstore.create(tmp_path / f"{name}.vecs", dim=DIM) as store:
            store.add(keys, rows)
    lines = [f"s{n} {name}" for n, name in enumerate(names)]
    (tmp_path / "en-fr.txt").write_text("\n".join([*lines, "lost perdu"]) + "\n")
    return "en.vecs", "fr.vecs"


def answer(result: Result) -> dict[str, object]:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_store_is_moved_and_tested(spaces: tuple[str, str], invoke: Invoke) -> None:
    facts = answer(
        invoke("align", *spaces, "--pairs", "en-fr.txt", "--out", "fr-in-en.vecs", "--jsonl")
    )
    perfect = {"nn": 1.0, "csls": 1.0}
    assert facts == {
        "store": "fr-in-en.vecs",
        "rows": N,
        "pairs": 108,
        "tested_words": 12,
        "precision_at_1": perfect,
        "precision_at_5": perfect,
    }
    with vecstore.open("en.vecs") as source, vecstore.open("fr-in-en.vecs") as moved:
        np.testing.assert_allclose(moved["t7"], source["s7"], atol=0.1)
        [entry] = moved.info()["provenance"]
    assert entry["source"] == str(Path("fr.vecs").absolute())
    assert entry["parameters"]["space_of"] == str(Path("en.vecs").absolute())
    assert entry["parameters"]["pairs"] == "en-fr.txt"
    assert entry["parameters"]["held_out"] == 0.1


def test_no_dictionary_is_needed(spaces: tuple[str, str], invoke: Invoke) -> None:
    asked = ("align", *spaces, "--identical", "--refine", "2", "--out", "new.vecs", "--jsonl")
    assert answer(invoke(*asked)) == {
        "store": "new.vecs",
        "rows": N,
        "pairs": 40,
        "mutual_pairs": N,
    }


def test_a_dictionary_to_test_with_may_be_another(spaces: tuple[str, str], invoke: Invoke) -> None:
    Path("test.txt").write_text("s1 t1\ns2 t2\ns2 t4\n")
    facts = answer(
        invoke(
            *("align", *spaces, "--pairs", "en-fr.txt", "--test", "test.txt"),
            *("--out", "new.vecs", "--jsonl"),
        )
    )
    assert (facts["pairs"], facts["tested_words"]) == (120, 2)


def test_nothing_need_be_held_out(spaces: tuple[str, str], invoke: Invoke) -> None:
    asked = ("align", *spaces, "--pairs", "en-fr.txt", "--held-out", "0", "--out", "n.vecs")
    assert answer(invoke(*asked, "--jsonl")) == {"store": "n.vecs", "rows": N, "pairs": 120}


def test_the_map_may_be_kept(spaces: tuple[str, str], invoke: Invoke) -> None:
    asked = ("align", *spaces, "--pairs", "en-fr.txt", "--map", "map.vecs", "--out", "new.vecs")
    assert invoke(*asked).exit_code == 0
    with vecstore.open("fr.vecs") as target, vecstore.open("new.vecs") as moved:
        np.testing.assert_allclose(
            Alignment.load("map.vecs").move(target["t1"]), moved["t1"], atol=1e-5
        )


def test_under_other_metrics_there_is_only_nn(tmp_path: Path, invoke: Invoke) -> None:
    for name in ("a", "b"):
        with vecstore.create(tmp_path / f"{name}.vecs", dim=2, metric="euclidean") as store:
            store.add([name, f"{name}2", f"{name}3"], [[1, 0], [0, 2], [3, 3]])
    Path("d.txt").write_text("a b\na2 b2\na3 b3\n")
    asked = (
        "align",
        "a.vecs",
        "b.vecs",
        "--pairs",
        "d.txt",
        "--held-out",
        "0.4",
        "--out",
        "c.vecs",
    )
    assert answer(invoke(*asked, "--jsonl"))["precision_at_1"] == {"nn": 1.0}


def test_keys_may_be_numbers(tmp_path: Path, invoke: Invoke) -> None:
    for name, keys in (("a", [1, 2]), ("b", [10, 20])):
        with vecstore.create(tmp_path / f"{name}.vecs", dim=2, keys="int") as store:
            store.add(keys, np.eye(2))
    Path("d.txt").write_text("1 10\n2 20\nno pair at all\n")
    asked = ("align", "a.vecs", "b.vecs", "--pairs", "d.txt", "--held-out", "0", "--out", "c.vecs")
    result = invoke(*asked)
    assert (result.exit_code, result.stderr) == (
        0,
        "d.txt: lines that are not pairs, skipped: 1.\n",
    )


def test_a_terminal_shows_both_ways_side_by_side(spaces: tuple[str, str], watch: Watch) -> None:
    shown = watch("align", *spaces, "--pairs", "en-fr.txt", "--out", "new.vecs")
    assert "precision at 1  nn  1\n" in shown
    assert "csls  1\n" in shown


@pytest.mark.filterwarnings("default:2 pairs are fewer:UserWarning")
def test_few_pairs_are_warned_about(spaces: tuple[str, str], invoke: Invoke) -> None:
    Path("few.txt").write_text("s1 t1\ns2 t2\n")
    result = invoke("align", *spaces, "--pairs", "few.txt", "--held-out", "0", "--out", "n.vecs")
    assert result.exit_code == 0
    assert "Warning: 2 pairs are fewer than the 8 dimensions" in result.stderr


@pytest.mark.parametrize("options", [[], ["--pairs", "en-fr.txt", "--identical"]])
def test_pairs_come_from_one_place(
    spaces: tuple[str, str], invoke: Invoke, options: list[str]
) -> None:
    result = invoke("align", *spaces, *options, "--out", "new.vecs")
    assert result.exit_code == 2
    assert "Pass either --pairs FILE or --identical." in result.stderr


def test_what_cannot_be_aligned_is_said_before_anything_is_made(
    spaces: tuple[str, str], directions: str, invoke: Invoke
) -> None:
    english, french = spaces
    Path("turned.txt").write_text("t1 s1\n")
    Path("other.txt").write_text("cat chat\n")
    Path("empty.txt").write_text("\n")
    ways = {
        (
            english,
            directions,
            "--pairs",
            "en-fr.txt",
        ): "None of the 121 pairs is known: the first key",
        (english, directions, "--identical"): "`target` must have dim 8, as `source` has; got 2.",
        (
            english,
            french,
            "--pairs",
            "turned.txt",
        ): "None of the 1 pairs is known: the first key in ",
        (
            english,
            french,
            "--pairs",
            "other.txt",
        ): "None of the 1 pairs is known: the first key in ",
        (english, french, "--pairs", "empty.txt"): "empty.txt holds no lines of a word and its",
        (english, french, "--pairs", "gone.txt"): "gone.txt: No such file or directory.",
        (english, "gone.vecs", "--identical"): "gone.vecs does not exist",
        (english, french, "--identical", "--map", "en.vecs"): "en.vecs exists already",
    }
    for arguments, message in ways.items():
        result = invoke("align", *arguments, "--out", "new.vecs")
        assert (result.exit_code, result.stdout) == (1, "")
        assert message in result.stderr
        assert not Path("new.vecs").exists()
    result = invoke("align", english, french, "--identical", "--out", "fr.vecs")
    assert result.stderr == "Error: fr.vecs exists already; remove it or choose another name.\n"
