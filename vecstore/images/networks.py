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
    """A network that is ready to be used.

    Attributes
    ----------
    name : str
        As Keras spells it, or the name of the model.
    model : keras.Model
        From preprocessed pixels to whatever comes out.
    mode : str
        How to preprocess; one of `families.MODES`.
    top : bool or None
        Whether it ends in the classifier that its family was trained with; None for a model that
        belongs to no family.
    description : dict
        Where it and its weights come from; what JSON can hold.
    """

    name: str
    model: Any
    mode: str
    top: bool | None
    description: dict[str, Any]


def load_network(
    model: Any,
    weights: str | PathLike[str] | None = "imagenet",
    *,
    alpha: float | None = None,
    size: int | None = None,
    preprocess: str | None = None,
    top: bool | None = None,
) -> Network:
    """Build a network of `keras.applications` or take one that is there.

    Parameters
    ----------
    model : str, path-like or keras.Model
        The name of a family, the path of a ``.keras`` file, or a model.
    weights : str, path-like or None, default "imagenet"
        Of a family: what Keras downloads, a file (``.weights.h5``, ``.h5``) of the whole network or
        of the one without its classifier, or None for random weights, always the same ones. A file
        or a model has its own.
    alpha : float or None
        The width of a MobileNet; None is 1.
    size : int or None
        The side of the images; None is what the network is made for.
    preprocess : str or None
        Needed by a file or a model: one of `families.MODES`.
    top : bool or None
        Of a family: with the classifier, without, or None for whichever the weights are of. That
        of ImageNet takes images of one size, and is left out for another.

    Returns
    -------
    Network
        Not trained any further.

    Raises
    ------
    FileNotFoundError
        If there is no file of weights.
    ValueError
        If the weights do not fit, or arguments do not go together.
    VecstoreError
        If the weights cannot be downloaded.
    """
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
    """Return the SHA-256 of all weights, which tells networks of one shape apart."""
    sha = hashlib.sha256()
    for weight in model.weights:
        sha.update(np.asarray(weight).tobytes())
    return sha.hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of Keras and of what computes for it."""
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
    """Call Keras, which knows the size of images only for networks with their classifier."""
    shape = side
    if side is None and not top:
        shape = _construct(chosen, options, None, True).input_shape[1:]
    try:
        # Keras says on standard output that it downloads.
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
    """Let Keras download weights: with the classifier, or without where that has another size."""
    has_top = top is not False
    try:
        with warnings.catch_warnings():
            # Weights are for 224; the layers before the classifier do with images of any size.
            warnings.filterwarnings("ignore", "`input_shape` is undefined or non-square")
            try:
                return has_top, _construct(chosen, options, side, has_top, "imagenet")
            except ValueError:
                if side is None or top is not None:
                    raise
                # In here, so that a traceback of the second failure shows the first.
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
    """Read weights into whichever network they are of: with the classifier, or without."""
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
                # Files of older versions lack groups that hold no weights.
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
        # A model that is not a graph of layers has neither this nor layers to choose from.
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
    """Let Keras draw the same initial weights each time; it takes its seeds from Python's."""
    before = random.getstate()
    random.seed(0)
    try:
        yield
    finally:
        random.setstate(before)
