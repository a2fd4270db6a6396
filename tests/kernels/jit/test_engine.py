"""The Numba engine beyond the common kernels: distances of the user's own, and compiling."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

from tests.helpers import assert_same_neighbors, make_vectors, mapped_copy
from vecstore.arrays import Block
from vecstore.kernels import jit, reference
from vecstore.kernels.jit.compiling import compiled

ROOT = Path(__file__).parents[3]


def manhattan(x: np.ndarray, y: np.ndarray) -> float:
    total = 0.0
    for i in range(len(x)):
        total += abs(x[i] - y[i])
    return total


def euclidean(x: np.ndarray, y: np.ndarray) -> float:
    """In float64 and in the sixteen lanes of the reference."""
    lanes = np.zeros(16)
    for i in range(len(x)):
        lanes[i % 16] += (np.float64(x[i]) - np.float64(y[i])) ** 2
    half = 8
    while half:
        for i in range(half):
            lanes[i] += lanes[i + half]
        half //= 2
    return np.sqrt(lanes[0])


def test_a_function_of_the_users_own_orders_rows(rng: np.random.Generator) -> None:
    rows = make_vectors("uniform", 100, 7, rng)
    expected = np.abs(rows[:2, None].astype(np.float64) - rows[None]).sum(axis=2)
    distances, found, counts, _ = jit.search_custom(
        [Block(rows, None, 0, None)], rows[:2], 5, manhattan
    )
    assert counts.tolist() == [5, 5]
    for i in range(2):
        order = np.argsort(expected[i], kind="stable")[:5]
        assert found[i].tolist() == order.tolist()
        # Differences are rounded to float32: one unit in the last place of each of seven.
        np.testing.assert_allclose(distances[i], expected[i, order], atol=7 * 2.0**-23)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_masks_blocks_exclusions_and_threads_work_as_in_search(
    dtype: type, rng: np.random.Generator
) -> None:
    rows = make_vectors("uniform", 300, 33, rng, dtype)
    mask = np.full(2, 0xAAAAAAAAAAAAAAAA, np.uint64)
    blocks = [Block(rows[:100], None, 0, mask), Block(rows[100:], None, 100, None)]
    queries = rows[:70].astype(np.float32)
    exclude = np.arange(71), np.arange(70)
    expected = reference.search(blocks, queries, 9, "euclidean", exclude=exclude)
    for threads in (1, 3):
        found = jit.search_custom(blocks, queries, 9, euclidean, exclude=exclude, threads=threads)
        assert_same_neighbors(found, expected)


def test_a_function_compiled_for_writable_arrays_takes_mapped_rows(
    rng: np.random.Generator, tmp_path: Path
) -> None:
    rows = mapped_copy(make_vectors("uniform", 20, 5, rng), tmp_path / "rows")
    eager = numba.njit("float64(float32[::1], float32[::1])")(manhattan)
    _, found, _, _ = jit.search_custom([Block(rows, None, 0, None)], np.array(rows[:3]), 1, eager)
    assert found.tolist() == [[0], [1], [2]]


def test_a_function_may_return_any_real_number(rng: np.random.Generator) -> None:
    rows = make_vectors("uniform", 10, 5, rng)
    for function in (lambda x, y: np.float32(x[0] - y[0]), lambda x, y: 3, lambda x, y: x[0] > 0):
        _, _, counts, _ = jit.search_custom([Block(rows, None, 0, None)], rows[:1], 4, function)
        assert counts.tolist() == [4]


def test_a_row_whose_distance_is_nan_is_no_answer() -> None:
    rows = np.array([[1], [2], [3]], np.float32)

    def odd_only(x: np.ndarray, y: np.ndarray) -> float:
        return np.nan if y[0] == 2 else y[0]

    distances, found, counts, _ = jit.search_custom(
        [Block(rows, None, 0, None)], rows[:1], 3, odd_only
    )
    assert found.tolist() == [[0, 2, -1]]
    assert distances.tolist() == [[1, 3, np.inf]]
    assert counts.tolist() == [2]


@pytest.mark.parametrize(
    "function",
    [
        pytest.param(lambda x, y: ROOT / "x", id="what Numba does not know"),
        pytest.param(lambda x: 1.0, id="one argument"),
        pytest.param(lambda x, y: None, id="no number"),
        pytest.param(lambda x, y: "far", id="a string"),
        pytest.param(lambda x, y: 1j, id="a complex number"),
        pytest.param(lambda x, y: x, id="a vector"),
        pytest.param(numba.njit("f8(i8[:], i8[:])")(manhattan), id="compiled for integers"),
        pytest.param(42, id="no function"),
    ],
)
def test_a_function_that_cannot_be_compiled_is_refused(function: object) -> None:
    rows = np.ones((2, 3), np.float32)
    with pytest.raises(TypeError, match=r"^`metric` must be a function f\(x, y\) -> float.*\.$"):
        jit.search_custom([Block(rows, None, 0, None)], rows, 1, function)  # type: ignore[arg-type]


def test_an_error_raised_by_the_function_is_the_callers() -> None:
    rows = np.ones((2, 3), np.float32)

    def fails(x: np.ndarray, y: np.ndarray) -> float:
        if x[0] == y[0]:
            raise ArithmeticError("too far")
        return 0.0

    with pytest.raises(ArithmeticError, match="too far"):
        jit.search_custom([Block(rows, None, 0, None)], rows, 1, fails)


def run_dot_rows(cache: Path) -> list[str]:
    """Products by the Numba engine in a process of its own, and how often the cache had it."""
    code = (
        "import numpy as np; from vecstore.kernels import jit;"
        "from vecstore.kernels.jit import float64_sums;"
        "print(jit.dot_rows(np.ones(3, np.float32), np.ones((2, 3), np.float32)).tolist());"
        "print(sum(float64_sums.dots.stats.cache_hits.values()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout.splitlines()


def test_compiled_kernels_are_kept_on_disk(tmp_path: Path) -> None:
    assert run_dot_rows(tmp_path) == ["[3.0, 3.0]", "0"]
    assert run_dot_rows(tmp_path) == ["[3.0, 3.0]", "1"]


def test_what_cannot_be_kept_on_disk_is_compiled_in_memory() -> None:
    """Numba has no place for the code of a function that comes from no file."""
    made: dict[str, Any] = {}
    exec("def double(x): return 2 * x", made)
    with pytest.raises(RuntimeError, match="cannot cache"):
        numba.njit(cache=True)(made["double"])
    assert compiled(made["double"])(3) == 6
