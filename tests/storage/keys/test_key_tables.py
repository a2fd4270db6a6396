"""Integer keys and row numbers against a dict."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecstore.errors import CorruptStoreError, DuplicateKeyError
from vecstore.storage import IntKeys, RangeKeys, StrKeys, build_keys

ids = st.integers(-(2**63), 2**63 - 1) | st.integers(-5, 5)


@given(st.lists(ids, unique=True, max_size=100), st.lists(ids, max_size=40))
def test_integer_keys_agree_with_a_dict(stored: list[int], others: list[int]) -> None:
    keys = IntKeys.build(stored)
    rows = {key: row for row, key in enumerate(stored)}
    wanted = [*others, *stored]
    expected = [rows.get(key, -1) for key in wanted]
    assert keys.find(np.array(wanted, np.int64)).tolist() == expected
    assert keys.find(wanted).tolist() == expected
    assert [keys.find_one(key) for key in wanted] == expected
    assert keys.take(np.arange(len(stored))).tolist() == stored
    assert len(keys) == len(stored)


@given(st.integers(0, 50), st.lists(ids | st.integers(40, 60)))
def test_row_numbers_are_the_keys_of_a_range(n: int, wanted: list[int]) -> None:
    keys = RangeKeys(n)
    model = IntKeys.build(list(range(n)))
    assert len(keys) == n
    assert keys.find(wanted).tolist() == model.find(wanted).tolist()
    assert [keys.find_one(key) for key in wanted] == [model.find_one(key) for key in wanted]
    assert keys.take(np.arange(n)).tolist() == list(range(n))


def test_the_first_duplicate_is_named() -> None:
    with pytest.raises(DuplicateKeyError) as error:
        IntKeys.build([5, 7, 9, 7, 5])
    assert str(error.value) == "Key 7 is given twice, at places 1 and 3."


@pytest.mark.parametrize("table", [IntKeys.build([1, 2]), RangeKeys(2)])
@pytest.mark.parametrize("wrong", ["1", 1.5, None])
def test_keys_that_are_no_integers_are_refused(table: IntKeys | RangeKeys, wrong: object) -> None:
    with pytest.raises(TypeError, match="`keys` must be integers"):
        table.find([1, wrong])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="`key` must be an integer"):
        table.find_one(wrong)  # type: ignore[arg-type]


def test_integers_of_numpy_are_integers() -> None:
    keys = IntKeys.build(np.array([3, 1], np.uint16))
    assert keys.find(np.array([1, 2], np.int8)).tolist() == [1, -1]
    assert keys.find_one(np.int32(3)) == 0


def test_an_integer_that_does_not_fit_is_refused_as_a_key_and_never_found() -> None:
    with pytest.raises(ValueError, match=f"`keys` must fit 64 bits; got {2**63}"):
        IntKeys.build([-(2**63), 2**63])
    assert IntKeys.build([1]).find_one(2**64 + 1) == -1
    assert RangeKeys(5).find_one(2**64 + 1) == -1


def test_no_keys_at_all() -> None:
    keys = IntKeys.build([])
    assert len(keys) == 0
    assert keys.find([1]).tolist() == [-1]
    assert keys.find_one(1) == -1


def test_a_damaged_table_is_noticed() -> None:
    keys = IntKeys(np.array([5, 6]), np.array([[5, 6], [0, 9]]), "x.h5")
    assert keys.find_one(5) == 0
    with pytest.raises(CorruptStoreError, match=r"x\.h5 is damaged"):
        keys.find_one(6)
    with pytest.raises(CorruptStoreError, match=r"x\.h5 is damaged"):
        keys.find([5, 6])


def test_build_keys_builds_the_kind_it_is_told() -> None:
    assert isinstance(build_keys(["a"], "str"), StrKeys)
    assert isinstance(build_keys([1], "int"), IntKeys)
