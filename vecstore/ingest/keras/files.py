"""The weights in a file that Keras wrote, found with h5py alone: Keras need not be installed.

There are four layouts. A ``.keras`` file is a zip archive of a configuration and of HDF5, which
`Source` unpacks; ``.weights.h5`` is that HDF5 alone, and ``.weights.json`` names the shards into
which it was cut. Before Keras 3 there was one HDF5 file, ``.h5``, with or without a configuration.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from vecstore.errors import IngestError
from vecstore.ingest.keras.choice import EMBEDDING
from vecstore.ingest.keras.graph import nodes
from vecstore.ingest.keras_archive import CONFIG, read_member
from vecstore.ingest.source import Source
from vecstore.storage.hdf5 import attribute, groups, hard_path

if TYPE_CHECKING:
    import h5py

__all__ = [
    "StoredArray",
    "StoredLayer",
    "StoredModel",
    "holds_keras",
    "is_shards",
    "stored_model",
]

# Keras 3 has the weights of a layer in a group of this name, numbered.
_VARIABLES = "vars"
# Before, the group of a layer had an attribute of this name; a long one is cut into numbered ones.
_WEIGHT_NAMES = "weight_names"
_DEFAULT_NAME = re.compile(r"embedding(_\d+)?")
# What is kept for the next step of training has the shape of the weights, and is none.
_OPTIMISERS = ("optimizer/", "optimizer_weights/")

# Of HDF5 that is damaged h5py raises one or another of these.
_DAMAGE = (OSError, RuntimeError, KeyError, ValueError, TypeError)


class StoredArray(NamedTuple):
    """A weight, where it lies.

    Attributes
    ----------
    file : Path
        An HDF5 file.
    dataset : str
        Its name in the file.
    shape : tuple of int
        Its axes.
    dtype : numpy.dtype
        Its numbers; two bytes without a type for bfloat16.
    """

    file: Path
    dataset: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


class StoredLayer(NamedTuple):
    """A layer, as a file has it.

    Attributes
    ----------
    name : str
        What the model calls it.
    path : str
        Where it is in the file.
    source : Path
        The file, for errors: the one that a caller named.
    kind : str
        Its class, such as ``"Embedding"``; empty where the file does not tell.
    config : dict
        Its configuration; empty where the file does not tell.
    arrays : dict of str to StoredArray
        Its weights by their names; by their numbers, from ``"0"``, in what Keras 3 wrote.
    """

    name: str
    path: str
    source: Path
    kind: str
    config: dict[str, Any]
    arrays: dict[str, StoredArray]


class StoredModel(NamedTuple):
    """A model, as a file has it: its layers, and its configuration, empty where there is none."""

    layers: list[StoredLayer]
    config: Any


def holds_keras(path: Path) -> bool:
    """Return whether an HDF5 file holds the weights of a model."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            found = any(_is_variables(item) or _is_legacy(item) for item in groups(file))
    except _DAMAGE:
        return False  # whoever reads it as plain HDF5 says what is wrong
    return found


def is_shards(head: bytes) -> bool:
    """Return whether a file that begins like this is a ``.weights.json``."""
    return head.lstrip().startswith(b"{") and b'"weight_map"' in head


def stored_model(source: Source) -> StoredModel:
    """Return the model in a file; what is unpacked of it stays until the source is closed."""
    files = _shards(source) if is_shards(source.head) else [source.file()]
    try:
        pieces = [layer for file in files for layer in _layers(file)]
        config = json.loads(_model_config(source, files[0]))
        configs = _configs(config)
    except IngestError:
        raise
    except (*_DAMAGE, RecursionError) as error:
        raise _unreadable(source, str(error)) from error
    if not pieces:
        raise _unreadable(source, "it holds no weights of layers")
    layers = (layer._replace(source=source.path) for layer in _merged(pieces))
    return StoredModel([_described(layer, configs) for layer in layers], config)


def _unreadable(source: Source, reason: str) -> IngestError:
    return IngestError(f"{source.path} cannot be read as a file of Keras: {reason.rstrip('.')}.")


def _shards(source: Source) -> list[Path]:
    """Return the files that an index names; they lie beside it."""
    try:
        places = json.loads(source.file().read_bytes())["weight_map"].values()
        names = {name for place in places for name in ([place] if type(place) is str else place)}
        files = [source.path.with_name(name) for name in sorted(names)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _unreadable(source, f"its weight_map names no files ({error})") from error
    for file in files:
        if not file.is_file():
            raise _unreadable(source, f"{file} is missing, which belongs to it")
    return files


def _layers(path: Path) -> Iterator[StoredLayer]:
    import h5py

    with h5py.File(path, "r") as file:
        for group in sorted(groups(file), key=lambda one: one.name.split("/")):
            place = group.name.strip("/").removeprefix("model_weights/")
            if place.startswith(_OPTIMISERS):
                continue
            if _is_variables(group):
                yield _layer(path, group, place.removesuffix(_VARIABLES).strip("/"))
            elif _is_legacy(group):
                yield from _legacy_layers(path, group, place)


def _is_variables(item: object) -> bool:
    import h5py

    return isinstance(item, h5py.Group) and item.name.rpartition("/")[2] == _VARIABLES


def _is_legacy(item: object) -> bool:
    import h5py

    names = (_WEIGHT_NAMES, f"{_WEIGHT_NAMES}0")
    return isinstance(item, h5py.Group) and any(name in item.attrs for name in names)


def _layer(path: Path, group: "h5py.Group", place: str) -> StoredLayer:
    """Return what Keras 3 wrote of a layer."""
    import h5py

    # What a link leads to in another file is none of its weights.
    own = [one for one in group if isinstance(group.get(one, getlink=True), h5py.HardLink)]
    items = ((number, group[number]) for number in own)
    arrays = {
        number: _array(path, item) for number, item in items if isinstance(item, h5py.Dataset)
    }
    name = attribute(group, "name", path)
    return StoredLayer("" if name is None else _text(name), place, path, "", {}, arrays)


def _legacy_layers(path: Path, group: "h5py.Group", place: str) -> Iterator[StoredLayer]:
    """Return what was written before, of a layer or of each layer of a model in the model.

    A weight is called "words/embeddings", "model/words/embeddings:0", "words_W" or anything.
    """
    layers: dict[str, dict[str, StoredArray]] = {}
    for written in _weight_names(path, group):
        *owners, weight = written.partition(":")[0].split("/")
        name = owners[-1] if owners else place
        layers.setdefault(name, {})[weight] = _array(
            path, group.file[hard_path(group.file, path, f"{group.name}/{written}")]
        )
    for name, arrays in layers.items():
        here = place if place.endswith(name) else f"{place}/{name}"
        kind = EMBEDDING if "embeddings" in arrays else ""
        yield StoredLayer(name, here, path, kind, {}, arrays)


def _weight_names(path: Path, group: "h5py.Group") -> list[str]:
    pieces = sorted((name for name in group.attrs if name.startswith(_WEIGHT_NAMES)), key=len)
    return [_text(name) for piece in pieces for name in attribute(group, piece, path)]


def _array(path: Path, dataset: "h5py.Dataset") -> StoredArray:
    return StoredArray(path, dataset.name.strip("/"), dataset.shape, dataset.dtype)


def _text(value: object) -> str:
    # Fixed-length HDF5 strings come as bytes, the others as str.
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _merged(pieces: Iterable[StoredLayer]) -> Iterable[StoredLayer]:
    """Join what several shards have of a layer; only one of them knows its name."""
    found: dict[str, StoredLayer] = {}
    for piece in pieces:
        known = found.setdefault(piece.path, piece)
        known.arrays.update(piece.arrays)
        found[piece.path] = known._replace(name=known.name or piece.name)
    return found.values()


def _model_config(source: Source, file: Path) -> str | bytes:
    """Return the configuration of the model as JSON, of an empty one where there is none."""
    import h5py

    if source.compression == "zip":
        config = read_member(source.bytes_path, CONFIG)
        return "{}" if config is None else config
    with h5py.File(file, "r") as opened:
        config = attribute(opened, "model_config", file)
        return "{}" if config is None else _text(config)


def _configs(config: Any) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the class and the configuration of every layer by its name, however deep it lies."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for node in nodes(config):
        if "name" in node["config"]:
            found.setdefault(str(node["config"]["name"]), (node["class_name"], node["config"]))
    return found


def _described(layer: StoredLayer, configs: dict[str, tuple[str, dict[str, Any]]]) -> StoredLayer:
    place = layer.path.rpartition("/")[2]
    name = layer.name or place
    # Without a configuration, the name that Keras gives a layer tells its class.
    guess = EMBEDDING if any(map(_DEFAULT_NAME.fullmatch, (name, place))) else layer.kind
    kind, config = configs.get(name, (guess, {}))
    return layer._replace(name=name, kind=kind, config=config)
