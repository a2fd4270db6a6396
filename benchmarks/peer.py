"""What every searcher looks like to a benchmark, ours and theirs."""

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import packages_distributions, version
from typing import Any, NamedTuple

import numpy as np

from benchmarks.answers import Rows
from benchmarks.datasets import Floats
from vecstore.metrics import METRICS

__all__ = ["Peer", "Search", "unit"]

#: (queries, k, setting) -> the rows of the k nearest vectors of each query, nearest first
Search = Callable[[Floats, int, Any], Rows]


class Peer(NamedTuple):
    """A library that finds nearest neighbours.

    Attributes
    ----------
    name : str
        As it stands in tables.
    module : str
        What must be importable.
    prepare : callable
        ``prepare(vectors, metric, threads)`` builds what there is to build and returns a `Search`.
        Raises ImportError where the library is not installed.
    settings : tuple
        Ways to search what was prepared; ``(None,)`` where there is only one.
    metrics : tuple of str
        The metrics that it has.
    exact : bool
        Whether it promises the true neighbours, up to float32.
    knob : str
        What stands before a setting in tables.
    """

    name: str
    module: str
    prepare: Callable[[Floats, str, int], Search]
    settings: tuple[Any, ...] = (None,)
    metrics: tuple[str, ...] = METRICS
    exact: bool = True
    knob: str = ""

    def label(self, setting: Any) -> str:
        return self.name if setting is None else f"{self.name} {self.knob}{setting}"

    def version(self) -> str:
        found = getattr(import_module(self.module), "__version__", None)
        return found or version(packages_distributions()[self.module][0])


def unit(vectors: Floats, metric: str) -> Floats:
    """Return the vectors; under cosine scaled to unit length, where a product is a cosine."""
    if metric != "cosine":
        return vectors
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
