"""Word vectors from counts: neighbours that make sense, and every way to spoil them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vecstore
from tests.real_data import real

pytest.importorskip("keras")
pytest.importorskip("sklearn")

from vecstore.errors import VecstoreError
from vecstore.trainers import Cooccurrence, Corpus

pytestmark = pytest.mark.keras

PETS, FOODS = ["cat", "dog", "hamster"], ["bread", "cheese", "soup"]
TEXT = [f"my {pet} {verb} fast" for pet in PETS for verb in ("runs", "jumps", "sleeps")]
TEXT += [f"we {verb} some {food} today" for food in FOODS for verb in ("cook", "eat", "buy")]


@pytest.fixture(scope="module")
def trained() -> Cooccurrence:
    return Cooccurrence(window=2, dim=6).fit(TEXT)


@pytest.mark.parametrize("weighting", ["ppmi", "count", "log"])
def test_words_in_the_same_places_are_neighbours(weighting: str, tmp_path: Path) -> None:
    trainer = Cooccurrence(window=2, weighting=weighting, dim=6).fit(TEXT)
    with trainer.to_store(tmp_path / "words.vecs") as store:
        assert set(store.similar("cat", k=2).keys) == {"dog", "hamster"}
        assert set(store.similar("soup", k=2).keys) == {"bread", "cheese"}


def test_a_vector_is_a_row_of_the_matrix_rotated(trained: Cooccurrence) -> None:
    """With all dimensions that the matrix has, and power 1, distances are those of its rows."""
    assert trained.matrix is not None
    words = trained.matrix.shape[0]
    whole = Cooccurrence(window=2, dim=words - 1, power=1).fit(TEXT)
    rows = whole.matrix.toarray()
    vectors = dict(zip(*whole.embeddings(), strict=True))
    cat, soup = (whole.vocabulary.id(word) for word in ("cat", "soup"))
    expected = np.linalg.norm(rows[cat] - rows[soup])
    assert np.linalg.norm(vectors["cat"] - vectors["soup"]) == pytest.approx(expected, rel=1e-5)


def test_real_sentences_give_sensible_neighbours() -> None:
    path = real("hinton-nnlm-4grams/raw_sentences.txt.gz")
    keys, vectors = Cooccurrence(window=2, dim=20).fit(path).embeddings()
    store = vecstore.from_arrays(vectors, keys=keys)
    for word, near in {"he": "she", "two": "three", "my": "his", "could": "would"}.items():
        assert near in store.similar(word, k=2).keys
    assert {"week", "season", "day"} <= set(store.similar("year", k=4).keys)


def test_history_has_the_share_that_is_left_out(trained: Cooccurrence) -> None:
    assert trained.history.columns == ["epoch", "loss", "seconds"]
    losses = [Cooccurrence(window=2, dim=dim).fit(TEXT).history["loss"][0] for dim in (2, 6, 12)]
    assert 1 > losses[0] > losses[1] > losses[2] >= 0


def test_the_same_seed_gives_the_same_vectors(trained: Cooccurrence) -> None:
    again = Cooccurrence(window=2, dim=6).fit(Corpus(TEXT))
    assert np.array_equal(again.embeddings()[1], trained.embeddings()[1])


def test_the_store_has_counts_and_where_it_comes_from(
    trained: Cooccurrence, tmp_path: Path
) -> None:
    with trained.to_store(tmp_path / "words.vecs", metric="dot") as store:
        assert store.frame(["cat", "fast"])["count"].to_list() == [3, 9]
        (origin,) = store.info()["provenance"]
    assert origin["trainer"] == "Cooccurrence"
    assert origin["parameters"]["weighting"] == "ppmi"
    assert origin["epochs"] == 1
    assert origin["loss"] == trained.history["loss"][0]
    assert {"scikit-learn", "scipy", "numba"} <= set(origin["packages"])
    assert "keras" not in origin["packages"]


def test_words_of_which_nothing_is_known_are_left_out() -> None:
    trainer = Cooccurrence(window=1, dim=2).fit([*TEXT, "alone"])
    assert trainer.vocabulary is not None
    assert "alone" in trainer.vocabulary
    keys, vectors = trainer.embeddings()
    assert "alone" not in keys
    assert len(keys) == len(vectors) == len(trainer.attributes()["count"])


def test_the_model_looks_words_up(trained: Cooccurrence) -> None:
    assert trained.vocabulary is not None
    number = trained.vocabulary.id("cat")
    keys, vectors = trained.embeddings()
    found = trained.model.predict(np.array([number]), verbose=0)
    assert np.array_equal(found[0], vectors[keys.index("cat")])


def test_a_saved_trainer_has_the_same_vectors(trained: Cooccurrence, tmp_path: Path) -> None:
    trained.save(tmp_path / "trainer")
    loaded = Cooccurrence.load(tmp_path / "trainer")
    assert loaded.embeddings()[0] == trained.embeddings()[0]
    assert np.array_equal(loaded.embeddings()[1], trained.embeddings()[1])
    assert loaded.attributes() == trained.attributes()
    assert loaded.history.equals(trained.history)


def test_a_corpus_may_leave_rare_words_out() -> None:
    corpus = Corpus(TEXT, min_count=3)
    keys, _ = Cooccurrence(window=2, dim=3).fit(corpus).embeddings()
    assert set(keys) <= set(corpus.vocabulary)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"weighting": "tfidf"},
            '`weighting` must be one of "ppmi", "count", "log"; got \'tfidf\'',
        ),
        ({"window": 0}, "`window` must be at least 1; got 0."),
        ({"dim": 0}, "`dim` must be at least 1; got 0."),
        ({"power": 2}, "`power` must be at least 0 and at most 1; got 2."),
        ({"smoothing": -0.1}, "`smoothing` must be at least 0 and at most 1; got -0.1."),
    ],
)
def test_bad_parameters_are_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Cooccurrence(**parameters)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (["too few words"], "`dim` must be less than the number of words, 3; got 6."),
        (list("abcdefgh"), "`data` must have words near each other; none is near another."),
        ([], "no word at all"),
    ],
)
def test_texts_without_pairs_are_refused(text: list[str], message: str) -> None:
    trainer = Cooccurrence(dim=6)
    with pytest.raises(ValueError, match=message):
        trainer.fit(text)
    for ask in (trainer.embeddings, trainer.attributes, lambda: trainer.model):
        with pytest.raises(VecstoreError, match="has learned nothing; call fit first"):
            ask()
