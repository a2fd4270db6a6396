"""Packages that only some of vecstore needs."""

from importlib import import_module

__all__ = ["need"]

_INSTALLED_WITH = {
    "sklearn": ("scikit-learn", '"vecstore-exact[analysis]"'),
    "matplotlib": ("matplotlib", '"vecstore-exact[analysis]"'),
    "openTSNE": ("openTSNE", '"vecstore-exact[analysis]"'),
    "umap": ("UMAP", "umap-learn"),
}


def need(module: str) -> None:
    """Load a module, or say how to get it.

    Parameters
    ----------
    module : str
        ``"sklearn"``, ``"matplotlib"``, ``"openTSNE"`` or ``"umap"``.

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
        package, what = _INSTALLED_WITH[module]
        raise ImportError(f"This needs {package}; install it with: pip install {what}") from error
