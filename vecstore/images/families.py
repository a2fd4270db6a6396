"""The networks of `keras.applications`, and the preprocessing that each needs.

Names and preprocessing are read from Keras, not from a table here, so networks that Keras adds are
known as well.
"""

import inspect
from collections.abc import Callable
from difflib import get_close_matches
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

__all__ = ["MODES", "Family", "alternatives", "check_mode", "family", "preprocess", "require_keras"]

#: Preprocessing of pixels: to [-1, 1]; BGR minus the ImageNet mean; normalised by the ImageNet mean
#: and deviation; none, because the network does it itself.
MODES = ("tf", "caffe", "torch", "none")


class Family(NamedTuple):
    """A network of `keras.applications`."""

    name: str  # as Keras spells it: "MobileNet"
    constructor: Callable[..., Any]
    mode: str  # one of `MODES`


def require_keras(what: str) -> None:
    """Raise ImportError, saying what to install, unless Keras and TensorFlow are installed."""
    # TensorFlow decodes the images under every backend of Keras.
    if find_spec("keras") is None or find_spec("tensorflow") is None:
        raise ImportError(
            f'{what} needs Keras and TensorFlow; pip install "vecstore-exact[keras]".'
        )


def family(name: str, argument: str = "model") -> Family:  # `argument` is named in the error
    """Find a network by its name, in any spelling; ValueError suggests similar names."""
    from keras import applications

    # The functions of this module are the networks; each submodule has a preprocess_input.
    constructors = {
        _bare(name): constructor
        for name, constructor in vars(applications).items()
        if inspect.isfunction(constructor)
    }
    if _bare(name) not in constructors:
        near = get_close_matches(_bare(name), constructors, cutoff=0.5)
        known = [constructors[one].__name__ for one in near]
        hint = f"Did you mean {alternatives(known)}?" if known else "See keras.applications."
        raise ValueError(
            f'`{argument}` must name a network of keras.applications; got "{name}". {hint}'
        )
    constructor = constructors[_bare(name)]
    home = getattr(applications, constructor.__module__.rpartition(".")[2])
    return Family(constructor.__name__, constructor, _mode_of(home.preprocess_input))


def check_mode(mode: str) -> str:
    """Return `mode`; ValueError unless it is one of `MODES`."""
    if mode not in MODES:
        raise ValueError(f'`preprocess` must be one of {", ".join(MODES)}; got "{mode}".')
    return mode


def preprocess(pixels: Any, mode: str) -> Any:
    """Preprocess RGB pixels of 0 to 255, shape (n, height, width, 3); may overwrite an ndarray."""
    from keras.applications.imagenet_utils import preprocess_input

    return pixels if mode == "none" else preprocess_input(pixels, mode=mode)


def alternatives(names: list[str]) -> str:
    """Write names as a choice: "fc1", "fc2" or "flatten"."""
    quoted = [f'"{name}"' for name in names]
    return " or ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))


def _bare(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _mode_of(function: Callable[[Any], Any]) -> str:
    """Tell the mode of a preprocessing function from what it does to one pixel."""
    pixel = np.array([[[[10, 100, 200]]]], np.float32)
    done = function(pixel.copy())
    [mode] = (one for one in MODES if np.array_equal(done, preprocess(pixel.copy(), one)))
    return mode
