"""Where vectors come from: what a manifest keeps about a commit, for as long as the store lives."""

import json
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from vecstore.storage import library_version

__all__ = ["stamped"]


def stamped(provenance: Mapping[str, Any], generation: int) -> dict[str, Any]:
    """Return the words of the caller with what can be told without asking.

    Parameters
    ----------
    provenance : mapping
        What JSON can hold. By custom ``source`` and ``sha256`` of a file; ``model``, ``layer``,
        ``preprocessing`` and ``parameters`` of what computed the vectors; ``packages``, a mapping
        of names to versions.
    generation : int
        Of the commit.

    Returns
    -------
    dict
        A copy, with ``generation``, the time as ``committed``, and the versions of Python, vecstore
        and NumPy among the ``packages``.

    Raises
    ------
    TypeError, ValueError
        If JSON cannot hold it.

    Examples
    --------
    >>> entry = stamped({"model": "all-MiniLM-L6-v2", "packages": {"torch": "2.9"}}, 7)
    >>> entry["model"], entry["generation"], sorted(entry["packages"])
    ('all-MiniLM-L6-v2', 7, ['numpy', 'python', 'torch', 'vecstore'])
    """
    try:
        copy: dict[str, Any] = json.loads(json.dumps(dict(provenance), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise type(error)(f"`provenance` must be what JSON can hold: {error}.") from None
    ours = {
        "python": platform.python_version(),
        "vecstore": library_version(),
        "numpy": np.__version__,
    }
    given = copy.get("packages", {})
    if not isinstance(given, dict):
        raise ValueError(f"`provenance` must map packages to versions; got packages={given!r}.")
    return {
        **copy,
        "generation": generation,
        "committed": datetime.now(UTC).isoformat(timespec="seconds"),
        "packages": {**ours, **given},
    }
