"""To be said."""

from vecstore.writing.batch import Batch
from vecstore.writing.indexes import KINDS, Recipe, building, described, dropping, tuning
from vecstore.writing.segments import Batches
from vecstore.writing.writer import Writer

__all__ = [
    "KINDS",
    "Batch",
    "Batches",
    "Recipe",
    "Writer",
    "building",
    "described",
    "dropping",
    "tuning",
]
