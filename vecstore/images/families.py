"""The networks of `keras.applications`, and what each of them wants done to its pixels.

Nothing here is a table: names and preprocessing are read off Keras, so that a family which Keras
gains is known here as well.
"""

import inspect
from collections.abc import Callable
from difflib import get_close_matches
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

__all__ = ["MODES", "Family", "alternatives", "check_mode", "family", "preprocess", "require_keras"]

#: What can be done to pixels before a network: [-1, 1]; BGR less the mean of ImageNet; normalised
#: by the mean and deviation of ImageNet; nothing, because the network does it itself.
MODES = ("tf", "caffe", "torch", "none")


class Family(NamedTuple):
    """A network of `keras.applications`.

    Attributes
    ----------
    name : str
        As Keras spells it: ``"MobileNet"``.
    constructor : callable
        Builds it.
    mode : str
        One of `MODES`.
    """

    name: str
    constructor: Callable[..., Any]
    mode: str


def require_keras(what: str) -> None:
    """Raise ImportError, saying what to install, unless Keras and TensorFlow are there.

    TensorFlow is needed under every backend of Keras: it decodes the images.
    """
    if find_spec("keras") is None or find_spec("tensorflow") is None:
        raise ImportError(
            f'{what} needs Keras and TensorFlow; pip install "vecstore-exact[keras]".'
        )


def family(name: str, argument: str = "model") -> Family:
    """Find a network by its name.

    Parameters
    ----------
    name : str
        As Keras spells it; capitals, hyphens and underscores do not count.
    argument : str, default "model"
        The caller's argument, for the error.

    Returns
    -------
    Family
        With the preprocessing that Keras has for it.

    Raises
    ------
    ValueError
        If there is none of that name; the error names those spelled like it.
    """
    from keras import applications

    # The networks are the functions of this module; its submodules have a preprocess_input each.
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
    """Return `mode` if it is one of `MODES`; ValueError if it is not."""
    if mode not in MODES:
        raise ValueError(f'`preprocess` must be one of {", ".join(MODES)}; got "{mode}".')
    return mode


def preprocess(pixels: Any, mode: str) -> Any:
    """Do to pixels what a network of this mode was trained with.

    Parameters
    ----------
    pixels : tensor or ndarray of float32, shape (n, height, width, 3)
        From 0 to 255, RGB. An ndarray may be written over.
    mode : str
        One of `MODES`.

    Returns
    -------
    tensor or ndarray of float32, shape (n, height, width, 3)
    """
    from keras.applications.imagenet_utils import preprocess_input

    return pixels if mode == "none" else preprocess_input(pixels, mode=mode)


def alternatives(names: list[str]) -> str:
    """Write names as a choice.

    >>> alternatives(["fc1", "fc2", "flatten"])
    '"fc1", "fc2" or "flatten"'
    """
    quoted = [f'"{name}"' for name in names]
    return " or ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))


def _bare(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _mode_of(function: Callable[[Any], Any]) -> str:
    """Tell which of `MODES` a function is by what it does to one pixel."""
    pixel = np.array([[[[10, 100, 200]]]], np.float32)
    done = function(pixel.copy())
    [mode] = (one for one in MODES if np.array_equal(done, preprocess(pixel.copy(), one)))
    return mode
