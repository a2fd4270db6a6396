"""Baselines that need no network: the scores to beat. They need scikit-learn."""

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
    """Label `others` by a linear support vector machine over TF-IDF of their words.

    Returns the m labels in order.
    """
    need("sklearn", "A baseline")
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    known = sorted(set(labels))
    # scikit-learn's defaults with logarithmic term counts: the usual strong baseline.
    model = make_pipeline(
        TfidfVectorizer(analyzer=words_of, sublinear_tf=True), LinearSVC(random_state=seed)
    )
    model.fit(as_texts(texts, "texts"), [known.index(label) for label in labels])
    return [known[place] for place in model.predict(as_texts(others, "others"))]


def pca_error(data: npt.ArrayLike, others: npt.ArrayLike, dim: int) -> float:
    """Return the error of reconstructing `others` by principal components of `data`.

    It is the mean squared difference per number of a row, as `reconstruction_error` gives it.
    """
    need("sklearn", "A baseline")
    from sklearn.decomposition import PCA

    rows, wanted = as_samples(data, "data"), as_samples(others, "others")
    most = min(len(rows), int(np.prod(rows.shape[1:])))
    if not 1 <= dim <= most:
        raise ValueError(f"`dim` must be from 1 to {most} for these rows; got {dim}.")
    flat, others_flat = (scaled(part).reshape(len(part), -1) for part in (rows, wanted))
    # No linear map to `dim` numbers and back has a smaller error on the data.
    model = PCA(dim, random_state=0).fit(flat)
    made = model.inverse_transform(model.transform(others_flat))
    return float(np.square(made - others_flat).mean(dtype=np.float64))
