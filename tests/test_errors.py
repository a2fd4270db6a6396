"""Messages that are finished when somebody reads them, and that no terminal obeys."""

import copy
import pickle
import time

import numpy as np
import pytest

import vecstore
from vecstore.errors import CorruptStoreError, KeyNotFoundError, StoreNotFoundError, VecstoreError

MANY = 340_000


def missing(**options: object) -> KeyNotFoundError:
    return KeyNotFoundError('No key "kat".', key="kat", **options)


def test_suggestions_are_looked_for_once_and_when_they_are_read() -> None:
    calls: list[int] = []

    def near() -> list[str]:
        calls.append(1)
        return ["cat", "kit", "hat"]

    error = missing(suggestions=near)
    assert not calls
    whole = 'No key "kat". Did you mean "cat", "kit" or "hat"?'
    assert str(error) == whole
    assert error.args == (whole,)
    assert repr(error) == f"KeyNotFoundError({whole!r})"
    assert error.suggestions == ("cat", "kit", "hat")
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("near", "said"),
    [([], ""), (["a"], ' Did you mean "a"?'), (["a", "b"], ' Did you mean "a" or "b"?')],
)
def test_a_hint_names_what_there_is(near: list[str], said: str) -> None:
    assert str(missing(suggestions=lambda: near)) == f'No key "kat".{said}'


def test_suggestions_that_are_known_stay_out_of_the_message() -> None:
    error = missing(suggestions=["cat"])
    assert (str(error), error.suggestions) == ('No key "kat".', ("cat",))


def test_a_store_damaged_since_suggests_nothing() -> None:
    def near() -> list[str]:
        raise CorruptStoreError("segment-00000001.h5 is damaged.")

    assert str(missing(suggestions=near)) == 'No key "kat".'


@pytest.mark.parametrize("again", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy])
def test_it_pickles_with_what_is_spelled_alike(again: object) -> None:
    error = again(missing(suggestions=lambda: ["cat"]))
    assert type(error) is KeyNotFoundError
    assert error.key == "kat"
    assert str(error) == 'No key "kat". Did you mean "cat"?'
    assert error.suggestions == ("cat",)


def test_a_missing_key_among_many_costs_microseconds() -> None:
    keys = [f"word{number}" for number in range(MANY)]
    store = vecstore.from_arrays(np.ones((MANY, 2), np.float32), keys=keys)
    times = []
    for _ in range(50):
        begun = time.perf_counter()
        with pytest.raises(KeyError):
            store["wrod17"]
        times.append(time.perf_counter() - begun)
    # Looking for what is spelled alike takes tens of milliseconds.
    assert min(times) < 0.001
    with pytest.raises(KeyNotFoundError, match='Did you mean "word17"'):
        store["wrod17"]


@pytest.mark.parametrize("kind", [VecstoreError, StoreNotFoundError, KeyNotFoundError])
def test_no_message_holds_what_a_terminal_obeys(kind: type[VecstoreError]) -> None:
    assert str(kind("a\x1b[2Jb\u202e\nc")) == "a\\x1b[2Jb\\u202e\nc"
