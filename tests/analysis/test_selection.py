"""The rows of an analysis: in order, of unit length where only directions count."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import vecstore
from vecstore.analysis.maps.written_columns import check_columns, write_columns
from vecstore.analysis.selection import Selection
from vecstore.errors import ReadOnlyError
from vecstore.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Ten rows in two segments, one of which is deleted."""
    with vecstore.create(tmp_path / "rows.vecs", dim=2, keys="int") as store:
        for first in (0, 5):
            numbers = range(first, first + 5)
            store.add(
                numbers, [[i + 1, i] for i in numbers], {"even": [i % 2 == 0 for i in numbers]}
            )
            store.compact()
        store.delete([3])
        yield store


def test_all_rows_come_in_the_order_of_insertion(store: Store) -> None:
    selection = Selection(store)
    assert selection.keys.tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    assert (len(selection), selection.nbytes) == (9, 72)
    vectors = selection.vectors()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(vectors[3], np.array([5, 4]) / np.sqrt(41), rtol=1e-6)
    pieces = list(selection.batches(4))
    assert max(map(len, pieces)) <= 4
    np.testing.assert_array_equal(np.concatenate(pieces), vectors)


def test_some_rows_are_taken_as_if_they_were_all(store: Store) -> None:
    selection = Selection(store, "even")
    assert selection.keys.tolist() == [0, 2, 4, 6, 8]
    np.testing.assert_array_equal(selection.vectors(), Selection(store).vectors()[[0, 2, 3, 5, 7]])
    assert [len(piece) for piece in selection.batches(2)] == [2, 2, 1]


def test_a_sample_is_of_all_rows_alike(store: Store) -> None:
    selection, everything = Selection(store), Selection(store).vectors()
    drawn = np.zeros(9)
    for seed in range(60):
        places, vectors = selection.sample(3, seed)
        np.testing.assert_array_equal(vectors, everything[places])
        drawn[places] += 1
    assert drawn.sum() == 180
    assert drawn.min() > 5
    assert selection.sample(99, 0)[0].tolist() == list(range(9))


def test_a_column_is_written_whole_and_the_rest_of_it_cleared(store: Store) -> None:
    check_columns(store, {"number": "int64"}, overwrite=False)
    write_columns(store, np.array([4, 8]), {"number": np.array([40, 80])}, {"model": "test"})
    assert store.frame()["number"].to_list() == [None, None, None, 40, None, None, None, 80, None]
    write_columns(store, np.array([0]), {"number": np.array([7])}, {"model": "test"})
    assert store.frame()["number"].drop_nulls().to_list() == [7]
    assert store.keys().tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    assert [one["model"] for one in store.info()["provenance"]] == ["test", "test"]


def test_whether_a_column_can_be_written_is_known_before(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='must not name a column "key"'):
        check_columns(store, {"key": "int64"}, overwrite=True)
    store.flush()
    with (
        vecstore.open(tmp_path / "rows.vecs") as reader,
        pytest.raises(ReadOnlyError, match="is open for reading"),
    ):
        check_columns(reader, {"new": "int64"}, overwrite=False)


def test_a_store_without_rows_is_refused(tmp_path: Path) -> None:
    with (
        vecstore.create(tmp_path / "empty.vecs", dim=2) as empty,
        pytest.raises(ValueError, match="`store` must have rows; it has none"),
    ):
        Selection(empty)
