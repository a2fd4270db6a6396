"""What is assured is not more than was measured."""

import numpy as np
import pytest

from vecstore.search.calibration import _assured


@pytest.mark.parametrize(("queries", "most"), [(24, 0.89), (150, 0.981), (512, 0.9942)])
def test_that_all_was_found_by_few_assures_little(queries: int, most: float) -> None:
    found = _assured(np.ones(queries), np.arange(queries, dtype=float), 3)
    assert most - 0.02 < found <= most
    # One query in so many that finds nothing would be missed by one trial in twenty.
    assert 0.04 < found**queries < 0.06


def test_the_worst_third_by_distance_counts() -> None:
    shares = np.ones(300)
    shares[200:] = np.tile([0.5, 1.0], 50)
    near, far = np.arange(300.0), -np.arange(300.0)
    assert _assured(shares, near, 3) == _assured(shares, far, 3) == pytest.approx(0.75 - 2 * 0.025)
    assert _assured(shares, near, 1) > 0.8
