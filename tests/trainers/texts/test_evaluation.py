"""Reports and confusion matrices, against figures worked out by hand."""

from typing import Any

import pytest

pytest.importorskip("keras")
pytest.importorskip("sklearn")

from vecstore.trainers.texts.evaluation import evaluate_labels

pytestmark = pytest.mark.keras


def approximately(name: str, *scores: float) -> tuple[Any, ...]:
    """Return a row of means, over six labels."""
    return (name, *map(pytest.approx, scores), 6)


def test_precision_recall_and_confusion_are_those_worked_out_by_hand() -> None:
    right = ["cat", "cat", "cat", "dog", "dog", "elk"]
    given = ["cat", "cat", "dog", "dog", "cat", "cat"]
    found = evaluate_labels(right, given)
    assert found.accuracy == 3 / 6
    assert found.labels == ["cat", "dog", "elk"]
    assert found.confusion.tolist() == [[2, 1, 0], [1, 1, 0], [1, 0, 0]]
    cat, dog, elk, macro, weighted = found.report.rows()
    assert cat == ("cat", 2 / 4, 2 / 3, pytest.approx(4 / 7), 3)
    assert dog == ("dog", 1 / 2, 1 / 2, 1 / 2, 2)
    assert elk == ("elk", 0, 0, 0, 1)
    assert macro == approximately("macro avg", 1 / 3, (2 / 3 + 1 / 2) / 3, (4 / 7 + 1 / 2) / 3)
    precision, recall = (3 * 2 / 4 + 2 * 1 / 2) / 6, (3 * 2 / 3 + 2 * 1 / 2) / 6
    f1 = (3 * 4 / 7 + 2 * 1 / 2) / 6
    assert weighted == approximately("weighted avg", precision, recall, f1)


def test_a_label_that_nobody_expected_is_in_the_matrix() -> None:
    found = evaluate_labels([True, True], [True, False])
    assert found.labels == [False, True]
    assert found.confusion.tolist() == [[0, 0], [1, 1]]


def test_labels_of_two_types_are_compared() -> None:
    found = evaluate_labels([1, 2, 1], ["1", 2, 1])
    assert found.labels == [1, 2, "1"]
    assert found.accuracy == pytest.approx(2 / 3)
