"""The text classifier, on eight phrases: what it learns, predicts, keeps and refuses."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.real_data import real
from vecstore.errors import VecstoreError

keras = pytest.importorskip("keras")
pytest.importorskip("sklearn")

from vecstore.trainers import TextClassifier  # noqa: E402 (after what may be skipped)
from vecstore.trainers.autoencoders.baselines import linear_labels  # noqa: E402
from vecstore.trainers.texts.evaluation import evaluate_labels  # noqa: E402
from vecstore.trainers.texts.labelled import read_texts  # noqa: E402

pytestmark = pytest.mark.keras

PHRASES = [
    "Well done!",
    "Good work",
    "Great effort",
    "nice work",
    "Weak",
    "Poor effort!",
    "not good",
    "poor work",
]
LABELS = [1, 1, 1, 1, 0, 0, 0, 0]
EIGHT = (PHRASES, LABELS)
GOOD, BAD = ("good", "great", "nice"), ("bad", "poor", "weak")


@pytest.fixture(scope="module")
def trained() -> TextClassifier:
    classifier = TextClassifier(50, 8, 4, ids="hash", keep="first")
    return classifier.fit(EIGHT, epochs=50)


@pytest.fixture(scope="module")
def pooled() -> TextClassifier:
    """Learned what makes a film, a book or a play good; texts are means of words."""
    things = ("film", "book", "play")
    texts = [f"{word} {thing}" for word in GOOD for thing in things]
    texts += [f"{word} {thing}" for word in BAD for thing in things]
    classifier = TextClassifier(20, 4, 6, pooling="mean", learning_rate=0.05)
    return classifier.fit((texts, [True] * 9 + [False] * 9), epochs=40)


# What it learns.


def test_eight_phrases_are_learned_in_fifty_epochs(trained: TextClassifier) -> None:
    assert trained.model.count_params() == 50 * 8 + 4 * 8 + 1
    assert trained.history.columns == ["epoch", "accuracy", "loss", "seconds"]
    assert trained.history["epoch"].to_list() == list(range(1, 51))
    assert trained.history["loss"].is_sorted(descending=True)
    assert trained.predict(PHRASES) == LABELS
    found = trained.evaluate(EIGHT)
    assert found.accuracy == 1
    assert found.confusion.tolist() == [[4, 0], [0, 4]]


def test_probabilities_are_of_the_labels_in_their_order(trained: TextClassifier) -> None:
    found = trained.probabilities(PHRASES)
    assert trained.labels == [0, 1]
    assert found.shape == (8, 2)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)
    assert (found[:, 1] > 0.5).tolist() == [label == 1 for label in LABELS]


def test_more_than_two_labels_make_a_softmax() -> None:
    labels = ["good", "good", "good", "good", "weak", "poor", "poor", "poor"]
    classifier = TextClassifier(20, 4, 3, classes=3, learning_rate=0.05)
    classifier.fit((PHRASES, labels), epochs=30)
    assert classifier.model.output_shape == (None, 3)
    assert classifier.predict(PHRASES) == labels


def test_the_mean_forgets_order_and_padding(pooled: TextClassifier) -> None:
    a, b = pooled.encode(["poor film", "film poor"])
    np.testing.assert_allclose(a, b, rtol=1e-5)
    words, vectors = pooled.embeddings()
    both = vectors[[words.index("poor"), words.index("film")]]
    np.testing.assert_allclose(a, both.mean(axis=0), rtol=1e-5)


def test_side_by_side_the_order_counts(trained: TextClassifier) -> None:
    a, b = trained.encode(["poor effort", "effort poor"])
    assert a.shape == (4 * 8,)
    assert np.abs(a - b).max() > 0


def test_the_vector_of_a_text_is_that_of_the_last_hidden_layer() -> None:
    classifier = TextClassifier(20, 4, 3, hidden=[7, 5], dropout=0.2).fit(EIGHT, epochs=1)
    vectors = classifier.encode([*PHRASES, ""])
    assert vectors.shape == (9, 5)
    assert (np.abs(vectors).max(axis=1) > 0).all()


def test_the_imdb_recipe_has_80161_parameters() -> None:
    assert TextClassifier()._built(classes=2).count_params() == 80_161


def test_a_second_fit_goes_on_with_the_same_words_and_labels() -> None:
    classifier = TextClassifier(20, 4, 3).fit(EIGHT, epochs=2)
    words = list(classifier.vocabulary)
    classifier.fit(([["new", "words"], ["good"]], [0, 1]), epochs=1)
    assert list(classifier.vocabulary) == words
    assert classifier.history["epoch"].to_list() == [1, 2, 3]
    with pytest.raises(ValueError, match=r"labels that the training has; got 7\."):
        classifier.fit((["good"], [7]), epochs=1)


def test_texts_are_held_out_at_random_not_from_the_end() -> None:
    """A table that is sorted by label must not leave one label out."""
    texts = [f"{'good' if number < 50 else 'poor'} w{number}" for number in range(100)]
    labels = [int(number < 50) for number in range(100)]
    classifier = TextClassifier(200, 4, 2, learning_rate=0.05)
    classifier.fit((texts, labels), epochs=10, batch_size=10, validation=0.5)
    assert classifier.history["val_accuracy"][-1] > 0.95
    assert len(classifier.vocabulary) == 2 + 50  # words of what is held out were not seen


def test_the_same_seed_gives_the_same_losses() -> None:
    def losses() -> list[float]:
        classifier = TextClassifier(20, 4, 3, dropout=0.3, seed=1)
        return classifier.fit(EIGHT, epochs=2, validation=0.25).history["val_loss"].to_list()

    assert losses() == losses()


# Stores and files.


def test_words_go_to_a_store_with_their_counts(trained: TextClassifier, tmp_path: Path) -> None:
    with trained.to_store(tmp_path / "words.vecs") as store:
        assert store.dim == 8
        assert store.keys()[:4].tolist() == ["work", "effort", "good", "poor"]
        assert store.frame(["work", "weak"])["count"].to_list() == [3, 1]
        (origin,) = store.info()["provenance"]
    assert origin["trainer"] == "TextClassifier"
    assert origin["epochs"] == 50


def test_words_of_one_kind_are_near(pooled: TextClassifier, tmp_path: Path) -> None:
    with pooled.to_store(tmp_path / "words.vecs") as store:
        assert set(store.similar("good", k=2).keys) == {"great", "nice"}
        assert set(store.similar("poor", k=2).keys) == {"bad", "weak"}


def test_texts_go_to_a_store_with_their_labels(trained: TextClassifier, tmp_path: Path) -> None:
    path = tmp_path / "texts.vecs"
    attributes = {"label": LABELS, "predicted": trained.predict(PHRASES)}
    with trained.encode_to_store(path, PHRASES, keys=PHRASES, attributes=attributes) as store:
        assert store.dim == 32
        assert store.frame(["Weak"]).row(0, named=True)["label"] == 0
        np.testing.assert_array_equal(store["Weak"], trained.encode(["Weak"])[0])


def test_words_that_share_a_hash_share_a_vector() -> None:
    classifier = TextClassifier(3, 4, 4, ids="hash").fit(EIGHT, epochs=1)
    words, vectors = classifier.embeddings()
    assert len(words) == 10
    assert len(np.unique(vectors, axis=0)) == 2


def test_a_loaded_classifier_is_the_same(pooled: TextClassifier, tmp_path: Path) -> None:
    pooled.save(tmp_path / "reviews")
    loaded = TextClassifier.load(tmp_path / "reviews")
    assert loaded.labels == [False, True]
    assert loaded.vocabulary == pooled.vocabulary
    assert loaded.attributes() == pooled.attributes()
    unseen = ["good film", "nothing known"]
    np.testing.assert_array_equal(loaded.probabilities(unseen), pooled.probabilities(unseen))


# What is refused.


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TextClassifier(2), "`vocabulary_size` must be at least 3; got 2."),
        (lambda: TextClassifier(dim=0), "`dim` must be at least 1; got 0."),
        (lambda: TextClassifier(max_length=0), "`max_length` must be at least 1; got 0."),
        (lambda: TextClassifier(classes=1), "`classes` must be at least 2; got 1."),
        (lambda: TextClassifier(ids="rank"), '`ids` must be one of vocabulary, hash; got "rank".'),
        (lambda: TextClassifier(pooling="sum"), "`pooling` must be one of flatten, mean"),
        (lambda: TextClassifier(keep="all"), "`keep` must be one of last, first"),
        (lambda: TextClassifier(hidden=[0]), "`hidden` must be at least 1; got 0."),
        (lambda: TextClassifier(dropout=1), "`dropout` must be at least 0 and below 1; got 1"),
        (lambda: TextClassifier(learning_rate=-1), "`learning_rate` must be above 0; got -1."),
    ],
)
def test_parameters_that_make_no_classifier_are_refused(
    make: Callable[[], Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_one_text_is_not_taken_for_a_sequence_of_letters() -> None:
    classifier = TextClassifier(dim=2, max_length=4).fit(EIGHT, epochs=1)
    for ask in (classifier.encode, classifier.predict, classifier.probabilities):
        with pytest.raises(TypeError, match="`data` must be texts, not one; put it into a list"):
            ask("well done")


@pytest.mark.parametrize(
    ("data", "options", "error", "message"),
    [
        ((PHRASES, [1] * 8), {}, ValueError, "`data` must have at least two labels; got only 1."),
        ((PHRASES, [0, 1, 2, 3] * 2), {}, ValueError, "must have 2 labels, as `classes`; got 4."),
        ((PHRASES, [0, "a"] * 4), {}, TypeError, "labels of one type; got int, str."),
        ((PHRASES, LABELS[:3]), {}, ValueError, "got 8 texts and 3 labels."),
        ((["?"] * 8, LABELS), {}, ValueError, "`data` must hold words"),
        (EIGHT, {"validation": (["x"], [5])}, ValueError, "`validation` must have labels that"),
        (EIGHT, {"validation": 0.99}, ValueError, "`validation` must leave something to learn"),
        (EIGHT, {"batch_size": 0}, ValueError, "`batch_size` must be at least 1; got 0."),
    ],
)
def test_data_that_cannot_be_learned_from_are_refused_before_training(
    data: Any, options: dict[str, Any], error: type, message: str
) -> None:
    classifier = TextClassifier(classes=2)
    with pytest.raises(error, match=message):
        classifier.fit(data, **options)
    with pytest.raises(VecstoreError, match="call fit first"):
        classifier.embeddings()


# Real data.


@pytest.mark.slow
def test_imdb_cut_to_20_words_reaches_the_published_accuracy() -> None:
    train, test = (
        read_texts(real("imdb/imdb_labelled_50k.parquet"), where=f"split = '{part}'")
        for part in ("train", "test")
    )
    classifier = TextClassifier().fit(train, epochs=3, validation=0.2)
    assert classifier.model.count_params() == 80_161
    assert classifier.history["val_accuracy"].max() > 0.75
    assert classifier.evaluate(test).accuracy > 0.74


@pytest.mark.slow
def test_reuters_comes_near_a_linear_classifier() -> None:
    train, test = (
        read_texts(
            real("reuters21578/reuters21578.parquet"),
            text=["title", "body"],
            label="topics",
            where=f"lewissplit = '{part}' AND topics != '' AND topics NOT LIKE '% %'",
        )
        for part in ("TRAIN", "TEST")
    )
    classifier = TextClassifier(
        20_000, 256, 300, pooling="mean", dropout=0.3, keep="first", learning_rate=2e-3
    )
    classifier.fit(train, epochs=12, batch_size=64)
    linear = evaluate_labels(test.labels, linear_labels(*train, test.texts)).accuracy
    assert linear > 0.93
    assert classifier.evaluate(test).accuracy > linear - 0.03
