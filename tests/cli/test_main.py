"""Exit codes, and who hears what: answers on standard output, messages on standard error."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import vecstore
from vecstore.cli.main import main

Invoke = Callable[..., Result]
Launch = Callable[..., "subprocess.CompletedProcess[str]"]


def test_version(launch: Launch) -> None:
    done = launch("vecstore --version")
    assert (done.stdout, done.stderr, done.returncode) == (
        f"vecstore, version {vecstore.__version__}\n",
        "",
        0,
    )


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_prints_its_help(name: str, invoke: Invoke) -> None:
    result = invoke(name, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: vecstore {name}")


def test_unknown_key_suggests_spellings_and_exits_1(directions: str, launch: Launch) -> None:
    done = launch(f"vecstore similar '{directions}' eastt")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == 'Error: No key "eastt" in this store (9 keys). Did you mean "east"?\n'


def test_missing_store_is_named(invoke: Invoke) -> None:
    result = invoke("similar", "nowhere.vecs", "east")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: nowhere.vecs does not exist")


def test_errors_of_the_system_name_the_path(directions: str, invoke: Invoke) -> None:
    name = 300 * "x" + ".npy"
    result = invoke("get", directions, "east", "--out", name)
    assert result.exit_code == 1
    assert result.stderr == f"Error: {name}: File name too long.\n"


def test_a_missing_folder_is_found_out_first(directions: str, invoke: Invoke) -> None:
    result = invoke("get", directions, "east", "--out", "no/such/folder.npy")
    assert result.exit_code == 1
    assert result.stderr == "Error: no/such is not a folder; make it first.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("frobnicate",),
        ("similar",),
        ("similar", "x.vecs", "frog", "--k", "0"),
        ("similar", "x.vecs", "frog", "--k", "many"),
        ("create", "x.vecs"),
        ("create", "x.vecs", "--dim", "2", "--metric", "manhattan"),
        ("get", "x.vecs", "frog", "--out", "frog.png"),
        ("completion", "tcsh"),
    ],
)
def test_wrong_usage_exits_2(arguments: tuple[str, ...], invoke: Invoke) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Usage: vecstore")


def test_key_of_the_wrong_type_is_wrong_usage(numbered: str, invoke: Invoke) -> None:
    result = invoke("get", numbered, "frog")
    assert result.exit_code == 2
    assert 'The keys of this store are integers; got "frog".' in result.stderr


def test_nothing_is_overwritten(directions: str, invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "taken.npy").write_text("mine")
    result = invoke("get", directions, "east", "--out", "taken.npy")
    assert result.exit_code == 1
    assert result.stderr == ("Error: taken.npy exists already; remove it or choose another name.\n")
    assert (tmp_path / "taken.npy").read_text() == "mine"


def test_traceback_on_request(
    directions: str, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VECSTORE_TRACEBACK", "1")
    assert isinstance(invoke("similar", directions, "eastt").exception, vecstore.KeyNotFoundError)


def test_reader_that_leaves_early_is_no_error(directions: str, launch: Launch) -> None:
    many = "for i in $(seq 20000); do echo east; done"
    done = launch(f"({many}) | vecstore similar '{directions}' --keys-from - | head -n 1")
    assert done.stdout.startswith("east\t")
    assert done.stderr == ""


def test_reader_that_left_before_the_first_line_is_no_error(
    directions: str, launch: Launch
) -> None:
    done = launch(f"vecstore similar '{directions}' east | true; echo ${{PIPESTATUS[0]}} >&2")
    assert done.stderr == "141\n"


def test_interrupt_exits_130(directions: str, tmp_path: Path) -> None:
    # It waits for standard input, which never comes.
    process = subprocess.Popen(
        [sys.executable, "-m", "vecstore", "similar", directions, "east", "--keys-from", "-"],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        wait_until_reading(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        assert process.stderr is not None
        assert process.stderr.read() == ""


def wait_until_reading(process: "subprocess.Popen[str]") -> None:
    """Fill the pipe: the last byte goes in only when somebody has begun to read."""
    assert process.stdin is not None
    process.stdin.write("east\n" * 40_000)  # a pipe holds 64 KiB
    process.stdin.flush()


def test_output_that_is_piped_has_no_colour(directions: str, launch: Launch) -> None:
    done = launch(
        f"vecstore similar '{directions}' east; vecstore info '{directions}'; vecstore --help"
    )
    assert done.returncode == 0
    assert "\x1b" not in done.stdout


def test_output_can_be_cut(directions: str, launch: Launch) -> None:
    done = launch(f"vecstore similar '{directions}' north -k 3 | cut -f2 | tail -n 1")
    assert done.stdout == "new york\n"


def test_keys_survive_a_terminal_that_is_not_utf8(directions: str, launch: Launch) -> None:
    done = launch(
        f"vecstore similar '{directions}' east -k 1", PYTHONIOENCODING="ascii", PYTHONUTF8="0"
    )
    assert done.stdout.split("\t")[1] == "ma\\xf1ana"
    assert done.returncode == 0


def test_json_is_unicode(directions: str, launch: Launch) -> None:
    done = launch(f"vecstore similar '{directions}' east -k 1 --jsonl", PYTHONUTF8="1")
    assert "mañana" in done.stdout
    assert json.loads(done.stdout)["matches"][0]["key"] == "mañana"


def test_start_is_light(launch: Launch) -> None:
    """Numba, polars and rich cost more than most questions take."""
    done = launch("vecstore --help >/dev/null; PYTHONPROFILEIMPORTTIME=1 vecstore --help")
    imported = set(re.findall(r"\| +([\w.]+)$", done.stderr, re.MULTILINE))
    assert "click" in imported
    assert imported & {"numba", "polars", "rich", "tensorflow", "matplotlib"} == set()


def test_warning_is_one_line(directions: str, launch: Launch) -> None:
    without_core = (
        "import sys; sys.modules['vecstore._native'] = None;"
        "from vecstore.cli.main import main; main()"
    )
    done = launch(
        f'"{sys.executable}" -c "{without_core}" similar "{directions}" east -k 1 2>&1 >/dev/null',
        VECSTORE_ENGINE="",
    )
    assert done.stdout.startswith("Warning: The compiled core of vecstore cannot be imported")
    assert done.stdout.count("\n") == 1
