"""The figures to beat: they are what scikit-learn says."""

import numpy as np
import pytest

pytest.importorskip("keras")
pytest.importorskip("sklearn")

from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from vecstore.trainers.autoencoders.baselines import linear_labels, pca_error

pytestmark = pytest.mark.keras


def test_texts_are_labelled_by_their_words() -> None:
    texts = ["well done", "good work", "poor work", "badly done"]
    labels = ["good", "good", "bad", "bad"]
    assert linear_labels(texts, labels, ["good", "Poor!", "badly"]) == ["good", "bad", "bad"]


def test_the_error_of_components_is_that_of_scikit_learn() -> None:
    digits = load_digits().data / 16
    known, others = digits[:1500], digits[1500:]
    model = PCA(5).fit(known)
    expected = np.mean((model.inverse_transform(model.transform(others)) - others) ** 2)
    images = others.reshape(-1, 8, 8)
    assert pca_error(known.reshape(-1, 8, 8), images, 5) == pytest.approx(expected, rel=1e-3)


def test_all_components_lose_nothing() -> None:
    rows = load_digits().data.astype(np.uint8)
    assert pca_error(rows, rows, 64) < 1e-9


def test_more_components_than_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match=r"from 1 to 2 for these rows; got 3\."):
        pca_error(np.zeros((9, 2)), np.zeros((9, 2)), 3)
