"""To be said."""

from vecstore.trainers.autoencoders.base import Autoencoder
from vecstore.trainers.autoencoders.baselines import linear_labels, pca_error

__all__ = [
    "Autoencoder",
    "linear_labels",
    "pca_error",
]
