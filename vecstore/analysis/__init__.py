"""What the vectors of a store mean: directions in it, maps, clusters and comparisons.

Every function takes a store, or arrays, and reads; what writes says so. Libraries that cost
seconds to load (scikit-learn, matplotlib, openTSNE) are loaded by the function that needs them.
"""

from importlib import import_module
from typing import Any

# Which module defines what; a module is loaded when one of its names is first used.
_HOMES = {
    "Analogies": "scores",
    "Clusters": "clusters",
    "PairScores": "scores",
    "Projection": "projection",
    "closer_than": "words",
    "cluster": "clusters",
    "n_similarity": "words",
    "odd_one_out": "words",
    "project": "projection",
    "rank": "words",
    "relative_cosine_similarity": "words",
    "word_analogies": "evaluate",
    "word_pairs": "evaluate",
}

__all__ = [
    "Analogies",
    "Clusters",
    "PairScores",
    "Projection",
    "closer_than",
    "cluster",
    "n_similarity",
    "odd_one_out",
    "project",
    "rank",
    "relative_cosine_similarity",
    "word_analogies",
    "word_pairs",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
