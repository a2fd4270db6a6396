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
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import click
import pytest

import vecstore
from vecstore.cli.main import main

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "vecstore"
README = (ROOT / "README.md").read_text(encoding="utf-8")
TOUR = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")

# `make demo` stands for what it runs at its end; a test cannot set up the project it is part of.
STANDS_FOR = {"make demo": "vecstore demo > demo.txt"}
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
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield describe(node, f"{module}.{node.name}", bound=0)
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from documented_methods(node, f"{module}.{node.name}")


def documented_methods(node: ast.ClassDef, name: str) -> Iterator[Documented]:
    described_by_others = "Protocol" in map(ast.unparse, node.bases)
    for method in () if described_by_others else node.body:
        if isinstance(method, ast.FunctionDef) and not method.name.startswith("_"):
            yield describe(method, f"{name}.{method.name}", bound=1)


def describe(node: ast.FunctionDef, name: str, bound: int) -> Documented:
    """Take a function apart; `bound` of its arguments are passed by Python itself."""
    decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
    arguments = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args)]
    arguments = arguments[0 if "staticmethod" in decorators else bound :]
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


# Where users find what they may call. All other packages are the library's own.
FACES = (
    "vecstore",
    "vecstore.analysis",
    "vecstore.analysis.plots",
    "vecstore.ingest",
    "vecstore.ingest.keras",
    "vecstore.trainers",
)


def public_api() -> set[str]:
    """Return where each function, class and method that users may call is defined."""
    found = set()
    for face in map(import_module, FACES):
        items = [getattr(face, name) for name in face.__all__]
        classes = [base for item in items if inspect.isclass(item) for base in item.__mro__]
        methods = [
            member
            for cls in classes
            for name, member in vars(cls).items()
            if not name.startswith("_") and inspect.isfunction(member)
        ]
        for item in (*classes, *methods, *filter(inspect.isfunction, items)):
            found.add(f"{item.__module__}.{item.__qualname__}")
    return found


LIBRARY = library()
PUBLIC = public_api()
SECTIONS = ("Parameters", "Returns", "Yields", "Raises", "Attributes")


@pytest.mark.parametrize("item", LIBRARY, ids=lambda item: item.name)
def test_docstring_agrees_with_the_signature(item: Documented) -> None:
    """Helpers may have one line; parameters, where they are described, are those there are."""
    assert item.doc
    assert sorted(described(item.doc)) in ([], sorted(item.arguments))


@pytest.mark.parametrize("item", [i for i in LIBRARY if i.name in PUBLIC], ids=lambda i: i.name)
def test_public_docstring_describes_every_parameter_and_the_result(item: Documented) -> None:
    assert described(item.doc) == item.arguments
    if item.returns and not item.is_property:
        assert section(item.doc, "Returns") or section(item.doc, "Yields")


def internal_docstrings(path: Path) -> Iterator[tuple[str, str]]:
    """Yield names and docstrings of what a module defines for the library alone."""
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            continue
        if f"{module}.{node.name}" in PUBLIC:
            continue
        for inner in ast.walk(node):
            if isinstance(inner, ast.FunctionDef | ast.ClassDef):
                yield f"{module}.{inner.name}", ast.get_docstring(inner) or ""


def test_internals_have_no_manual() -> None:
    """Inside, a line says what a name cannot; numpydoc is for those who do not read the source."""
    paths = [path for path in PACKAGE.rglob("*.py") if "cli" not in path.parts]
    found = [item for path in sorted(paths) for item in internal_docstrings(path)]
    assert len(found) > 1000
    assert [name for name, doc in found if any(section(doc, title) for title in SECTIONS)] == []


def test_the_public_api_was_found() -> None:
    assert {"vecstore.store.opening.create", "vecstore.store.editor.Editor.add"} <= PUBLIC
    assert PUBLIC & {item.name for item in LIBRARY}


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


# The pages.

PAGES = sorted(path for path in ROOT.rglob("*.md") if not {".venv", "build"} & set(path.parts))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    prose = re.sub(r"^```.*?^```|^ {4}.*?$", "", page.read_text("utf-8"), flags=re.DOTALL | re.M)
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", prose)
    assert [link for link in links if not (page.parent / link).exists()] == []


def blocks(page: str, *languages: str) -> list[str]:
    """Return the code blocks in these languages, in the order of the page."""
    pattern = rf"^```(?:{'|'.join(languages)})\n(.*?)^```$"
    return re.findall(pattern, page, re.DOTALL | re.MULTILINE)


def shell_examples(page: str) -> Iterator[doctest.Example]:
    """Yield each ``$ command`` of the page with the output printed under it."""
    for block in blocks(page, "console", "bash", "sh"):
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
    assert (done.wait() != 0) == ("Error: " in text), f"{command}\n{text}"
    return text


def read_terminal(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # Linux reports the end of a terminal as an input/output error
        return b""


@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", [README, TOUR], ids=["README", "tour"])
def test_pages_show_what_happens(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run the page from top to bottom in one folder, as a reader would."""
    for needed in ("keras", "sklearn", "matplotlib", "openTSNE", "hnswlib"):
        pytest.importorskip(needed)
    monkeypatch.chdir(tmp_path)
    checker = doctest.OutputChecker()
    for example in shell_examples(page):
        command = STANDS_FOR.get(example.source.strip(), example.source)
        if NOT_RUN.match(command):
            continue
        got = run_in_terminal(command, tmp_path)
        message = checker.output_difference(example, got, MATCHING)
        assert checker.check_output(example.want, got, MATCHING), f"{example.source}{message}"
    runner = doctest.DocTestRunner(checker, optionflags=MATCHING | doctest.REPORT_NDIFF)
    names: dict[str, object] = {}
    for block in blocks(page, "python"):
        session = doctest.DocTestParser().get_doctest(block, names, "page", "page", 0)
        assert session.examples, f"A block without a >>> example is never run:\n{block}"
        assert runner.run(session, clear_globs=False).failed == 0
        names = session.globs


def test_every_promise_is_held_by_tests_that_exist() -> None:
    section = README.partition("## What it promises")[2].partition("\n## ")[0]
    promises = [line for line in section.splitlines() if line.startswith("| ")][1:]
    assert len(promises) > 5
    for promise in promises:
        tests = re.findall(r"\[`(test_\w+)`\]\((tests/[\w/]+\.py)\)", promise)
        assert tests, f"No test holds: {promise}"
        for name, path in tests:
            assert re.search(rf"^def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.M), (
                name
            )


def test_pages_show_every_command_at_work() -> None:
    examples = [*shell_examples(README), *shell_examples(TOUR)]
    page = "".join(STANDS_FOR.get(one.source.strip(), one.source) for one in examples)
    shown = set(re.findall(r"\bvecstore (\w+)", page))
    # One prints a script, not an answer; the other needs a file of a kind that is never small.
    assert set(COMMANDS) - shown == {"bench", "completion"}
    assert blocks(README, "python")
