"""The three metrics: their names, and what their distances mean.

========== ================================ ====================
metric     distance (ascending = nearer)    similarity
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
    """Return the name of a metric; for a function, its own name."""
    return metric if isinstance(metric, str) else getattr(metric, "__name__", repr(metric))


def check_metric(metric: object) -> str:
    """Return `metric` if it names one of the three metrics.

    Parameters
    ----------
    metric : str
        ``"cosine"``, ``"euclidean"`` or ``"dot"``.

    Returns
    -------
    str
        The same name.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    if isinstance(metric, str) and metric in METRICS:
        return metric
    raise ValueError(f'`metric` must be one of "cosine", "euclidean", "dot"; got {metric!r}.')


def has_similarities(metric: str) -> bool:
    """Whether a metric has similarities to show; scores of 3CosMul are none of a metric."""
    return metric in ("cosine", "dot")


def similarities(distances: npt.NDArray[np.float64], metric: str) -> npt.NDArray[np.float64]:
    """Turn distances into similarities, larger = nearer.

    Parameters
    ----------
    distances : ndarray of float64, any shape
        As `search` returns them; ``inf`` marks an unused place.
    metric : str
        ``"cosine"``, ``"dot"``, or ``"product"``: the score of 3CosMul.

    Returns
    -------
    ndarray of float64, same shape
        ``1 - distances`` for cosine, ``-distances`` for the others; ``-inf`` in unused places.

    Raises
    ------
    ValueError
        For euclidean, which has no agreed similarity.
    """
    if metric == "cosine":
        return 1.0 - distances
    if metric in ("dot", "product"):
        return 0.0 - distances
    raise ValueError(f'`similarities` exist for "cosine" and "dot" only; the metric is "{metric}".')
