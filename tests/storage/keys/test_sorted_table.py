"""Values find their rows, whatever their order and however often they come."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecstore.errors import CorruptStoreError
from vecstore.storage.keys.sorted_table import SortedTable

values = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 3), max_size=60)


@given(values, values)
def test_arrays_and_single_values_find_the_same_place(stored: list[int], wanted: list[int]) -> None:
    table = SortedTable.build(np.array(stored, np.uint64))
    places = table.places(np.array(wanted, np.uint64)).tolist()
    assert places == [sum(smaller < value for smaller in stored) for value in wanted]
    assert places == [table.place(value) for value in wanted]


@given(values)
def test_every_row_is_in_the_table_under_its_value(stored: list[int]) -> None:
    table = SortedTable.build(np.array(stored, np.uint64))
    everywhere = np.arange(len(stored))
    rows = table.rows(everywhere).tolist()
    assert sorted(rows) == list(range(len(stored)))
    assert table.values(everywhere).tolist() == [stored[row] for row in rows]
    assert [(table.value(i), table.row(i)) for i in everywhere] == [(stored[r], r) for r in rows]


@given(values)
def test_shared_names_the_rows_whose_value_comes_again(stored: list[int]) -> None:
    table = SortedTable.build(np.array(stored, np.uint64))
    again = [row for row, value in enumerate(stored) if stored.count(value) > 1]
    assert table.shared().tolist() == again


@pytest.mark.parametrize("row", [2, -1, 2**62])
def test_a_row_that_is_not_there_is_damage(row: int) -> None:
    table = SortedTable(np.array([[10, 20], [0, row]]), "x.h5")
    with pytest.raises(CorruptStoreError, match=r"x\.h5 is damaged: .* outside its 2 rows"):
        table.row(1)
    with pytest.raises(CorruptStoreError):
        table.rows(np.array([0, 1]))
