"""Matrices reduced to the textbook's values."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_matrix, random_array

pytest.importorskip("keras")
datasets = pytest.importorskip("sklearn.datasets")

from vecstore.trainers import reduce  # noqa: E402 (needs Keras)
from vecstore.trainers.words.matrices import factor  # noqa: E402

pytestmark = pytest.mark.keras


def textbook_iris() -> np.ndarray:
    """The data as textbooks have them; scikit-learn's differ in two flowers."""
    flowers = datasets.load_iris().data.copy()
    flowers[34] = flowers[37] = [4.9, 3.1, 1.5, 0.1]
    return flowers


@pytest.mark.parametrize("form", [np.asarray, csr_matrix])
def test_iris_has_the_components_of_the_textbook(form: Any) -> None:
    reduced = reduce(form(textbook_iris()), 3)
    assert reduced.shape == (150, 3)
    assert np.abs(reduced[0]) == pytest.approx([2.68420713, 0.32660731, 0.02151184], abs=5e-9)


@pytest.mark.parametrize("form", [np.asarray, csr_matrix])
def test_svd_is_that_of_numpy_up_to_signs(form: Any) -> None:
    flowers = textbook_iris()
    left, values, _ = np.linalg.svd(flowers, full_matrices=False)
    reduced = reduce(form(flowers), 3, method="svd")
    assert np.abs(reduced) == pytest.approx(np.abs(left * values)[:, :3], abs=1e-9)


def test_as_many_dimensions_as_there_are_lose_nothing() -> None:
    flowers = textbook_iris()
    for method, center in (("pca", flowers.mean(axis=0)), ("svd", 0)):
        reduced = reduce(flowers, 4, method)
        lengths = np.linalg.norm(flowers - center, axis=1)
        assert np.linalg.norm(reduced, axis=1) == pytest.approx(lengths, rel=1e-9)


def test_a_wide_sparse_matrix_is_reduced_as_a_dense_one() -> None:
    rng = np.random.default_rng(1)
    sparse = random_array((60, 1200), density=0.02, format="csr", rng=rng)
    for method in ("pca", "svd"):
        dense = reduce(sparse.toarray(), 4, method)
        assert np.abs(reduce(sparse, 4, method)) == pytest.approx(np.abs(dense), abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(
    # Squares of far smaller numbers are zero, and then ARPACK has nothing to begin with.
    matrix=arrays(
        np.float64, (6, 4), elements=st.integers(-(10**6), 10**6).map(lambda n: n / 1e3)
    ).filter(lambda m: m.any()),
    dim=st.integers(1, 4),
    method=st.sampled_from(["pca", "svd"]),
)
def test_reducing_never_moves_rows_apart(matrix: np.ndarray, dim: int, method: str) -> None:
    reduced = reduce(matrix, dim, method)
    before = np.linalg.norm(matrix[:, None] - matrix, axis=2)
    after = np.linalg.norm(reduced[:, None] - reduced, axis=2)
    assert (after <= before + 1e-6 * (1 + before.max())).all()


def test_single_precision_stays_single() -> None:
    assert reduce(textbook_iris().astype(np.float32), 2).dtype == np.float32


def test_the_power_scales_the_singular_vectors() -> None:
    matrix = csr_matrix(np.diag([9.0, 4.0, 1.0, 0.25]))
    for power, first, second in ((0, 1, 1), (0.5, 3, 2), (1, 9, 4)):
        vectors, left = factor(matrix, 2, power, seed=0)
        assert np.abs(vectors[[0, 1], [0, 1]]) == pytest.approx([first, second], rel=1e-5)
        assert left == pytest.approx((1 + 0.25**2) / (81 + 16 + 1 + 0.25**2))


def test_dimensions_of_which_nothing_is_left_are_zero() -> None:
    rank_one = csr_matrix(np.outer([1.0, 2, 3, 4], [1.0, 2, 3, 4]))
    vectors, left = factor(rank_one, 3, 0, seed=0)
    assert np.abs(vectors[:, 0]) == pytest.approx(np.arange(1, 5) / np.sqrt(30), rel=1e-5)
    assert not vectors[:, 1:].any()
    assert left == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1.0, 2.0]], 2), "`dim` must be at most 1 for a matrix of shape (1, 2); got 2."),
        (([[1.0, 2.0]], 0), "`dim` must be at least 1; got 0."),
        ((csr_matrix(np.eye(3)), 3), "`dim` must be at most 2 for a sparse matrix"),
        (([[1.0, np.nan]], 1), "`matrix` must be finite"),
        (([[0, 0]], 1), "`matrix` must hold something; all of it is 0."),
        (([1, 2, 3], 1), "`matrix` must be numbers of shape (n, m); got int64 of shape (3,)."),
        (([["a", "b"]], 1), "`matrix` must be numbers of shape (n, m); got <U1"),
        (([[1.0, 2.0]], 1, "tsne"), '`method` must be "pca" or "svd"; got \'tsne\'.'),
    ],
)
def test_what_cannot_be_reduced_is_refused(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        reduce(*arguments)
