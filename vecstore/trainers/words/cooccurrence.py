"""Word vectors without a network: co-occurrence counts, weighted and factored."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from vecstore.arrays import check_count
from vecstore.errors import VecstoreError
from vecstore.extras import need
from vecstore.trainers.corpus.corpus import Corpus
from vecstore.trainers.corpus.tokens import Source
from vecstore.trainers.corpus.vocabulary import Vocabulary
from vecstore.trainers.parameters import check_number
from vecstore.trainers.words.matrices import factor
from vecstore.trainers.words.weights import WEIGHTINGS
from vecstore.trainers.words.word_trainer import WordTrainer

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["Cooccurrence"]


class Cooccurrence(WordTrainer):
    """Counts which words occur near which, weights the counts, and factors the matrix.

    Parameters
    ----------
    window : int, default 5
        How many words to look at on either side, within the sentence.
    weighting : str, default "ppmi"
        ``"ppmi"``: how much more often than by chance. ``"count"``: how often. ``"log"``:
        log(1 + count).
    dim : int, default 100
        The dimension of the vectors.
    smoothing : float, default 0.75
        For PPMI, the power to which the counts of contexts are raised.
    power : float, default 0.5
        The power to which singular values are raised: 1 keeps the geometry of the matrix, 0 gives
        all dimensions the same weight.
    seed : int, default 0
        Seeds the decomposition.

    Attributes
    ----------
    vocabulary : Vocabulary or None
        The words; None before `fit`.
    matrix : scipy.sparse.csr_matrix of float64 or None
        The matrix that was factored; None before `fit`, and after `load`.

    Raises
    ------
    ValueError
        If `weighting` is unknown, or a number is out of range.

    Notes
    -----
    There are no epochs: `history` has one row, whose loss is the share of the squared weights that
    the vectors leave out. `model` looks up words by their numbers.

    It counts some millions of words a second. Memory grows with the number of distinct pairs, 32
    bytes each. The decomposition takes longest, about as long as (pairs * dim * 50)
    multiplications.

    References
    ----------
    .. [1] Levy, Goldberg and Dagan, 2015, "Improving distributional similarity with lessons learned
       from word embeddings", TACL 3.

    Examples
    --------
    >>> trainer = Cooccurrence(window=2, dim=2)
    >>> _ = trainer.fit(["the cat sat", "the dog sat", "a cat ran", "a dog ran"])
    >>> keys, vectors = trainer.embeddings()
    >>> keys, vectors.shape
    (['a', 'cat', 'dog', 'ran', 'sat', 'the'], (6, 2))
    """

    def __init__(
        self,
        window: int = 5,
        weighting: str = "ppmi",
        dim: int = 100,
        *,
        smoothing: float = 0.75,
        power: float = 0.5,
        seed: int = 0,
    ) -> None:
        if weighting not in WEIGHTINGS:
            names = ", ".join(f'"{name}"' for name in WEIGHTINGS)
            raise ValueError(f"`weighting` must be one of {names}; got {weighting!r}.")
        super().__init__(
            window=check_count(window, "window"),
            weighting=weighting,
            dim=check_count(dim, "dim"),
            smoothing=check_number(smoothing, "smoothing", least=0, most=1),
            power=check_number(power, "power", least=0, most=1),
            seed=seed,
        )
        self.matrix: csr_matrix | None = None
        self._vectors: npt.NDArray[np.float32] | None = None

    def fit(self, data: Corpus | Source, *, progress: bool = True) -> Self:
        """Count, weight and factor.

        Parameters
        ----------
        data : Corpus, or source of a Corpus
            A text. A second call starts over.
        progress : bool, default True
            Whether to draw a progress bar if there is a terminal.

        Returns
        -------
        Cooccurrence
            Itself. Ctrl-C ends the counting; what was counted until then is factored.

        Raises
        ------
        ImportError
            If scikit-learn is not installed.
        ValueError
            If there are not more words than `dim`, or no word is near another.

        Examples
        --------
        >>> trainer = Cooccurrence(dim=1).fit(["no yes", "yes no"])
        >>> trainer.matrix.shape, trainer.interrupted
        ((2, 2), False)
        """
        from vecstore.trainers.corpus.pairs import count_pairs

        need("sklearn")
        begun = perf_counter()
        chosen = self.parameters
        corpus = data if isinstance(data, Corpus) else Corpus(data)
        words = len(corpus.vocabulary)
        if words <= chosen["dim"]:
            raise ValueError(
                f"`dim` must be less than the number of words, {words:,}; got {chosen['dim']}."
            )
        with _stages(progress) as report:
            counts, done = count_pairs(corpus.ids, words, chosen["window"], report)
            if counts.nnz == 0:
                raise ValueError("`data` must have words near each other; none is near another.")
            report(0, None)
            matrix = WEIGHTINGS[chosen["weighting"]](counts, chosen["smoothing"])
            vectors, left = factor(matrix, chosen["dim"], chosen["power"], chosen["seed"])
        self.vocabulary, self.matrix, self._vectors = corpus.vocabulary, matrix, vectors
        self._model = None
        self.interrupted = done < len(corpus.ids)
        self._epochs = [{"epoch": 1, "loss": left, "seconds": round(perf_counter() - begun, 4)}]
        return self

    @property
    def model(self) -> Any:
        """A Keras model that returns the vectors of words by their numbers."""
        if self._model is None:
            import keras

            vectors = self._learned()[1]
            layer = keras.layers.Embedding(*vectors.shape, weights=[vectors], name="words")
            self._model = keras.Sequential([keras.Input((), dtype="int32"), layer])
        return self._model

    def embeddings(self) -> tuple[list[str], npt.NDArray[np.float32]]:
        """Return the vectors of the words.

        Returns
        -------
        keys : list of n str
            The most frequent first. Words that are near no other word more often than by chance
            have no vector and are left out.
        vectors : ndarray of float32, shape (n, dim)
            In the order of `keys`.

        Raises
        ------
        VecstoreError
            If nothing was learned yet.

        Examples
        --------
        >>> Cooccurrence(dim=2).fit(["the cat sat", "the dog sat", "a cat ran"]).embeddings()[0]
        ['cat', 'sat', 'the', 'a', 'dog', 'ran']
        """
        vocabulary, vectors = self._learned()
        known = np.flatnonzero(vectors.any(axis=1))
        return [vocabulary[number] for number in known], vectors[known]

    def attributes(self) -> Mapping[str, Sequence[Any]] | None:
        """Return the columns that go into a store with the embeddings.

        Returns
        -------
        mapping of str to sequence of n values, or None
            ``count``: how often each word occurs; None if the vocabulary has no counts.

        Raises
        ------
        VecstoreError
            If nothing was learned yet.

        Examples
        --------
        >>> Cooccurrence(dim=2).fit(["the cat sat", "the dog sat", "a cat ran"]).attributes()
        {'count': [2, 2, 2, 1, 1, 1]}
        """
        vocabulary, vectors = self._learned()
        if vocabulary.counts is None:
            return None
        return {"count": vocabulary.counts[vectors.any(axis=1)].tolist()}

    def _learned(self) -> tuple[Vocabulary, npt.NDArray[np.float32]]:
        if self.vocabulary is None or self._vectors is None:
            raise VecstoreError("This Cooccurrence has learned nothing; call fit first.")
        return self.vocabulary, self._vectors

    def _packages(self) -> dict[str, str]:
        return {name: version(name) for name in ("scikit-learn", "scipy", "numba")}

    def _restore(self, state: dict[str, Any]) -> None:
        super()._restore(state)
        (self._vectors,) = self._model.get_layer("words").get_weights()


@contextmanager
def _stages(wanted: bool) -> Iterator[Callable[[int, int | None], None]]:
    """Draw a bar while words are counted, then an endless one; on terminals only."""
    if not (wanted and sys.stdout.isatty() and sys.stderr.isatty()):
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Cooccurrence, counting")

        def report(done: int, total: int | None) -> None:
            if total is None:
                bar.update(task, description="Cooccurrence, factoring")
            bar.update(task, completed=done, total=total)

        yield report
