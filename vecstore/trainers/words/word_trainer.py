"""What trainers of word vectors share: a vocabulary."""

from collections.abc import Mapping, Sequence
from typing import Any

from vecstore.errors import VecstoreError
from vecstore.trainers.corpus.corpus import Corpus
from vecstore.trainers.corpus.tokens import Source
from vecstore.trainers.corpus.vocabulary import Vocabulary
from vecstore.trainers.trainer import Trainer

__all__ = ["WordTrainer", "corpus_of"]


class WordTrainer(Trainer):
    """Base of the trainers that learn word vectors from text.

    Parameters
    ----------
    **parameters
        As for `Trainer`.

    Attributes
    ----------
    vocabulary : Vocabulary or None
        The words; None before `fit`.

    Examples
    --------
    >>> from vecstore.trainers import Cooccurrence
    >>> trainer = Cooccurrence(dim=2)
    >>> trainer.vocabulary is None
    True
    >>> trainer.fit(["the cat sat", "the dog sat"]).vocabulary
    <Vocabulary of 4: sat, the, cat, dog>
    """

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.vocabulary: Vocabulary | None = None

    def attributes(self) -> Mapping[str, Sequence[Any]] | None:
        """Return the columns that go into a store with the embeddings.

        Returns
        -------
        mapping of str to sequence of n values, or None
            ``count``: how often each word occurs; None if the vocabulary has no counts.

        Examples
        --------
        >>> from vecstore.trainers import WordWindow
        >>> WordWindow(context=1, dim=2).fit(["no no yes"], epochs=1).attributes()
        {'count': [2, 1]}
        """
        if self.vocabulary is None or self.vocabulary.counts is None:
            return None
        return {"count": self.vocabulary.counts.tolist()}

    def _words(self) -> Vocabulary:
        if self.vocabulary is None:
            raise VecstoreError(f"This {type(self).__name__} has learned nothing; call fit first.")
        return self.vocabulary

    def _state(self) -> dict[str, Any]:
        return self._words().state()

    def _restore(self, state: dict[str, Any]) -> None:
        self.vocabulary = Vocabulary(**state)


def corpus_of(data: Corpus | Source, known: Vocabulary | None, name: str = "data") -> Corpus:
    """Return a text as a corpus of the known words; ValueError if a corpus has other words."""
    corpus = data if isinstance(data, Corpus) else Corpus(data, vocabulary=known)
    if known is not None and corpus.vocabulary != known:
        raise ValueError(
            f"`{name}` must have the vocabulary of the trainer, {known}; got {corpus.vocabulary}. "
            "Make it with Corpus(..., vocabulary=trainer.vocabulary)."
        )
    return corpus
