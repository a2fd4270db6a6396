"""Packages that only some of vecstore needs."""

from importlib import import_module

__all__ = ["need"]

_INSTALLED_WITH = {
    "sklearn": ("scikit-learn", '"vecstore-exact[analysis]"'),
    "matplotlib": ("matplotlib", '"vecstore-exact[analysis]"'),
    "openTSNE": ("openTSNE", '"vecstore-exact[analysis]"'),
    "umap": ("UMAP", "umap-learn"),
    "gensim": ("gensim", '"vecstore-exact[formats]"'),
    "scipy": ("SciPy", '"vecstore-exact[formats]"'),
}


def need(module: str, what: str = "This") -> None:
    """Load a module, or say how to get it.

    Parameters
    ----------
    module : str
        ``"sklearn"``, ``"matplotlib"``, ``"openTSNE"``, ``"umap"``, ``"gensim"`` or ``"scipy"``.
    what : str, default "This"
        What needs it, for the error.

    Raises
    ------
    ImportError
        If it is not installed.
    """
    try:
        import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        package, name = _INSTALLED_WITH[module]
        raise ImportError(f"{what} needs {package}; install it with: pip install {name}") from error
