"""To be said."""

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
