"""The tour works, twice, wherever it is started."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import vecstore

Invoke = Callable[..., Result]
Watch = Callable[..., str]


def test_tour_finds_what_it_promises(invoke: Invoke) -> None:
    result = invoke("demo")
    assert result.exit_code == 0, result.output
    for answer in ("toad", "queen", "rome", "swimming", "ate", "cereal"):
        assert re.search(rf"\b{answer}\b", result.stdout)
    assert "Imported 8,266" in result.stdout
    assert result.stderr == ""


def test_second_tour_uses_the_store_of_the_first(invoke: Invoke, tmp_path: Path) -> None:
    folder = str(tmp_path / "a folder")
    assert invoke("demo", "--folder", folder).exit_code == 0
    again = invoke("demo", "--folder", folder)
    assert again.exit_code == 0
    assert "Using the store that is already in" in again.stdout
    with vecstore.open(tmp_path / "a folder" / "glove.vecs") as store:
        assert len(store) == 8266


@pytest.mark.parametrize("columns", [80, 120])
def test_tour_fits_the_terminal(watch: Watch, columns: int) -> None:
    seen = watch("demo", columns=columns)
    # The commands to type next are longer where the program is not on the path.
    tour = seen.split("What to type next")[0]
    assert max(map(len, tour.splitlines())) <= columns


def test_what_to_type_next_works(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["vecstore"])
    advice = invoke("demo").stdout.split("What to type next")[1]
    commands = re.findall(r"^  \$ (?:.*?vecstore) (.+)$", advice, re.MULTILINE)
    (tmp_path / "your-vectors.txt").write_text("here 1 2\n", encoding="utf-8")
    assert [shlex.split(command)[0] for command in commands] == [
        "similar",
        "analogy",
        "info",
        "import",
    ]
    for command in commands:
        assert invoke(*shlex.split(command)).exit_code == 0
    typed = re.findall(r"^  >>> (.+)$", advice, re.MULTILINE)
    names: dict[str, object] = {}
    monkeypatch.chdir(tmp_path)
    for line in typed[:-1]:
        exec(line, names)
    assert eval(typed[-1], names)["key"].to_list()[0] == "bass"
