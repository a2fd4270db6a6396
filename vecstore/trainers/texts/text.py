"""A classifier of texts, and the vectors of words and texts that it learns on the way."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from vecstore.arrays import check_count
from vecstore.trainers.corpus.numbered import as_texts, holds_ids
from vecstore.trainers.corpus.vocabulary import Vocabulary
from vecstore.trainers.corpus.word_ids import Text, WordIds, words_of
from vecstore.trainers.encoder import Encoder
from vecstore.trainers.parameters import check_number
from vecstore.trainers.split import drawn_rows
from vecstore.trainers.texts.evaluation import Evaluation, evaluate_labels
from vecstore.trainers.texts.labelled import as_labelled
from vecstore.trainers.trainer import check_schedule

__all__ = ["TextClassifier"]

WORDS, DOCUMENT = "words", "document"  # the layers of word vectors and of text vectors
IDS = ("vocabulary", "hash")
POOLINGS = ("flatten", "mean")
KEPT = ("last", "first")
PREDICTED = 1024  # texts per batch in prediction


class TextClassifier(Encoder):
    """Learns vectors of words, and of texts, by classifying labelled texts.

    Parameters
    ----------
    vocabulary_size : int, default 10000
        Rows of the embedding: one for padding, one for all unknown words, and the rest for the most
        frequent words. With ``ids="hash"``, one for padding and the rest for hashes.
    dim : int, default 8
        The dimension of word vectors.
    max_length : int, default 20
        How many words of a text are looked at.
    classes : int or None
        How many labels there are; None counts them. Two labels use one sigmoid unit and binary
        cross-entropy, more use a softmax.
    ids : str, default "vocabulary"
        ``"vocabulary"``, or ``"hash"``: the hashing trick, which gives every word a vector; some
        words share theirs.
    pooling : str, default "flatten"
        How the word vectors of a text are combined: ``"flatten"`` concatenates them; ``"mean"``
        averages them without padding and forgets their order.
    hidden : sequence of int, default ()
        Sizes of dense tanh layers between that and the labels.
    dropout : float, default 0
        The share of the inputs of each dense layer that is dropped in training.
    keep : str, default "last"
        Which words of a text that is too long: the ``"last"`` or the ``"first"``.
    learning_rate : float, default 0.005
        The learning rate of Adam.
    seed : int, default 0
        Seeds everything random. The same seed, data and machine give the same losses.

    Attributes
    ----------
    labels : list of str, int or bool
        The labels of the training, sorted; empty before `fit`.

    Raises
    ------
    ValueError
        If a choice is unknown, or a number is out of range.

    Notes
    -----
    `embeddings` and `to_store` are about words. `encode` and `encode_to_store` are about texts: the
    vector of a text is the output of the last hidden layer, or its pooled words if there is none.

    Examples
    --------
    >>> texts = (["good film", "bad film", "good", "bad"], ["+", "-", "+", "-"])
    >>> trainer = TextClassifier(dim=2, max_length=3, hidden=(4,)).fit(texts, epochs=1)
    >>> list(trainer.vocabulary), trainer.labels
    (['bad', 'film', 'good'], ['+', '-'])
    >>> trainer.encode(["a good film"]).shape, trainer.probabilities(["bad"]).shape
    ((1, 4), (1, 2))
    >>> trainer.predict(["bad"])[0] in trainer.labels
    True
    >>> trainer.evaluate(texts).confusion.sum()
    np.int64(4)
    >>> trainer.embeddings()[1].shape, trainer.attributes()
    ((3, 2), {'count': [2, 2, 2]})
    """

    def __init__(
        self,
        vocabulary_size: int = 10_000,
        dim: int = 8,
        max_length: int = 20,
        classes: int | None = None,
        *,
        ids: str = "vocabulary",
        pooling: str = "flatten",
        hidden: Sequence[int] = (),
        dropout: float = 0.0,
        keep: str = "last",
        learning_rate: float = 5e-3,
        seed: int = 0,
    ) -> None:
        for name, value, allowed in (
            ("ids", ids, IDS),
            ("pooling", pooling, POOLINGS),
            ("keep", keep, KEPT),
        ):
            if value not in allowed:
                raise ValueError(f'`{name}` must be one of {", ".join(allowed)}; got "{value}".')
        super().__init__(
            vocabulary_size=check_count(vocabulary_size, "vocabulary_size", least=3),
            dim=check_count(dim, "dim"),
            max_length=check_count(max_length, "max_length"),
            classes=None if classes is None else check_count(classes, "classes", least=2),
            ids=ids,
            pooling=pooling,
            hidden=[check_count(size, "hidden") for size in hidden],
            dropout=check_number(dropout, "dropout", least=0, below=1),
            keep=keep,
            learning_rate=check_number(learning_rate, "learning_rate", above=0),
            seed=seed,
        )
        self.word_ids = self._ids(Vocabulary([], []))
        self.labels: list[Any] = []
        self._learned_ids = False  # whether the texts of the training were of ids
        self._encoder: Any = None

    @property
    def vocabulary(self) -> Vocabulary:
        """The words of the training texts that have a vector, the most frequent first."""
        return self.word_ids.vocabulary

    def fit(
        self,
        data: Any,
        *,
        epochs: int = 3,
        batch_size: int = 256,
        validation: Any = None,
        progress: bool = True,
    ) -> Self:
        """Learn from labelled texts.

        Parameters
        ----------
        data : pair (texts, labels)
            n str, or lists of words or of ids, and n labels of type str, int or bool; `read_texts`
            reads them from a table. Ids are integers from 0, in lists or in rows of an array, where
            0 is padding. Their words are their digits, unless `words_of_ids` spells them. The first
            call fixes vocabulary and labels.
        epochs : int, default 3
            Epochs to add; a second call continues where the first stopped.
        batch_size : int, default 256
            Texts per step. A step costs more than its texts: with 256 at a learning rate of 0.005,
            two epochs on IMDB match five of the recipe's 32 at 0.001, in a ninth of the time.
        validation : float, pair (texts, labels), or None
            The share of the texts to hold out, drawn at random; or other texts.
        progress : bool, default True
            Whether to draw a progress bar if there is a terminal.

        Returns
        -------
        TextClassifier
            Itself.

        Raises
        ------
        ValueError
            If there are not as many labels as texts, fewer than two different labels, not `classes`
            of them, or labels that an earlier call did not have; if an id is negative, or a later
            call has ids after words or words after ids.
        TypeError
            If the data are not such a pair, or mix words and ids.
        """
        check_schedule(epochs, batch_size, validation)
        texts, labels = as_labelled(data, "data")
        known = self.labels or self._checked_labels(labels)
        targets = _targets(labels, known, "data")
        if self._model is not None:
            self._check_kind(texts, "data")
        held_out = None
        if validation is not None and not isinstance(validation, float):
            others = as_labelled(validation, "validation")
            held_out = (others.texts, _targets(others.labels, known, "validation"))
        if isinstance(validation, float):
            rows, held_rows = drawn_rows(len(texts), validation, self.parameters["seed"])
            held_out = ([texts[row] for row in held_rows], targets[held_rows])
            texts, targets = [texts[row] for row in rows], targets[rows]
        if self._model is None:
            self.word_ids = self.word_ids.learned(texts)
            self._learned_ids = holds_ids(texts)
            self.labels = known
            with self._seeded():
                self._model = self._built(len(known))
        if held_out is not None:
            self._check_kind(held_out[0], "validation")
        self._train(
            self._padded(texts),
            targets,
            epochs=epochs,
            batch_size=batch_size,
            validation=None if held_out is None else (self._padded(held_out[0]), held_out[1]),
            progress=progress,
        )
        return self

    def encode(self, data: Sequence[Text]) -> npt.NDArray[np.float32]:
        """Return the vectors of texts.

        Parameters
        ----------
        data : sequence of n str, or of lists of words or of ids, or ndarray of int, shape (n,
        length)
            Texts without labels, as in `fit`.

        Returns
        -------
        ndarray of float32, shape (n, dim of the last hidden layer, or of the pooled words)
            In the order of the texts.
        """
        import keras

        if self._encoder is None:
            self._encoder = keras.Model(self.model.inputs, self.model.get_layer(DOCUMENT).output)
        vectors: npt.NDArray[np.float32] = self._predicted(self._encoder, data)
        return vectors

    def probabilities(self, data: Sequence[Text]) -> npt.NDArray[np.float32]:
        """Return the probability of each label for each text.

        Parameters
        ----------
        data : sequence of n str, or of lists of words or of ids, or ndarray of int, shape (n,
        length)
            Texts without labels, as in `fit`.

        Returns
        -------
        ndarray of float32, shape (n, len(labels))
            Columns in the order of `labels`; each row sums to 1.
        """
        outputs: npt.NDArray[np.float32] = self._predicted(self.model, data)
        return outputs if outputs.shape[1] > 1 else np.hstack([1 - outputs, outputs])

    def predict(self, data: Sequence[Text]) -> list[Any]:
        """Return the most probable label of each text.

        Parameters
        ----------
        data : sequence of n str, or of lists of words or of ids, or ndarray of int, shape (n,
        length)
            Texts without labels, as in `fit`.

        Returns
        -------
        list of n labels
            As they were in training.
        """
        return [self.labels[place] for place in self.probabilities(data).argmax(axis=1)]

    def evaluate(self, data: Any) -> Evaluation:
        """Compare the labels of texts with the predicted ones.

        Parameters
        ----------
        data : pair (texts, labels)
            As for `fit`. A label that was not in training counts as wrong.

        Returns
        -------
        Evaluation
            Accuracy, a report per label, and a confusion matrix.

        Raises
        ------
        ImportError
            If scikit-learn is not installed.
        """
        texts, labels = as_labelled(data, "data")
        return evaluate_labels(labels, self.predict(texts))

    def embeddings(self) -> tuple[Sequence[str], npt.NDArray[np.float32]]:
        """Return the vectors of words.

        Returns
        -------
        keys : list of n str
            The words that have a vector, the most frequent first; with ``ids="hash"``, all words of
            the training.
        vectors : ndarray of float32, shape (n, dim)
            Words with the same hash share a vector.
        """
        table = np.asarray(self.model.get_layer(WORDS).embeddings, np.float32)
        words = list(self.vocabulary)
        return words, table[self.word_ids.ids(words)]

    def attributes(self) -> Mapping[str, Sequence[Any]]:
        """Return how often each word occurs in the training texts.

        Returns
        -------
        mapping of str to list of n int
            As ``count``.
        """
        return {"count": self.vocabulary.state()["counts"]}

    def _built(self, classes: int) -> Any:
        import keras
        from keras import layers

        chosen = self.parameters
        pooled = chosen["pooling"] == "mean"
        stack = [
            keras.Input((chosen["max_length"],), dtype="int32"),
            # Only a mean can leave padding out; when flattened, padding has a vector like any word.
            layers.Embedding(
                chosen["vocabulary_size"], chosen["dim"], mask_zero=pooled, name=WORDS
            ),
            layers.GlobalAveragePooling1D() if pooled else layers.Flatten(),
        ]
        # ReLU can be zero for a whole row, tanh is not: every text has a direction.
        for size in chosen["hidden"]:
            stack += [*self._dropout(), layers.Dense(size, activation="tanh")]
        stack[-1].name = DOCUMENT
        two = classes == 2
        output = layers.Dense(1 if two else classes, activation="sigmoid" if two else "softmax")
        model = keras.Sequential([*stack, *self._dropout(), output])
        loss = "binary_crossentropy" if two else "sparse_categorical_crossentropy"
        model.compile(keras.optimizers.Adam(chosen["learning_rate"]), loss, metrics=["accuracy"])
        return model

    def _dropout(self) -> list[Any]:
        from keras.layers import Dropout

        rate = self.parameters["dropout"]
        return [Dropout(rate)] if rate else []

    def _checked_labels(self, labels: Sequence[Any]) -> list[Any]:
        """Return the distinct labels, sorted, if a classifier can tell them apart."""
        kinds = {type(label).__name__ for label in labels}
        if len(kinds) > 1:
            raise TypeError(f"`data` must have labels of one type; got {', '.join(sorted(kinds))}.")
        known = sorted(set(labels))
        wanted = self.parameters["classes"]
        if len(known) < 2:
            raise ValueError(f"`data` must have at least two labels; got only {known[0]!r}.")
        if wanted is not None and len(known) != wanted:
            raise ValueError(f"`data` must have {wanted} labels, as `classes`; got {len(known)}.")
        return known

    def _padded(self, texts: Sequence[Text]) -> npt.NDArray[np.int32]:
        chosen = self.parameters
        return self.word_ids.padded(texts, chosen["max_length"], chosen["keep"])

    def _check_kind(self, texts: Sequence[Text], name: str) -> None:
        """Refuse ids after words, and words after ids: all of them would be unknown."""
        if holds_ids(texts) and not self._learned_ids:
            raise ValueError(
                f"`{name}` must hold words, as in the training; got ids; spell them with "
                "`words_of_ids`."
            )
        if self._learned_ids and not holds_ids(texts):
            # Ids that somebody spelled in digits are the same words.
            words = [word for text in texts for word in words_of(text)]
            if words and not any(map(str.isdecimal, words)):
                raise ValueError(f"`{name}` must hold ids, as in the training; got words.")

    def _predicted(self, model: Any, texts: Sequence[Text]) -> Any:
        texts = as_texts(texts, "data")
        self._check_kind(texts, "data")
        rows = self._padded(texts)
        return model.predict(rows, batch_size=PREDICTED, verbose=0)

    def _state(self) -> dict[str, Any]:
        return {
            "vocabulary": self.vocabulary.state(),
            "labels": self.labels,
            "learned_ids": self._learned_ids,
        }

    def _restore(self, state: dict[str, Any]) -> None:
        self.word_ids = self._ids(Vocabulary(**state["vocabulary"]))
        self.labels = state["labels"]
        self._learned_ids = state.get("learned_ids", False)  # version 0.1.0 took no ids

    def _ids(self, vocabulary: Vocabulary) -> WordIds:
        chosen = self.parameters
        return WordIds(chosen["vocabulary_size"], chosen["ids"] == "hash", vocabulary)


def _targets(labels: Sequence[Any], known: Sequence[Any], name: str) -> npt.NDArray[np.int32]:
    """Return the places of labels among the known ones; ValueError if one is unknown."""
    places = {label: place for place, label in enumerate(known)}
    unknown = sorted({str(label) for label in labels if label not in places})
    if unknown:
        raise ValueError(
            f"`{name}` must have labels that the training has; got {', '.join(unknown[:5])}"
            f"{', ...' if len(unknown) > 5 else ''}."
        )
    return np.array([places[label] for label in labels], np.int32)
