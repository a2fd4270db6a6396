"""Networks that learn short codes by reconstructing their input.

- `samples`: rows checked, and scaled to what a sigmoid can reach;
- `base`: noise, loss, training, codes and reconstructions, which all autoencoders share;
- `networks`: the dense and the convolutional one;
- `baselines`: principal components and a linear classifier, the figures to beat.
"""

from vecstore.trainers.autoencoders.base import Autoencoder
from vecstore.trainers.autoencoders.baselines import linear_labels, pca_error

__all__ = [
    "Autoencoder",
    "linear_labels",
    "pca_error",
]
