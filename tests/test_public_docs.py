"""What the project says about itself is complete, and true when somebody types it in."""

import ast
import doctest
import inspect
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest

import vecstore
from vecstore.cli.main import main

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "vecstore"
README = (ROOT / "README.md").read_text(encoding="utf-8")

# Commands of the README that set up this project itself, which is not a test's business.
NOT_RUN = re.compile(r"(git|cd|make|pip|\.) ")
MATCHING = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

# Docstrings.


class Documented(NamedTuple):
    """A function of the library, or a method of one of its classes."""

    name: str
    arguments: list[str]
    returns: bool
    is_property: bool
    doc: str


def section(doc: str, title: str) -> str | None:
    """Return the text under a numpydoc heading, or None where there is none."""
    found = re.search(rf"^{title}\n-+\n(.*?)(?=^\S[^\n]*\n-+\n|\Z)", doc, re.DOTALL | re.MULTILINE)
    return None if found is None else found[1]


def described(doc: str) -> list[str]:
    """Return the names that the section Parameters describes, in its order."""
    names = re.findall(r"^(\*{0,2}\w[\w*, ]*?)(?: :|$)", section(doc, "Parameters") or "", re.M)
    return [name.strip() for line in names for name in line.split(",")]


def documented(path: Path) -> Iterator[Documented]:
    """Yield the functions and methods of a module that others may call."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            if not any(ast.unparse(base).startswith("Protocol") for base in node.bases):
                for method in node.body:
                    if isinstance(method, ast.FunctionDef) and not method.name.startswith("_"):
                        yield describe(method, f"{path.stem}.{node.name}.{method.name}", skip=1)
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield describe(node, f"{path.stem}.{node.name}", skip=0)


def describe(node: ast.FunctionDef, name: str, skip: int) -> Documented:
    decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
    arguments = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args)]
    arguments = arguments[0 if "staticmethod" in decorators else skip :]
    arguments += [f"*{node.args.vararg.arg}"] if node.args.vararg else []
    arguments += [arg.arg for arg in node.args.kwonlyargs]
    arguments += [f"**{node.args.kwarg.arg}"] if node.args.kwarg else []
    return Documented(
        name,
        arguments,
        returns=node.returns is not None and ast.unparse(node.returns) != "None",
        is_property=any("property" in decorator for decorator in decorators),
        doc=inspect.cleandoc(ast.get_docstring(node) or ""),
    )


def library() -> list[Documented]:
    # Commands are documented by their --help, which has tests of its own below.
    paths = [path for path in PACKAGE.rglob("*.py") if "cli" not in path.parts]
    return [item for path in sorted(paths) for item in documented(path)]


@pytest.mark.parametrize("item", library(), ids=lambda item: item.name)
def test_docstring_describes_every_parameter_and_the_result(item: Documented) -> None:
    assert item.doc
    assert described(item.doc) == item.arguments
    if item.returns and not item.is_property:
        assert section(item.doc, "Returns") or section(item.doc, "Yields")


def test_the_docstring_check_reads_numpydoc() -> None:
    doc = (
        "Do it.\n\nParameters\n----------\na, b : int\n    What.\n**more\n    Rest.\n\n"
        "Returns\n-------\nint\n"
    )
    assert described(doc) == ["a", "b", "**more"]
    assert section(doc, "Returns") == "int\n"
    assert section(doc, "Raises") is None


@pytest.mark.parametrize("name", vecstore.__all__)
def test_public_names_have_docstrings(name: str) -> None:
    assert inspect.getdoc(getattr(vecstore, name))


# The command line.

COMMANDS = sorted(main.commands)


@pytest.mark.parametrize("name", COMMANDS)
def test_command_and_its_options_have_help(name: str) -> None:
    command = main.commands[name]
    assert command.help
    options = [param for param in command.params if isinstance(param, click.Option)]
    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_command_appears_in_the_readme(name: str) -> None:
    assert re.search(rf"\bvecstore {name}\b", README)


# The README.


def blocks(*languages: str) -> list[str]:
    """Return the code blocks in these languages, in the order of the page."""
    pattern = rf"^```(?:{'|'.join(languages)})\n(.*?)^```$"
    return re.findall(pattern, README, re.DOTALL | re.MULTILINE)


def shell_examples() -> Iterator[doctest.Example]:
    """Yield each ``$ command`` of the page with the output printed under it."""
    for block in blocks("console", "bash", "sh"):
        for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = example.partition("\n")
            yield doctest.Example(command, shown)


def run_in_terminal(command: str, folder: Path) -> str:
    """Run a command where it believes that a person is watching, 100 columns wide."""
    here, there = pty.openpty()
    bin_folder = str(Path(sys.executable).parent)
    environment = os.environ | {
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "100",
        "TERM": "dumb",
    }
    done = subprocess.Popen(
        command, shell=True, cwd=folder, env=environment, stdin=there, stdout=there, stderr=there
    )
    os.close(there)
    output = b""
    while chunk := read_terminal(here):
        output += chunk
    os.close(here)
    text = output.decode().replace("\r\n", "\n")
    assert done.wait() == 0, f"{command}\n{text}"
    return text


def read_terminal(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # Linux reports the end of a terminal as an input/output error
        return b""


def test_readme_shows_what_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the page from top to bottom in one folder, as a reader would."""
    monkeypatch.chdir(tmp_path)
    checker = doctest.OutputChecker()
    for example in shell_examples():
        if NOT_RUN.match(example.source):
            continue
        got = run_in_terminal(example.source, tmp_path)
        message = checker.output_difference(example, got, MATCHING)
        assert checker.check_output(example.want, got, MATCHING), f"{example.source}{message}"
    runner = doctest.DocTestRunner(checker, optionflags=MATCHING | doctest.REPORT_NDIFF)
    for block in blocks("python"):
        page = doctest.DocTestParser().get_doctest(block, {}, "README.md", "README.md", 0)
        assert page.examples, f"A block without a >>> example is never run:\n{block}"
        assert runner.run(page).failed == 0


def test_readme_has_examples_to_run() -> None:
    commands = [example.source for example in shell_examples()]
    assert sum(not NOT_RUN.match(command) for command in commands) >= len(COMMANDS)
    assert blocks("python")
