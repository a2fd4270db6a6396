"""A hunt for a counterexample: any finite vectors whatever, and still the reference's answer."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.conftest import FAST_CHOICES
from tests.helpers import assert_same_neighbors
from vecstore.arrays import Block
from vecstore.kernels import reference
from vecstore.kernels.contract import Engine

pytestmark = pytest.mark.parametrize("engine", FAST_CHOICES, indirect=True)

METRICS = ["cosine", "euclidean", "dot"]
PATHS = ["float", "codes"]

# Few distinct values make ties; the rest reaches every exponent of float32.
ELEMENTS = st.sampled_from([0.0, 1.0, -1.0, 0.5, 2.0**-149, 2.0**-126, -(2.0**127)]) | st.floats(
    width=32, allow_nan=False, allow_infinity=False
)
# The engine does not change between the examples of one test.
PER_ENGINE = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def searches(draw: st.DrawFn) -> tuple[list[Block], np.ndarray, int, tuple[np.ndarray, np.ndarray]]:
    """Blocks, some masked, some empty; queries; k; excluded rows."""
    n, dim, n_queries = (draw(st.integers(*span)) for span in ((0, 90), (1, 20), (1, 20)))
    rows = draw(hnp.arrays(np.float32, (n, dim), elements=ELEMENTS, fill=ELEMENTS))
    queries = draw(hnp.arrays(np.float32, (n_queries, dim), elements=ELEMENTS, fill=ELEMENTS))
    cut = draw(st.integers(0, n))
    blocks = []
    for start, stop in ((0, cut), (cut, n)):
        words = draw(st.none() | hnp.arrays(np.uint64, -(-(stop - start) // 64)))
        part = rows[start:stop]
        blocks.append(Block(part, reference.inverse_norms(part), start, words))
    excluded = draw(hnp.arrays(np.int64, 2 * n_queries, elements=st.integers(0, 90)))
    return blocks, queries, draw(st.integers(1, n + 3)), (np.arange(n_queries + 1) * 2, excluded)


def with_codes(block: Block, metric: str, center: np.ndarray) -> Block:
    return block._replace(codes=reference.encode(block.vectors, metric, center))


@pytest.mark.parametrize("metric", METRICS)
@PER_ENGINE
@given(search=searches(), data=st.data())
def test_any_search_has_the_answer_of_the_reference(
    kernel: Engine,
    metric: str,
    search: tuple[list[Block], np.ndarray, int, tuple],
    data: st.DataObject,
) -> None:
    blocks, queries, k, exclude = search
    anywhere = hnp.arrays(np.float32, queries.shape[1], elements=ELEMENTS, fill=st.just(0.0))
    centers = [data.draw(st.just(queries[0]) | anywhere, label="center") for _ in blocks]
    queries[~queries.any(axis=1)] = 1  # no direction: refused before it gets to an engine
    coded = [
        with_codes(block, metric, center) for block, center in zip(blocks, centers, strict=True)
    ]
    expected = reference.search(blocks, queries, k, metric, exclude=exclude)
    for path in PATHS:
        found = kernel.search(coded, queries, k, metric, exclude=exclude, path=path)
        assert_same_neighbors(found, expected)


@PER_ENGINE
@given(search=searches(), data=st.data())
def test_any_analogies_have_the_answers_of_the_reference(
    kernel: Engine, search: tuple[list[Block], np.ndarray, int, tuple], data: st.DataObject
) -> None:
    """Products of cosines, and sums, whether or not queries are the sums they are said to be."""
    blocks, vectors, k, exclude = search
    vectors[~vectors.any(axis=1)] = 1
    n = len(vectors)
    inputs = hnp.arrays(np.int64, n, elements=st.integers(0, n - 1))
    plus, minus = data.draw(inputs), data.draw(inputs)
    groups = (np.arange(n + 1), plus), (np.arange(n + 1), minus)
    found = kernel.search_mul(blocks, vectors, *groups, k, exclude=exclude)
    expected = reference.search_mul(blocks, vectors, *groups, k, exclude=exclude)
    assert_same_neighbors(found, expected)
    units = vectors / np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    sums = (units[plus] - units[minus]).astype(np.float32)
    sums[~sums.any(axis=1)] = 1
    for queries in (sums, vectors):
        found = kernel.search_sums(blocks, queries, vectors, *groups, k, exclude=exclude)
        expected = reference.search(blocks, queries, k, "cosine", exclude=exclude)
        assert_same_neighbors(found, expected)


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS)
def test_a_long_random_hunt(kernel: Engine, metric: str, rng: np.random.Generator) -> None:
    """Magnitudes from all over float32, near-duplicates, dims and k of every size."""
    for _ in range(300):
        n, dim = int(rng.integers(1, 700)), int(rng.integers(1, 300))
        spread = rng.choice([0, 1, 20, 60])
        scales = 2.0 ** (rng.uniform(-spread, spread, (n, 1)) + rng.choice([0, -100, 60]))
        centers = rng.standard_normal((int(rng.integers(1, 6)), dim))
        noise = rng.standard_normal((n, dim)) * 2.0 ** rng.uniform(-30, 1)
        rows = ((centers[rng.integers(0, len(centers), n)] + noise) * scales).astype(np.float32)
        queries = rows[rng.integers(0, n, int(rng.integers(1, 70)))]
        queries = queries * np.float32(rng.choice([1, -1, 3]))
        queries[~queries.any(axis=1)] = 1
        k = int(rng.choice([1, 10, n // 2 + 1, n]))
        center = (centers[0] * rng.choice([0, 1])).astype(np.float32)
        blocks = [with_codes(Block(rows, reference.inverse_norms(rows), 0, None), metric, center)]
        expected = reference.search(blocks, queries, k, metric)
        for path in PATHS:
            found = kernel.search(blocks, queries, k, metric, path=path)
            assert_same_neighbors(found, expected)
