"""Principal components: the few directions in which vectors differ most."""

from typing import TYPE_CHECKING

from vecstore.analysis.selection import Selection

if TYPE_CHECKING:
    from sklearn.decomposition import PCA

__all__ = ["principal_components"]


def principal_components(selection: Selection, n: int, *, seed: int, memory: int) -> "PCA":
    """Find the n directions of largest variance.

    Parameters
    ----------
    selection : Selection
        The rows.
    n : int
        At most as many as there are rows and dimensions.
    seed : int
        For what is random: the solver for many dimensions, and which rows are drawn.
    memory : int
        Bytes of vectors to learn from. If there are more, they are drawn from all rows alike; the
        error shrinks with the root of their number, and is of no interest past some thousands.

    Returns
    -------
    PCA
        Of scikit-learn, ready to transform batches.
    """
    from sklearn.decomposition import PCA

    rows = max(n, memory // (4 * selection.store.dim))
    _, vectors = selection.sample(rows, seed)
    return PCA(n, random_state=seed).fit(vectors)
