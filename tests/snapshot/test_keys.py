"""Words found whatever their case: as in a dict of all keys in upper case."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import vecstore
from vecstore.snapshot.keys import find_folded
from vecstore.store.vectors import snapshot_of

# Letters whose case is not as simple as that of a: one becomes two, two become one, some none.
LETTERS = "abiknsABIKNS1-" + "ßẞıİŉΣσςµμǅǆﬁÅåÅK\u0307\u0345ΐ"  # noqa: RUF001
words = st.one_of(st.text(LETTERS, max_size=4), st.text(max_size=4).filter(str.isprintable))


def first_rows(keys: list[str], asked: list[str]) -> list[int]:
    """What gensim's dict of the reversed keys says."""
    places = {key.upper(): row for row, key in reversed(list(enumerate(keys)))}
    return [places.get(word.upper(), -1) for word in asked]


@given(st.lists(words, min_size=1, unique=True), st.lists(words))
def test_the_first_key_of_a_spelling_is_found(keys: list[str], asked: list[str]) -> None:
    asked = [*asked, *keys, *map(str.upper, keys), *map(str.lower, keys)]
    store = vecstore.from_arrays(np.ones((len(keys), 1)), keys)
    assert find_folded(snapshot_of(store), asked).tolist() == first_rows(keys, asked)


def test_every_letter_is_found_by_each_of_its_cases() -> None:
    letters = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    cased = [letter for letter in letters if letter.upper() != letter or letter.lower() != letter]
    store = vecstore.from_arrays(np.ones((len(cased), 1)), cased)
    asked = [form(letter) for letter in cased for form in (str.upper, str.lower, str.title)]
    assert find_folded(snapshot_of(store), asked).tolist() == first_rows(cased, asked)


@pytest.mark.parametrize("folded", [False, True])
def test_deleted_and_newer_keys_count_as_they_stand(tmp_path: Path, folded: bool) -> None:
    with vecstore.create(tmp_path / "a.vecs", dim=1) as store:
        store.add(["Rome", "rome", "Oslo", "paris", "ROME"], np.ones((5, 1)))
        if folded:
            store.compact()
        store.add(["PARIS", "oslo"], np.ones((2, 1)))
        store.delete(["Rome", "Oslo"])
        store.upsert(["ROME", "rome"], np.ones((2, 1)))
        keys, asked = store.keys().tolist(), ["rome", "OSLO", "Paris", "Ulm"]
        snapshot = snapshot_of(store)
        rows = find_folded(snapshot, asked)
        assert snapshot.take(rows[:3]).tolist() == [
            keys[row] for row in first_rows(keys, asked)[:3]
        ]
        assert rows[3] == -1
