"""Pairs of keys that mean the same."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vecstore
from tests.real_data import real
from vecstore.analysis import read_dictionary, split_pairs
from vecstore.analysis.languages.dictionary import as_pairs, identical_keys, known_pairs
from vecstore.errors import IngestError, VecstoreError

WORDS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), max_size=60)


def store(*keys: str) -> vecstore.Store:
    return vecstore.from_arrays([[float(place + 1)] for place in range(len(keys))], keys)


def test_a_dictionary_is_read_with_spaces_or_tabs(tmp_path: Path) -> None:
    path = tmp_path / "en-fr.txt.gz"
    path.write_bytes(gzip.compress(b"cat chat\nnew york\tNouvelle York\n\none two three\n"))
    pairs = [("cat", "chat"), ("new york", "Nouvelle York")]
    assert read_dictionary(path) == (pairs, 1)
    assert as_pairs(path) == as_pairs(str(path)) == as_pairs(iter(pairs)) == pairs


@pytest.mark.parametrize("text", ["", "word\n", "one two three\n"])
def test_a_file_without_pairs_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "empty.txt"
    path.write_text(text)
    with pytest.raises(IngestError, match=r"empty\.txt holds no lines of a word and its transl"):
        read_dictionary(path)


@pytest.mark.parametrize("wrong", ["ab", ("a",), 7])
def test_what_is_no_pair_is_named(wrong: object) -> None:
    with pytest.raises(TypeError, match="`pairs` must be pairs of keys; place 1 holds"):
        as_pairs([("a", "b"), wrong])  # type: ignore[list-item]


@given(WORDS, st.floats(0, 1), st.integers(0, 5))
def test_a_split_divides_the_source_keys(
    pairs: list[tuple[int, int]], share: float, seed: int
) -> None:
    train, test = split_pairs(pairs, share, seed)
    assert sorted(train + test) == sorted(pairs)
    keys = [{key for key, _ in part} for part in (train, test)]
    assert not keys[0] & keys[1]
    assert len(keys[1]) == round(share * len(keys[0] | keys[1]))
    assert split_pairs(pairs, share, seed) == (train, test)


def test_seeds_choose_differently() -> None:
    pairs = [(key, key) for key in range(100)]
    assert split_pairs(pairs, seed=1) != split_pairs(pairs, seed=2)
    with pytest.raises(ValueError, match=r"`share` must be between 0 and 1; got 1\.5"):
        split_pairs(pairs, 1.5)


def test_pairs_are_known_when_both_stores_have_their_key() -> None:
    english, french = store("cat", "dog", "cow"), store("chat", "chatte", "vache")
    pairs = [("cow", "vache"), ("cat", "chat"), ("dog", "chien"), ("cat", "chat"), ("ox", "chat")]
    assert known_pairs(pairs, english, french) == [("cow", "vache"), ("cat", "chat")]
    with pytest.raises(
        VecstoreError, match=r"None of the 1 pairs is known: the first key in a store"
    ):
        known_pairs([("ox", "boeuf")], english, french)
    turned = [("chat", "cat"), ("vache", "cow"), ("chatte", "cat")]
    with pytest.raises(VecstoreError, match="Turned round, 3 are known: exchange the stores"):
        known_pairs(turned, english, french)
    with pytest.warns(
        UserWarning, match=r"Only 1 of the pairs are known: .* Turned round, 3 are known"
    ):
        assert known_pairs([*turned, ("dog", "chat")], english, french) == [("dog", "chat")]


def test_identical_keys_are_a_dictionary() -> None:
    assert identical_keys(store("a", "taxi", "b", "hotel"), store("hotel", "c", "taxi")) == [
        ("taxi", "taxi"),
        ("hotel", "hotel"),
    ]
    with pytest.raises(VecstoreError, match="have no key in common; pass pairs of keys"):
        identical_keys(store("a"), store("b"))


def test_muse_has_so_many_pairs() -> None:
    pairs, skipped = read_dictionary(real("dictionaries/en-fr.txt.gz"))
    assert (len(pairs), skipped) == (113_286, 0)
    assert pairs[1] == ("the", "les")
