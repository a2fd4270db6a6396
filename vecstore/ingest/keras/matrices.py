"""The matrices in a Keras file, and their rows as the model computes with them."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.errors import IngestError
from vecstore.ingest.keras.choice import EMBEDDING, Candidate, matrix_shape
from vecstore.ingest.keras.files import StoredArray, StoredLayer
from vecstore.ingest.keras.values import from_bfloat16, from_int4, from_int8, unpacked
from vecstore.ingest.table import row_slices

__all__ = ["Matrix", "matrices"]

# The weights of an embedding, in the order in which Keras 3 numbers them.
_VALUES, _SCALE, _ZERO, _GROUPS = "embeddings", "embeddings_scale", "embeddings_zero", "g_idx"
_LORA_A, _LORA_B = "lora_embeddings_a", "lora_embeddings_b"
_NUMBERED = {str(number): name for number, name in enumerate((_VALUES, _SCALE, _ZERO, _GROUPS))}

# h5py reads bfloat16 as two bytes without a type.
_BFLOAT16 = np.dtype("V2")

# What h5py and NumPy raise for damaged files.
_DAMAGE = (OSError, RuntimeError, KeyError, ValueError, TypeError, IndexError)

# Quantisation to 8 bits turns the largest number of a row into this one.
_PEAK = 127

Floats = npt.NDArray[Any]


class Matrix(NamedTuple):
    """A matrix of a file."""

    layer: StoredLayer
    arrays: dict[str, StoredArray]  # "embeddings", and the weights that modify it
    shape: tuple[int, int]

    @property
    def stored(self) -> StoredArray:
        """The array of its numbers, quantised or not."""
        return self.arrays[_VALUES]

    @property
    def peculiarity(self) -> str | None:
        """Why the stored numbers cannot be searched in place; None if they can."""
        if not _is_float(self.stored):
            return "is quantised"
        if len(self.arrays) > 1:
            return "has LoRA weights"
        if len(self.stored.shape) != 2:
            return f"has {len(self.stored.shape)} axes"
        if self.stored.dtype not in (np.float16, np.float32):
            bfloat16 = self.stored.dtype == _BFLOAT16
            return f"is stored as {'bfloat16' if bfloat16 else self.stored.dtype}"
        return None

    def rows(self) -> Iterator[Floats]:
        """Yield the rows as the layer would give them, some at a time, as stored or as float32."""
        import h5py

        with ExitStack() as stack:
            files = {
                array.file: stack.enter_context(h5py.File(array.file, "r"))
                for array in self.arrays.values()
            }
            data = {name: files[one.file][one.dataset] for name, one in self.arrays.items()}
            for part in row_slices(*self.shape):
                try:
                    rows = self._read(data, part)
                except IngestError:
                    raise
                except _DAMAGE as error:
                    raise self._unreadable(f"is damaged: {error}") from error
                yield rows

    def _read(self, data: dict[str, Any], part: slice) -> Floats:
        values = np.asarray(data[_VALUES][(0,) * (data[_VALUES].ndim - 2) + (part,)])
        if values.dtype == _BFLOAT16:
            values = from_bfloat16(values)
        if _GROUPS in data:
            whole = unpacked(values, self.shape[1])
            values = from_int4(whole, data[_SCALE][part], data[_ZERO][part], data[_GROUPS][()])
        elif _SCALE in data:
            values = from_int8(self._steps(values), data[_SCALE][part])
        if _LORA_A in data:
            values = values + self._lora_scale() * (data[_LORA_A][part] @ data[_LORA_B][()])
        return values

    def _steps(self, values: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
        """Return the integers of quantised rows, which are stored one or two to a byte."""
        if self.layer.config:
            return unpacked(values, self.shape[1]) if _is_packed(self.layer) else values
        # Without a configuration, rows of 8 bits are known by their peaks.
        peaks = np.abs(values.astype(np.int16)).max(axis=1, initial=0)
        if np.isin(peaks, (0, _PEAK)).all():
            return values
        raise self._unreadable(
            "is quantised, to 4 bits or in a way of its own, and weights alone do not tell which. "
            "Save the model as .keras"
        )

    def _lora_scale(self) -> float:
        config = self.layer.config
        if not config.get("lora_rank"):
            raise self._unreadable(
                "has LoRA weights, and weights alone do not tell their scale. "
                "Save the model as .keras"
            )
        return float((config.get("lora_alpha") or config["lora_rank"]) / config["lora_rank"])

    def _unreadable(self, reason: str) -> IngestError:
        return IngestError(f'Layer "{self.layer.name}" of {self.layer.source} {reason}.')


def matrices(layers: list[StoredLayer]) -> list[Candidate[Matrix]]:
    """Return the matrices of a file; an embedding has one, whatever the number of its weights."""
    return [
        Candidate((layer.name, layer.path, one.stored.dataset), layer.kind, one.shape, one)
        for layer in layers
        for one in _matrices_of(layer)
    ]


def _matrices_of(layer: StoredLayer) -> Iterator[Matrix]:
    if layer.kind == EMBEDDING:
        arrays = _arrays_of_embedding(layer)
        if arrays:
            yield Matrix(layer, arrays, (arrays[_VALUES].shape[0], _dim(layer, arrays)))
        return
    for array in layer.arrays.values():
        shape = matrix_shape(array.shape)
        if shape and _is_float(array):
            yield Matrix(layer, {_VALUES: array}, shape)


def _arrays_of_embedding(layer: StoredLayer) -> dict[str, StoredArray]:
    arrays = {_NUMBERED.get(name, name): array for name, array in layer.arrays.items()}
    # The first versions of Keras gave weights other names.
    first = next((array for array in arrays.values() if len(array.shape) == 2), None)
    values = arrays.get(_VALUES, first)
    if values is None or len(values.shape) != 2:
        return {}
    used = (_LORA_A, _LORA_B) if _is_float(values) else (_SCALE, _ZERO, _GROUPS)
    return {_VALUES: values} | {name: arrays[name] for name in used if name in arrays}


def _dim(layer: StoredLayer, arrays: dict[str, StoredArray]) -> int:
    if _GROUPS in arrays:
        return arrays[_GROUPS].shape[0]
    packed = _SCALE in arrays and _is_packed(layer)
    return int(layer.config["output_dim"]) if packed else arrays[_VALUES].shape[1]


def _is_packed(layer: StoredLayer) -> bool:
    """Return whether the dtype policy of a quantised layer says 4 bits."""
    dtype = layer.config.get("dtype", "")
    policy = dtype.get("config", {}).get("mode", "") if isinstance(dtype, dict) else dtype
    return str(policy).startswith("int4")


def _is_float(array: StoredArray) -> bool:
    return array.dtype.kind == "f" or array.dtype == _BFLOAT16
