"""Align the spaces of two languages, and translate words between them.

In reading order:

- `dictionary`: pairs of keys that mean the same, from files or from two stores;
- `retrieval`: the nearest keys of another store, by cosine or by CSLS;
- `alignment`: the orthogonal map from one space to the other;
- `translation`: texts word by word, and how often the right word is found.
"""

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
