"""What the vectors of a store mean: directions in it, maps, clusters and comparisons.

Every function takes a store, or arrays, and reads; what writes says so. Libraries that cost
seconds to load (scikit-learn, matplotlib, openTSNE) are loaded by the function that needs them.
"""

from importlib import import_module
from typing import Any

from vecstore.extras import need

# Which module defines what; a module is loaded when one of its names is first used.
_HOMES = {
    "Alignment": "alignment",
    "Analogies": "scores",
    "Clusters": "clusters",
    "Direction": "dimensions",
    "Events": "events",
    "Extremes": "dimensions",
    "Field": "event_fields",
    "Group": "grouping",
    "Hubness": "crowding",
    "KNeighborsClassifier": "knn",
    "KNeighborsRegressor": "knn",
    "KNeighborsTransformer": "knn",
    "PairScores": "scores",
    "Place": "dimensions",
    "Precision": "translation",
    "Projection": "projection",
    "Retrieval": "retrieval",
    "Translation": "translation",
    "Translator": "translation",
    "Validation": "classify",
    "align": "alignment",
    "closer_than": "words",
    "cluster": "clusters",
    "correlate": "dimensions",
    "cross_validate": "classify",
    "dimension_extremes": "dimensions",
    "duplicates": "grouping",
    "found_by_parts": "event_recall",
    "hubness": "crowding",
    "n_similarity": "words",
    "odd_one_out": "words",
    "outliers": "crowding",
    "precision": "translation",
    "project": "projection",
    "rank": "words",
    "read_dictionary": "dictionary",
    "relative_cosine_similarity": "words",
    "split_pairs": "dictionary",
    "translate": "translation",
    "word_analogies": "evaluate",
    "word_pairs": "evaluate",
}

__all__ = [
    "Alignment",
    "Analogies",
    "Clusters",
    "Direction",
    "Events",
    "Extremes",
    "Field",
    "Group",
    "Hubness",
    "KNeighborsClassifier",
    "KNeighborsRegressor",
    "KNeighborsTransformer",
    "PairScores",
    "Place",
    "Precision",
    "Projection",
    "Retrieval",
    "Translation",
    "Translator",
    "Validation",
    "align",
    "closer_than",
    "cluster",
    "correlate",
    "cross_validate",
    "dimension_extremes",
    "duplicates",
    "found_by_parts",
    "hubness",
    "n_similarity",
    "odd_one_out",
    "outliers",
    "precision",
    "project",
    "rank",
    "read_dictionary",
    "relative_cosine_similarity",
    "split_pairs",
    "translate",
    "word_analogies",
    "word_pairs",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if _HOMES[name] == "knn":  # its classes are scikit-learn's, from the first line on
        need("sklearn")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
