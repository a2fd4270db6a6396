"""Whatever keys, attributes and paths hold, a terminal only shows it; a pipe gets it as it is."""

from pathlib import Path

import pytest

import vecstore
from tests.cli.conftest import Invoke, Launch, Watch

CLIPBOARD = "\x1b]52;c;ZWNobw==\x07"
KEYS = ["plain", f"a{CLIPBOARD}", "b\x9b2Jc", "d\u202eefg", "h\x7f\x1b[2J"]


@pytest.fixture
def hostile(tmp_path: Path) -> str:
    path = str(tmp_path / "hostile.vecs")
    with vecstore.create(path, dim=2) as store:
        rows = [[1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0]]
        with store.batch(provenance={"source": KEYS[1]}) as batch:
            batch.add(KEYS, rows, {"note": KEYS})
    return path


def harmless(seen: str) -> bool:
    return not any(part in seen for part in ("\x1b]", "\x9b", "\x1b[2J", "\u202e", "\x7f", "\x07"))


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["similar", "hostile.vecs", "plain"], r"a\x1b]52;c;ZWNobw==\x07"),
        (["similar", "hostile.vecs", "plain", "--json"], r"a\u001b]52;c;ZWNobw==\u0007"),
        (["similar", "hostile.vecs", "plain", "--jsonl"], r"b\u009b2Jc"),
        (["similar", "hostile.vecs", KEYS[3]], r"d\u202eefg"),
        (["neighbors", "hostile.vecs"], r"h\x7f\x1b[2J"),
        (["get", "hostile.vecs", KEYS[1]], r"a\x1b]52"),
        (["info", "hostile.vecs"], r"a\x1b]52"),
        (["export", "hostile.vecs", "x\x1b[2J.npy"], r"x\x1b[2J.npy"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_terminal_is_given_nothing_to_obey(
    arguments: list[str], shown: str, hostile: str, watch: Watch
) -> None:
    seen = watch(*arguments, raw=True, columns=200)
    assert harmless(seen)
    assert shown in seen


def test_a_pipe_gets_keys_as_they_are(hostile: str, launch: Launch) -> None:
    lines = launch(f"vecstore similar {hostile} plain").stdout.split("\n")[:-1]
    assert {line.split("\t")[1] for line in lines} == set(KEYS[1:])


def test_a_file_holds_the_same_whether_a_terminal_looks_on(
    hostile: str, watch: Watch, tmp_path: Path
) -> None:
    watch("neighbors", hostile, "--out", "near.tsv")
    assert CLIPBOARD in (tmp_path / "near.tsv").read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        ["similar", "hostile.vecs", f"no such {CLIPBOARD}"],
        ["info", f"nowhere {CLIPBOARD}"],
        ["import", f"nowhere {CLIPBOARD}", "new.vecs"],
        ["export", "hostile.vecs", f"x{CLIPBOARD}"],
    ],
    ids=["key", "store", "file", "usage"],
)
def test_errors_are_only_read(arguments: list[str], hostile: str, invoke: Invoke) -> None:
    failed = invoke(*arguments)
    assert failed.exit_code in (1, 2)
    assert harmless(failed.stderr)
    assert r"\x1b]52;c" in failed.stderr
