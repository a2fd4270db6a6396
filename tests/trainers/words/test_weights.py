"""Weights of counts equal their formulas."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_matrix

pytest.importorskip("keras")

from vecstore.trainers.words.weights import WEIGHTINGS, as_ppmi

pytestmark = pytest.mark.keras

SQUARES = arrays(np.float64, (4, 4), elements=st.integers(0, 50).map(float))


@settings(deadline=None)
@given(counts=SQUARES, smoothing=st.floats(0, 1))
def test_ppmi_is_its_formula(counts: np.ndarray, smoothing: float) -> None:
    counts = counts + counts.T
    weights = as_ppmi(csr_matrix(counts), smoothing).toarray()
    contexts = counts.sum(axis=0) ** smoothing
    for word, context in np.argwhere(counts):
        joint = counts[word, context] / counts.sum()
        chance = counts[word].sum() / counts.sum() * contexts[context]
        # The share of a context that never occurs is 0**0 = 1 where nothing is smoothed away.
        chance /= contexts.sum()
        assert weights[word, context] == pytest.approx(max(0, np.log(joint / chance)), abs=1e-9)
    assert (weights[counts == 0] == 0).all()


def test_the_weightings_of_one_count() -> None:
    counts = csr_matrix([[0.0, 3.0], [3.0, 0.0]])
    assert WEIGHTINGS["count"](counts, 0.75)[0, 1] == 3
    assert WEIGHTINGS["log"](counts, 0.75)[0, 1] == pytest.approx(np.log(4))
    assert WEIGHTINGS["ppmi"](counts, 0.75)[0, 1] == pytest.approx(np.log(2))
