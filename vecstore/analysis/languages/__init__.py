"""To be said."""

from vecstore.analysis.languages.alignment import align
from vecstore.analysis.languages.dictionary import known_pairs, read_dictionary, split_pairs
from vecstore.analysis.languages.retrieval import RETRIEVALS
from vecstore.analysis.languages.translation import Translation, Translator, precision

__all__ = [
    "RETRIEVALS",
    "Translation",
    "Translator",
    "align",
    "known_pairs",
    "precision",
    "read_dictionary",
    "split_pairs",
]
