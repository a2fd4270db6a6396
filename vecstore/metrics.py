"""The three metrics: their names, and what their distances mean.

========== ================================ ====================
metric     distance (smaller = nearer)      similarity
========== ================================ ====================
cosine     1 - cos(q, x), in [0, 2]         cos(q, x)
euclidean  sqrt(sum((q - x)**2)), >= 0      none
dot        -(q . x)                         q . x
========== ================================ ====================
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["METRICS", "Metric", "check_metric", "has_similarities", "metric_name", "similarities"]

METRICS = ("cosine", "euclidean", "dot")

#: One of the three names, or a Numba function ``f(x, y) -> float``.
Metric = str | Callable[[Any, Any], float]


def metric_name(metric: Metric) -> str:
    """Return the name of a metric, or of the function that computes it."""
    return metric if isinstance(metric, str) else getattr(metric, "__name__", repr(metric))


def check_metric(metric: object) -> str:
    """Return `metric`; raises ValueError unless it names one of the three metrics."""
    if isinstance(metric, str) and metric in METRICS:
        return metric
    raise ValueError(f'`metric` must be one of "cosine", "euclidean", "dot"; got {metric!r}.')


def has_similarities(metric: str) -> bool:
    """Return whether a metric has similarities to show; 3CosMul scores belong to no metric."""
    return metric in ("cosine", "dot")


def similarities(distances: npt.NDArray[np.float64], metric: str) -> npt.NDArray[np.float64]:
    """Turn distances into similarities: larger = nearer, ``-inf`` in unused places (``inf``).

    The metric may be ``"product"`` too, the score of 3CosMul. Euclidean, which has no agreed
    similarity, raises ValueError.
    """
    if metric == "cosine":
        return 1.0 - distances
    if metric in ("dot", "product"):
        return 0.0 - distances
    raise ValueError(f'`similarities` exist for "cosine" and "dot" only; the metric is "{metric}".')
