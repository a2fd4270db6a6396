"""word2vec: both ways, what they learn, and what they refuse."""

from pathlib import Path

import numpy as np
import pytest

from tests.real_data import real

keras = pytest.importorskip("keras")

from tests.trainers.words.test_window import kinds_of_nearest, sentences  # noqa: E402 (needs Keras)
from vecstore.trainers import Corpus, Word2Vec  # noqa: E402

pytestmark = pytest.mark.keras


@pytest.mark.parametrize("mode", ["skipgram", "cbow"])
def test_words_of_a_kind_become_neighbours(mode: str, tmp_path: Path) -> None:
    trainer = Word2Vec(mode=mode, dim=8, window=3, subsample=0)
    trainer.fit(sentences(1500), epochs=20, validation=sentences(100, seed=1))
    history = trainer.history
    assert history["loss"][-1] < 0.8 * history["loss"][0]
    assert history["val_loss"][-1] == pytest.approx(history["loss"][-1], abs=0.15)
    with trainer.to_store(tmp_path / "words.vecs") as store:
        assert all(kind == near for kind, near in kinds_of_nearest(store))
        assert store.frame(["the"])["count"][0] == sum("the" in one for one in sentences(1500))
        (origin,) = store.info()["provenance"]
    assert (origin["trainer"], origin["parameters"]["mode"]) == ("Word2Vec", mode)


def test_seed_and_data_decide_all_losses_also_after_loading(tmp_path: Path) -> None:
    text = sentences(300)
    first, again, other = (Word2Vec(dim=8, seed=seed) for seed in (3, 3, 4))
    for trainer in (first, again, other):
        trainer.fit(text, epochs=2)
    assert first.history["loss"].to_list() == again.history["loss"].to_list()
    assert first.history["loss"].to_list() != other.history["loss"].to_list()
    first.save(tmp_path / "words")
    loaded = Word2Vec.load(tmp_path / "words")
    assert loaded.vocabulary == first.vocabulary
    assert np.array_equal(loaded.embeddings()[1], first.embeddings()[1])
    loaded.fit(text, epochs=1, batch_size=64)  # steps of another size are another program
    first.fit(text, epochs=1, batch_size=64)
    assert loaded.history["epoch"].to_list() == [1, 2, 3]
    assert loaded.history["loss"].to_list() == first.history["loss"].to_list()


@pytest.mark.parametrize("mode", ["skipgram", "cbow"])
def test_few_words_in_large_steps_stay_finite(mode: str) -> None:
    """Each of three words comes a hundred times in a step, and would be pushed too far at once."""
    rng = np.random.default_rng(0)
    text = [[str(word) for word in row] for row in rng.integers(0, 3, (1000, 20))]
    trainer = Word2Vec(mode=mode, dim=8, subsample=0).fit(text, epochs=6)
    assert np.abs(trainer.embeddings()[1]).max() < 10
    # Words that tell nothing of each other: one true pair and five drawn at random.
    assert trainer.history["loss"][-1] == pytest.approx(5 * np.log(6 / 5) + np.log(6), abs=0.1)


def test_what_cannot_be_learned_from_is_refused_before_training() -> None:
    for wrong, message in (
        ({"mode": "glove"}, '`mode` must be "skipgram" or "cbow"; got \'glove\''),
        ({"dim": 0}, "`dim` must be at least 1; got 0"),
        ({"window": 0}, "`window` must be at least 1; got 0"),
        ({"negative": 0}, "`negative` must be at least 1; got 0"),
        ({"subsample": 2.0}, "`subsample` must be at least 0 and at most 1; got 2.0"),
        ({"learning_rate": 0}, "`learning_rate` must be above 0; got 0"),
        ({"learning_rate": float("nan")}, "`learning_rate` must be above 0; got nan"),
    ):
        with pytest.raises(ValueError, match=message):
            Word2Vec(**wrong)
    with pytest.raises(ValueError, match="two known words in a row; got no such pair"):
        Word2Vec().fit(["lonely", "words"])
    with pytest.raises(TypeError, match="`validation` must be text"):
        Word2Vec().fit(["two words"], validation=0.1)
    with pytest.raises(ValueError, match="`batch_size` must be at least 1; got 0"):
        Word2Vec().fit(["two words"], batch_size=0)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_reviews_of_films_give_sensible_neighbours(tmp_path: Path) -> None:
    reviews = Corpus(real("imdb/imdb_text8like_20MB.txt.gz"), min_count=5)
    trainer = Word2Vec().fit(reviews)
    with trainer.to_store(tmp_path / "reviews.vecs") as store:
        for word, near in {"film": "movie", "actor": "actress", "terrible": "horrible"}.items():
            assert near in store.similar(word, k=10).keys
        (answer,) = store.analogy(positive=["actress", "he"], negative=["actor"], k=1).keys
        assert answer == "she"
