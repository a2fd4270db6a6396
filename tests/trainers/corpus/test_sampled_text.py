"""What word2vec is shown of a text."""

import numpy as np
import pytest

from vecstore.trainers.corpus.corpus import Corpus
from vecstore.trainers.corpus.sampled_text import SampledText, noise_per_segment
from vecstore.trainers.corpus.segments import WIDTH

PARAMETERS = {
    "mode": "skipgram",
    "window": 2,
    "negative": 5,
    "subsample": 0,
    "learning_rate": 0.5,
}


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    rng = np.random.default_rng(0)
    return Corpus([[f"word{number}" for number in rng.zipf(1.5, 50) if number < 500]] * 60)


def test_an_epoch_has_as_many_segments_as_expected(corpus: Corpus) -> None:
    text = SampledText(corpus, PARAMETERS)
    (whole,) = text.whole(rows=1)
    assert text.rows == len(whole["segments"]) == -(-corpus.words // WIDTH)
    thinned = SampledText(corpus, {**PARAMETERS, "subsample": 1e-2})
    assert len(thinned.whole(1)[0]["segments"]) == pytest.approx(thinned.rows, rel=0.15)
    assert thinned.rows < text.rows


def test_the_learning_rate_falls_to_a_hundredth(corpus: Corpus) -> None:
    batches = SampledText(corpus, PARAMETERS).batches(4, 10, np.random.default_rng(0))
    rates = [float(next(batches)[0]["rate"][0, 0]) for _ in range(12)]
    assert rates[:3] == pytest.approx([0.5, 0.45, 0.4])
    assert rates[-1] == pytest.approx(0.005)


def test_random_words_follow_the_counts_to_the_power_of_three_quarters(corpus: Corpus) -> None:
    batches = SampledText(corpus, PARAMETERS).batches(1024, 1, np.random.default_rng(0))
    drawn = np.concatenate([next(batches)[0]["noise"].ravel() for _ in range(8)])
    counts = corpus.vocabulary.counts
    assert counts is not None
    expected = counts**0.75 / (counts**0.75).sum()
    found = np.bincount(drawn, minlength=len(counts)) / len(drawn)
    assert np.abs(found - expected).max() < 0.02
    assert drawn.max() < len(counts)


def test_a_random_word_stands_for_few_enough_pairs() -> None:
    for window, negative in ((1, 1), (5, 5), (10, 20)):
        noise = noise_per_segment({"window": window, "negative": negative})
        assert WIDTH * (window + 1) * negative / noise <= 256


@pytest.mark.parametrize("mode", ["skipgram", "cbow"])
def test_only_frequent_words_take_shorter_steps_and_only_in_large_batches(
    corpus: Corpus, mode: str
) -> None:
    text = SampledText(corpus, {**PARAMETERS, "mode": mode})
    for large in text.steps(4096):
        assert (np.diff(large) >= 0).all()  # by falling count
        assert large[0] < 1
    assert text.steps(1)[0].min() == 1


def test_the_whole_text_is_the_same_each_time(corpus: Corpus) -> None:
    first, again = (SampledText(corpus, PARAMETERS).whole(rows=8)[0] for _ in range(2))
    assert len(first["segments"]) % 8 == 0
    assert all(np.array_equal(first[name], again[name]) for name in first)
