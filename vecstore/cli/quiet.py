"""Import Keras and TensorFlow without their messages about the machine."""

import os
import sys
from importlib import import_module

__all__ = ["import_quietly"]


def import_quietly(*modules: str) -> None:
    """Import modules while standard error is closed to them; errors are still raised."""
    # TensorFlow's C++ prints how it was compiled, whatever its log level is, so the file
    # descriptor itself has to be redirected.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        for module in modules:
            import_module(module)
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(nothing)
        os.close(kept)
