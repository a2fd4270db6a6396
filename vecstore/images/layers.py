"""The part of a network that ends at a layer: from pixels to vectors."""

import math
import re
from difflib import get_close_matches
from typing import Any

from vecstore.images.families import alternatives, preprocess
from vecstore.images.networks import Network

__all__ = [
    "POOLINGS",
    "PRECISIONS",
    "cut",
    "features",
    "in_bfloat16",
    "input_size",
    "resolve_layer",
]

POOLINGS = ("avg", "max")
PRECISIONS = ("float32", "bfloat16")

# The side of images for a network that takes any: what most of them were trained with.
_SIDE = 224


def resolve_layer(network: Network, layer: str | None) -> str:
    """Return the name of the layer whose output shall be taken.

    Parameters
    ----------
    network : Network
        Where to look.
    layer : str or None
        None takes what the classifier at the end of the network is given, and where there is none,
        the output of the whole network. The number that Keras puts behind names of its own making
        ("dropout_3") may be left out.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If there is no layer of that name; the error names those spelled like it.
    """
    layers = network.model.layers
    if layer is None:
        return _before_classifier(layers) if network.top else str(layers[-1].name)
    names: list[str] = [one.name for one in layers]
    numbered = [name for name in names if re.fullmatch(rf"{re.escape(layer)}_\d+", name)]
    if layer not in names and len(numbered) == 1:
        return numbered[0]
    if layer not in names:
        near = get_close_matches(layer, names, cutoff=0.4) or names[-3:]
        without = " without its classifier" if network.top is False else ""
        raise ValueError(
            f"`layer` must be one of the {len(names)} layers of {network.name}{without}; "
            f'got "{layer}". Did you mean {alternatives(near)}?'
        )
    return layer


def input_size(network: Network, size: int | None) -> tuple[int, int, int]:
    """Return the height, width and channels of the images that a network takes.

    Parameters
    ----------
    network : Network
        Which.
    size : int or None
        The side of images, where the network leaves it open; None is 224 there.

    Returns
    -------
    (int, int, int)

    Raises
    ------
    ValueError
        If the network takes no images, or images of another size.
    """
    shape = network.model.input_shape
    if not isinstance(shape, tuple) or len(shape) != 4 or shape[3] not in (1, 3):
        raise ValueError(
            f"`model` must take images of shape (height, width, 3) or (height, width, 1); "
            f"{network.name} takes {shape}."
        )
    for side in shape[1:3]:
        if None not in (size, side) and side != size:
            raise ValueError(f"`size` must be {side}, as {network.name} has it; got {size}.")
    return shape[1] or size or _SIDE, shape[2] or size or _SIDE, shape[3]


def cut(network: Network, layer: str) -> Network:
    """Leave out what comes after a layer; `resolve_layer` has found its name."""
    import keras

    end = network.model.get_layer(layer).output
    return network._replace(model=keras.Model(network.model.inputs, end))


def features(network: Network, pooling: str | None, size: tuple[int, int, int]) -> Any:
    """Build the model from pixels to vectors.

    Parameters
    ----------
    network : Network
        What `cut` has left.
    pooling : "avg", "max" or None
        What becomes of a layer whose output has places, (height, width, channels): their mean,
        their maximum, or all of their numbers.
    size : (int, int, int)
        The shape of an image.

    Returns
    -------
    keras.Model
        From pixels of 0 to 255, shape (n, height, width, channels), to float32 of shape (n, dim).

    Raises
    ------
    ValueError
        If `pooling` is none of these, or there is nothing to pool.
    """
    import keras

    if pooling not in (None, *POOLINGS):
        raise ValueError(f'`pooling` must be "avg", "max" or None; got "{pooling}".')
    pixels = keras.Input(size)
    found = network.model(preprocess(pixels, network.mode))
    places = tuple(range(1, len(found.shape) - 1))
    if pooling is not None and not places:
        raise ValueError(
            f"`pooling` is for layers with places (height, width, channels); this one gives "
            f"{found.shape[-1]:,} numbers."
        )
    if pooling is not None:
        found = (keras.ops.mean if pooling == "avg" else keras.ops.max)(found, axis=places)
    flat = keras.ops.reshape(found, (-1, math.prod(found.shape[1:])))
    return keras.Model(pixels, keras.ops.cast(flat, "float32"))


def in_bfloat16(model: Any) -> Any:
    """Copy a model so that it computes in bfloat16; its weights stay float32.

    Parameters
    ----------
    model : keras.Model
        Stays as it is.

    Returns
    -------
    keras.Model
    """
    import keras

    def recast(layer: Any) -> Any:
        return type(layer).from_config({**layer.get_config(), "dtype": "mixed_bfloat16"})

    copy = keras.models.clone_model(model, clone_function=recast, recursive=True)
    copy.set_weights(model.get_weights())
    return copy


def _before_classifier(layers: list[Any]) -> str:
    """Return the layer that feeds the last one with weights: fc2 of VGG16, a mean elsewhere."""
    from keras.layers import Dropout

    classifier = [layer for layer in layers if layer.weights][-1]
    end = classifier.input
    while True:
        [source] = (layer for layer in layers if layer.output is end)
        if not isinstance(source, Dropout):  # does nothing here, and says nothing
            return str(source.name)
        end = source.input
