"""Autoencoders: networks that learn short codes by reconstructing their input."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.trainers.autoencoders.base import CODE, Autoencoder, checked_sizes

__all__ = ["ConvAutoencoder", "DenseAutoencoder"]


class DenseAutoencoder(Autoencoder):
    """Learns codes of rows of numbers, through dense layers that narrow and widen again.

    Parameters
    ----------
    layers : sequence of int, default (100, 50, 20)
        Layer sizes down to the code, whose size is the last one. The way back mirrors them.
    denoising : float, default 0
        How much noise the input gets; the target stays clean.
    noise : str, default "gaussian"
        ``"gaussian"`` adds normal noise with the standard deviation `denoising`; for images.
        ``"masking"`` sets a share `denoising` of the numbers to 0 and scales up the others, so that
        the expected sum stays; for bags of words.
    loss : str, default "binary_crossentropy"
        For data in [0, 1]; or ``"mse"``, squared error, for any numbers.
    learning_rate : float, default 0.001
        The learning rate of Adam.
    seed : int, default 0
        Seeds everything random. The same seed, data and machine give the same losses.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    Notes
    -----
    The hidden layers are ReLU, the code is linear. With one layer and squared error the code would
    span the principal components; more layers can do better.

    References
    ----------
    .. [1] Hinton and Salakhutdinov, 2006, "Reducing the dimensionality of data with neural
       networks", Science 313.
    .. [2] Vincent et al., 2008, "Extracting and composing robust features with denoising
       autoencoders", ICML.

    Examples
    --------
    >>> trainer = DenseAutoencoder((3, 2)).fit(np.eye(4), epochs=1)
    >>> trainer.encode(np.eye(4)).shape, trainer.reconstruct(np.eye(4)).shape
    ((4, 2), (4, 4))
    """

    def __init__(
        self,
        layers: Sequence[int] = (100, 50, 20),
        *,
        denoising: float = 0.0,
        noise: str = "gaussian",
        loss: str = "binary_crossentropy",
        learning_rate: float = 1e-3,
        seed: int = 0,
    ) -> None:
        super().__init__(
            layers=checked_sizes(layers, "layers"),
            denoising=denoising,
            noise=noise,
            loss=loss,
            learning_rate=learning_rate,
            seed=seed,
        )

    def _layers(self, shape: tuple[int, ...], output: str) -> list[Any]:
        from keras.layers import Dense, Flatten, Reshape

        *hidden, dim = self.parameters["layers"]
        return [
            Flatten(),
            *(Dense(size, activation="relu") for size in hidden),
            Dense(dim, name=CODE),
            *(Dense(size, activation="relu") for size in reversed(hidden)),
            Dense(int(np.prod(shape)), activation=output),
            Reshape(shape),
        ]


class ConvAutoencoder(Autoencoder):
    """Learns codes of images, through convolutions that shrink them and let them grow again.

    Parameters
    ----------
    filters : sequence of int, default (16, 8, 8)
        Filters of each 3x3 convolution, each followed by halving. The way back mirrors them.
    denoising : float, default 0
        How much noise the input gets; the target stays clean.
    noise : str, default "gaussian"
        ``"gaussian"`` adds normal noise with the standard deviation `denoising`; for images.
        ``"masking"`` sets a share `denoising` of the numbers to 0 and scales up the others, so that
        the expected sum stays; for bags of words.
    loss : str, default "binary_crossentropy"
        For data in [0, 1]; or ``"mse"``, squared error, for any numbers.
    learning_rate : float, default 0.001
        The learning rate of Adam.
    seed : int, default 0
        Seeds everything random. The same seed, data and machine give the same losses.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    Notes
    -----
    Images of 28 x 28 in one channel become codes of shape (4, 4, 8), 128 numbers, with 4,385
    parameters. Images of any size work: what grows too large on the way back is cropped.

    References
    ----------
    .. [1] Chollet, 2016, "Building autoencoders in Keras", blog.keras.io.

    Examples
    --------
    >>> images = np.zeros((2, 28, 28), np.uint8)
    >>> trainer = ConvAutoencoder().fit(images, epochs=1)
    >>> trainer.encode(images).shape, trainer.model.count_params()
    ((2, 128), 4385)
    """

    def __init__(
        self,
        filters: Sequence[int] = (16, 8, 8),
        *,
        denoising: float = 0.0,
        noise: str = "gaussian",
        loss: str = "binary_crossentropy",
        learning_rate: float = 1e-3,
        seed: int = 0,
    ) -> None:
        super().__init__(
            filters=checked_sizes(filters, "filters"),
            denoising=denoising,
            noise=noise,
            loss=loss,
            learning_rate=learning_rate,
            seed=seed,
        )

    def _arranged(self, data: npt.ArrayLike, name: str) -> npt.ArrayLike:
        images = np.asarray(data)
        if images.ndim not in (3, 4):
            raise ValueError(
                f"`{name}` must have shape (n, height, width) or (n, height, width, channels); "
                f"got {images.shape}."
            )
        return images if images.ndim == 4 else images[..., np.newaxis]

    def _layers(self, shape: tuple[int, ...], output: str) -> list[Any]:
        from keras.layers import Conv2D, Cropping2D, MaxPooling2D, UpSampling2D

        *sides, channels = shape
        filters = self.parameters["filters"]
        names = [None] * (len(filters) - 1) + [CODE]
        encoder = [
            layer
            for count, name in zip(filters, names, strict=True)
            for layer in (
                Conv2D(count, 3, padding="same", activation="relu"),
                MaxPooling2D(2, padding="same", name=name),
            )
        ]
        # Halving rounds up, so the way back may end too large. Its last hidden convolution goes
        # without padding, which removes 2, if the image stays large enough; the rest is cropped.
        # So 28, 14, 7, 4 comes back as 8, 16 - 2, 28.
        before = [_halved(side, len(filters)) << (len(filters) - 1) for side in sides]
        both = list(zip(before, sides, strict=True))
        trim = 2 if all(2 * (now - 2) >= side for now, side in both) else 0
        paddings = ["same"] * (len(filters) - 1) + ["valid" if trim else "same"]
        decoder = [
            layer
            for count, padding in zip(reversed(filters), paddings, strict=True)
            for layer in (Conv2D(count, 3, padding=padding, activation="relu"), UpSampling2D(2))
        ]
        excess = [(0, 2 * (now - trim) - side) for now, side in both]
        return [
            *encoder,
            *decoder,
            Conv2D(channels, 3, padding="same", activation=output),
            Cropping2D(excess),
        ]


def _halved(size: int, times: int) -> int:
    """Halve a size `times` times, rounding up."""
    for _ in range(times):
        size = -(-size // 2)
    return size
