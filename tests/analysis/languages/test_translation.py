"""Words of one language as those of another."""

from pathlib import Path

import numpy as np
import pytest

import vecstore
from tests.analysis.spaces import common_words, rotation
from tests.real_data import real
from vecstore.analysis import align, precision, translate
from vecstore.errors import VecstoreError

ENGLISH = {"the": [9, 1, 1], "cat": [1, 9, 1], "sleeps": [1, 1, 9], "'s": [5, 5, 1], ",": [5, 1, 5]}
FRENCH = {"le": [9, 2, 1], "chat": [2, 9, 1], "dort": [1, 2, 9], "d'": [5, 5, 2], ";": [5, 2, 5]}


@pytest.fixture
def english() -> vecstore.Store:
    return vecstore.from_arrays(list(ENGLISH.values()), list(ENGLISH))


@pytest.fixture
def french() -> vecstore.Store:
    return vecstore.from_arrays(list(FRENCH.values()), list(FRENCH))


def test_apostrophes_stand_where_the_text_has_them() -> None:
    english = vecstore.from_arrays(
        [[9, 1, 1], [1, 9, 1], [1, 1, 9], [5, 5, 1]], ["cats", "the", "water", "'s"]
    )
    french = vecstore.from_arrays(
        [[9, 1, 1], [1, 9, 1], [1, 1, 9], [5, 5, 1]], ["chats", "l'", "eau", "est"]
    )
    lines = {
        "'cats'": "'chats'",
        'the cats\' "water"': "l'chats' \"eau\"",
        "the water": "l'eau",
        "water's cats": "eau est chats",
    }
    assert {line: str(translate(line, english, french, retrieval="nn")) for line in lines} == lines
    assert str(translate("l'eau", french, english, retrieval="nn")) == "the water"
    assert str(translate(["the", "water"], english, french, retrieval="nn")) == "l'eau"


@pytest.mark.parametrize("retrieval", ["nn", "csls"])
def test_a_text_is_translated_word_by_word(
    english: vecstore.Store, french: vecstore.Store, retrieval: str
) -> None:
    found = translate("The cat sleeps, Tom's cat!", english, french, k=2, retrieval=retrieval)
    assert str(found) == "le chat dort, Tom's chat!"
    assert found.unknown == ["Tom's"]
    assert [one.word for one in found.words] == ["the", "cat", "sleeps", ",", "Tom's", "cat", "!"]
    assert [one.matches and len(one.matches) for one in found.words] == [
        2,
        2,
        2,
        *[None] * 2,
        2,
        None,
    ]


def test_words_are_taken_as_they_are(english: vecstore.Store, french: vecstore.Store) -> None:
    found = translate(["cat", ",", "The"], english, french, k=1)
    assert [one.best for one in found.words] == ["chat", ";", "The"]
    assert found.unknown == ["The"]


def test_keys_may_be_numbers() -> None:
    source, target = vecstore.from_arrays(np.eye(3)), vecstore.from_arrays(np.eye(3)[::-1])
    assert [one.best for one in translate([0, 2, 5], source, target, k=1).words] == [2, 0, 5]


def test_a_text_of_nothing_known_stays_as_it_is(
    english: vecstore.Store, french: vecstore.Store
) -> None:
    assert str(translate("Blorp glorp?", english, french)) == "Blorp glorp?"
    assert str(translate("", english, french)) == ""


def test_aligned_spaces_need_no_map(english: vecstore.Store, french: vecstore.Store) -> None:
    back = translate("le chat dort", french, english)
    assert str(back) == "the cat sleeps"


def test_turned_spaces_need_one(tmp_path: Path, rng: np.random.Generator) -> None:
    vectors, turn = rng.standard_normal((200, 10)), rotation(10, rng)
    source = vecstore.from_arrays(vectors, [f"e{n}" for n in range(200)])
    target = vecstore.from_arrays(vectors @ turn, [f"f{n}" for n in range(200)])
    pairs = [(f"e{n}", f"f{n}") for n in range(200)]
    assert precision(source, target, pairs).at[1] < 0.2
    with align(source, target, pairs[:40]).write(target, tmp_path / "f.vecs") as moved:
        found = precision(source, moved, pairs[40:])
        assert (found.at, found.words, found.unknown) == ({1: 1.0, 5: 1.0}, 160, 0)


def test_precision_counts_words_not_pairs(english: vecstore.Store, french: vecstore.Store) -> None:
    pairs = [
        ("cat", "chatte"),  # unknown, and no matter: there is another
        ("cat", "chat"),
        ("cat", "le"),
        ("sleeps", "le"),  # wrong, but third at most
        ("dog", "chien"),
        ("the", "la"),
    ]
    found = precision(english, french, pairs, ks=[1, 5], retrieval="nn")
    assert (found.at, found.words, found.unknown) == ({1: 0.5, 5: 1.0}, 2, 2)


def test_arguments_are_checked(english: vecstore.Store, french: vecstore.Store) -> None:
    with pytest.raises(ValueError, match="`k` must be at least 1; got 0"):
        translate("cat", english, french, k=0)
    with pytest.raises(ValueError, match='`retrieval` must be "nn" or "csls"'):
        translate("cat", english, french, retrieval="knn")
    with pytest.raises(ValueError, match="`target` must have dim 3, as `source` has; got 2"):
        translate("cat", english, vecstore.from_arrays(np.eye(2)))
    with pytest.raises(ValueError, match="`ks` must hold at least one number; got none"):
        precision(english, french, [("cat", "chat")], ks=[])
    with pytest.raises(ValueError, match="`ks` must be at least 1; got 0"):
        precision(english, french, [("cat", "chat")], ks=[0])
    with pytest.raises(VecstoreError, match="None of the 1 pairs is known: the first key in"):
        precision(english, french, [("dog", "chien")])


def test_a_sentence_of_real_words(tmp_path: Path) -> None:
    english, french = common_words("en"), common_words("fr")
    pairs = real("dictionaries/en-fr.txt.gz")
    with align(english, french, pairs).write(french, tmp_path / "fr-in-en.vecs") as moved:
        line = str(translate("this is a beautifully written text", english, moved))
        print(line)
        assert line.split()[1:3] == ["est", "un"]
        assert line.split()[4] in ("écrit", "écrite")
        assert line.split()[5] == "texte"
        back = str(translate("l'homme et la jeune femme.", moved, english))
        print(back)
        assert "man and" in back
        assert back.endswith("young woman.")
