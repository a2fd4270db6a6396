"""How the Numba engine compiles: the only place that deals with Numba's untyped decorator.

Functions are compiled on first use and kept on disk beside the module (`cache=True`), so an import
costs nothing and a machine compiles each function once. There is no `fastmath`: the error bounds
need NaN, infinities and the written order of operations. There is no `parallel=True` either:
Numba's thread layers abort the process when two threads call at once (workqueue) or after a fork
(GNU OpenMP). Instead the loops release the GIL and are spread over plain threads; see `threads`.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar, cast

import numba

__all__ = ["compiled", "compiled_in_memory", "compiled_metric"]

Function = TypeVar("Function", bound=Callable[..., Any])

_VECTOR = numba.types.Array(numba.types.float32, 1, "C")
_REAL = (numba.types.Float, numba.types.Integer, numba.types.Boolean)
_TYPING = numba.core.registry.cpu_target.typing_context


def compiled(function: Function) -> Function:
    """Return the function, which Numba compiles on its first call for the types of that call."""
    try:
        return cast(Function, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:
        # Numba found no folder that it may write to. Compiling in every process is slow, but works.
        return compiled_in_memory(function)


def compiled_in_memory(function: Function) -> Function:
    """Return the function compiled in the same way, without a copy on disk."""
    return cast(Function, numba.njit(nogil=True)(function))


@lru_cache(maxsize=64)  # a function that comes again is not compiled again
def compiled_metric(function: Callable[[Any, Any], float]) -> Callable[[Any, Any], float]:
    """Return a user's distance as a Numba function; TypeError if it cannot be one."""
    name = getattr(function, "__name__", repr(function))
    rule = "`metric` must be a function f(x, y) -> float that Numba can compile"
    if not callable(function):
        raise TypeError(f"{rule}; got {name}.")
    is_compiled = isinstance(function, numba.core.registry.CPUDispatcher)
    made = function if is_compiled else compiled_in_memory(function)
    kind = numba.typeof(made)  # type: ignore[no-untyped-call]
    try:
        signature = _TYPING.resolve_function_type(kind, (_VECTOR, _VECTOR), {})
    except numba.core.errors.NumbaError as error:
        raise TypeError(f"{rule}; of {name} it says: {_cause(error)}") from error
    if signature is None:
        raise TypeError(f"{rule}; {name} is compiled for other arguments than float32 vectors.")
    if not isinstance(signature.return_type, _REAL):
        raise TypeError(f"{rule}; {name} returns {signature.return_type}.")
    return made


def _cause(error: Exception) -> str:
    """Return the line of Numba's long message that says what it could not compile."""
    lines = [line.strip() for line in str(error).splitlines()]
    told = [line for line in lines if line and not line.startswith("Failed in nopython mode")]
    return told[0].rstrip(".") + "."
