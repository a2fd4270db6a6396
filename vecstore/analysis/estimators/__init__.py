"""Estimators for scikit-learn that search exact neighbours, and cross-validation on a store.

In reading order:

- `fitted`: the rows that a fitted estimator searches;
- `knn_base`: what the estimators share: fitting and searching;
- `knn`: the classifier, the regressor and the transformer;
- `classify`: how well vectors predict an attribute.
"""

from vecstore.analysis.estimators.knn import KNeighborsClassifier

__all__ = [
    "KNeighborsClassifier",
]
