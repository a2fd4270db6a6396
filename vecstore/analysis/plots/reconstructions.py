"""Draw the input of an autoencoder over its output."""

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from vecstore.analysis.plots.style import INK, new_figure, strip

__all__ = ["draw_reconstructions"]

WIDTH = 0.8  # inches per image


def draw_reconstructions(
    originals: npt.ArrayLike,
    reconstructed: npt.ArrayLike,
    *,
    noisy: npt.ArrayLike | None = None,
) -> Figure:
    """Draw images in a row, with the reconstruction under each.

    Parameters
    ----------
    originals : array_like, shape (n, height, width) or (n, height, width, channels)
        uint8, or numbers from 0 to 1; 1 or 3 channels.
    reconstructed : array_like of the same shape
        Numbers from 0 to 1, from `reconstruct`.
    noisy : array_like of the same shape, or None
        The input, if it was not the originals; drawn between them and the reconstructions.

    Returns
    -------
    Figure
        A row each of originals, noisy images and reconstructions.

    Raises
    ------
    ValueError
        If they are not images, there are none, or the shapes differ.

    Examples
    --------
    >>> import numpy as np
    >>> originals = np.random.default_rng(0).random((3, 8, 8))
    >>> figure = draw_reconstructions(originals, originals / 2)
    """
    given = {"originals": originals, "noisy": noisy, "reconstructed": reconstructed}
    rows = {name: np.asarray(images) for name, images in given.items() if images is not None}
    shape = rows["originals"].shape
    if len(shape) not in (3, 4) or 0 in shape or (len(shape) == 4 and shape[3] not in (1, 3)):
        raise ValueError(
            "`originals` must have shape (n, height, width) or (n, height, width, 1 or 3); "
            f"got {shape}."
        )
    for name, images in rows.items():
        if images.shape != shape:
            raise ValueError(
                f"`{name}` must have the shape of `originals`, {shape}; got {images.shape}."
            )
    n, height, width = shape[:3]
    figure = new_figure(WIDTH * n + 1.2, (WIDTH * height / width + 0.05) * len(rows) + 0.1)
    figure.set_layout_engine("constrained", w_pad=0.03, h_pad=0.03, wspace=0, hspace=0)
    grid = figure.subplots(len(rows), n, squeeze=False)
    for line, (name, images) in zip(grid, rows.items(), strict=True):
        # The axes must stay visible, or their label would vanish with them.
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", color=INK)
        for axes, image in zip(line, images, strict=True):
            strip(axes)
            axes.imshow(image.squeeze(), cmap="gray", vmin=0, vmax=_white(image))
    return figure


def _white(image: npt.NDArray[np.generic]) -> int:
    """Return the value of white in an image: 255 in bytes, 1 otherwise."""
    return 255 if image.dtype == np.uint8 else 1
