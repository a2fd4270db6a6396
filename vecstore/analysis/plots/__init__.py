"""Draw the vectors of a store, as figures of matplotlib.

Every function returns a figure that belongs to the caller; `save` writes it as PNG or SVG. Nothing
here touches pyplot. matplotlib (extra ``analysis``) is loaded when the first name is used. In
reading order:

- `style`: colours, sizes, and how a figure becomes a file;
- `layout`: places on the page, in pixels; `labels`: names that do not collide;
- `shades`: colours of an attribute; `crowd`: any number of points; `pairwise`: distances;
- `map`: every row where `project` put it, coloured by an attribute;
- `neighbourhood`: a key with its nearest keys around it;
- `analogy`: arrows for one analogy, or for many pairs of one relation;
- `matrix`: how similar some keys are, each to each;
- `extremes`: the keys at both ends of a dimension;
- `images`: images with the images nearest to them;
- `confusion`: which classes a classifier confuses;
- `curves`: loss and accuracy of a training, on two axes;
- `reconstructions`: images over what an autoencoder made of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vecstore.extras import need

if TYPE_CHECKING:
    from vecstore.analysis.plots.analogy import draw_analogy, draw_pairs
    from vecstore.analysis.plots.confusion import draw_confusion
    from vecstore.analysis.plots.curves import draw_curves
    from vecstore.analysis.plots.extremes import draw_extremes
    from vecstore.analysis.plots.images import draw_images
    from vecstore.analysis.plots.map import draw_map
    from vecstore.analysis.plots.matrix import draw_matrix
    from vecstore.analysis.plots.neighbourhood import draw_neighbourhood
    from vecstore.analysis.plots.reconstructions import draw_reconstructions
    from vecstore.analysis.plots.style import save

__all__ = [
    "draw_analogy",
    "draw_confusion",
    "draw_curves",
    "draw_extremes",
    "draw_images",
    "draw_map",
    "draw_matrix",
    "draw_neighbourhood",
    "draw_pairs",
    "draw_reconstructions",
    "save",
]

# Name to module.
_HOMES = {
    "draw_analogy": "analogy",
    "draw_confusion": "confusion",
    "draw_curves": "curves",
    "draw_extremes": "extremes",
    "draw_images": "images",
    "draw_map": "map",
    "draw_matrix": "matrix",
    "draw_neighbourhood": "neighbourhood",
    "draw_pairs": "analogy",
    "draw_reconstructions": "reconstructions",
    "save": "style",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    need("matplotlib")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
