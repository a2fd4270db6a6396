"""What a trained network of factors computes with, taken out of it."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.trainers.categories.fields import Field

__all__ = ["Factors"]


class Factors:
    """A vector and a bias for every category, and one of each for all that are not known.

    Parameters
    ----------
    model : keras.Model
        From `factor_network`.
    fields : sequence of Field
        Its fields.
    unit : float
        What it was built with.

    Attributes
    ----------
    vectors : list of ndarray of float32, shape (len(field) + 1, dim)
        Of each field, normalised as the network does it; the last is their mean over the rows.
    biases : list of ndarray of float32, shape (len(field) + 1,)
        Of each field, in the same order.
    """

    def __init__(self, model: Any, fields: Sequence[Field], unit: float) -> None:
        self.unit = np.float32(unit)
        self.vectors, self.biases = [], []
        for place, field in enumerate(fields):
            (table,) = model.get_layer(f"vectors_{place}").get_weights()
            (biases,) = model.get_layer(f"biases_{place}").get_weights()
            self.vectors.append(
                field.with_mean(_normalised(table, model.get_layer(f"normalised_{place}")))
            )
            self.biases.append(field.with_mean(biases[:, 0]))

    def predict(self, codes: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Do what the network does, for categories too that it does not know.

        Parameters
        ----------
        codes : ndarray of int32, shape (n, fields)
            From `Field.codes`.

        Returns
        -------
        ndarray of float32, shape (n,)
            Zero or more.
        """
        vectors = [rows[column] for rows, column in zip(self.vectors, codes.T, strict=True)]
        biases = [rows[column] for rows, column in zip(self.biases, codes.T, strict=True)]
        products = [(one * other).sum(axis=1) for one, other in combinations(vectors, 2)]
        total: npt.NDArray[np.float32] = np.sum([*biases, *products], axis=0)
        predicted: npt.NDArray[np.float32] = np.maximum(total, 0) * self.unit
        return predicted


def _normalised(table: npt.NDArray[np.float32], layer: Any) -> npt.NDArray[np.float32]:
    """Do what a layer of batch normalisation does to each row when it does not train."""
    gamma, beta, mean, variance = layer.get_weights()
    scale = gamma / np.sqrt(variance + layer.epsilon)
    rows: npt.NDArray[np.float32] = (table - mean) * scale + beta
    return rows
