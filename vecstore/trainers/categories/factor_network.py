"""The network of `CategoricalFactors`, and how fast it may learn."""

from collections.abc import Callable, Sequence
from itertools import combinations
from math import comb, log, sqrt
from typing import Any

import keras

__all__ = ["HeldOut", "compile_factors", "factor_network", "learning_rate", "output_unit"]

# Fewer steps than the recipe's: Keras' 0.99 would remember the first ones too long.
MOMENTUM = 0.9

# The learning rate at the end of a training, as a share of that at its start.
LAST_RATE = 0.003

# How far weights can move in a training, as a multiple of how far predictions are off at its start.
# At 1.5, five of five seeds keep ten dimensions of ten alive on the wines. So they do at 1.3 and
# 1.8 in an imitation of the network, where one field has nine at 2.6, and six at 3.5; the table is
# in docs/recipes.md.
FARTHER = 1.5

# How many standard deviations of the first sums of products the mean target lies above zero.
HEADROOM = 2


def factor_network(
    sizes: Sequence[int], dim: int, l2: float, unit: float, target: float
) -> keras.Model:
    """Build the network: products of every pair of vectors, plus biases.

    Parameters
    ----------
    sizes : sequence of int
        Categories of each field.
    dim : int
        Of a vector.
    l2 : float
        Weight of the squares of the vectors in the loss.
    unit : float
        What the sum is multiplied with; see `output_unit`.
    target : float
        Its mean, where predictions begin: biases share it. From zero, large steps would have to be
        made to get there; see `learning_rate`.

    Returns
    -------
    keras.Model
        From codes, int32 of shape (n, fields), to predictions of shape (n, 1). Field i has the
        layers ``vectors_i``, ``normalised_i`` and ``biases_i``.

    Notes
    -----
    A category has dim + 1 parameters, a field 4 * dim for the normalisation, of which half are
    running statistics and not trained.
    """
    layers = keras.layers
    codes = keras.Input((len(sizes),), dtype="int32", name="codes")
    share = keras.initializers.Constant(target / unit / len(sizes))
    vectors, terms = [], []
    for field, size in enumerate(sizes):
        column = codes[:, field]
        table = layers.Embedding(
            size, dim, embeddings_regularizer=keras.regularizers.L2(l2), name=f"vectors_{field}"
        )
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
    """Return what the sum of products is multiplied with, 1 for large targets.

    Normalised vectors begin at random, and so do the sums of their products, around zero, with a
    standard deviation of the root of (pairs * dim). ReLU cuts off those below zero, and they learn
    nothing. That is soon over if the target lies far above, and half of the rows stay dead if it
    lies within.

    Parameters
    ----------
    target : float
        Its mean, above 0.
    fields, dim : int
        Of the network.

    Returns
    -------
    float
        In this unit, the mean target lies two standard deviations above zero, or more.

    Examples
    --------
    >>> output_unit(88.4, fields=3, dim=10)
    1.0
    """
    return min(1.0, target / (HEADROOM * sqrt(comb(fields, 2) * dim)))


def learning_rate(reach: float, steps: int, fields: int, dim: int) -> float:
    """Return the rate at which to begin.

    RMSprop moves a weight by about the rate at each step, however small the gradient; all steps
    together move it by ``rate * steps / log(1 / LAST_RATE)``. That must reach as far as biases
    have to go, and should not reach much farther. For where a dimension tells little, steps as
    large as elsewhere take its scales or its vectors to zero, the vectors all the sooner by the
    penalty. Then it is the same for all categories, its products teach nothing any more, and it
    stays dead. At a rate of 0.43 to begin with, five to seven of ten dimensions of the wines ended
    so.

    Few steps would need large ones. While all predictions are too low, the sum of (pairs * dim)
    products v * v rises by 2 * sqrt(pairs * dim * reach) * rate in a step, once it is near what is
    wanted. A step of more than what there is to cover does not settle; this is half of it, at most.

    Parameters
    ----------
    reach : float
        The mean distance of predictions from the target, in the unit of the network.
    steps : int
        How many there will be.
    fields, dim : int
        Of the network.

    Returns
    -------
    float
        The rate.
    """
    enough = FARTHER * reach * log(1 / LAST_RATE) / steps
    return min(enough, sqrt(reach / (comb(fields, 2) * dim)) / 4)


def compile_factors(model: keras.Model, rate: float, steps: int) -> None:
    """Make the network ready for so many steps at a falling rate.

    Parameters
    ----------
    model : keras.Model
        From `factor_network`.
    rate : float
        At the first step; it falls exponentially.
    steps : int
        How many there will be.

    Notes
    -----
    Keras uses no XLA on a CPU unless told to, and here it should not: to compile this network takes
    longer than ten epochs over 130,000 rows.
    """
    schedule = keras.optimizers.schedules.ExponentialDecay(rate, steps, LAST_RATE)
    model.compile(keras.optimizers.RMSprop(schedule), "mean_absolute_error", metrics=["mae"])


class HeldOut(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Add to what an epoch came to how far predictions for held-out rows are off.

    Keras cannot do it: to the network, a category that only these rows have has no number.

    Parameters
    ----------
    error : callable
        Returns their mean absolute error.
    """

    def __init__(self, error: Callable[[], float]) -> None:
        super().__init__()
        self.error = error

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write ``val_loss``, which has the penalty for large vectors, and ``val_mae``."""
        if logs is not None:
            mae = self.error()
            penalty = sum(float(loss) for loss in self.model.losses)
            logs |= {"val_loss": mae + penalty, "val_mae": mae}
