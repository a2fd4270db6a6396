"""Keras and TensorFlow without their remarks about the machine."""

import os
import sys
from importlib import import_module

__all__ = ["import_quietly"]


def import_quietly(*modules: str) -> None:
    """Import modules while nothing that they write reaches standard error.

    TensorFlow says how it was compiled, whatever level of messages it is told, and from C++, so
    that only the file descriptor can be kept from it. Errors of the import are exceptions.

    Parameters
    ----------
    *modules : str
        Their names.
    """
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
