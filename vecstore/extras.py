"""Optional packages, and how to install them."""

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
    """Import an optional module; ImportError tells how to install it for `what`."""
    try:
        import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        package, name = _INSTALLED_WITH[module]
        raise ImportError(f"{what} needs {package}; install it with: pip install {name}") from error
