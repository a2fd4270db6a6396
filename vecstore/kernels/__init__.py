"""The kernels: pure functions over buffers, written three times, and the choice between them.

An engine is a module with the functions of `contract.Engine`, and all engines give the same
answers. ``reference`` (NumPy, float64, plain) specifies the other two. ``native`` (C++) is what
everybody runs, with one set of functions per instruction set. ``numba`` needs no C++ compiler and
also runs metrics of the caller's own. Read the modules in this order:

- `contract`: the types that engines take and return, and the functions that they have
- `float64`: the formulas of the distances, and the order of every float64 sum
- `blocks`: mask words as booleans, rows by global number
- `reference`: the specification
- `threads`: how many threads an engine may use
- `native`: the calls into the C++ core
- `jit`: the Numba engine
"""

import os
import warnings
from functools import cache
from importlib import import_module
from typing import Any, cast

from vecstore.kernels.blocks import allowed
from vecstore.kernels.contract import (
    Engine,
    Float32s,
    Float64s,
    Found,
    Graph,
    Groups,
    Int64s,
    Level,
    Vectors,
    Work,
)
from vecstore.kernels.float64 import norms, reciprocals
from vecstore.kernels.threads import check_threads, thread_count

__all__ = [
    "ENGINES",
    "Engine",
    "Float32s",
    "Float64s",
    "Found",
    "Graph",
    "Groups",
    "Int64s",
    "Level",
    "Vectors",
    "Work",
    "allowed",
    "build_info",
    "check_threads",
    "engine",
    "level",
    "norms",
    "reciprocals",
    "thread_count",
]

_MODULES = {"native": "native", "numba": "jit", "reference": "reference"}

#: The names of the engines, fastest first.
ENGINES = tuple(_MODULES)


def engine(name: str | None = None) -> Engine:
    """Return an engine by name; None takes ``VECSTORE_ENGINE``.

    If that is unset too, it is native, or numba with one warning if the compiled core is missing.
    An engine that was asked for by name and cannot be imported raises ImportError.
    """
    variable = os.environ.get("VECSTORE_ENGINE", "")
    if name is None and not variable:
        return _default()
    wanted, source = (variable, "VECSTORE_ENGINE") if name is None else (name, "engine")
    if wanted not in _MODULES:
        choices = ", ".join(f'"{known}"' for known in _MODULES)
        raise ValueError(f'`{source}` must be one of {choices}; got "{wanted}".')
    return _load(wanted)


def build_info() -> dict[str, Any]:
    """Return what computes: the engine in use, its instruction set, its threads, its compiler.

    Returns
    -------
    dict
        ``engine`` and ``level``, both in use; ``levels``, all that run here, best first;
        ``threads``, the number that a call uses by default; ``compiler``.

    Raises
    ------
    ValueError
        If ``VECSTORE_ENGINE``, ``VECSTORE_SIMD`` or ``VECSTORE_THREADS`` is not a valid choice.
    ImportError
        If ``VECSTORE_ENGINE`` names an engine that cannot be imported.

    Examples
    --------
    >>> sorted(build_info())
    ['compiler', 'engine', 'level', 'levels', 'threads']
    """
    chosen = engine()
    return {
        "engine": chosen.NAME,
        "level": level(chosen),
        "levels": chosen.levels(),
        "threads": thread_count(),
        "compiler": _compiler(chosen),
    }


def level(chosen: Engine) -> str:
    """Return the level that an engine runs at; ValueError if this CPU lacks ``VECSTORE_SIMD``."""
    if chosen.NAME == "native":
        from vecstore.kernels import native

        return native.level()
    return chosen.levels()[0]


@cache
def _default() -> Engine:
    try:
        return _load("native")
    except ImportError as error:
        warnings.warn(
            f"The compiled core of vecstore cannot be imported ({error}); the Numba engine takes "
            "over and gives the same answers, slower. Reinstall vecstore to have it back, or set "
            "VECSTORE_ENGINE=numba to go on without this warning.",
            RuntimeWarning,
            stacklevel=3,
        )
        return _load("numba")


@cache
def _load(name: str) -> Engine:
    return cast(Engine, import_module(f"vecstore.kernels.{_MODULES[name]}"))


def _compiler(chosen: Engine) -> str:
    if chosen.NAME == "native":
        from vecstore import _native

        return _native.compiler()
    package = import_module("numba" if chosen.NAME == "numba" else "numpy")
    return f"{package.__name__} {package.__version__}"
