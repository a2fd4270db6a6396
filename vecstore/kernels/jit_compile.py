"""How the Numba engine compiles: the one place that deals with Numba's untyped decorator.

Compiled lazily, on first use, and kept on disk beside the module (`cache=True`): an import costs
nothing, and a function is compiled once per machine. No `fastmath`: the error bounds need NaN,
infinities and the written order of operations. No `parallel=True` either: Numba's thread layers
abort the process when two threads call at once (workqueue) or after a fork (GNU OpenMP). The loops
release the GIL instead and are spread over plain threads, see `threads`.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar, cast

import numba

__all__ = ["CompileError", "compiled", "compiled_in_memory", "compiled_metric", "first_cause"]

Function = TypeVar("Function", bound=Callable[..., Any])

CompileError = numba.core.errors.NumbaError


def compiled(function: Function) -> Function:
    """Return the function compiled by Numba on its first call, for the types of that call."""
    try:
        return cast(Function, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:
        # Numba found no folder that it may write to. Compiling in every process is slow but works.
        return compiled_in_memory(function)


def compiled_in_memory(function: Function) -> Function:
    """Return the function compiled likewise, without a copy on disk."""
    return cast(Function, numba.njit(nogil=True)(function))


@lru_cache(maxsize=64)
def compiled_metric(function: Callable[[Any, Any], float]) -> Callable[[Any, Any], float]:
    """Return a user's function as a Numba function, the same one whenever it comes again."""
    if isinstance(function, numba.core.registry.CPUDispatcher):
        return function
    return compiled_in_memory(function)


def first_cause(error: Exception) -> str:
    """Return the line of Numba's long message that says what it could not compile."""
    lines = [line.strip() for line in str(error).splitlines()]
    told = [line for line in lines if line and not line.startswith("Failed in nopython mode")]
    return told[0].rstrip(".") + "."
