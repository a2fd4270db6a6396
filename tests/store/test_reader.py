import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vecstore
from vecstore.store.store import Store

WORDS = ["king", "queen", "man", "woman", "naïve", "東京", "", "two words", "tab\there", "\0"]
VECTORS = np.random.default_rng(3).standard_normal((len(WORDS), 6)).astype(np.float32)


def raises(error: type[Exception], message: str) -> Any:
    return pytest.raises(error, match=re.escape(message))


@pytest.fixture(params=["in memory", "on disk"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """The ten words; on disk in two segments."""
    if request.param == "in memory":
        yield vecstore.from_arrays(VECTORS, keys=WORDS)
        return
    with vecstore.create(tmp_path / "words.vecs", dim=6) as store:
        store.add(WORDS[:7], VECTORS[:7])
        store.add(WORDS[7:], VECTORS[7:])
    with vecstore.open(tmp_path / "words.vecs") as store:
        yield store


def test_vectors_come_back_to_the_last_bit(store: Store) -> None:
    np.testing.assert_array_equal(store[WORDS], VECTORS)
    np.testing.assert_array_equal(store["東京"], VECTORS[5])
    assert store["東京"].shape == (6,)


def test_vectors_that_come_back_are_the_callers_own(store: Store) -> None:
    store["king"][:] = 0
    assert store["king"].any()


def test_keys_come_in_the_order_of_insertion(store: Store) -> None:
    assert store.keys().tolist() == list(store) == WORDS


def test_len_counts_the_keys(store: Store) -> None:
    assert len(store) == 10


@pytest.mark.parametrize("key", ["king", "", "\0", np.str_("queen")])
def test_stored_keys_are_in(store: Store, key: str) -> None:
    assert key in store


@pytest.mark.parametrize("key", ["King", "kin", 3, None, True, b"king", ["king"], "\ud800"])
def test_anything_else_is_not_in(store: Store, key: object) -> None:
    assert key not in store


def test_a_missing_key_is_named_with_what_is_spelled_like_it(store: Store) -> None:
    message = 'No key "kingg" in this store (10 keys). Did you mean "king"?'
    with raises(vecstore.KeyNotFoundError, message) as caught:
        store[["king", "kingg", "quen"]]
    assert caught.value.key == "kingg"
    assert caught.value.suggestions == ("king",)


def test_a_missing_key_is_a_key_error(store: Store) -> None:
    with pytest.raises(KeyError):
        store.similar("no such word")


def test_get_gives_the_default_for_what_is_missing(store: Store) -> None:
    assert store.get("no such word") is None
    np.testing.assert_array_equal(store.get("king"), VECTORS[0])
    king, other = store.get(["king", "no such word"], default=0)
    np.testing.assert_array_equal(king, VECTORS[0])
    assert other == 0


def test_keys_of_the_wrong_type_are_refused(store: Store) -> None:
    with raises(TypeError, "`keys` must all be str; place 1 holds int 3."):
        store[["king", 3]]


def test_batches_go_through_everything_once(store: Store) -> None:
    batches = list(store.batches(size=4))
    assert all(len(keys) == len(vectors) <= 4 for keys, vectors in batches)
    assert [key for keys, _ in batches for key in keys] == WORDS
    np.testing.assert_array_equal(np.concatenate([vectors for _, vectors in batches]), VECTORS)


def test_batches_cannot_change_the_store(store: Store) -> None:
    _, vectors = next(store.batches())
    with pytest.raises(ValueError, match="read-only"):
        vectors[0] = 0


@pytest.mark.parametrize("keys", [slice(0, 2), None, 3.5])
def test_what_is_no_collection_of_keys_is_named(keys: object) -> None:
    store = vecstore.from_arrays([[0, 1], [1, 0]], keys=["north", "east"])
    with pytest.raises(TypeError, match="`keys` must be a sequence of keys"):
        store[keys]
