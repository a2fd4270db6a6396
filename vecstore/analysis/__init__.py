"""What the vectors of a store mean: tests, directions, maps, clusters and translations.

Every function takes a store, or arrays, and only reads; a function that writes says so. Libraries
that take seconds to load (scikit-learn, matplotlib, openTSNE) are loaded by the function that
needs them. In reading order:

- `selection`: the rows that an analysis is about; `tokens`: text to words and back;
  `correlation`: Pearson and Spearman;
- `word_tests`: analogies, ratings of word pairs, and small questions about a few words;
- `languages`: align the spaces of two languages, and translate between them;
- `records`: compose records of several fields out of the vectors of their parts;
- `maps`: projections to the plane, clusters, duplicates, outliers and hubs, directions;
- `estimators`: nearest-neighbour estimators for scikit-learn, and cross-validation;
- `plots`: all of this as figures of matplotlib.
"""

from importlib import import_module
from typing import Any

from vecstore.extras import need

# Name to module. A module is loaded when one of its names is first used.
_HOMES = {
    "Alignment": "languages.alignment",
    "Analogies": "word_tests.scores",
    "Clusters": "maps.clusters",
    "Direction": "maps.dimensions",
    "Events": "records.events",
    "Extremes": "maps.dimensions",
    "Field": "records.event_fields",
    "Group": "maps.copies",
    "Hubness": "maps.outliers_and_hubs",
    "KNeighborsClassifier": "estimators.knn",
    "KNeighborsRegressor": "estimators.knn",
    "KNeighborsTransformer": "estimators.knn",
    "PairScores": "word_tests.scores",
    "Place": "maps.dimensions",
    "Precision": "languages.translation",
    "Projection": "maps.projection",
    "Retrieval": "languages.retrieval",
    "Translation": "languages.translation",
    "Translator": "languages.translation",
    "Validation": "estimators.classify",
    "align": "languages.alignment",
    "closer_than": "word_tests.comparisons",
    "cluster": "maps.clusters",
    "correlate": "maps.dimensions",
    "cross_validate": "estimators.classify",
    "dimension_extremes": "maps.dimensions",
    "duplicates": "maps.copies",
    "found_by_parts": "records.event_recall",
    "hubness": "maps.outliers_and_hubs",
    "n_similarity": "word_tests.comparisons",
    "odd_one_out": "word_tests.comparisons",
    "outliers": "maps.outliers_and_hubs",
    "precision": "languages.translation",
    "project": "maps.projection",
    "rank": "word_tests.comparisons",
    "read_dictionary": "languages.dictionary",
    "relative_cosine_similarity": "word_tests.comparisons",
    "split_pairs": "languages.dictionary",
    "translate": "languages.translation",
    "word_analogies": "word_tests.evaluation",
    "word_pairs": "word_tests.evaluation",
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
    if _HOMES[name] == "estimators.knn":  # its classes inherit from scikit-learn's
        need("sklearn")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
