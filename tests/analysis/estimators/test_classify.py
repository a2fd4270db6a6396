"""How well labels can be told from vectors: against scikit-learn, and where it cannot be."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import vecstore
from vecstore.analysis import cross_validate
from vecstore.store.store import Store

N = 400


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    images, labels = load_digits(return_X_y=True)
    path = tmp_path_factory.mktemp("digits") / "digits.vecs"
    with vecstore.create(path, dim=64, metric="euclidean", keys="int") as store:
        known = [int(label) if row % 4 else None for row, label in enumerate(labels[:N])]
        words = ["even" if label % 2 == 0 else "odd" for label in labels[:N]]
        store.add(
            range(N),
            images[:N],
            {
                "digit": known,
                "parity": words,
                "share": np.linspace(0, 1, N),
                "same": ["one"] * N,
                "rare": ["often"] * (N - 2) + ["seldom"] * 2,
                "nothing": [None] * N,
            },
        )
        yield store


def test_predictions_are_those_of_scikit_learn(digits: Store) -> None:
    found = cross_validate(digits, "digit", "logistic", folds=4, seed=5)
    images, labels = load_digits(return_X_y=True)
    known = np.arange(N) % 4 != 0
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    folds = StratifiedKFold(4, shuffle=True, random_state=5)
    wanted = cross_val_predict(model, images[:N][known], labels[:N][known], cv=folds)
    assert (found.predicted == wanted).mean() > 0.99  # ours are float32
    assert found.truth.tolist() == labels[:N][known].tolist()
    assert found.keys.tolist() == np.arange(N)[known].tolist()
    assert found.macro_f1 == pytest.approx(f1_score(found.truth, found.predicted, average="macro"))


@pytest.mark.parametrize("model", ["knn", "svm", "logistic"])
def test_labels_are_told_from_vectors(digits: Store, model: str) -> None:
    found = cross_validate(digits, "parity", model)
    assert found.classes == ["even", "odd"]
    assert found.accuracy.shape == (5,)
    assert found.accuracy.mean() > 0.85 > found.baseline + 0.3
    right = np.trace(found.confusion) / found.confusion.sum()
    assert right == pytest.approx(np.mean(found.truth == found.predicted))


def test_what_the_vectors_do_not_know_is_not_told(rng: np.random.Generator, tmp_path: Path) -> None:
    with vecstore.create(tmp_path / "noise.vecs", dim=8, keys="int") as store:
        coin = rng.integers(0, 2, 300)
        store.add(range(300), rng.standard_normal((300, 8)), {"coin": coin})
        assert abs(cross_validate(store, "coin").accuracy.mean() - 0.5) < 0.15


def test_a_few_rows_have_as_many_neighbours_as_there_are(tmp_path: Path) -> None:
    with vecstore.create(tmp_path / "few.vecs", dim=1, metric="euclidean", keys="int") as store:
        store.add(range(4), [[0], [1], [8], [9]], {"high": [False, False, True, True]})
        assert cross_validate(store, "high", "knn", folds=2).predicted.shape == (4,)


def test_only_rows_that_qualify_count(digits: Store) -> None:
    found = cross_validate(digits, "parity", "knn", where="share < 0.5")
    assert len(found.keys) == N / 2


@pytest.mark.parametrize(
    ("arguments", "kind", "sentence"),
    [
        (("colour",), ValueError, '`column` must name a column of the store; got "colour"'),
        (("nothing",), ValueError, "`column` must name a column"),
        (("digit", "forest"), ValueError, "`model` must be one of knn, svm, logistic; got 'for"),
        (("same",), ValueError, '`column` must hold at least 2 classes; "same" holds 1.'),
        (("rare",), ValueError, 'rows of each class; "seldom" has 2, got 5.'),
        (("share",), TypeError, '"share" holds Float64.'),
    ],
)
def test_what_cannot_be_judged_is_refused_in_a_sentence(
    digits: Store, arguments: tuple[str, ...], kind: type[Exception], sentence: str
) -> None:
    with pytest.raises(kind) as caught:
        cross_validate(digits, *arguments)
    assert sentence in str(caught.value)
    with pytest.raises(ValueError, match="`folds` must be at least 2; got 1"):
        cross_validate(digits, "digit", folds=1)
