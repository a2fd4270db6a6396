"""Correlations are SciPy's."""

from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecstore.analysis.correlation import pearson, spearman

numbers = st.integers(-9, 9).map(lambda number: number / 4)


@given(st.lists(st.tuples(numbers, numbers), min_size=2))
def test_correlations_are_scipys(pairs: list[tuple[float, float]]) -> None:
    stats = pytest.importorskip("scipy.stats")
    first, second = np.array(pairs).T
    for ours, theirs in ((pearson, stats.pearsonr), (spearman, stats.spearmanr)):
        if len(set(first)) > 1 and len(set(second)) > 1:
            assert ours(first, second) == pytest.approx(theirs(first, second)[0], abs=1e-12)
        else:
            assert isnan(ours(first, second))
