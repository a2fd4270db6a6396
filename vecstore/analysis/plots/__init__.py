"""Pictures of a store, as figures of matplotlib.

===================  ===========================================================
`style`              colours, sizes, and how a figure becomes a file
===================  ===========================================================

Every function returns a figure that is the caller's own; `save` makes a PNG or SVG of it. Nothing
here touches pyplot. Loads matplotlib (extra ``analysis``) when the first name is used.
"""

from importlib import import_module
from typing import Any

from vecstore.analysis.extras import need

__all__ = ["save"]

_HOME = {"save": "style"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    need("matplotlib")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
