"""A classifier of texts, and the vectors of words and texts that it learns on the way.

- `labelled`: labelled texts from tables and arrays;
- `text`: `TextClassifier`;
- `evaluation`: accuracy, precision, recall and confusion.
"""

from vecstore.trainers.texts.evaluation import Evaluation, evaluate_labels
from vecstore.trainers.texts.labelled import LabelledTexts, read_texts
from vecstore.trainers.texts.text import TextClassifier

__all__ = [
    "Evaluation",
    "LabelledTexts",
    "TextClassifier",
    "evaluate_labels",
    "read_texts",
]
