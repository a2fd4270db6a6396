"""To be said."""

from vecstore.trainers.pictures.idx import read_idx
from vecstore.trainers.pictures.images import ImageClassifier

__all__ = [
    "ImageClassifier",
    "read_idx",
]
