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

# The side of images for a network that takes any size: most were trained with this one.
_SIDE = 224


def resolve_layer(network: Network, layer: str | None) -> str:
    """Return the name of the layer whose output to take; ValueError suggests similar names.

    None is the input of the classifier, or without a classifier the last layer. The number in a
    name that Keras generated ("dropout_3") may be left out.
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
    """Return height, width and channels of the input; ValueError if it is not images of `size`."""
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
    """Leave out what follows a layer; `resolve_layer` has found its name."""
    import keras

    end = network.model.get_layer(layer).output
    return network._replace(model=keras.Model(network.model.inputs, end))


def features(network: Network, pooling: str | None, size: tuple[int, int, int]) -> Any:
    """Build the model from pixels of 0 to 255 to float32 vectors, shape (n, dim)."""
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
    """Copy a model to compute in bfloat16; its weights stay float32."""
    import keras

    def recast(layer: Any) -> Any:
        return type(layer).from_config({**layer.get_config(), "dtype": "mixed_bfloat16"})

    copy = keras.models.clone_model(model, clone_function=recast, recursive=True)
    copy.set_weights(model.get_weights())
    return copy


def _before_classifier(layers: list[Any]) -> str:
    """Return the layer that feeds the last one with weights: fc2 of VGG16, else mostly a mean."""
    from keras.layers import Dropout

    classifier = [layer for layer in layers if layer.weights][-1]
    end = classifier.input
    while True:
        [source] = (layer for layer in layers if layer.output is end)
        if not isinstance(source, Dropout):  # which does nothing outside training
            return str(source.name)
        end = source.input
