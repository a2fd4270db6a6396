"""Pictures of a store, as figures of matplotlib.

===================  ===========================================================
`style`              colours, sizes, and how a figure becomes a file
===================  ===========================================================

Every function returns a figure that is the caller's own; `save` makes a PNG or SVG of it. Nothing
here touches pyplot. Loads matplotlib (extra ``analysis``) when the first name is used.
"""

from importlib import import_module
from typing import Any

__all__ = ["save"]

_HOME = {"save": "style"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f"{__name__}.{_HOME[name]}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "matplotlib":
            raise
        raise ImportError(
            'Pictures need matplotlib; install it with: pip install "vecstore-exact[analysis]".'
        ) from error
    return getattr(module, name)
