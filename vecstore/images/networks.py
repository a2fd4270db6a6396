"""A network with its weights: one of `keras.applications`, or any model."""

import hashlib
import random
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from inspect import signature
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vecstore.arrays import check_count
from vecstore.errors import VecstoreError
from vecstore.images.families import Family, check_mode, family

__all__ = ["Network", "digest", "load_network", "versions"]


class Network(NamedTuple):
    """A network that is ready for use."""

    name: str  # as Keras spells it, or the name of the model
    model: Any  # keras.Model, from preprocessed pixels
    mode: str  # preprocessing, one of `families.MODES`
    top: bool | None  # whether it ends in its family's classifier; None without family
    description: dict[str, Any]  # the origin of it and its weights, as JSON can hold it


def load_network(
    model: Any,  # the name of a family, the path of a ``.keras`` file, or a model
    weights: str | PathLike[str] | None = "imagenet",  # of a family; None is random
    *,
    alpha: float | None = None,
    size: int | None = None,
    preprocess: str | None = None,  # required for a file or model
    top: bool | None = None,  # with or without the classifier; None is as the weights have it
) -> Network:
    """Build a network of `keras.applications`, or take a file or model that exists."""
    if size is not None:
        check_count(size, "size")
    if isinstance(model, str) and not model.endswith(".keras"):
        chosen = family(model)
        if preprocess not in (None, chosen.mode):
            raise ValueError(
                f'`preprocess` is "{chosen.mode}" for {chosen.name}, as Keras has it; got '
                f'"{preprocess}".'
            )
        return _build(chosen, weights, alpha, size, top)
    if weights != "imagenet" or alpha is not None:
        raise ValueError("`weights` and `alpha` are for networks of keras.applications, by name.")
    if preprocess is None:
        raise ValueError(
            "`preprocess` must say what the model wants done to its pixels, from 0 to 255: "
            '"tf" ([-1, 1]), "caffe", "torch", or "none" if it does it itself.'
        )
    own = _read_model(model)
    description = {"weights": "its own"}
    return Network(own.name, own, check_mode(preprocess), None, description)


def digest(model: Any) -> str:
    """Return the SHA-256 of all weights, which tells networks of the same shape apart."""
    sha = hashlib.sha256()
    for weight in model.weights:
        sha.update(np.asarray(weight).tobytes())
    return sha.hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of Keras and its backend."""
    import keras

    backend = import_module(keras.backend.backend())
    return {"keras": keras.__version__, backend.__name__: backend.__version__}


def _build(
    chosen: Family,
    weights: str | PathLike[str] | None,
    alpha: float | None,
    size: int | None,
    top: bool | None,
) -> Network:
    options: dict[str, Any] = {}
    if alpha is not None:
        if not _has_width(chosen):
            raise ValueError(f"`alpha` is the width of MobileNets; {chosen.name} has none.")
        options["alpha"] = alpha
    side = (size, size, 3) if size is not None else None
    if weights is None:
        has_top = top is not False
        model = _construct(chosen, options, side, has_top)
    elif weights == "imagenet":
        has_top, model = _download(chosen, options, side, top)
    else:
        has_top, model = _load_file(chosen, options, side, Path(weights), top)
    name = "random" if weights is None else Path(weights).name
    return Network(chosen.name, model, chosen.mode, has_top, {**options, "weights": name})


def _construct(
    chosen: Family,
    options: dict[str, Any],
    side: tuple[int, int, int] | None,
    top: bool,
    weights: str | None = None,
) -> Any:
    """Call Keras, which gives a default input size only to networks with their classifier."""
    shape = side
    if side is None and not top:
        shape = _construct(chosen, options, None, True).input_shape[1:]
    try:
        # Keras reports downloads on standard output.
        with _same_random_numbers(), redirect_stdout(sys.stderr):
            return chosen.constructor(
                weights=weights, include_top=top, input_shape=shape, **options
            )
    except ValueError as error:
        given = options if side is None else {"size": side[0], **options}
        named = " and ".join(f"`{name}` {value!r}" for name, value in given.items())
        reason = " ".join(str(error).split()).rstrip(".")
        raise ValueError(
            f"{chosen.name} cannot be built{named and f' with {named}'}. Keras says: {reason}."
        ) from error


def _download(
    chosen: Family, options: dict[str, Any], side: tuple[int, int, int] | None, top: bool | None
) -> tuple[bool, Any]:
    """Let Keras download weights: with the classifier, or without if that needs another size."""
    has_top = top is not False
    try:
        with warnings.catch_warnings():
            # The weights are for 224, but the layers before the classifier take any size.
            warnings.filterwarnings("ignore", "`input_shape` is undefined or non-square")
            try:
                return has_top, _construct(chosen, options, side, has_top, "imagenet")
            except ValueError:
                if side is None or top is not None:
                    raise
                # Inside the handler, so that a second failure shows the first in its traceback.
                return False, _construct(chosen, options, side, False, "imagenet")
    except Exception as error:
        if "URL fetch failure" in str(error):
            raise VecstoreError(
                f"The ImageNet weights of {chosen.name} cannot be downloaded ({error}); pass the "
                "path of a file as `weights`."
            ) from error
        raise


def _load_file(
    chosen: Family,
    options: dict[str, Any],
    side: tuple[int, int, int] | None,
    path: Path,
    top: bool | None,
) -> tuple[bool, Any]:
    """Load weights into the network that they fit: with the classifier, or without."""
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is not there; `weights` must be a file of weights of {chosen.name}."
        )
    reason = ""
    for has_top in (True, False) if top is None else (top,):
        model = _construct(chosen, options, side, has_top)
        side = model.input_shape[1:]
        try:
            with warnings.catch_warnings():
                # Files of older versions lack the groups of layers without weights.
                warnings.filterwarnings("ignore", "Skipping nested container")
                model.load_weights(path)
        except (ValueError, OSError) as error:
            reason = str(error).partition(".")[0]
        else:
            return has_top, model
    width = f" of width {options.get('alpha', 1.0)}" if _has_width(chosen) else ""
    hint = " For a network of another width, pass `alpha`." if width else ""
    raise ValueError(
        f"`weights` must fit {chosen.name}{width}; {path} does not. Keras says: {reason}.{hint}"
    )


def _has_width(chosen: Family) -> bool:
    return "alpha" in signature(chosen.constructor).parameters


def _read_model(model: Any) -> Any:
    import keras

    if isinstance(model, keras.Model):
        # A model that is not a graph of layers has no input_shape, nor layers to choose from.
        if getattr(model, "input_shape", None) is None:
            raise ValueError("`model` must be functional or sequential, and built.")
        return model
    path = Path(model)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there; `model` must be a .keras file.")
    try:
        return keras.models.load_model(path, compile=False)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(f"`model` must be a .keras file; {path} is not: {error}") from error


@contextmanager
def _same_random_numbers() -> Iterator[None]:
    """Make Keras draw the same initial weights each time: it takes its seeds from `random`."""
    before = random.getstate()
    random.seed(0)
    try:
        yield
    finally:
        random.setstate(before)
