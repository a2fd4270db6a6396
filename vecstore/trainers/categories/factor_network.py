"""The network of `CategoricalFactors`, and how fast it may learn."""

from collections.abc import Callable, Sequence
from itertools import combinations
from math import comb, log, sqrt
from typing import Any

import keras

__all__ = ["HeldOut", "compile_factors", "factor_network", "learning_rate", "output_unit"]

# There are fewer steps than in the recipe: Keras's 0.99 would remember the first ones too long.
MOMENTUM = 0.9

# The final learning rate, as a share of the initial one.
LAST_RATE = 0.003

# How far weights can move in a training, as a multiple of the initial error of predictions. At 1.5
# all ten dimensions stay alive on the wines for five of five seeds. In an imitation of the network
# they also do at 1.3 and 1.8, but one field keeps nine at 2.6 and six at 3.5; docs/recipes.md has
# the table.
FARTHER = 1.5

# The mean target is at least this many standard deviations of the initial sums above zero.
HEADROOM = 2


def factor_network(
    sizes: Sequence[int], dim: int, l2: float, unit: float, target: float
) -> keras.Model:
    """Build the network, from int32 codes (n, fields) to predictions (n, 1).

    Field i has the layers ``vectors_i``, ``normalised_i`` and ``biases_i``. `unit` is from
    `output_unit`; `target` is the mean of the targets.
    """
    layers = keras.layers
    codes = keras.Input((len(sizes),), dtype="int32", name="codes")
    # Biases share the mean target, so predictions begin there. Only large steps would get there
    # from zero; see `learning_rate`.
    share = keras.initializers.Constant(target / unit / len(sizes))
    vectors, terms = [], []
    for field, size in enumerate(sizes):
        column = codes[:, field]
        table = layers.Embedding(
            size, dim, embeddings_regularizer=keras.regularizers.L2(l2), name=f"vectors_{field}"
        )
        # 4 * dim parameters, half of them running statistics that are not trained.
        normalise = layers.BatchNormalization(momentum=MOMENTUM, name=f"normalised_{field}")
        vectors.append(normalise(table(column)))
        biases = layers.Embedding(size, 1, embeddings_initializer=share, name=f"biases_{field}")
        terms.append(biases(column))
    terms += [layers.Dot(axes=1)(list(pair)) for pair in combinations(vectors, 2)]
    output = layers.ReLU()(layers.Add()(terms))
    if unit != 1:
        output = layers.Rescaling(unit)(output)
    return keras.Model(codes, output)


def output_unit(target: float, fields: int, dim: int) -> float:
    """Return the factor for the sum of products, given the mean target; 1 for large targets.

    >>> output_unit(88.4, fields=3, dim=10)
    1.0
    """
    # Normalised vectors begin at random. The sums of their products begin around zero, with a
    # standard deviation of sqrt(pairs * dim). ReLU cuts off sums below zero, and those rows learn
    # nothing. That is soon over if the target lies far above this range, but half of the rows stay
    # dead if it lies within.
    return min(1.0, target / (HEADROOM * sqrt(comb(fields, 2) * dim)))


def learning_rate(reach: float, steps: int, fields: int, dim: int) -> float:
    """Return the initial learning rate of RMSprop.

    `reach` is the mean distance of predictions from the target, in the unit of the network.
    """
    # RMSprop moves a weight by about the rate at each step, however small the gradient is. All
    # steps together move it by rate * steps / log(1 / LAST_RATE). That must be as far as biases
    # have to go, and should not be much farther. In a dimension that tells little, steps as large
    # as elsewhere take its scales or its vectors to zero, and the penalty speeds that up for
    # vectors. Then the dimension is the same for all categories, its products teach nothing any
    # more, and it stays dead. At an initial rate of 0.43, five to seven of ten dimensions of the
    # wines ended that way.
    enough = FARTHER * reach * log(1 / LAST_RATE) / steps
    # Few steps would need large ones. While all predictions are too low, the sum of (pairs * dim)
    # products v * v rises by 2 * sqrt(pairs * dim * reach) * rate per step once it is near the
    # target. A step that exceeds the distance to cover does not settle, so a step covers at most
    # half of it.
    return min(enough, sqrt(reach / (comb(fields, 2) * dim)) / 4)


def compile_factors(model: keras.Model, rate: float, steps: int) -> None:
    """Compile the network for `steps` steps; the rate falls exponentially from `rate`."""
    schedule = keras.optimizers.schedules.ExponentialDecay(rate, steps, LAST_RATE)
    # Without XLA, which Keras uses on a CPU only if told to: compiling this network takes longer
    # than ten epochs over 130,000 rows.
    model.compile(keras.optimizers.RMSprop(schedule), "mean_absolute_error", metrics=["mae"])


class HeldOut(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Add the error of held-out rows, which `error` returns, to the logs of each epoch.

    Keras cannot do it: a category that only these rows have is no number to the network.
    """

    def __init__(self, error: Callable[[], float]) -> None:
        super().__init__()
        self.error = error

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write ``val_loss``, which includes the penalty for large vectors, and ``val_mae``."""
        if logs is not None:
            mae = self.error()
            penalty = sum(float(loss) for loss in self.model.losses)
            logs |= {"val_loss": mae + penalty, "val_mae": mae}
