"""The rules of ARCHITECTURE.md that imports and file sizes can break, checked on the source."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import takewhile
from pathlib import Path
from typing import cast

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "vecstore"
MAX_LINES = 400
MAX_FILES = 18  # of Python in a folder, its face among them


def layers(text: str) -> list[set[str]]:
    """The lines of the table in ARCHITECTURE.md; a deeper indented remark goes with its line."""
    table = text.partition("## Who may import whom")[2]
    lines = [line for line in table.splitlines() if line.startswith("    ")]
    table_lines = list(takewhile(lambda line: not line.lstrip().startswith("csrc:"), lines))
    return [set(line[4:40].split()) for line in table_lines]


# A unit may import only from the layers above its own line; siblings do not know each other.
LAYERS = layers((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
FACADE = "__init__"  # `from vecstore import something`: only the layers above the store may
RANK[FACADE] = RANK["cli"] - 1

# Only these name the compiled module: everybody else goes through an engine or a reader.
NATIVE_USERS = {"kernels", "ingest"}

# Loaded when first used, because each costs more than everything else at `import vecstore`.
HEAVY = {"numba", "polars", "tensorflow", "keras", "matplotlib", "sklearn", "scipy", "h5py", "rich"}
HEAVY |= {"sqlglot"}
IMPORT_BUDGET = 0.150  # seconds


def sources(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*.py") if "__pycache__" not in path.parts)


def unit_of(path: Path, package: Path) -> str:
    return path.relative_to(package).with_suffix("").parts[0]


def imported_units(path: Path, package: Path) -> Iterator[str]:
    """Units of the package that the file imports, at any depth."""
    inside = path.relative_to(package.parent).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = inside[: len(inside) - node.level + 1] if node.level else ()
            module = ".".join((*base, *filter(None, [node.module])))
            names = [f"{module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] != package.name:
                continue
            unit = parts[1] if len(parts) > 1 else FACADE
            yield unit if unit in RANK or unit == "_native" else FACADE


def violations(package: Path) -> Iterator[str]:
    """Imports that point up or sideways, as sentences."""
    for path in sources(package):
        unit = unit_of(path, package)
        if unit == FACADE:
            continue
        for used in imported_units(path, package):
            if unit not in RANK:
                yield f"{path.name}: {unit} has no layer"
            elif used == "_native":
                if unit not in NATIVE_USERS:
                    yield f"{path.name}: {unit} must not import the compiled module"
            elif used != unit and RANK[used] >= RANK[unit]:
                yield f"{path.name}: {unit} must not import {used}"


def test_dependencies_point_down() -> None:
    assert list(violations(PACKAGE)) == []


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("import vecstore.store.store", "a.py: kernels must not import store"),
        ("from vecstore.storage import names", "a.py: kernels must not import storage"),
        ("from ..index import exact", "a.py: kernels must not import index"),
        ("def later():\n    from vecstore import open", "a.py: kernels must not import __init__"),
        ("from vecstore.arrays import Block", None),
        ("from vecstore import _native", None),
        ("from . import reference", None),
    ],
)
def test_the_rule_finds_each_kind_of_wrong_import(
    tmp_path: Path, source: str, sentence: str | None
) -> None:
    folder = tmp_path / "vecstore" / "kernels"
    folder.mkdir(parents=True)
    (folder / "a.py").write_text(source)
    assert list(violations(tmp_path / "vecstore")) == ([sentence] if sentence else [])


def past_the_faces(package: Path) -> Iterator[str]:
    """Imports from inside another unit, past what its packages offer in `__all__`, as sentences."""
    names_of = {path: path.relative_to(package.parent).with_suffix("") for path in sources(package)}
    files = {".".join(name.parts) for name in names_of.values()}
    faces = {".".join(name.parent.parts): p for p, name in names_of.items() if p.stem == FACADE}
    for path in names_of.keys() - {package / "__main__.py"}:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not node.module:
                continue
            module, names = node.module, {alias.name for alias in node.names}
            if not module.startswith(f"{package.name}."):
                continue
            if module.split(".")[1] == unit_of(path, package):
                continue
            if module in files and module.count(".") == 1:  # a module of the ground floor
                continue
            if module not in faces:
                yield f"{path.relative_to(package)}: {module} is no face"
            elif hidden := names - set(all_of(faces[module]) or ()):
                yield f"{path.relative_to(package)}: {module} does not offer {sorted(hidden)}"


def test_units_meet_through_faces() -> None:
    assert list(past_the_faces(PACKAGE)) == []


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("from vecstore.storage.names import A", "search/a.py: vecstore.storage.names is no face"),
        ("from vecstore.storage import B", "search/a.py: vecstore.storage does not offer ['B']"),
        (
            "def f():\n    from vecstore.storage import names",
            "search/a.py: vecstore.storage does not offer ['names']",
        ),
        ("from vecstore.storage import A", None),
        ("from vecstore.search.b import anything", None),
        ("from vecstore.errors import E", None),
    ],
)
def test_the_rule_of_faces_finds_each_kind_of_shortcut(
    tmp_path: Path, source: str, sentence: str | None
) -> None:
    package = tmp_path / "vecstore"
    for folder in ("storage", "search"):
        (package / folder).mkdir(parents=True)
    (package / "errors.py").write_text("E = 1")
    (package / "storage" / "__init__.py").write_text('__all__ = ["A"]')
    (package / "storage" / "names.py").write_text("A = 1")
    (package / "search" / "a.py").write_text(source)
    assert list(past_the_faces(package)) == ([sentence] if sentence else [])


def imports_of_modules(package: Path) -> dict[str, set[str]]:
    """Which modules of the package each module imports, at any depth of the code."""
    names_of = {path: path.relative_to(package.parent).with_suffix("") for path in sources(package)}
    modules = {".".join(name.parts).removesuffix(".__init__") for name in names_of.values()}
    graph: dict[str, set[str]] = {}
    for path, name in names_of.items():
        used = graph.setdefault(".".join(name.parts).removesuffix(".__init__"), set())
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                offered = {f"{node.module}.{alias.name}" for alias in node.names}
                # The compiled module is no module of Python's that could import others.
                rest = offered - modules - {f"{package.name}._native"}
                used |= offered & modules | ({node.module} & modules if rest else set())
    return graph


def test_no_imports_form_a_circle(tmp_path: Path) -> None:
    TopologicalSorter(imports_of_modules(PACKAGE)).prepare()
    package = tmp_path / "vecstore"
    package.mkdir()
    (package / "a.py").write_text("from vecstore.b import B")
    (package / "b.py").write_text("def later():\n    from vecstore import a")
    with pytest.raises(CycleError):
        TopologicalSorter(imports_of_modules(package)).prepare()


def test_folders_stay_small() -> None:
    folders = {path.parent for path in sources(PACKAGE)}
    counts = {str(one.relative_to(ROOT)): len(list(one.glob("*.py"))) for one in folders}
    assert {name: count for name, count in counts.items() if count > MAX_FILES} == {}


def written_files() -> list[Path]:
    """Every Python and C++ file that somebody wrote."""
    folders = [ROOT / name for name in ("vecstore", "csrc", "tests", "benchmarks", "tools")]
    found = [path for folder in folders for path in folder.rglob("*")]
    return [path for path in found if path.suffix in {".py", ".pyi", ".cpp", ".h"}]


DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def docstrings(tree: ast.AST) -> Iterator[ast.expr]:
    """The docstring of every module, class and function that has one."""
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            yield cast(ast.Expr, node.body[0]).value


def code_lines(path: Path) -> int:
    """Lines of a file, docstrings left out: what documents a parameter must not cost a function."""
    text = path.read_text(encoding="utf-8")
    lines = len(text.splitlines())
    if path.suffix == ".py":
        found = docstrings(ast.parse(text))
        lines -= sum(cast(int, node.end_lineno) - node.lineno + 1 for node in found)
    return lines


def test_files_stay_small() -> None:
    lengths = {path: code_lines(path) for path in written_files()}
    assert {str(path): n for path, n in lengths.items() if n > MAX_LINES} == {}


# C++: a folder includes from those before it, and from itself.
FOLDERS = ("kernels", "core", "text", "scan", "codes", "graph", "bindings")


def includes(path: Path) -> list[str]:
    return re.findall(r'^\s*#\s*include\s+([<"][^>"]+[>"])', path.read_text("ascii"), re.MULTILINE)


def test_kernel_files_include_no_cpp_library_headers() -> None:
    allowed = re.compile(r'"[a-z0-9_/]+\.h"|<(cstddef|cstdint|string\.h|immintrin\.h)>')
    kernels = ROOT / "csrc" / "kernels"
    wrong = [
        f"{path.name} includes {name}"
        for path in sorted(kernels.glob("*"))
        if path.suffix in {".cpp", ".h"}
        for name in includes(path)
        if not allowed.fullmatch(name)
    ]
    assert wrong == []


def test_folders_of_cpp_include_one_way() -> None:
    files = [*(ROOT / "csrc").rglob("*.cpp"), *(ROOT / "csrc").rglob("*.h")]
    wrong = [
        f"{path.relative_to(ROOT)} includes {name}"
        for path in sorted(files)
        for name in re.findall(r'"(\w+)/', " ".join(includes(path)))
        if FOLDERS.index(name) >= FOLDERS.index(path.relative_to(ROOT / "csrc").parts[0])
    ]
    assert {path.parent.name for path in files} == set(FOLDERS)
    assert wrong == []


def test_only_the_bindings_know_python() -> None:
    files = [*(ROOT / "csrc").rglob("*.cpp"), *(ROOT / "csrc").rglob("*.h")]
    wrong = [
        f"{path.name} includes {name}"
        for path in files
        if "bindings" not in path.parts
        for name in includes(path)
        if "pybind11" in name or "Python.h" in name or "bindings/" in name
    ]
    assert wrong == []


# The public surface.


def all_of(path: Path) -> list[str] | None:
    """`__all__` of a file, without importing it."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return ast.literal_eval(node.value)
    return None


def public_definitions(path: Path) -> set[str]:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return {
        node.name
        for node in body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    }


def constants_then_classes(name: str) -> tuple[bool, bool, str]:
    return not name.isupper(), not name[0].isupper(), name


@pytest.mark.parametrize("path", sources(PACKAGE), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_all_is_sorted_and_complete(path: Path) -> None:
    names = all_of(path)
    if names is None:
        # Commands are reached through their group, not by name.
        assert not public_definitions(path) or unit_of(path, PACKAGE) == "cli"
        return
    assert names == sorted(set(names), key=constants_then_classes)
    if unit_of(path, PACKAGE) != "cli":
        assert public_definitions(path) <= set(names)


def test_every_name_in_all_exists() -> None:
    import vecstore

    assert [name for name in vecstore.__all__ if not hasattr(vecstore, name)] == []


def test_import_is_light(tmp_path: Path) -> None:
    """Processor time, best of several runs: other processes may be using the machine.

    On a machine where NumPy itself takes longer than the budget, NumPy is the measure. Compiled
    modules are kept for the runs after the first, as an installed package keeps them.
    """
    program = (
        "import time, sys, json\n"
        "start = time.process_time()\n"
        "import numpy\n"
        "between = time.process_time()\n"
        "import vecstore\n"
        "seconds = [between - start, time.process_time() - between]\n"
        "print(json.dumps([*seconds, sorted({name.partition('.')[0] for name in sys.modules})]))\n"
    )
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    kept["PYTHONPYCACHEPREFIX"] = str(tmp_path)
    runs = [
        json.loads(
            subprocess.run([sys.executable, "-c", program], check=True, stdout=-1, env=kept).stdout
        )
        for _ in range(6)
    ]
    assert set(runs[0][2]) & HEAVY == set()
    numpy_seconds, our_seconds = (min(run[i] for run in runs) for i in range(2))
    assert our_seconds < max(IMPORT_BUDGET, numpy_seconds)


def test_requirements_have_no_upper_bounds() -> None:
    """An upper bound breaks installs years later; one that is needed gets an exception here.

    The linters have one: the same tree must pass tomorrow.
    """
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)
    groups = [
        project["build-system"]["requires"],
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *(group for name, group in project["dependency-groups"].items() if name != "lint"),
    ]
    requirements = [item for group in groups for item in group if isinstance(item, str)]
    bounded = re.compile(r"<|==|~=")
    assert [item for item in requirements if bounded.search(item.partition(";")[0])] == []
