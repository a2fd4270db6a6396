"""The command that tests word vectors: evaluate."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import vecstore
from vecstore.analysis import word_analogies, word_pairs

Invoke = Callable[..., Result]
Launch = Callable[..., "subprocess.CompletedProcess[str]"]
Watch = Callable[..., str]

WORDS = {
    "king": [5, 5, 1],
    "queen": [5, -5, 1],
    "man": [0.5, 5, 1],
    "woman": [0.5, -5, 1],
    "Boy": [0.1, 5, 3],
    "girl": [0.1, -5, 3],
    "piano": [-5, 1, -9],
}
QUESTIONS = (
    ": royals\nman king woman queen\nking man queen woman\n: young\nman boy woman girl\na b c d\n"
)
PAIRS = "king,queen,4\nman,Boy,9\nman,woman,5\nking,piano,1\nking,ghost,2\n"


@pytest.fixture
def words(tmp_path: Path) -> str:
    with vecstore.create(tmp_path / "words.vecs", dim=3) as store:
        store.add(list(WORDS), list(WORDS.values()))
    (tmp_path / "questions.txt").write_text(QUESTIONS)
    (tmp_path / "pairs.csv").write_text(PAIRS)
    return str(tmp_path / "words.vecs")


def test_piped_a_line_is_a_section_or_a_file_of_pairs(words: str, invoke: Invoke) -> None:
    result = invoke("evaluate", words, "questions.txt", "pairs.csv")
    assert result.exit_code == 0, result.output
    with vecstore.open(words) as store:
        young = word_analogies(store, "questions.txt").sections[1]
        pairs = word_pairs(store, "pairs.csv")
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert [line[:2] for line in lines] == [
        ["questions.txt", "royals"],
        ["questions.txt", "young"],
        ["questions.txt", "total"],
        ["pairs.csv", "pairs"],
    ]
    assert lines[1][2:] == [str(len(young.correct)), "1", "1", repr(young.accuracy)]
    assert lines[3][2:] == [repr(pairs.spearman), repr(pairs.pearson), "4", "1"]


@pytest.mark.parametrize("packing", ["cat", "gzip -c"])
def test_questions_may_come_through_a_pipe(words: str, launch: Launch, packing: str) -> None:
    done = launch(
        f"vecstore evaluate words.vecs <({packing} questions.txt) <({packing} pairs.csv) "
        "| cut -f2- > piped; "
        "vecstore evaluate words.vecs questions.txt pairs.csv | cut -f2- > plain"
    )
    assert done.returncode == 0, done.stderr
    folder = Path(words).parent
    assert folder.joinpath("piped").read_text() == folder.joinpath("plain").read_text() != ""


def test_in_json_a_file_is_an_object(words: str, invoke: Invoke) -> None:
    arguments = ("evaluate", words, "questions.txt", "pairs.csv")
    analogies, pairs = json.loads(invoke(*arguments, "--json").stdout)
    assert (analogies["file"], analogies["counted"], analogies["unknown"]) == (
        "questions.txt",
        3,
        1,
    )
    assert [one["section"] for one in analogies["sections"]] == ["royals", "young"]
    assert (pairs["counted"], pairs["coverage"]) == (4, 0.8)
    lines = invoke(*arguments, "--jsonl").stdout.splitlines()
    assert [json.loads(line) for line in lines] == [analogies, pairs]


def test_options_reach_the_tests(words: str, invoke: Invoke) -> None:
    def counted(*options: str) -> list[int]:
        result = invoke("evaluate", words, "questions.txt", "pairs.csv", "--jsonl", *options)
        assert result.exit_code == 0, result.output
        return [json.loads(line)["counted"] for line in result.stdout.splitlines()]

    assert counted() == [3, 4]
    assert counted("--case-sensitive") == [2, 4]
    assert counted("--restrict", "4") == [2, 2]
    assert counted("--count-unknown") == [4, 5]
    with vecstore.open(words) as store:
        expected = word_analogies(store, "questions.txt", "mul").accuracy
    result = invoke("evaluate", words, "questions.txt", "--method", "mul", "--jsonl")
    assert json.loads(result.stdout)["accuracy"] == expected


def test_a_column_is_chosen_by_name(words: str, invoke: Invoke) -> None:
    Path("table.csv").write_text("a,b,ENG,FRA\nking,queen,4,1\nman,boy,9,2\nking,piano,1,3\n")
    result = invoke("evaluate", words, "table.csv")
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: table.csv holds no lines of two words and a number; "
        "pass `column`, one of ENG, FRA.\n"
    )
    figures = [
        json.loads(invoke("evaluate", words, "table.csv", "--column", name, "--jsonl").stdout)
        for name in ("ENG", "FRA")
    ]
    assert figures[0]["spearman"] == 1
    assert figures[1]["spearman"] < 1


def test_a_terminal_shows_tables(words: str, watch: Watch, tmp_path: Path) -> None:
    shown = watch("evaluate", words, str(tmp_path / "questions.txt"), str(tmp_path / "pairs.csv"))
    assert "questions.txt  accuracy  correct  counted  unknown" in " ".join(shown.split("\n"))
    assert "pairs      Spearman  Pearson  counted  unknown" in shown


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "file.txt: No such file or directory."),
        (
            "prose of any kind at all\nand more of it to come\n",
            "file.txt holds neither analogies (four words",
        ),
        (
            ": moon\nblorp glorp zorp florp\n",
            "None of the 1 questions in file.txt has all its words",
        ),
        ("blorp\tglorp\t3\n", "None of the 1 pairs in file.txt has both words in the store."),
    ],
)
def test_what_cannot_be_tested_is_said(
    words: str, invoke: Invoke, text: str | None, message: str
) -> None:
    if text is not None:
        Path("file.txt").write_text(text)
    result = invoke("evaluate", words, "questions.txt", "file.txt")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith(f"Error: {message}")


def test_numbers_are_no_words(numbered: str, words: str, invoke: Invoke) -> None:
    result = invoke("evaluate", numbered, "questions.txt")
    assert result.stderr == "Error: `store` must be keyed by words; its keys are integers.\n"
