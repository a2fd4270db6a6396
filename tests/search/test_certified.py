"""The certificate: rows that codes rule out are never missed, whatever the rows and the queries.

`tests/hunt.py` draws the cases; it is also the program that goes on looking for minutes or hours.
"""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests import hunt
from tests.helpers import assert_same_neighbors
from vecstore.arrays import Block, Codes
from vecstore.kernels import reference
from vecstore.kernels.contract import Engine

# Few distinct values make ties; the rest reaches every exponent of float32.
ELEMENTS = st.sampled_from([0.0, 1.0, -1.0, 0.5, 2.0**-149, 2.0**-126, -(2.0**127)]) | st.floats(
    width=32, allow_nan=False, allow_infinity=False
)
SMALL = st.sampled_from([0.0, 1.0, -3.0, 127.0, 2.0**-149])


@st.composite
def cases(draw: st.DrawFn, metric: str) -> hunt.Case:
    """Small cases of any values whatever, which Hypothesis can make smaller still."""
    n, dim, n_queries = (draw(st.integers(*span)) for span in ((1, 60), (1, 20), (1, 20)))
    elements = draw(st.sampled_from([ELEMENTS, SMALL]))
    arrays = [
        draw(hnp.arrays(np.float32, (rows, dim), elements=elements, fill=elements))
        for rows in (n, n_queries)
    ]
    vectors, queries = (hunt.as_stored(array, metric) for array in arrays)
    center = draw(hnp.arrays(np.float32, dim, elements=elements, fill=elements))
    norms = reference.inverse_norms(vectors) if metric == "cosine" else None
    blocks = [Block(vectors, norms, 0, None)]
    return hunt.Case(blocks, [center], queries, draw(st.integers(1, n + 2)), metric, None)


@pytest.mark.parametrize("metric", hunt.METRICS)
# The engine does not change between the examples of one test.
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_codes_give_the_answer_of_the_reference(
    kernel: Engine, metric: str, data: st.DataObject
) -> None:
    case = data.draw(cases(metric))
    assert_same_neighbors(hunt.search_codes(kernel, case), hunt.expected_of(case))


@pytest.mark.parametrize("number", range(40))
def test_hunted_cases(kernel: Engine, number: int) -> None:
    case = hunt.random_case(np.random.default_rng([0, number]))
    assert_same_neighbors(hunt.search_codes(kernel, case), hunt.expected_of(case))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_long_hunt(kernel: Engine, rng: np.random.Generator) -> None:
    seed = int(rng.integers(2**31))
    for number in range(1000):
        case = hunt.random_case(np.random.default_rng([seed, number]))
        print(f"python -m tests.hunt --case {seed}:{number}")
        assert_same_neighbors(hunt.search_codes(kernel, case), hunt.expected_of(case))


# Cases that broke something once, or nearly did.


@pytest.mark.parametrize("n_queries", [1, 20])
def test_lengths_that_are_subnormal_in_float32(
    kernel: Engine, n_queries: int, rng: np.random.Generator
) -> None:
    """Such a length is rounded to a multiple of 2**-149, which may be half of it."""
    for dim in (2, 5, 8):
        vectors = (rng.integers(-9, 10, (1000, dim)) * 2.0**-149).astype(np.float32)
        zero = np.zeros(dim, np.float32)
        queries = np.zeros((n_queries, dim), np.float32)
        case = hunt.Case([Block(vectors, None, 0, None)], [zero], queries, 10, "euclidean", None)
        assert_same_neighbors(hunt.search_codes(kernel, case), hunt.expected_of(case))


# The hunt itself.


def promising_too_much(kernel: Engine, case: hunt.Case, factor: float) -> hunt.Found:
    """Search codes that say their errors are smaller than they are."""

    class Liar:
        @staticmethod
        def encode(vectors: np.ndarray, metric: str, center: np.ndarray) -> Codes:
            codes = kernel.encode(vectors, metric, center)
            codes.errors[:] *= factor
            codes.bounds[:, 1] *= factor
            return codes

        search = staticmethod(kernel.search)

    return hunt.search_codes(Liar(), case)  # type: ignore[arg-type]


def test_the_hunt_finds_bounds_that_are_too_tight(kernel: Engine) -> None:
    if kernel.NAME == "reference":
        pytest.skip("the reference looks at no bounds")
    found = 0
    for number in range(100):
        case = hunt.random_case(np.random.default_rng([1, number]))
        try:
            assert_same_neighbors(promising_too_much(kernel, case, 0.05), hunt.expected_of(case))
        except AssertionError:
            found += 1
    assert found > 0
