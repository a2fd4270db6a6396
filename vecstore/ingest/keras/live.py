"""Matrices of models in memory, as the model computes with them."""

from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.ingest.keras.choice import EMBEDDING, Candidate, matrix_shape

__all__ = ["live_matrices", "live_values", "load_keras"]

# Rows of a quantised layer that are computed at a time.
_STEP = 1 << 16


def load_keras() -> Any:
    """Return the module keras; ImportError says what to install."""
    try:
        import keras
    except ImportError as error:
        raise ImportError(
            'Layers and models need Keras and TensorFlow; pip install "vecstore-exact[keras]".'
        ) from error
    return keras


def live_matrices(model: Any) -> list[Candidate[Any]]:
    """Return the matrices of a layer or model, and of all in it, in the order of the layers."""
    found: list[Candidate[Any]] = []
    seen: set[int] = set()
    # Keras has no public way to the layers within a layer. The innermost layers come first, so that
    # a weight is assigned to the innermost that has it.
    for layer in reversed(model._flatten_layers()):
        new = [weight for weight in layer.weights if id(weight) not in seen]
        seen.update(map(id, new))
        if _is_embedding(layer):
            shape = (layer.input_dim, layer.output_dim)
            found += [Candidate((layer.name, layer.path), EMBEDDING, shape, layer)] if new else []
            continue
        for weight in reversed(new):
            if (one := matrix_shape(weight.shape)) and "float" in str(weight.dtype):
                names = (layer.name, layer.path, weight.path)
                found.append(Candidate(names, type(layer).__name__, one, weight))
    return found[::-1]


def live_values(weight: Any) -> npt.NDArray[np.float32]:
    """Return the rows of a candidate's weight; an `Embedding` adds LoRA and dequantises."""
    if not _is_embedding(weight):
        return _array(weight)
    if not weight.quantization_mode:
        return _array(weight.embeddings)
    ids = np.arange(weight.input_dim, dtype=np.int32)
    parts = range(0, len(ids), _STEP)
    return np.concatenate([_array(weight(ids[start : start + _STEP])) for start in parts])


def _is_embedding(layer: Any) -> bool:
    return isinstance(layer, load_keras().layers.Embedding)


def _array(tensor: Any) -> npt.NDArray[np.float32]:
    values = np.asarray(load_keras().ops.convert_to_numpy(tensor), np.float32)
    return values.reshape(matrix_shape(values.shape) or values.shape)
