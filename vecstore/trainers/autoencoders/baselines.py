"""What can be had without a network: the figures to beat. They need scikit-learn."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.extras import need
from vecstore.trainers.autoencoders.samples import as_samples, scaled
from vecstore.trainers.corpus.numbered import as_texts
from vecstore.trainers.corpus.word_ids import Text, words_of

__all__ = ["linear_labels", "pca_error"]


def linear_labels(
    texts: Sequence[Text], labels: Sequence[Any], others: Sequence[Text], *, seed: int = 0
) -> list[Any]:
    """Label texts by a linear support vector machine over TF-IDF of their words.

    Parameters
    ----------
    texts : sequence of n str, or of lists of words
        What to learn from.
    labels : sequence of n str, int or bool
        What they are.
    others : sequence of m str, or of lists of words
        What to label.
    seed : int, default 0
        Of the solver.

    Returns
    -------
    list of m labels
        For the others, in their order.

    Notes
    -----
    The defaults of scikit-learn, with logarithmic term counts: the usual strong baseline.
    """
    need("sklearn", "A baseline")
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    known = sorted(set(labels))
    model = make_pipeline(
        TfidfVectorizer(analyzer=words_of, sublinear_tf=True), LinearSVC(random_state=seed)
    )
    model.fit(as_texts(texts, "texts"), [known.index(label) for label in labels])
    return [known[place] for place in model.predict(as_texts(others, "others"))]


def pca_error(data: npt.ArrayLike, others: npt.ArrayLike, dim: int) -> float:
    """Return the reconstruction error of principal components, as of an autoencoder.

    Parameters
    ----------
    data : array_like, shape (n, ...)
        What to learn from: bytes are divided by 255.
    others : array_like, shape (m, ...)
        What to put together again.
    dim : int
        How many components; at most as many as rows and as numbers in a row.

    Returns
    -------
    float
        Mean squared difference per number of a row, of the others.

    Notes
    -----
    No linear map to so many numbers and back has a smaller one on the data.
    """
    need("sklearn", "A baseline")
    from sklearn.decomposition import PCA

    rows, wanted = as_samples(data, "data"), as_samples(others, "others")
    most = min(len(rows), int(np.prod(rows.shape[1:])))
    if not 1 <= dim <= most:
        raise ValueError(f"`dim` must be from 1 to {most} for these rows; got {dim}.")
    flat, others_flat = (scaled(part).reshape(len(part), -1) for part in (rows, wanted))
    model = PCA(dim, random_state=0).fit(flat)
    made = model.inverse_transform(model.transform(others_flat))
    return float(np.square(made - others_flat).mean(dtype=np.float64))
