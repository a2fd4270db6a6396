"""To be said."""

from vecstore.analysis.estimators.knn import KNeighborsClassifier

__all__ = [
    "KNeighborsClassifier",
]
