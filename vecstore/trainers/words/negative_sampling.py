"""word2vec's model and its update rule, as a Keras layer."""

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from vecstore.trainers.corpus.segments import WIDTH

__all__ = ["NegativeSampling"]


@keras.saving.register_keras_serializable(package="vecstore")
class NegativeSampling(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Tell words that stand near each other from words drawn at random.

    The update rule is applied here and not by an optimizer, as batch normalisation updates its
    averages: every optimizer of Keras goes over all rows of a table, or sorts those to change,
    while a step changes a thousand rows of perhaps a hundred thousand. Inside one compiled program
    the rows are changed in place, and many small steps run in a loop without coming back to Python.

    Parameters
    ----------
    words : int
        In the vocabulary.
    dim : int
        Of the vectors.
    window : int
        The most words to look at on each side.
    negative : int
        Random words for each near one.
    cbow : bool
        Whether the mean of the words around predicts the centre word; else the centre word predicts
        each of those around.
    rows : int
        Segments in a step. It may be changed before the model is compiled.

    Notes
    -----
    The random words of a step are shared by all of its pairs, each weighted so that the sum is, on
    average, that of `negative` words for each pair: products of matrices take the place of single
    dot products. As in word2vec's own code, the gradient of a mean goes in full to each of its
    words.

    References
    ----------
    .. [1] Mikolov, Sutskever, Chen, Corrado and Dean, 2013, "Distributed representations of words
       and phrases and their compositionality", NIPS 26.
    .. [2] Ji, Satish, Li and Dubey, 2016, "Parallelizing word2vec in shared and distributed
       memory", arXiv:1604.04661.
    """

    def __init__(
        self,
        *,
        words: int,
        dim: int,
        window: int,
        negative: int,
        cbow: bool,
        rows: int,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.window, self.negative, self.cbow, self.rows = window, negative, cbow, rows
        table = {"input_dim": words, "output_dim": dim, "trainable": False}
        small = keras.initializers.RandomUniform(-0.5 / dim, 0.5 / dim)
        self.words = keras.layers.Embedding(**table, embeddings_initializer=small, name="words")
        self.contexts = keras.layers.Embedding(
            **table, embeddings_initializer="zeros", name="contexts"
        )
        # By what changes of each word, in each table, are multiplied; see `SampledText.steps`.
        self.steps = [
            self.add_weight(shape=(words,), initializer="ones", trainable=False, name=name)
            for name in ("word_steps", "context_steps")
        ]

    def build(self, input_shape: Any) -> None:
        """Make the tables, whose shapes do not depend on the input."""
        for table in (self.words, self.contexts):
            table.build()

    def call(self, inputs: dict[str, Any], training: bool = False) -> Any:
        """Go through a batch step by step, and change the tables if this is training.

        Parameters
        ----------
        inputs : dict
            ``segments``, int32 of shape (n, 3 * WIDTH + 2 * window); ``noise``, the random words,
            int32 of shape (n, any); ``rate``, the learning rate, float32 of shape (n, 1). n is a
            multiple of `rows`.
        training : bool, default False
            Whether to learn.

        Returns
        -------
        tensor of float32, shape (1,)
            The loss per pair, which is also added to the losses of the model.
        """
        per_step = [
            ops.reshape(inputs[name], (-1, self.rows, inputs[name].shape[1]))
            for name in ("segments", "noise")
        ]
        rate = inputs["rate"][0, 0] if training else 0.0

        def step(number: Any, state: Any) -> Any:
            words, contexts, loss, pairs = state
            segments, noise = (ops.take(all_steps, number, 0) for all_steps in per_step)
            words, contexts, more, count = self._step(words, contexts, segments, noise, rate)
            return words, contexts, loss + more, pairs + count

        tables = (self.words.embeddings, self.contexts.embeddings)
        begin = (*(ops.convert_to_tensor(table) for table in tables), 0.0, 0.0)
        words, contexts, loss, pairs = ops.fori_loop(0, ops.shape(per_step[0])[0], step, begin)
        if training:
            tables[0].assign(words)
            tables[1].assign(contexts)
        mean = loss / ops.maximum(pairs, 1.0)
        self.add_loss(mean)
        return ops.reshape(mean, (1,))

    def get_config(self) -> dict[str, Any]:
        """Return what the layer was made with."""
        return {
            **super().get_config(),
            "words": self.words.input_dim,
            "dim": self.words.output_dim,
            "window": self.window,
            "negative": self.negative,
            "cbow": self.cbow,
            "rows": self.rows,
        }

    def _step(self, words: Any, contexts: Any, segments: Any, noise: Any, rate: Any) -> Any:
        """Return the tables after one step, its summed loss, and the number of its pairs."""
        around = segments[:, : WIDTH + 2 * self.window]
        centres = around[:, self.window : self.window + WIDTH]
        near = self._near(segments)
        noise = ops.reshape(noise, (-1,))
        step = self._cbow if self.cbow else self._skipgram
        return step(words, contexts, _Look(around, centres, near, noise, rate))

    def _near(self, segments: Any) -> Any:
        """Return 1 where a centre word looks at one around: (rows, WIDTH, WIDTH + 2 * window)."""
        reach = segments[:, WIDTH + 2 * self.window :]
        left, right = reach[:, :WIDTH, None], reach[:, WIDTH:, None]
        place = np.arange(WIDTH + 2 * self.window, dtype=np.int32) - self.window
        offset = (place[None] - np.arange(WIDTH, dtype=np.int32)[:, None])[None]
        near = (offset >= -left) & (offset <= right) & (offset != 0)
        return ops.cast(near, "float32")

    def _skipgram(self, words: Any, contexts: Any, look: "_Look") -> Any:
        around, centres, near, noise, rate = look
        inside = ops.take(words, centres, 0)
        outside = ops.take(contexts, around, 0)
        drawn = ops.take(contexts, noise, 0)
        flat = _flat(inside)
        count = ops.sum(near, 2)
        weight = ops.reshape(count, (-1, 1)) * (self.negative / noise.shape[0])
        score = ops.matmul(inside, _turned(outside))
        noise_score = ops.matmul(flat, _turned(drawn))
        loss = ops.sum(ops.softplus(-score) * near) + ops.sum(ops.softplus(noise_score) * weight)
        # Minus the gradient of the loss by the scores.
        pull = ops.sigmoid(-score) * near
        push = -ops.sigmoid(noise_score) * weight
        words = self._moved(
            words, 0, centres, _flat(ops.matmul(pull, outside)) + ops.matmul(push, drawn), rate
        )
        both = (
            _joined(around, noise),
            _joined(_flat(ops.matmul(_turned(pull), inside)), ops.matmul(_turned(push), flat)),
        )
        contexts = self._moved(contexts, 1, *both, rate)
        return words, contexts, loss, ops.sum(count)

    def _cbow(self, words: Any, contexts: Any, look: "_Look") -> Any:
        around, centres, near, noise, rate = look
        inside = ops.take(words, around, 0)
        outside = ops.take(contexts, centres, 0)
        drawn = ops.take(contexts, noise, 0)
        count = ops.sum(near, 2, keepdims=True)
        mean = ops.matmul(near / ops.maximum(count, 1.0), inside)
        flat = _flat(mean)
        some = ops.cast(count > 0, "float32")
        weight = _flat(some) * (self.negative / noise.shape[0])
        score = ops.sum(mean * outside, 2, keepdims=True)
        noise_score = ops.matmul(flat, _turned(drawn))
        loss = ops.sum(ops.softplus(-score) * some) + ops.sum(ops.softplus(noise_score) * weight)
        pull = ops.sigmoid(-score) * some
        push = -ops.sigmoid(noise_score) * weight
        change = pull * outside + ops.reshape(ops.matmul(push, drawn), ops.shape(mean))
        words = self._moved(words, 0, around, _flat(ops.matmul(_turned(near), change)), rate)
        both = _joined(centres, noise), _joined(_flat(pull * mean), ops.matmul(_turned(push), flat))
        contexts = self._moved(contexts, 1, *both, rate)
        return words, contexts, loss, ops.sum(some)

    def _moved(self, table: Any, which: int, rows: Any, change: Any, rate: Any) -> Any:
        """Return a table with changes added to some rows, a row any number of times.

        Once per step and table: before a second change in one step XLA copies the table.
        """
        rows = ops.reshape(rows, (-1, 1))
        step = ops.take(self.steps[which], rows, 0) * rate
        return ops.scatter_update(table, rows, change * step, reduction="add")


class _Look(NamedTuple):
    """What a step looks at, as tensors."""

    around: Any  # words of the segments, (rows, WIDTH + 2 * window)
    centres: Any  # those in the middle of them, (rows, WIDTH)
    near: Any  # of `NegativeSampling._near`
    noise: Any  # random words that all pairs share, (any,)
    rate: Any


def _flat(blocks: Any) -> Any:
    return ops.reshape(blocks, (-1, blocks.shape[-1]))


def _joined(first: Any, second: Any) -> Any:
    """Return what belongs to the words around or in the centre, and to the random ones, as one."""
    if len(second.shape) == 1:
        first = ops.reshape(first, (-1,))
    return ops.concatenate([first, second])


def _turned(matrices: Any) -> Any:
    return ops.swapaxes(matrices, -1, -2)
