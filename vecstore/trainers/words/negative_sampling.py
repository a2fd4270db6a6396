"""word2vec's model and its update rule, as a Keras layer."""

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from vecstore.trainers.corpus.segments import WIDTH

__all__ = ["NegativeSampling"]


@keras.saving.register_keras_serializable(package="vecstore")
class NegativeSampling(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Tell words that occur near each other from words drawn at random [1]_.

    The layer applies the update rule itself, as batch normalisation updates its averages. The
    optimizers of Keras go over all rows of a table, or sort those to change, but a step changes a
    thousand rows of perhaps a hundred thousand. One compiled program changes the rows in place and
    runs many small steps in a loop without returning to Python.

    .. [1] Mikolov, Sutskever, Chen, Corrado and Dean, 2013, "Distributed representations of words
       and phrases and their compositionality", NIPS 26.
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
        # `cbow`: the mean of the words around predicts the centre word; else the centre word
        # predicts each word around. `rows`: segments per step, may change before compiling.
        self.window, self.negative, self.cbow, self.rows = window, negative, cbow, rows
        table = {"input_dim": words, "output_dim": dim, "trainable": False}
        small = keras.initializers.RandomUniform(-0.5 / dim, 0.5 / dim)
        self.words = keras.layers.Embedding(**table, embeddings_initializer=small, name="words")
        self.contexts = keras.layers.Embedding(
            **table, embeddings_initializer="zeros", name="contexts"
        )
        # Learning-rate factor per word, per table; see `SampledText.steps`.
        self.steps = [
            self.add_weight(shape=(words,), initializer="ones", trainable=False, name=name)
            for name in ("word_steps", "context_steps")
        ]

    def build(self, input_shape: Any) -> None:
        """Build the tables, whose shapes do not depend on the input."""
        for table in (self.words, self.contexts):
            table.build()

    def call(self, inputs: dict[str, Any], training: bool = False) -> Any:
        """Run a batch step by step, and change the tables in training; return the loss per pair.

        `inputs`: ``segments``, int32 (n, 3 * WIDTH + 2 * window); ``noise``, the random words,
        int32 (n, any); ``rate``, the learning rate, (n, 1). n is a multiple of `rows`.
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
        """Return the arguments that recreate the layer."""
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
        """Return the tables after one step, its summed loss, and its number of pairs."""
        around = segments[:, : WIDTH + 2 * self.window]
        centres = around[:, self.window : self.window + WIDTH]
        near = self._near(segments)
        # All pairs of a step share its random words. Each is weighted so that the sum is on average
        # that of `negative` words per pair: products of matrices replace single dot products (Ji,
        # Satish, Li and Dubey, 2016, arXiv:1604.04661).
        noise = ops.reshape(noise, (-1,))
        step = self._cbow if self.cbow else self._skipgram
        return step(words, contexts, _Look(around, centres, near, noise, rate))

    def _near(self, segments: Any) -> Any:
        """Return 1 where a centre word looks at a word: (rows, WIDTH, WIDTH + 2 * window)."""
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
        # As in word2vec's own code, each word gets the full gradient of the mean.
        change = pull * outside + ops.reshape(ops.matmul(push, drawn), ops.shape(mean))
        words = self._moved(words, 0, around, _flat(ops.matmul(_turned(near), change)), rate)
        both = _joined(centres, noise), _joined(_flat(pull * mean), ops.matmul(_turned(push), flat))
        contexts = self._moved(contexts, 1, *both, rate)
        return words, contexts, loss, ops.sum(some)

    def _moved(self, table: Any, which: int, rows: Any, change: Any, rate: Any) -> Any:
        """Return a table with changes added to some rows; a row may occur several times."""
        rows = ops.reshape(rows, (-1, 1))
        # Call this once per step and table: XLA copies the table before a second change in a step.
        step = ops.take(self.steps[which], rows, 0) * rate
        return ops.scatter_update(table, rows, change * step, reduction="add")


class _Look(NamedTuple):
    """The tensors that a step looks at."""

    around: Any  # words of the segments, (rows, WIDTH + 2 * window)
    centres: Any  # the words in the middle of the segments, (rows, WIDTH)
    near: Any  # from `NegativeSampling._near`
    noise: Any  # the random words that all pairs share, (any,)
    rate: Any


def _flat(blocks: Any) -> Any:
    return ops.reshape(blocks, (-1, blocks.shape[-1]))


def _joined(first: Any, second: Any) -> Any:
    """Concatenate what belongs to the words of the segments and to the random words."""
    if len(second.shape) == 1:
        first = ops.reshape(first, (-1,))
    return ops.concatenate([first, second])


def _turned(matrices: Any) -> Any:
    return ops.swapaxes(matrices, -1, -2)
