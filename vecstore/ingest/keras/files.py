"""The weights in a file that Keras wrote, found with h5py alone: Keras need not be installed.

There are four layouts. A ``.keras`` file is a zip archive of a configuration and an HDF5 file,
which `Source` unpacks. ``.weights.h5`` is that HDF5 file alone, and ``.weights.json`` names the
shards into which it was cut. Before Keras 3 there was one HDF5 file, ``.h5``, with or without a
configuration.
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

# Keras 3 numbers the weights of a layer in a group of this name.
_VARIABLES = "vars"
# Older versions list them in this attribute of the layer's group; a long list is cut into numbered
# attributes.
_WEIGHT_NAMES = "weight_names"
_DEFAULT_NAME = re.compile(r"embedding(_\d+)?")
# The state of the optimiser has the shape of weights, but is not weights.
_OPTIMISERS = ("optimizer/", "optimizer_weights/")

# What h5py raises for damaged files.
_DAMAGE = (OSError, RuntimeError, KeyError, ValueError, TypeError)


class StoredArray(NamedTuple):
    """A weight in a file."""

    file: Path  # HDF5
    dataset: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]  # V2, two bytes without a type, for bfloat16


class StoredLayer(NamedTuple):
    """A layer in a file; its class and configuration are empty if the file does not tell them."""

    name: str  # in the model
    path: str  # in the file
    source: Path  # the file that the caller named, for errors
    kind: str  # the class, such as "Embedding"
    config: dict[str, Any]
    arrays: dict[str, StoredArray]  # weights by name, or in Keras 3 by number, from "0"


class StoredModel(NamedTuple):
    """The layers of a model in a file, and its configuration, empty if there is none."""

    layers: list[StoredLayer]
    config: Any


def holds_keras(path: Path) -> bool:
    """Return whether an HDF5 file holds the weights of a model."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            found = any(_is_variables(item) or _is_legacy(item) for item in groups(file))
    except _DAMAGE:
        return False  # the reader of plain HDF5 reports the damage
    return found


def is_shards(head: bytes) -> bool:
    """Return whether a file with this head is a ``.weights.json``."""
    return head.lstrip().startswith(b"{") and b'"weight_map"' in head


def stored_model(source: Source) -> StoredModel:
    """Return the model in a file; files unpacked for it stay until the source is closed."""
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
    """Return the files beside an index that it names."""
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
    """Return a layer that Keras 3 wrote."""
    import h5py

    # Follow no links to other files.
    own = [one for one in group if isinstance(group.get(one, getlink=True), h5py.HardLink)]
    items = ((number, group[number]) for number in own)
    arrays = {
        number: _array(path, item) for number, item in items if isinstance(item, h5py.Dataset)
    }
    name = attribute(group, "name", path)
    return StoredLayer("" if name is None else _text(name), place, path, "", {}, arrays)


def _legacy_layers(path: Path, group: "h5py.Group", place: str) -> Iterator[StoredLayer]:
    """Yield the layers that older versions wrote in one group: one, or those of an inner model."""
    # A weight is called "words/embeddings", "model/words/embeddings:0", "words_W" or anything.
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
    # h5py returns fixed-length strings as bytes, others as str.
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _merged(pieces: Iterable[StoredLayer]) -> Iterable[StoredLayer]:
    """Join the parts of each layer from several shards; only one of them knows its name."""
    found: dict[str, StoredLayer] = {}
    for piece in pieces:
        known = found.setdefault(piece.path, piece)
        known.arrays.update(piece.arrays)
        found[piece.path] = known._replace(name=known.name or piece.name)
    return found.values()


def _model_config(source: Source, file: Path) -> str | bytes:
    """Return the configuration of the model as JSON, empty if there is none."""
    import h5py

    if source.compression == "zip":
        config = read_member(source.bytes_path, CONFIG)
        return "{}" if config is None else config
    with h5py.File(file, "r") as opened:
        config = attribute(opened, "model_config", file)
        return "{}" if config is None else _text(config)


def _configs(config: Any) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return class and configuration of every layer by its name, at any depth."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for node in nodes(config):
        if "name" in node["config"]:
            found.setdefault(str(node["config"]["name"]), (node["class_name"], node["config"]))
    return found


def _described(layer: StoredLayer, configs: dict[str, tuple[str, dict[str, Any]]]) -> StoredLayer:
    place = layer.path.rpartition("/")[2]
    name = layer.name or place
    # Without a configuration, a name that Keras gave tells the class.
    guess = EMBEDDING if any(map(_DEFAULT_NAME.fullmatch, (name, place))) else layer.kind
    kind, config = configs.get(name, (guess, {}))
    return layer._replace(name=name, kind=kind, config=config)
