"""Small models with embeddings, and every way in which Keras writes them."""

import json
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

WORDS = 23
DIM = 5


def model_with(keras: Any, *embeddings: Any) -> Any:
    """A model that looks the same ids up in several embeddings."""
    ids = keras.Input((3,), dtype="int32")
    vectors = [keras.layers.Flatten()(embedding(ids)) for embedding in embeddings]
    joined = vectors[0] if len(vectors) == 1 else keras.layers.Concatenate()(vectors)
    return keras.Model(ids, keras.layers.Dense(4, name="out")(joined))


def words(keras: Any, name: str = "words", **options: Any) -> Any:
    return keras.layers.Embedding(WORDS, DIM, name=name, **options)


def save_legacy(model: Any, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras advises against the format
        model.save(path)


def quantise(model: Any, *arguments: Any, **options: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # layers without weights have nothing to quantise
        model.quantize(*arguments, **options)


def output_of(layer: Any) -> np.ndarray:
    """What the layer itself gives for every id."""
    return np.asarray(layer(np.arange(layer.input_dim)), np.float32)


FORMATS = ["m.keras", "m.weights.h5", "m.weights.json", "m.h5", "legacy.weights"]


def saved(model: Any, folder: Path, name: str) -> Path:
    path = folder / name
    if name == "m.keras":
        model.save(path)
    elif name == "m.weights.h5":
        model.save_weights(path)
    elif name == "m.weights.json":
        model.save_weights(path, max_shard_size=5e-7)  # of a gigabyte: 537 bytes
    else:
        save_legacy(model, path.with_suffix(".h5"))
        path = path.with_suffix(".h5")
    if name == "legacy.weights":  # what `save_weights` of Keras 2 wrote
        with h5py.File(path) as whole, h5py.File(folder / "weights.h5", "w") as bare:
            for layer in whole["model_weights"]:
                whole.copy(f"model_weights/{layer}", bare)
            bare.attrs.update(whole["model_weights"].attrs)
        path = folder / "weights.h5"
    return path


def archive(
    path: Path,
    rows: npt.ArrayLike,
    config: object = None,
    assets: Mapping[str, str | bytes] | None = None,
    layers: Mapping[str, str] | None = None,
) -> Path:
    """A .keras file with one embedding, made without Keras; `layers` names groups of weights."""
    with h5py.File(path.with_suffix(".h5"), "w") as file:
        file["layers/embedding/vars/0"] = np.asarray(rows, np.float32)
        for place, name in (layers or {}).items():
            file.require_group(f"{place}/vars").attrs["name"] = name
    with zipfile.ZipFile(path, "w") as members:
        members.write(path.with_suffix(".h5"), "model.weights.h5")
        members.writestr("metadata.json", "{}")
        members.writestr("config.json", config if isinstance(config, str) else json.dumps(config))
        for place, text in (assets or {}).items():
            members.writestr(f"assets/{place}/vocabulary.txt", text)
    return path


def sequential(*layers: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """The configuration of a model of layers that follow one another."""
    listed = [{"class_name": kind, "config": config} for kind, config in layers]
    return {"class_name": "Sequential", "config": {"name": "model", "layers": listed}}
