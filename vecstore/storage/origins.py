"""Where the vectors of a file come from: text on which nothing else depends."""

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["origin_faults", "readable_origins"]


def readable_origins(provenance: object) -> list[dict[str, Any]]:
    """Return the entries that are mappings, whatever else there is."""
    entries = provenance if isinstance(provenance, list | tuple) else ()
    return [dict(entry) for entry in entries if isinstance(entry, Mapping)]


def origin_faults(provenance: object) -> Iterator[str]:
    """Yield a sentence for each thing that our writers would not write."""
    if not isinstance(provenance, list | tuple):
        yield f"`provenance` is not a list but {type(provenance).__name__}"
        return
    for place, entry in enumerate(provenance):
        where = f"`provenance` {place}"
        if not isinstance(entry, Mapping):
            yield f"{where} is not an object but {type(entry).__name__}"
            continue
        generation = entry.get("generation", 1)
        if type(generation) is not int or generation < 1:
            yield f"{where} has no number for its generation"
        if not isinstance(entry.get("committed", ""), str):
            yield f"{where} has no time as `committed`"
        packages = entry.get("packages", {})
        if not isinstance(packages, Mapping) or not all(map(_is_text, packages.values())):
            yield f"{where} does not map `packages` to versions"


def _is_text(value: object) -> bool:
    return isinstance(value, str)
