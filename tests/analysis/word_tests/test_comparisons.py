"""Small questions about a few words: gensim's answers."""

from typing import Any

import numpy as np
import pytest

import vecstore
from tests.analysis.spaces import as_gensim, glove, large_glove
from vecstore.analysis import (
    closer_than,
    n_similarity,
    odd_one_out,
    rank,
    relative_cosine_similarity,
)
from vecstore.errors import KeyNotFoundError

ODD = [
    ["breakfast", "cereal", "dinner", "lunch"],
    ["cat", "dog", "horse", "car"],
    ["monday", "tuesday", "music", "friday"],
    ["paris", "london", "paris"],
    ["king"],
]
PAIRS = [("king", "queen"), ("frog", "piano"), ("the", "oslo"), ("oil", "oil")]
SETS = [(["king", "man"], ["queen"]), (["oil"], ["oil"]), (["dog", "cat"], ["music", "piano"])]


@pytest.mark.parametrize("keys", ODD, ids=" ".join)
def test_the_odd_one_out_is_gensims(keys: list[str]) -> None:
    assert odd_one_out(glove(), keys) == as_gensim(glove()).doesnt_match(keys)


def test_of_equals_the_odd_one_is_the_first_in_the_alphabet() -> None:
    store = vecstore.from_arrays([[1, 0], [0, 1], [1, 0]], keys=["b", "c", "a"])
    assert odd_one_out(store, ["b", "c"]) == as_gensim(store).doesnt_match(["b", "c"]) == "b"


@pytest.mark.parametrize(("key", "other"), PAIRS)
def test_what_is_closer_is_gensims(key: str, other: str) -> None:
    ours, theirs = closer_than(glove(), key, other), as_gensim(glove()).closer_than(key, other)
    assert set(ours) == set(theirs)
    assert rank(glove(), key, other) == as_gensim(glove()).rank(key, other)


def test_what_is_closer_comes_nearest_first() -> None:
    near = closer_than(glove(), "king", "queen").tolist()
    assert near == glove().similar("king", k=len(near)).keys.tolist()
    assert glove().similar("king", k=len(near) + 1).keys[-1] == "queen"


def test_keys_as_near_as_the_other_are_not_closer() -> None:
    store = vecstore.from_arrays([[0.0], [1.0], [2.0], [2.0], [3.0]], metric="euclidean")
    assert closer_than(store, 0, 3).tolist() == closer_than(store, 0, 2).tolist() == [1]
    assert [rank(store, 0, other) for other in range(5)] == [1, 1, 2, 2, 4]


@pytest.mark.parametrize(("keys", "others"), SETS)
def test_the_similarity_of_sets_is_gensims(keys: list[str], others: list[str]) -> None:
    theirs = as_gensim(glove()).n_similarity(keys, others)
    assert n_similarity(glove(), keys, others) == pytest.approx(theirs, abs=1e-6)


def test_sets_whose_vectors_cancel_out_are_like_nothing() -> None:
    store = vecstore.from_arrays([[1, 0], [-1, 0], [0, 1]], keys=["east", "west", "north"])
    assert n_similarity(store, ["east", "west"], ["north"]) == 0


@pytest.mark.parametrize("k", [1, 10])
@pytest.mark.parametrize(("key", "other"), PAIRS)
def test_relative_cosine_similarity_is_gensims(key: str, other: str, k: int) -> None:
    theirs = as_gensim(glove()).relative_cosine_similarity(key, other, topn=k)
    assert relative_cosine_similarity(glove(), key, other, k) == pytest.approx(theirs, abs=1e-6)


def test_synonyms_are_relatively_similar() -> None:
    assert relative_cosine_similarity(glove(), "big", "huge") > 0.1
    assert relative_cosine_similarity(glove(), "big", "piano") < 0.1


def test_questions_about_real_words_have_gensims_answers() -> None:
    store, peer = large_glove(), as_gensim(large_glove())
    odd = ["guitar", "violin", "cello", "tractor", "clarinet"]
    assert odd_one_out(store, odd) == peer.doesnt_match(odd) == "tractor"
    assert set(closer_than(store, "beautiful", "ugly")) == set(
        peer.closer_than("beautiful", "ugly")
    )
    assert rank(store, "beautiful", "ugly") == peer.rank("beautiful", "ugly")
    sets = ["tea", "coffee"], ["beverage", "drinks"]
    assert n_similarity(store, *sets) == pytest.approx(peer.n_similarity(*sets), abs=1e-6)
    relative = relative_cosine_similarity(store, "huge", "enormous")
    assert relative == pytest.approx(peer.relative_cosine_similarity("huge", "enormous"), abs=1e-6)
    assert relative > 0.1


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: odd_one_out(store, ["king", "qeen"]),
        lambda store: closer_than(store, "king", "qeen"),
        lambda store: rank(store, "qeen", "king"),
        lambda store: n_similarity(store, ["king"], ["qeen"]),
        lambda store: relative_cosine_similarity(store, "qeen", "king"),
    ],
)
def test_a_missing_key_is_named(ask: Any) -> None:
    with pytest.raises(KeyNotFoundError, match=r'No key "qeen" .* Did you mean .*"queen"'):
        ask(glove())


def test_arguments_are_checked() -> None:
    with pytest.raises(ValueError, match="`keys` must hold at least one key; got none"):
        odd_one_out(glove(), [])
    with pytest.raises(ValueError, match="`others` must hold at least one key; got none"):
        n_similarity(glove(), ["king"], [])
    with pytest.raises(TypeError, match="`keys` must be a sequence of keys; got one str"):
        odd_one_out(glove(), "king")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="`k` must be at least 1"):
        relative_cosine_similarity(glove(), "king", "queen", k=0)
    plane = vecstore.from_arrays(np.eye(2), metric="euclidean")
    with pytest.raises(ValueError, match='`store` must have the metric "cosine"; it has "euclid'):
        relative_cosine_similarity(plane, 0, 1)
    with pytest.raises(ValueError, match="keys beside the one asked for; got 1"):
        relative_cosine_similarity(vecstore.from_arrays([[1.0]]), 0, 0)
