"""Principal components: the few directions in which vectors differ most."""

from typing import TYPE_CHECKING

from vecstore.analysis.selection import Selection

if TYPE_CHECKING:
    from sklearn.decomposition import PCA

__all__ = ["principal_components"]


def principal_components(selection: Selection, n: int, *, seed: int, memory: int) -> "PCA":
    """Fit scikit-learn's PCA to at most `memory` bytes of vectors."""
    from sklearn.decomposition import PCA

    # n must not exceed rows or dims. If there are more vectors, they are drawn uniformly from all
    # rows. The error shrinks with the root of their number, and no longer matters beyond some
    # thousands.
    rows = max(n, memory // (4 * selection.store.dim))
    _, vectors = selection.sample(rows, seed)
    # The solver for many dimensions is randomised.
    return PCA(n, random_state=seed).fit(vectors)
