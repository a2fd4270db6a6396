"""What trainers of word vectors have in common: a vocabulary."""

from collections.abc import Mapping, Sequence
from typing import Any

from vecstore.errors import VecstoreError
from vecstore.trainers.corpus.corpus import Corpus
from vecstore.trainers.corpus.tokens import Source
from vecstore.trainers.corpus.vocabulary import Vocabulary
from vecstore.trainers.trainer import Trainer

__all__ = ["WordTrainer", "corpus_of"]


class WordTrainer(Trainer):
    """Base of trainers that learn from text.

    Parameters
    ----------
    **parameters
        As for `Trainer`.

    Attributes
    ----------
    vocabulary : Vocabulary or None
        The words; None before `fit`.
    """

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.vocabulary: Vocabulary | None = None

    def attributes(self) -> Mapping[str, Sequence[Any]] | None:
        """Return the columns that go with the embeddings into a store.

        Returns
        -------
        mapping of str to sequence of n values, or None
            ``count``: how often each word occurs; None if its vocabulary does not know.
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
    """Return a text in the words that a trainer knows.

    Parameters
    ----------
    data : Corpus, or what `Corpus` reads
        The text.
    known : Vocabulary or None
        The words; None takes those of the text.
    name : str, default "data"
        The caller's argument, for the error.

    Returns
    -------
    Corpus

    Raises
    ------
    ValueError
        If a corpus has other words.
    """
    corpus = data if isinstance(data, Corpus) else Corpus(data, vocabulary=known)
    if known is not None and corpus.vocabulary != known:
        raise ValueError(
            f"`{name}` must have the vocabulary of the trainer, {known}; got {corpus.vocabulary}. "
            "Make it with Corpus(..., vocabulary=trainer.vocabulary)."
        )
    return corpus
