"""The weights of a trained network of factors, for predictions outside Keras."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.trainers.categories.fields import Field

__all__ = ["Factors"]


class Factors:
    """A vector and a bias per category, and one of each per field for unknown categories."""

    def __init__(self, model: Any, fields: Sequence[Field], unit: float) -> None:
        self.unit = np.float32(unit)
        # Per field, float32 of shape (len(field) + 1, dim) and (len(field) + 1,); vectors are
        # normalised as in the network. The last row is the mean over the rows of the table.
        self.vectors, self.biases = [], []
        for place, field in enumerate(fields):
            (table,) = model.get_layer(f"vectors_{place}").get_weights()
            (biases,) = model.get_layer(f"biases_{place}").get_weights()
            self.vectors.append(
                field.with_mean(_normalised(table, model.get_layer(f"normalised_{place}")))
            )
            self.biases.append(field.with_mean(biases[:, 0]))

    def predict(self, codes: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Predict (n,) from codes (n, fields) as the network does, also for unknown categories."""
        vectors = [rows[column] for rows, column in zip(self.vectors, codes.T, strict=True)]
        biases = [rows[column] for rows, column in zip(self.biases, codes.T, strict=True)]
        products = [(one * other).sum(axis=1) for one, other in combinations(vectors, 2)]
        total: npt.NDArray[np.float32] = np.sum([*biases, *products], axis=0)
        predicted: npt.NDArray[np.float32] = np.maximum(total, 0) * self.unit
        return predicted


def _normalised(table: npt.NDArray[np.float32], layer: Any) -> npt.NDArray[np.float32]:
    """Normalise rows as a trained layer of batch normalisation does."""
    gamma, beta, mean, variance = layer.get_weights()
    scale = gamma / np.sqrt(variance + layer.epsilon)
    rows: npt.NDArray[np.float32] = (table - mean) * scale + beta
    return rows
