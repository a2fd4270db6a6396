"""Habits of the code base that no single module can be asked to keep."""

import ast
import gzip
import importlib.metadata
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import vecstore

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "vecstore"
TEXT = {".py", ".pyi", ".h", ".cpp", ".md", ".toml", ".yaml", ".txt", ""}
TREES = ("vecstore", "csrc", "tests", "benchmarks", "tools", ".ci")
MAX_BYTES = 3_000_000


def files() -> list[Path]:
    """Every file of ours: what lies at the top, and the trees without what builds leave there."""
    top = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"]
    deep = [path for tree in TREES for path in (ROOT / tree).rglob("*") if path.is_file()]
    built = {"__pycache__", ".data", ".benchmarks"}
    return [p for p in top + deep if not built & set(p.parts) and p.suffix not in {".so", ".pyd"}]


def text_files() -> list[Path]:
    return [path for path in files() if path.suffix in TEXT]


def modules() -> list[tuple[Path, ast.Module]]:
    paths = [path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts]
    return [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in sorted(paths)]


def script(path: Path) -> ModuleType:
    """A program of ours that is not in the package, as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# One version everywhere.


def test_installed_version_is_the_version_of_the_package() -> None:
    assert importlib.metadata.version("vecstore-exact") == vecstore.__version__


def test_compiled_core_has_the_version_of_the_package() -> None:
    from vecstore import _native

    assert _native.__version__ == vecstore.__version__


def test_changelog_begins_with_this_version_or_what_comes_after_it() -> None:
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[headings[0] == "Unreleased"] == vecstore.__version__


# Bundled data.


def test_every_bundled_data_file_has_its_source_and_licence_in_the_notice() -> None:
    for path in (PACKAGE / "data").iterdir():
        if path.name not in {"NOTICE", "__pycache__"}:
            paragraph = (PACKAGE / "data" / "NOTICE").read_text().partition(path.name)[2]
            assert "Source:" in paragraph, path.name
            assert "Licence:" in paragraph, path.name


def test_bundled_vectors_are_what_the_notice_says() -> None:
    notice = (PACKAGE / "data" / "NOTICE").read_text()
    with gzip.open(PACKAGE / "data" / "glove-6b-100d.txt.gz", "rt", encoding="utf-8") as lines:
        dims = [len(line.split(" ")) - 1 for line in lines]
    assert f"{len(dims):,} word vectors of {dims[0]} dimensions" in notice
    assert set(dims) == {dims[0]}


# Text files.


def test_text_files_end_with_one_newline_and_have_no_trailing_spaces() -> None:
    for path in text_files():
        text = path.read_text(encoding="utf-8")
        assert not text or re.search(r"[^\n]\n\Z", text), path
        assert not re.search(r"[ \t]$", text, re.MULTILINE), path


def test_cpp_source_is_ascii() -> None:
    for path in files():
        if path.suffix in {".h", ".cpp"}:
            assert path.read_bytes().isascii(), path


def test_no_file_is_large() -> None:
    assert [str(path) for path in files() if path.stat().st_size > MAX_BYTES] == []


# Things that do not belong in finished code. The words are put together here so that this file
# does not find itself.


def test_no_notes_to_self() -> None:
    words = re.compile("|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]))
    assert [str(path) for path in text_files() if words.search(path.read_text("utf-8"))] == []


def prints(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print":
            yield node.lineno


def silenced(tree: ast.Module) -> Iterator[int]:
    """Handlers that do nothing at all, which is how errors get lost."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and isinstance(node.body[0], ast.Pass):
            yield node.lineno


def test_the_library_never_prints() -> None:
    found = [
        f"{p}:{line}" for p, tree in modules() if "cli" not in p.parts for line in prints(tree)
    ]
    assert found == []


def test_no_error_is_silenced() -> None:
    assert [f"{path}:{line}" for path, tree in modules() for line in silenced(tree)] == []


def test_the_checks_see_what_they_look_for() -> None:
    tree = ast.parse("try:\n    print(1)\nexcept OSError:\n    pass\n")
    assert list(prints(tree)) == [2]
    assert list(silenced(tree)) == [3]


# The program that checks the symbols of the kernel objects.


@pytest.mark.parametrize(
    ("listing", "finding"),
    [
        ("0000 D vecstore::kScalarKernels\n0010 t (anonymous namespace)::dot(float const*)", None),
        ("0000 R kTable\n                 U memcpy\n0000 B __odr_asan.kTable", None),
        ("0000 D kTable\n0000 D kSecond", "one data symbol"),
        ("0000 t dot", "exports none"),
        ("0000 D kTable\n0010 T helper(int)", "not data"),
        ("0000 D kTable\n0010 W std::max(int, int)", "weak symbol"),
        ("0000 D kTable\n0010 u inline_static", "weak symbol"),
    ],
)
def test_symbol_check_finds_what_a_linker_could_merge(listing: str, finding: str | None) -> None:
    check = script(ROOT / "tests" / "native" / "check_symbols.py")
    found = list(check.findings(listing))
    assert found == [] if finding is None else finding in found[0]


def test_kernel_objects_of_the_installed_build_pass_the_symbol_check() -> None:
    objects = sorted((ROOT / "build" / "editable").rglob("vecstore_kernels.dir/**/*.o"))
    if not objects:
        pytest.skip("no kernel objects in build/editable: this install was not made by make")
    check = script(ROOT / "tests" / "native" / "check_symbols.py")
    assert check.main([str(path) for path in objects]) in (0, check.SKIPPED)


# The program that looks at a machine before anything is installed.


def preflight(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "tools" / "preflight.py"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )


def test_preflight_says_which_pythons_are_tried_before_a_newer_one_fails() -> None:
    newer = "import sys; sys.version_info = (3, 99, 0, 'final', 0); import preflight as p"
    program = f"{newer}; print(*p.doubts()); p.NEWEST = (3, 99); print(*p.doubts())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT / "tools",
        capture_output=True,
        text=True,
        check=True,
    )
    said, nothing = done.stdout.split("\n")[:2]
    assert said.startswith("vecstore's dependencies come for Python 3.11 to 3.14; this is 3.99.")
    assert said.endswith("make PYTHON=python3.14.")
    assert nothing == ""


def test_preflight_names_a_missing_compiler_and_the_way_out() -> None:
    done = preflight(CXX="no-such-compiler")
    assert done.returncode == 1
    assert "No C++ compiler was found (looked for no-such-compiler)." in done.stderr
    assert "apt install g++" in done.stderr


def test_preflight_names_a_compiler_that_does_not_work() -> None:
    done = preflight(CXX="false")
    assert done.returncode == 1
    assert "cannot build C++17 programs" in done.stderr
