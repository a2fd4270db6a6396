"""A store in one file, as it is opened: read-only and self-contained."""

from pathlib import Path
from typing import Any

from vecstore.snapshot import Part, Snapshot
from vecstore.storage import readable_origins
from vecstore.storage.segments import open_single

__all__ = ["SingleFile"]

_SHOWN = ("created", "exported", "library", "provenance")


class SingleFile:
    """A file that ``vecstore export`` made of a store."""

    def __init__(self, path: Path) -> None:
        segment, self.subwords, self._metadata = open_single(path)
        self.path = path
        self.metric = segment.metric
        part, kind = Part.of(segment), segment.keys.kind
        # The file sorts its columns by name; this is the order in which they were added.
        names = self._metadata.get("columns", ())
        schema = {
            name: segment.attributes[name].kind
            for name in (names if isinstance(names, list) else ())
            if isinstance(name, str) and name in segment.attributes
        }
        dtype = segment.vectors.dtype
        self.snapshot = Snapshot((part,), segment.dim, dtype, kind, schema=schema)

    def info(self) -> dict[str, Any]:
        """Return what the file says about its store, as JSON values; see `Store.info`."""
        known = {name: self._metadata[name] for name in _SHOWN if name in self._metadata}
        known["provenance"] = readable_origins(known.get("provenance"))
        return {**known, "files": {self.path.name: self.path.stat().st_size}}

    def close(self) -> None:
        """Do nothing: the mapping goes when nobody uses it any more."""
