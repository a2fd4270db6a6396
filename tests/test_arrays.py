import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vecstore.arrays import (
    as_mask,
    as_queries,
    as_vectors,
    check_count,
    check_dtype,
    check_rows,
)


def raises(error: type[Exception], message: str) -> Any:
    """The whole message, to the full stop."""
    return pytest.raises(error, match=f"^{re.escape(message)}$")


# Vectors.


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_vectors_of_the_right_kind_are_not_copied(dtype: str) -> None:
    vectors = np.ones((3, 4), dtype)
    assert as_vectors(vectors, 4, dtype) is vectors


def test_mapped_vectors_stay_mapped(tmp_path: Path) -> None:
    np.save(tmp_path / "vectors.npy", np.ones((3, 4), np.float32))
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    assert np.shares_memory(as_vectors(mapped, 4, np.float32), mapped)


@pytest.mark.parametrize(
    "given_as",
    [
        lambda x: x.tolist(),
        lambda x: x.astype(np.float64),
        lambda x: x.astype(np.int8),
        lambda x: x.astype(">f4"),
        lambda x: np.asfortranarray(x),
        lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    ],
    ids=["list", "float64", "int8", "big-endian", "column order", "strided"],
)
def test_other_vectors_are_converted(given_as: Callable[[Any], Any]) -> None:
    vectors = np.arange(12, dtype=np.float32).reshape(3, 4)
    converted = as_vectors(given_as(vectors), 4, np.float32)
    assert converted.dtype == np.float32
    assert converted.dtype.isnative
    assert converted.flags.c_contiguous
    np.testing.assert_array_equal(converted, vectors)


@pytest.mark.parametrize(
    ("vectors", "error", "message"),
    [
        (np.ones((2, 3)), ValueError, "`vectors` must have shape (n, 4); got (2, 3)."),
        (np.ones(4), ValueError, "`vectors` must have shape (n, 4); got (4,)."),
        (
            [[1, 2], [3]],
            ValueError,
            "`vectors` must be rectangular; got rows of different lengths.",
        ),
        ([["a"] * 4], TypeError, "`vectors` must be numeric; got dtype <U1."),
        ([[None] * 4], TypeError, "`vectors` must be numeric; got dtype object."),
        (np.ones((1, 4), complex), TypeError, "`vectors` must be numeric; got dtype complex128."),
        (np.full((3, 4), 1e39), ValueError, "`vectors` must fit float32; row 0 holds 1e+39."),
    ],
)
def test_wrong_vectors_are_refused(vectors: Any, error: type[Exception], message: str) -> None:
    with raises(error, message):
        as_vectors(vectors, 4, np.float32)


def test_a_value_too_large_for_float16_is_refused_with_its_row() -> None:
    vectors = np.ones((3, 2), np.float32)
    vectors[1, 1] = 65520  # rounds to 65536; the largest float16 is 65504
    with raises(ValueError, "`vectors` must fit float16; row 1 holds 65520.0."):
        as_vectors(vectors, 2, np.float16)


def test_any_dimension_will_do_where_none_is_required() -> None:
    assert as_vectors([[1, 2, 3]], None, np.float32).shape == (1, 3)


def test_vectors_need_a_column() -> None:
    with raises(ValueError, "`vectors` must have at least one column; got shape (3, 0)."):
        as_vectors(np.ones((3, 0)), None, np.float32)


# Queries.


def test_one_query_becomes_a_batch_of_one_and_is_remembered_as_single() -> None:
    rows, single = as_queries([1, 2], 2, "cosine")
    assert rows.shape == (1, 2)
    assert single


def test_a_batch_of_one_is_not_single() -> None:
    assert as_queries([[1, 2]], 2, "cosine")[1] is False


def test_an_empty_batch_is_a_batch() -> None:
    rows, single = as_queries(np.empty((0, 2)), 2, "cosine")
    assert rows.shape == (0, 2)
    assert not single


@pytest.mark.parametrize(
    ("queries", "message"),
    [
        (np.ones(3), "`queries` must have shape (dim,) or (n, 2); got (3,)."),
        (np.ones((10, 3)), "`queries` must have shape (dim,) or (n, 2); got (10, 3)."),
        (np.ones((1, 1, 2)), "`queries` must have shape (dim,) or (n, 2); got (1, 1, 2)."),
        (1.0, "`queries` must have shape (dim,) or (n, 2); got ()."),
        ([[1, 2], [3, np.nan]], "`queries` must be finite; row 1 holds nan."),
        ([-np.inf, 0], "`queries` must be finite; row 0 holds -inf."),
        ([[1, 2], [0, 0]], "`queries` must be nonzero under cosine; row 1 is all zeros."),
        ([1e300, 0], "`queries` must fit float32; row 0 holds 1e+300."),
    ],
)
def test_wrong_queries_are_refused(queries: Any, message: str) -> None:
    with raises(ValueError, message):
        as_queries(queries, 2, "cosine")


def test_a_zero_query_is_welcome_where_it_has_distances() -> None:
    assert as_queries([0, 0], 2, "euclidean")[0].tolist() == [[0, 0]]


# Rows.


def test_a_bad_row_is_named_with_its_key() -> None:
    vectors = np.array([[1, 0], [0, 0]], np.float32)
    with raises(
        ValueError, '`vectors` must be nonzero under cosine; row 1 (key "cat") is all zeros.'
    ):
        check_rows(vectors, "cosine", keys=["dog", "cat"])


@given(
    shape=st.tuples(st.integers(1, 3000), st.sampled_from([1, 3, 512, 300_000])).filter(
        lambda shape: shape[0] * shape[1] < 2_000_000
    ),
    where=st.floats(0, 1, exclude_max=True),
    value=st.sampled_from([np.nan, np.inf, -np.inf]),
)
def test_a_value_that_is_not_finite_is_found_wherever_it_is(
    shape: tuple[int, int], where: float, value: float
) -> None:
    vectors = np.ones(shape, np.float32)
    place = int(where * vectors.size)
    vectors.flat[place] = value
    with raises(ValueError, f"`vectors` must be finite; row {place // shape[1]} holds {value}."):
        check_rows(vectors, "euclidean")


@pytest.mark.parametrize("bits", [0x7F800001, 0xFF800001, 0x7FC00000, 0x7F800000])
def test_one_row_is_refused_like_two(bits: int) -> None:
    """Of NaN there are kinds that trap; a single row is not looked at in the same way as others."""
    row = np.array([[1, 2, 3]], np.float32)
    row.view(np.uint32)[0, 1] = bits
    for rows in (row, np.repeat(row, 2, axis=0)):
        with raises(ValueError, f"`vectors` must be finite; row 0 holds {row[0, 1]}."):
            check_rows(rows, "cosine")


@pytest.mark.parametrize("value", [3e38, 1e-30, 1e-45])
def test_one_row_may_hold_whatever_float32_does(value: float) -> None:
    check_rows(np.full((1, 100), value, np.float32), "cosine")


@given(hnp.arrays(np.float16, (5, 3), elements=st.floats(-60000, 60000, width=16)))
def test_finite_rows_pass_when_none_is_zero(vectors: np.ndarray) -> None:
    vectors[~vectors.any(axis=1)] = 6e-8  # the smallest float16: small is not zero
    check_rows(vectors, "cosine")


# Scalars.


def test_numpy_integers_are_counts() -> None:
    assert check_count(np.int32(3), "k") == 3


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (0, ValueError, "`k` must be at least 1; got 0."),
        (1.0, TypeError, "`k` must be an integer; got float."),
        (True, TypeError, "`k` must be an integer; got bool."),
        ("3", TypeError, "`k` must be an integer; got str."),
    ],
)
def test_other_counts_are_refused(value: Any, error: type[Exception], message: str) -> None:
    with raises(error, message):
        check_count(value, "k")


@pytest.mark.parametrize("dtype", ["float32", np.float16, np.dtype(">f4")])
def test_stored_dtypes_are_native(dtype: Any) -> None:
    assert check_dtype(dtype).isnative


@pytest.mark.parametrize("dtype", ["float64", "int8", "nonsense"])
def test_other_dtypes_are_refused(dtype: str) -> None:
    with raises(ValueError, f'`dtype` must be one of "float32", "float16"; got "{dtype}".'):
        check_dtype(dtype)


# What other libraries have.

MASKED = np.ma.masked_array([3.0, 1e30], [False, True])


def test_columns_of_lists_are_vectors() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    expected = np.arange(6, dtype=np.float32).reshape(2, 3)
    column = np.empty(2, object)
    column[:] = list(expected)
    for form in (
        pyarrow.array(expected.tolist()),
        pyarrow.chunked_array([expected[:1].tolist(), expected[1:].tolist()]),
        pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(expected.ravel()), 3),
        column,
        list(expected),
    ):
        np.testing.assert_array_equal(as_vectors(form, 3, np.float32), expected)
    column[1] = expected[1, :2]
    with raises(ValueError, "`vectors` must be rectangular; got rows of different lengths."):
        as_vectors(column, 3, np.float32)


def test_series_of_arrays_are_vectors() -> None:
    pandas = pytest.importorskip("pandas")
    expected = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(
        as_vectors(pandas.Series(list(expected)), 3, np.float32), expected
    )


def test_bfloat16_is_a_number() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    given = np.arange(6).reshape(2, 3).astype(ml_dtypes.bfloat16)
    np.testing.assert_array_equal(as_vectors(given, 3, np.float32), given.astype(np.float32))
    assert as_queries(given[1], 3, "euclidean")[0].tolist() == [[3, 4, 5]]


@pytest.mark.parametrize(
    ("vectors", "place"),
    [
        (MASKED[np.newaxis], (0, 1)),
        ([np.ones(2), MASKED], (1, 1)),
        ((MASKED,), (0, 1)),
    ],
    ids=["array", "list", "tuple"],
)
def test_masked_numbers_are_refused(vectors: Any, place: tuple[int, int]) -> None:
    with raises(ValueError, f"`vectors` must have no masked values; the one at {place} is masked."):
        as_vectors(vectors, 2, np.float32)


def test_a_mask_that_hides_nothing_is_none() -> None:
    given = np.ma.masked_array([[3.0, 4.0]])
    assert as_vectors(given, 2, np.float32).tolist() == [[3, 4]]


def test_a_masked_query_is_refused() -> None:
    with raises(ValueError, "`queries` must have no masked values; the one at (1,) is masked."):
        as_queries(MASKED, 2, "euclidean")


def test_a_row_may_not_answer_where_the_mask_is_masked() -> None:
    where = np.ma.masked_array([True, True, False], [False, True, True])
    assert as_mask(where, 3).tolist() == [True, False, False]
