"""Provenance: what a manifest keeps about a commit for as long as the store lives."""

import json
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from vecstore.storage import library_version

__all__ = ["stamped"]


def stamped(provenance: Mapping[str, Any], generation: int) -> dict[str, Any]:
    """Return a copy of what the caller says, with the time, the generation and package versions.

    It can be anything that JSON holds, otherwise TypeError or ValueError is raised. By custom it
    has ``source`` and ``sha256`` of a file; ``model``, ``layer``, ``preprocessing`` and
    ``parameters`` of what computed the vectors; ``packages``, a mapping of names to versions.
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
