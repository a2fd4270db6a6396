"""The same network with fewer operations: batch normalisation merged into convolutions.

A trained network normalises by constants: ``(conv(x) - mean) * scale + beta`` is a convolution with
another kernel and bias. Keras computes the normalisation in separate steps, each of which reads and
writes all activations between two layers, and takes as long as many a convolution.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["fuse"]

Floats = npt.NDArray[np.floating[Any]]


def fuse(model: Any) -> Any:
    """Copy a model without the batch normalisations that convolutions can do; not for training."""
    import keras

    # MobileNet has 27 such layers, and takes 1.4 times as long with them as without.
    norms = {conv.name: norm for conv, norm in _pairs(model.layers)}
    if not norms:
        return model  # itself, not a copy
    gone = {norm.name for norm in norms.values()}

    def copy(layer: Any) -> Any:
        config = layer.get_config()
        if layer.name in norms:
            config["use_bias"] = True
        return type(layer).from_config(config)

    def call(layer: Any, *inputs: Any, **options: Any) -> Any:
        return inputs[0] if layer.name in gone else layer(*inputs, **options)

    fused = keras.models.clone_model(model, clone_function=copy, call_function=call)
    for layer in model.layers:
        weights = layer.get_weights()
        if layer.name in norms:
            weights = _with_norm(layer, weights, norms[layer.name])
        if weights and layer.name not in gone:
            fused.get_layer(layer.name).set_weights(weights)
    return fused


def _pairs(layers: list[Any]) -> Iterable[tuple[Any, Any]]:
    """Yield convolutions whose output goes to a batch normalisation only, and that layer."""
    from keras import activations
    from keras.layers import (
        BatchNormalization,
        Conv2D,
        Dense,
        DepthwiseConv2D,
        SeparableConv2D,
    )

    linear = {Conv2D, Dense, DepthwiseConv2D, SeparableConv2D}
    users: dict[int, list[Any]] = {}
    for layer in layers:
        for tensor in layer.input if isinstance(layer.input, list) else [layer.input]:
            users.setdefault(id(tensor), []).append(layer)
    for layer in layers:
        if type(layer) in linear and layer.activation is activations.linear:
            following = users.get(id(layer.output), [])
            if [type(one) for one in following] == [BatchNormalization]:
                yield layer, following[0]


def _with_norm(layer: Any, weights: list[Floats], norm: Any) -> list[Floats]:
    """Return the kernels and the bias of a convolution that includes the normalisation."""
    from keras.layers import DepthwiseConv2D

    scale: Floats = 1 / np.sqrt(np.asarray(norm.moving_variance) + norm.epsilon)
    if norm.scale:
        scale = scale * np.asarray(norm.gamma)
    kernels, bias = (weights[:-1], weights[-1]) if layer.use_bias else (weights, 0.0)
    shift = (bias - np.asarray(norm.moving_mean)) * scale
    if norm.center:
        shift = shift + np.asarray(norm.beta)
    # The kernel of a depthwise convolution ends in two axes of channels, in and multiplier; other
    # kernels end in one.
    *others, kernel = kernels
    depthwise = isinstance(layer, DepthwiseConv2D)
    return [*others, kernel * (np.reshape(scale, kernel.shape[2:]) if depthwise else scale), shift]
