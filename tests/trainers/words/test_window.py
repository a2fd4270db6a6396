"""Word vectors from predicting the next word: the recipe, and what it learns."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vecstore
from tests.real_data import real

keras = pytest.importorskip("keras")

from vecstore.errors import VecstoreError  # noqa: E402 (needs Keras)
from vecstore.trainers import Corpus, Vocabulary, WordWindow  # noqa: E402

pytestmark = pytest.mark.keras

ANIMALS, FOODS = ["cat", "dog", "cow", "horse"], ["bread", "rice", "corn", "soup"]


def sentences(n: int, seed: int = 0) -> list[str]:
    """Animals run and foods are cooked: words of a kind are seen in the same company."""
    rng = np.random.default_rng(seed)
    pairs = zip(rng.choice(ANIMALS, n), rng.choice(FOODS, n), rng.random(n), strict=True)
    return [
        f"the {animal} runs home" if chance < 0.5 else f"we cook some {food} today"
        for animal, food, chance in pairs
    ]


def kinds_of_nearest(store: vecstore.Store) -> list[tuple[bool, bool]]:
    """For each animal and food: what it is, and what the nearest of the others is."""
    words = ANIMALS + FOODS
    others = vecstore.from_arrays(store[words], keys=words)
    return [(word in ANIMALS, others.similar(word, k=1).keys[0] in ANIMALS) for word in words]


@pytest.fixture(scope="module")
def trained() -> WordWindow:
    trainer = WordWindow(context=2, dim=4)
    return trainer.fit(sentences(1500), epochs=20, batch_size=128, validation=sentences(100, 1))


def test_words_of_a_kind_become_neighbours(trained: WordWindow, tmp_path: Path) -> None:
    with trained.to_store(tmp_path / "words.vecs") as store:
        assert all(kind == near for kind, near in kinds_of_nearest(store))
        assert store.frame(["the"])["count"][0] == sum("the" in one for one in sentences(1500))


def test_the_losses_fall_to_what_the_grammar_leaves_open(trained: WordWindow) -> None:
    """Of the five windows of two sentences, one ends with one of four words."""
    history = trained.history
    assert history["loss"][0] > history["loss"][-1]
    assert history["val_loss"][-1] == pytest.approx(history["loss"][-1], abs=0.1)
    assert history["loss"][-1] == pytest.approx(np.log(4) / 5, abs=0.05)


def test_the_recipe_has_5250_parameters() -> None:
    trainer = WordWindow()
    assert trainer.parameters == {
        "context": 3,
        "dim": 5,
        "l2": 1e-4,
        "learning_rate": 0.03,
        "seed": 0,
    }
    trainer.fit(np.arange(1000, dtype=np.uint8).reshape(-1, 4) % 250, epochs=1)
    assert trainer.model.count_params() == 5250
    assert trainer.model.layers[1].embeddings_regularizer.l2 == pytest.approx(1e-4)
    keys, vectors = trainer.embeddings()
    assert (keys[17], len(keys), vectors.shape, vectors.dtype) == ("17", 250, (250, 5), np.float32)


def test_seed_and_data_decide_all_losses_also_after_loading(tmp_path: Path) -> None:
    text = sentences(200)
    first, again, other = (WordWindow(context=2, dim=3, seed=seed) for seed in (1, 1, 2))
    for trainer in (first, again, other):
        trainer.fit(text, epochs=2)
    assert first.history["loss"].to_list() == again.history["loss"].to_list()
    assert first.history["loss"].to_list() != other.history["loss"].to_list()
    first.save(tmp_path / "words")
    loaded = WordWindow.load(tmp_path / "words")
    assert loaded.vocabulary == first.vocabulary
    loaded.fit(text, epochs=1)
    again.fit(text, epochs=1)
    assert loaded.history["epoch"].to_list() == [1, 2, 3]
    assert loaded.history["loss"].to_list() == again.history["loss"].to_list()


def test_the_last_windows_can_be_held_out() -> None:
    windows = np.array([[0, 1], [1, 0]] * 50 + [[2, 3]] * 10)
    trainer = WordWindow(context=1, dim=2).fit(windows, epochs=1, batch_size=50, validation=0.09)
    # It has never seen what it is asked.
    assert trainer.history["val_loss"][0] > trainer.history["loss"][0]


def test_what_cannot_be_learned_from_is_refused_before_training() -> None:
    windows = np.zeros((5, 4), int)
    bad: list[tuple[Any, type[Exception], str]] = [
        (windows[:, :3], ValueError, r"`data` must have shape \(n, 4\), .*; got \(5, 3\)"),
        (windows[:0], ValueError, "`data` must hold at least one window; got none"),
        (windows * 1.0, TypeError, "`data` must hold numbers of words, integers; got float64"),
        (windows - 1, ValueError, "`data` must hold numbers from 0 up, one per word; got -1"),
        (["too short"], ValueError, "a sentence as long as a window, 4 known words; got none"),
    ]
    for data, error, message in bad:
        trainer = WordWindow()
        with pytest.raises(error, match=message):
            trainer.fit(data)
        with pytest.raises(VecstoreError, match="has learned nothing"):
            trainer.embeddings()
    with pytest.raises(ValueError, match="below 2, one per word; got 7"):
        WordWindow().fit(windows + 7, vocabulary=["a", "b"])
    with pytest.raises(ValueError, match="`epochs` must be at least 1; got 0"):
        WordWindow().fit(windows, epochs=0)
    with pytest.raises(ValueError, match="`dim` must be at least 1; got 0"):
        WordWindow(dim=0)
    with pytest.raises(ValueError, match="`l2` must be at least 0; got -1"):
        WordWindow(l2=-1)
    with pytest.raises(ValueError, match="`learning_rate` must be above 0; got 0"):
        WordWindow(learning_rate=0)


def test_numbers_of_numpy_can_be_saved(tmp_path: Path) -> None:
    trainer = WordWindow(context=1, dim=np.int64(2), l2=np.float32(0.5))
    trainer.fit(["a b a b"], epochs=1).save(tmp_path / "words")
    assert WordWindow.load(tmp_path / "words").parameters["l2"] == 0.5


def test_an_epoch_goes_through_the_data_once() -> None:
    for n, batch_size, steps in ((5, 2048, 1), (90, 10, 10), (17, 1, 17)):
        trainer = WordWindow(context=1, dim=2)
        trainer.fit(np.arange(2 * n).reshape(n, 2) % 5, epochs=2, batch_size=batch_size)
        assert int(trainer.model.optimizer.iterations) == 2 * steps


def test_what_is_held_out_must_leave_a_window() -> None:
    with pytest.raises(ValueError, match="`data` must hold a sentence as long as a window, 4"):
        WordWindow().fit(["too short"], validation=0.1)
    with pytest.raises(ValueError, match="`validation` must leave something to learn from; got 0"):
        WordWindow(context=1).fit(["two words"], validation=0.1)
    with pytest.raises(ValueError, match="`validation` must hold a sentence as long as a window"):
        WordWindow(context=1).fit(["two words"], validation=["two"])


def test_a_second_fit_can_only_name_the_same_words() -> None:
    trainer = WordWindow(context=1, dim=2).fit(["a b a b"], epochs=1)
    trainer.fit(["b a"], epochs=1, vocabulary=["a", "b"])
    for data in (["b a b a"], np.array([[0, 1]])):
        with pytest.raises(ValueError, match="`vocabulary` must be that of the first fit, <Vocab"):
            trainer.fit(data, epochs=1, vocabulary=["b", "a"])
    with pytest.raises(ValueError, match="`data` must hold numbers below 2, one per word; got 2"):
        trainer.fit(np.array([[0, 2]]), epochs=1)
    assert trainer.history.height == 2


def test_a_text_in_other_words_is_refused(trained: WordWindow) -> None:
    with pytest.raises(ValueError, match="must have the vocabulary of the trainer, <Vocabulary"):
        trained.fit(Corpus(["other words altogether"]))
    with pytest.raises(ValueError, match="must have the vocabulary of the trainer"):
        WordWindow().fit(Corpus(sentences(9)), vocabulary=Vocabulary(["a"]))
    with pytest.raises(ValueError, match="`validation` must have the vocabulary of the trainer"):
        trained.fit(sentences(9), validation=Corpus(["other words altogether"]))


def hinton() -> tuple[np.ndarray, np.ndarray, list[str]]:
    with np.load(real("hinton-nnlm-4grams/nnlm_4grams.npz")) as saved:
        return saved["train"], saved["valid"], saved["vocab"].tolist()


def test_an_epoch_of_hintons_4grams_beats_that_of_the_recipe() -> None:
    train, valid, words = hinton()
    trainer = WordWindow().fit(train, vocabulary=words, validation=valid, epochs=1)
    assert trainer.model.count_params() == 5250
    assert trainer.history["loss"][0] <= 3.6846
    assert trainer.history["val_loss"][0] < 3.4


@pytest.mark.slow
def test_ten_epochs_reach_the_loss_of_the_recipe_and_sensible_neighbours() -> None:
    train, valid, words = hinton()
    trainer = WordWindow().fit(train, vocabulary=words, validation=valid)
    assert trainer.history["loss"][-1] <= 3.2130
    assert trainer.history["val_loss"][-1] <= 3.2130
    keys, vectors = trainer.embeddings()
    store = vecstore.from_arrays(vectors, keys=keys)
    pairs = {"he": "she", "could": "would", "my": "his", "two": "three"}
    for word, near in pairs.items():
        assert near in store.similar(word, k=8).keys
