"""The table of string keys against a dict, with every kind of string and real collisions."""

import random
from contextlib import suppress
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vecstore.errors import CorruptStoreError, DuplicateKeyError
from vecstore.storage import StrKeys
from vecstore.storage.keys.hashing import hash_bytes

# Unicode of every length in UTF-8, the empty string, zeros, and keys longer than many words.
texts = st.text(max_size=12) | st.text("ab\0é漢🙂", max_size=5) | st.text("x", max_size=400)
surrogates = st.text(st.characters(categories=["Cs"]), min_size=1, max_size=3)


@given(st.lists(texts, unique=True, max_size=150), st.lists(texts | surrogates, max_size=60))
def test_the_table_agrees_with_a_dict(stored: list[str], others: list[str]) -> None:
    keys = StrKeys.build(stored)
    rows = {key: row for row, key in enumerate(stored)}
    wanted = [*others, *stored, *others]
    expected = [rows.get(key, -1) for key in wanted]
    assert len(keys) == len(stored)
    assert keys.find(wanted).tolist() == expected
    assert [keys.find_one(key) for key in wanted] == expected
    assert keys.take(np.arange(len(stored))).tolist() == stored


def colliding_keys(count: int) -> list[str]:
    """Different keys of sixteen bytes with one and the same hash.

    The hash after the first word, exclusive-or the second word, goes through a bijection; so for
    any first word there is one second word that leads to a given hash. Most are no text: we draw
    first words until the second is ASCII, one in 256.
    """
    draw = random.Random(0)
    target = after_first_word(b"collides") ^ int.from_bytes(b"with all", "little")
    keys = ["collideswith all"]
    while len(keys) < count:
        first = bytes(draw.choices(b"abcdefghijklmnopqrstuvwxyz", k=8))
        second = (after_first_word(first) ^ target).to_bytes(8, "little")
        if second.isascii():
            keys.append((first + second).decode())
    assert len({hash_bytes(key.encode()) for key in keys}) == 1
    assert len(set(keys)) == count
    return keys


def after_first_word(first: bytes) -> int:
    """The state of the hash of a key of sixteen bytes after its first eight."""
    mask = (1 << 64) - 1
    value = (16 + 0x9E3779B97F4A7C15) & mask ^ int.from_bytes(first, "little")
    value = ((value ^ value >> 33) * 0xFF51AFD7ED558CCD) & mask
    value = ((value ^ value >> 33) * 0xC4CEB9FE1A85EC53) & mask
    return value ^ value >> 33


@pytest.fixture(scope="module")
def collisions() -> list[str]:
    return colliding_keys(60)


def test_keys_with_one_hash_are_told_apart(collisions: list[str]) -> None:
    stored, absent = collisions[:50], collisions[50:]
    keys = StrKeys.build([*stored, "other"])
    assert keys.find([*absent, *stored, "other"]).tolist() == [-1] * 10 + list(range(51))
    assert [keys.find_one(key) for key in stored] == list(range(50))
    assert [keys.find_one(key) for key in absent] == [-1] * 10


def test_a_duplicate_among_collisions_is_found(collisions: list[str]) -> None:
    with pytest.raises(DuplicateKeyError, match="is given twice, at places 3 "):
        StrKeys.build([*collisions, collisions[3]])


def test_the_first_duplicate_is_named() -> None:
    with pytest.raises(DuplicateKeyError) as error:
        StrKeys.build(["a", "cat", "b", "dog", "cat", "dog"])
    assert str(error.value) == 'Key "cat" is given twice, at places 1 and 4.'


def test_long_keys_are_hashed_and_compared_to_their_ends() -> None:
    stored = [f"{'long ' * 20_000}{i}" for i in range(40)]
    keys = StrKeys.build(stored)
    assert keys.find(stored).tolist() == list(range(40))
    assert keys.find([key + "." for key in stored]).tolist() == [-1] * 40


@pytest.mark.parametrize(
    "array", [np.array(["a", "bc"]), np.array(["a", "bc"], object)], ids=["strings", "objects"]
)
def test_arrays_of_strings_are_keys_too(array: np.ndarray) -> None:
    keys = StrKeys.build(array)
    assert keys.find(array[::-1]).tolist() == [1, 0]
    assert keys.find_one(array[1]) == 1


def test_half_a_surrogate_pair_is_no_key_and_never_found() -> None:
    with pytest.raises(ValueError, match=r"`keys` must be valid Unicode; place 1 holds 'a\\ud800'"):
        StrKeys.build(["fine", "a\ud800"])
    # Two halves in neighbouring keys must not make a whole.
    with pytest.raises(ValueError, match="place 0"):
        StrKeys.build(["\ud83d", "\ude42"])
    keys = StrKeys.build(["a", "🙂"])
    assert keys.find(["a\ud800", "\ud83d"]).tolist() == [-1, -1]
    assert keys.find_one("\ud83d\ude42") == -1


@pytest.mark.parametrize("wrong", [b"a", 7, None])
def test_keys_that_are_no_strings_are_refused(wrong: object) -> None:
    keys = StrKeys.build(["a"])
    for call in (StrKeys.build, keys.find):
        with pytest.raises(TypeError, match="`keys` must be strings; place 1 holds"):
            call(["a", wrong])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="`key` must be a string"):
        keys.find_one(wrong)  # type: ignore[arg-type]


def test_no_keys_at_all() -> None:
    keys = StrKeys.build([])
    assert len(keys) == 0
    assert keys.find(["a"]).tolist() == [-1]
    assert keys.find([]).tolist() == []
    assert keys.find_one("") == -1
    assert keys.take(np.empty(0, np.int64)).tolist() == []


@settings(max_examples=300)
@given(st.data())
def test_damaged_tables_never_lead_outside(data: st.DataObject) -> None:
    """Whatever bytes the file holds: an error, or rows that exist."""
    stored = [f"key {i}" for i in range(40)]
    arrays = {name: array.copy() for name, array in StrKeys.build(stored).arrays().items()}
    for _ in range(data.draw(st.integers(1, 4))):
        array = arrays[data.draw(st.sampled_from(sorted(arrays)))].reshape(-1)
        place = data.draw(st.integers(0, array.size - 1))
        array[place] = data.draw(st.integers(0, int(np.iinfo(array.dtype).max)))
    keys = StrKeys(*arrays.values(), "x.h5")
    for key in stored:
        with suppress(CorruptStoreError):
            assert keys.find_one(key) in (-1, *found_under(arrays, key))
    with suppress(CorruptStoreError):
        rows = keys.find(stored)
        assert ((rows >= -1) & (rows < len(stored))).all()
        hits = [key for key, row in zip(stored, rows.tolist(), strict=True) if row >= 0]
        assert keys.take(rows[rows >= 0]).tolist() == hits


def found_under(arrays: dict[str, np.ndarray], key: str) -> list[int]:
    """The rows whose bytes, by the arrays alone, are those of `key`."""
    utf8, offsets = arrays["keys/utf8"].tobytes(), arrays["keys/offsets"].tolist()
    return [row for row, (a, b) in enumerate(pairwise(offsets)) if utf8[a:b] == key.encode()]
