"""Classifiers and word models of ids, and lists in tables: from the file to what is predicted."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

pytest.importorskip("keras")
pytest.importorskip("sklearn")

from vecstore.trainers import TextClassifier, Word2Vec, WordWindow, words_of_ids
from vecstore.trainers.autoencoders.baselines import linear_labels
from vecstore.trainers.texts.labelled import read_texts

pytestmark = pytest.mark.keras

TEXTS, LABELS = [[7, 4], [8, 4]] * 20, [0, 1] * 20


def classifier(**options: Any) -> TextClassifier:
    return TextClassifier(20, 4, 2, pooling="mean", learning_rate=0.1, **options)


@pytest.fixture(scope="module")
def trained() -> TextClassifier:
    return classifier().fit((TEXTS, LABELS), epochs=15, batch_size=20, progress=False)


def test_ids_are_learned_as_words_are(trained: TextClassifier) -> None:
    assert trained.history["accuracy"][-1] == 1
    assert sorted(trained.vocabulary) == ["4", "7", "8"]
    assert trained.predict([[7, 4], [8], [8, 4]]) == [0, 1, 1]
    as_words = [[str(number) for number in text] for text in TEXTS]
    of_words = classifier().fit((as_words, LABELS), epochs=2, batch_size=20, progress=False)
    assert of_words.history["loss"].to_list() == trained.history["loss"][:2].to_list()


def test_every_form_of_ids_is_predicted_and_encoded_alike(trained: TextClassifier) -> None:
    forms = [
        [[7], [8, 4]],
        [np.array([7]), np.array([8, 4])],
        np.array([[0, 7], [8, 4]]),
        [["7"], ["8", "4"]],
    ]
    first, *others = (trained.encode(form) for form in forms)
    for form, other in zip(forms[1:], others, strict=True):
        assert np.array_equal(other, first)
        assert trained.predict(form) == [0, 1]


def test_a_saved_classifier_of_ids_predicts_the_same(
    trained: TextClassifier, tmp_path: Path
) -> None:
    trained.save(tmp_path / "trainer")
    loaded = TextClassifier.load(tmp_path / "trainer")
    assert np.array_equal(loaded.encode(TEXTS[:2]), trained.encode(TEXTS[:2]))
    assert loaded.predict(np.array([[8, 4], [0, 7]])) == [1, 0]
    with pytest.raises(ValueError, match="`data` must hold ids, as in the training; got words"):
        loaded.predict(["well done"])


def test_a_store_has_ids_for_keys(trained: TextClassifier, tmp_path: Path) -> None:
    with trained.to_store(tmp_path / "ids.vecs") as store:
        assert sorted(store.keys()) == ["4", "7", "8"]


@pytest.mark.parametrize("ids", ["vocabulary", "hash"])
def test_ids_after_words_and_words_after_ids_are_refused(ids: str) -> None:
    words = words_of_ids(TEXTS, {"bad": 4, "good": 5, "film": 1})
    assert words[:2] == [["bad", "film"], ["good", "film"]]
    of_words = classifier(ids=ids).fit((words, LABELS), epochs=1, progress=False)
    message = "must hold words, as in the training; got ids; spell them with `words_of_ids`"
    with pytest.raises(ValueError, match="`data` " + message):
        of_words.predict(TEXTS)
    with pytest.raises(ValueError, match="`data` " + message):
        of_words.fit((TEXTS, LABELS), epochs=1, progress=False)
    with pytest.raises(ValueError, match="`validation` " + message):
        of_words.fit((words, LABELS), epochs=1, validation=(TEXTS, LABELS), progress=False)


def test_words_after_ids_are_refused(trained: TextClassifier) -> None:
    words = [["good", "film"]] * 2
    with pytest.raises(ValueError, match="`data` must hold ids, as in the training; got words"):
        trained.encode(words)
    with pytest.raises(ValueError, match="`validation` must hold ids"):
        trained.fit((TEXTS, LABELS), epochs=1, validation=(words, [0, 1]), progress=False)
    with pytest.raises(TypeError, match="text 0 holds bool; ids are integers, from 0"):
        trained.predict([[True]])


def test_a_classifier_of_texts_of_bare_numbers_learned_words(tmp_path: Path) -> None:
    texts = [" ".join(map(str, text)) for text in TEXTS]
    of_words = classifier().fit((texts, LABELS), epochs=1, progress=False)
    of_words.save(tmp_path / "trainer")
    for one in (of_words, TextClassifier.load(tmp_path / "trainer")):
        assert one.encode(["well done"]).shape == (1, 4)
        with pytest.raises(ValueError, match="`data` must hold words, as in the training; got ids"):
            one.encode(TEXTS)


def test_the_baseline_takes_ids() -> None:
    assert linear_labels(TEXTS, LABELS, np.array([[8, 4], [0, 7]])) == [1, 0]


# Lists in tables.


def written(folder: Path, suffix: str, texts: list[Any]) -> Path:
    path = folder / f"texts{suffix}"
    table = pl.DataFrame({"text": texts, "label": LABELS[: len(texts)]})
    table.write_parquet(path) if suffix == ".parquet" else table.write_ndjson(path)
    return path


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
@pytest.mark.parametrize("texts", [TEXTS[:4], [["well", "done"], ["poor"]]], ids=["ids", "words"])
def test_lists_are_read_from_tables(tmp_path: Path, suffix: str, texts: list[Any]) -> None:
    assert read_texts(written(tmp_path, suffix, texts)) == (texts, LABELS[: len(texts)])


def test_an_array_of_fixed_width_and_a_missing_list_are_read(tmp_path: Path) -> None:
    column = pl.Series("text", [[7, 4], None, [8, 4]], pl.Array(pl.UInt16, 2))
    pl.DataFrame({"text": column, "label": [0, 1, 1]}).write_parquet(tmp_path / "a.parquet")
    assert read_texts(tmp_path / "a.parquet").texts == [[7, 4], [], [8, 4]]


def test_lists_of_several_columns_are_joined_and_not_with_texts(tmp_path: Path) -> None:
    table = pl.DataFrame({"head": [[1], [2]], "body": [[7, 4], None], "note": ["a", "b"]})
    table.write_parquet(tmp_path / "a.parquet")
    found = read_texts(tmp_path / "a.parquet", text=["head", "body"], label=None)
    assert found.texts == [[1, 7, 4], [2]]
    with pytest.raises(ValueError, match='lists in all of these columns; "note" has none'):
        read_texts(tmp_path / "a.parquet", text=["head", "note"], label=None)


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        ([[7], [-1]], ValueError, "text 1 holds -1; ids are integers"),
        ([[7.5]], TypeError, "text 0 holds float"),
        ([[True]], TypeError, "text 0 holds bool"),
    ],
)
def test_lists_of_other_things_are_refused(
    tmp_path: Path, texts: list[Any], error: type, message: str
) -> None:
    with pytest.raises(error, match=message):
        read_texts(written(tmp_path, ".parquet", texts))


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_the_command_learns_from_lists_of_ids(tmp_path: Path, suffix: str) -> None:
    from click.testing import CliRunner

    import vecstore
    from vecstore.cli.main import main

    path, store = written(tmp_path, suffix, TEXTS), tmp_path / "ids.vecs"
    arguments = ["train", "text", path, "--vocabulary-size", 20, "--dim", 4, "--max-length", 2]
    arguments += ["--pooling", "mean", "--learning-rate", 0.1, "--epochs", 15, "--batch-size", 20]
    arguments += ["--documents", tmp_path / "texts.vecs", "--out", store, "--json"]
    done = CliRunner().invoke(main, list(map(str, arguments)))
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["training_accuracy"] == 1
    with vecstore.open(store) as words, vecstore.open(tmp_path / "texts.vecs") as texts:
        assert sorted(words.keys()) == ["4", "7", "8"]
        assert len(texts) == len(TEXTS)


# Models of words.


def test_windows_of_ids_are_those_of_their_digits() -> None:
    sentences = [[7, 8, 9], [7, 5, 9, 8]] * 4
    as_words = [[str(number) for number in sentence] for sentence in sentences]
    ids, words, objects = (
        WordWindow(context=2, dim=2).fit(data, epochs=1, progress=False)
        for data in (sentences, as_words, np.array(sentences, object))
    )
    assert sorted(ids.embeddings()[0]) == list("5789")
    for other in (words, objects):
        assert other.embeddings()[0] == ids.embeddings()[0]
        assert np.array_equal(other.embeddings()[1], ids.embeddings()[1])


def test_a_row_of_numbers_is_a_window_where_windows_are_learned() -> None:
    windows = np.array([[0, 1, 2], [1, 2, 0]] * 4)
    trainer = WordWindow(context=2, dim=2).fit(windows, epochs=1, progress=False)
    assert trainer.embeddings()[0] == ["0", "1", "2"]


def test_word2vec_learns_ids_as_their_digits() -> None:
    rows = np.array([[7, 8, 9, 0], [7, 5, 9, 8]] * 10)
    as_words = [[str(number) for number in row if number] for row in rows.tolist()]
    ids, words = (
        Word2Vec(dim=3, window=2).fit(data, epochs=1, progress=False) for data in (rows, as_words)
    )
    assert sorted(ids.embeddings()[0]) == list("5789")
    assert np.array_equal(ids.embeddings()[1], words.embeddings()[1])
