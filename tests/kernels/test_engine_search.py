"""`search` of every engine and level: the answers of the reference, to the bit.

Fast engines drop rows by a bound, of float32 values or of 8-bit codes, and score the rest in
float64. So nothing here has a tolerance: one row dropped too many, one tie the wrong way round, and
a test fails.
"""

from itertools import product
from threading import Thread

import numpy as np
import pytest

from tests.conftest import FAST_CHOICES
from tests.helpers import (
    KINDS,
    Found,
    assert_same_neighbors,
    make_vectors,
    misaligned,
)
from tests.kernels.blocks import blocks_of, codes_of, exclusions, queries_for
from vecstore.arrays import Block, Exclusions
from vecstore.kernels import reference
from vecstore.kernels.contract import Engine

pytestmark = pytest.mark.parametrize("engine", FAST_CHOICES, indirect=True)

METRICS = ["cosine", "euclidean", "dot"]
PATHS = ["float", "codes"]


def check(
    kernel: Engine,
    blocks: list[Block],
    queries: np.ndarray,
    k: int,
    metric: str,
    exclude: Exclusions | None = None,
) -> Found:
    """Compare what the engine finds on every path with the reference."""
    expected = reference.search(blocks, queries, k, metric, exclude=exclude)
    for path in PATHS:
        found = kernel.search(blocks, queries, k, metric, exclude=exclude, path=path)
        assert_same_neighbors(found, expected)
    return found[:3]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("dim", [1, 2, 3, 7, 8, 9, 16, 17, 31, 33, 64, 100, 223, 768])
def test_every_kind_of_rows(
    kernel: Engine, dim: int, dtype: type, metric: str, rng: np.random.Generator
) -> None:
    for kind, n_queries in zip(KINDS, (1, 2, 5, 17, 33, 70), strict=True):
        rows = make_vectors(kind, 300, dim, rng, dtype)
        check(kernel, blocks_of(rows, metric=metric), queries_for(rows, n_queries, rng), 10, metric)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("n", [1, 3, 64, 65])
def test_every_k_up_to_more_than_there_is(
    kernel: Engine, n: int, metric: str, rng: np.random.Generator
) -> None:
    rows = make_vectors("uniform", n, 5, rng)
    for k in {1, 2, n // 2 + 1, n, n + 1, n + 3}:
        for n_queries in (1, 20):
            blocks = blocks_of(rows, metric=metric)
            _, _, counts = check(kernel, blocks, queries_for(rows, n_queries, rng), k, metric)
            assert (counts == min(k, n)).all()


@pytest.mark.parametrize("metric", METRICS)
def test_masks_exclusions_and_blocks(kernel: Engine, metric: str, rng: np.random.Generator) -> None:
    rows = make_vectors("uniform", 700, 19, rng)
    for cuts, masked, n_queries, excluded in product(
        [(), (1,), (64, 64, 200), (63, 129, 300, 699)], [False, True], [1, 40], [0, 9]
    ):
        exclude = exclusions(n_queries, len(rows), excluded, rng) if excluded else None
        blocks = blocks_of(rows, cuts, metric, masked)
        _, found, counts = check(
            kernel, blocks, queries_for(rows, n_queries, rng), 12, metric, exclude
        )
        assert (counts == 12).all()
        assert not masked or (found % 3 != 0).all()


@pytest.mark.parametrize("metric", METRICS)
def test_blocks_in_any_order_with_gaps_and_mixed_dtypes(
    kernel: Engine, metric: str, rng: np.random.Generator
) -> None:
    rows = make_vectors("uniform", 300, 24, rng)
    halves = rows.astype(np.float16)
    blocks = []
    for part, first_row in (
        (misaligned(rows[:100], 1, 3), 5000),
        (halves[100:200], 0),
        (misaligned(halves[200:], 3, 3), 200),
        (rows[100:200], 1000),
    ):
        norms, codes = reference.inverse_norms(part), codes_of(part, metric, len(blocks))
        blocks.append(Block(part, norms, first_row, None, codes))
    check(kernel, blocks, queries_for(rows, 30, rng), 20, metric)
    check(kernel, blocks, queries_for(rows, 1, rng), 20, metric)


@pytest.mark.parametrize("metric", METRICS)
def test_a_mask_of_zeros_hides_every_row(kernel: Engine, metric: str) -> None:
    rows = np.ones((70, 4), np.float32)
    hidden = blocks_of(rows, metric=metric)[0]._replace(mask=np.zeros(2, np.uint64))
    _, found, counts = check(kernel, [hidden], rows[:1], 3, metric)
    assert counts.tolist() == [0]
    assert found.tolist() == [[-1, -1, -1]]


@pytest.mark.parametrize("metric", METRICS)
def test_everything_excluded_leaves_nothing(kernel: Engine, metric: str) -> None:
    rows = np.ones((70, 4), np.float32)
    exclude = np.array([0, 70, 70]), np.arange(70)
    _, _, counts = check(kernel, blocks_of(rows, (), metric), rows[:2], 3, metric, exclude)
    assert counts.tolist() == [0, 3]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("n_queries", [1, 2, 100])
def test_equal_rows_come_in_order_across_blocks(
    kernel: Engine, n_queries: int, metric: str, rng: np.random.Generator
) -> None:
    """Three distinct rows, each many times: nearly every distance is a tie."""
    distinct = make_vectors("uniform", 3, 50, rng)
    rows = distinct[rng.integers(0, 3, 2000)]
    queries = distinct[rng.integers(0, 3, n_queries)]
    blocks = blocks_of(rows, (500, 501, 1300), metric)
    check(kernel, blocks, queries, 50, metric)
    check(kernel, blocks[::-1], queries, 50, metric)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("scale", [2.0**-149, 2.0**-130, 2.0**-75, 2.0**64, 2.0**100, 2.0**126])
def test_float32_may_be_too_narrow_for_the_filter(
    kernel: Engine, scale: float, metric: str, rng: np.random.Generator
) -> None:
    """Rows and queries whose squares and products leave the range of float32, among others."""
    for n_queries, dim in product((1, 2, 40), (3, 40)):
        rows = make_vectors("uniform", 400, dim, rng)
        rows[::3] = np.ceil(rows[::3] * 3) * np.float32(scale)
        rows[1::50] = rows[0]
        if metric == "cosine":
            rows[~rows.any(axis=1)] = scale
        queries = queries_for(rows, n_queries, rng)
        for k in (15, 350):
            check(kernel, blocks_of(rows, (130,), metric), queries, k, metric)


@pytest.mark.parametrize("n_queries", [1, 40])
def test_sums_that_overflow_on_their_way_to_zero(kernel: Engine, n_queries: int) -> None:
    """Every product is finite in float32 and so is every sum, but not the half-way ones."""
    farther = np.zeros((60, 40), np.float32)
    farther[:, 0] = -(2.0**50)
    signs = np.repeat(np.float32([-(2.0**60), 2.0**60]), 20)
    rows = np.concatenate([farther, np.stack([signs, -signs] * 20)])
    queries = np.full((n_queries, 40), 1.9 * 2.0**67, np.float32)
    _, found, _ = check(kernel, blocks_of(rows, metric="dot"), queries, 40, "dot")
    assert (found >= 60).all()


@pytest.mark.parametrize("n_queries", [1, 40])
@pytest.mark.parametrize("factor", [0.99, 1.0, 1.01])
def test_sums_of_products_that_underflow_one_way(
    kernel: Engine, factor: float, n_queries: int
) -> None:
    """Products of about 2**-150, each rounded to 0 or to twice as much, against exact ones."""
    small = np.float32(2.0**-75)
    rows = np.zeros((200, 40), np.float32)
    rows[:] = np.float32(factor) * small
    rows[:100] = 0
    rows[:100, 0] = np.arange(100) * small * 2
    check(kernel, blocks_of(rows, metric="dot"), np.full((n_queries, 40), small), 5, "dot")
    rows[:100, 0] = np.sqrt(np.arange(100)) * small
    none = np.zeros((n_queries, 40), np.float32)
    for k in (5, 60, 130):
        check(kernel, blocks_of(rows, metric="euclidean"), none, k, "euclidean")


@pytest.mark.parametrize("metric", METRICS)
def test_many_rows_and_many_queries(kernel: Engine, metric: str, rng: np.random.Generator) -> None:
    """Enough for several threads, panels and cache blocks, with near-duplicates throughout."""
    centers = make_vectors("uniform", 30, 96, rng)
    rows = centers[rng.integers(0, 30, 20_000)]
    rows = rows + np.float32(2.0**-12) * make_vectors("uniform", len(rows), 96, rng)
    queries = rows[rng.integers(0, len(rows), 150)]
    check(kernel, blocks_of(rows, (7000,), metric), queries[:12], 10, metric)
    # Against itself, one query at a time: the batch may not change an answer.
    blocks = blocks_of(rows, metric=metric)
    batch = kernel.search(blocks, queries, 10, metric)
    for i, path in product(range(0, 150, 29), PATHS):
        alone = kernel.search(blocks, queries[i : i + 1], 10, metric, path=path)
        assert_same_neighbors(alone, tuple(part[i : i + 1] for part in batch[:3]))
    assert_same_neighbors(kernel.search(blocks, queries, 10, metric, path="codes"), batch)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_do_not_change_the_answer(
    kernel: Engine, threads: int, path: str, rng: np.random.Generator
) -> None:
    # One query splits the rows between threads, many are split themselves.
    for n, n_queries in ((70_000, 1), (6000, 70)):
        rows = make_vectors("clustered", n, 64, rng)
        blocks, asked = blocks_of(rows, (100, 4000)), queries_for(rows, n_queries, rng)
        found = kernel.search(blocks, asked, 9, "cosine", path=path, threads=threads)
        assert_same_neighbors(found, kernel.search(blocks, asked, 9, "cosine"))


def test_many_callers_at_once_get_their_own_answers(
    kernel: Engine, rng: np.random.Generator
) -> None:
    rows = make_vectors("uniform", 3000, 32, rng)
    blocks, queries = blocks_of(rows), queries_for(rows, 8, rng)
    expected = [reference.search(blocks, queries[i : i + 1], 5, "cosine") for i in range(8)]
    found: list[Found | None] = [None] * 8

    def ask(i: int) -> None:
        found[i] = kernel.search(blocks, queries[i : i + 1], 5, "cosine", threads=2)

    callers = [Thread(target=ask, args=(i,)) for i in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    for got, wanted in zip(found, expected, strict=True):
        assert got is not None
        assert_same_neighbors(got, wanted)


@pytest.mark.parametrize("n_queries", [1, 40])
def test_norms_that_float32_rounds_to_the_same(kernel: Engine, n_queries: int) -> None:
    """Subnormal: 2**-149 times the roots of 13 and of 14 both become 2**-149 times 4."""
    rows = np.zeros((9, 14), np.float32)
    rows[-1, 0] = 2.0**-149
    query = np.full(14, 2.0**-149, np.float32)
    block = Block(rows, None, 0, None, reference.encode(rows, "euclidean", query))
    for k in (1, 2):
        _, found, _ = check(kernel, [block], np.stack([query] * n_queries), k, "euclidean")
        assert (found[:, 0] == 8).all()


@pytest.mark.parametrize("metric", METRICS)
def test_a_k_so_large_that_queries_are_taken_by_the_handful(kernel: Engine, metric: str) -> None:
    rows = np.arange(1, 601, dtype=np.float32).reshape(200, 3)
    check(kernel, blocks_of(rows, (90,), metric), rows[:70], 60_000, metric)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("n_queries", [1, 40])
def test_rows_that_are_not_finite(
    kernel: Engine, n_queries: int, metric: str, rng: np.random.Generator
) -> None:
    """As somebody else's file may hold them: NaN is no answer, infinities are ranked."""
    rows = make_vectors("uniform", 200, 20, rng)
    queries = queries_for(rows, n_queries, rng)
    rows[::7, 3], rows[1::7, 4], rows[2::7, 5] = np.nan, np.inf, -np.inf
    for k in (10, 250):
        check(kernel, blocks_of(rows, (70,), metric), queries, k, metric)


@pytest.mark.parametrize("metric", METRICS)
def test_no_queries_and_no_rows(kernel: Engine, metric: str) -> None:
    rows = np.ones((3, 4), np.float32)
    check(kernel, blocks_of(rows, (), metric), rows[:0], 2, metric)
    check(kernel, blocks_of(rows[:0], (), metric), rows, 2, metric)
    check(kernel, blocks_of(rows, (0, 0), metric), rows, 2, metric)


@pytest.mark.parametrize("metric", METRICS)
def test_equal_rows_are_scored_once_at_most(kernel: Engine, metric: str) -> None:
    """No bound tells them apart: the scan of codes turns into one of vectors, no worse."""
    rows = np.full((5000, 30), 0.3, np.float32)
    blocks = blocks_of(rows, (2000,), metric)
    for n_queries in (1, 40):
        found = kernel.search(blocks, rows[:n_queries], 7, metric, path="codes")
        assert found.rows.tolist() == [list(range(7))] * n_queries
        assert found.work.rescored is not None
        assert found.work.rescored <= 5000 * n_queries


def test_codes_leave_few_rows_to_score(kernel: Engine, rng: np.random.Generator) -> None:
    rows = make_vectors("uniform", 20_000, 100, rng)
    found = kernel.search(blocks_of(rows), queries_for(rows, 40, rng), 10, "cosine", path="codes")
    assert found.work.scanned == 40 * 20_000
    assert found.work.rescored is not None
    assert 40 * 10 <= found.work.rescored < 40 * 200


def test_the_path_of_codes_needs_codes(kernel: Engine) -> None:
    rows = np.ones((3, 4), np.float32)
    block = Block(rows, reference.inverse_norms(rows), 0, None)
    with pytest.raises(ValueError, match="`blocks` must have codes"):
        kernel.search([block], rows, 1, "cosine", path="codes")
