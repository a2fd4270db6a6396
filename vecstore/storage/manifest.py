"""The manifest: what a store is as of one generation.

It names every file of the store, with size and checksum, and holds what all of them have in common.
`commits` writes and reads it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from dataclasses import fields as dataclass_fields
from typing import Any, Self

from vecstore.metrics import check_metric
from vecstore.storage.columns import KINDS, check_name
from vecstore.storage.disk.names import parse_name, parse_number

__all__ = ["FileEntry", "Manifest"]

_KINDS = ("segment", "subwords", "tombstones", "index")
_DTYPES = ("float32", "float16")
_KEY_KINDS = ("str", "int")


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a store."""

    name: str
    kind: str  # one of _KINDS
    rows: int  # vectors in it; rows that tombstones delete; rows of the segment of an index
    size: int  # bytes, compared whenever the file is opened
    checksum: int  # CRC-32 of all bytes; opening compares only that of tombstones
    # 32 random hex digits, also inside the file: another store's file of the same name and size
    # does not pass for this one. Tombstones have the id of their segment.
    id: str
    # Where the arrays of the file lie, see `hdf5.layout`; None: ask HDF5.
    layout: Mapping[str, Any] | None = field(default=None, hash=False)

    def __post_init__(self) -> None:
        _check_types(self, name=str, kind=str, rows=int, size=int, checksum=int, id=str)
        if self.layout is not None:
            _check_types(self, layout=dict)
        parsed = parse_name(self.name)
        if parsed is None or parsed.kind != self.kind or self.kind not in _KINDS:
            raise ValueError(f'"{self.name}" is not the name of a {self.kind} file.')
        if self.rows < 1 or self.size < 1:
            raise ValueError(f'"{self.name}" cannot have {self.rows} rows in {self.size} bytes.')


@dataclass(frozen=True, slots=True)
class Manifest:
    """One generation of a store."""

    dim: int
    metric: str
    dtype: str  # one of _DTYPES
    key_kind: str  # one of _KEY_KINDS
    generation: int = 0  # 0 before the first commit
    schema: Mapping[str, str] = field(default_factory=dict)  # attribute columns and their kinds
    files: tuple[FileEntry, ...] = ()  # segments in the order of the rows
    # Numbers of files are never used twice: a reader of an old generation must not find a new file
    # under an old name.
    next_number: int = 1
    provenance: tuple[Mapping[str, Any], ...] = ()  # one entry for each commit that gave one
    journal: str = ""  # id of the journal of later commits, 32 hex digits
    created: str = ""  # ISO 8601, UTC
    committed: str = ""  # of this generation
    library: str = ""  # version of vecstore that wrote this generation

    def __post_init__(self) -> None:
        _check_types(self, dim=int, metric=str, dtype=str, key_kind=str, generation=int)
        _check_types(self, schema=dict, files=tuple, next_number=int, provenance=tuple)
        _check_types(self, journal=str, created=str, committed=str, library=str)
        if self.dim < 1:
            raise ValueError(f"`dim` must be at least 1; got {self.dim}.")
        check_metric(self.metric)
        if self.dtype not in _DTYPES:
            raise ValueError(f'`dtype` must be one of "float32", "float16"; got "{self.dtype}".')
        if self.key_kind not in _KEY_KINDS:
            raise ValueError(f'`key_kind` must be "str" or "int"; got "{self.key_kind}".')
        for name, kind in self.schema.items():
            check_name(name)
            if kind not in list(KINDS):
                raise ValueError(f'`schema` must give columns a kind; "{name}" has {kind!r}.')
        if len({entry.name for entry in self.files}) != len(self.files):
            raise ValueError("`files` must not name a file twice.")
        numbers = [parse_number(entry.name) for entry in self.segments]
        for kind in ("tombstones", "index"):
            owners = [parse_number(entry.name) for entry in self.files if entry.kind == kind]
            if len(set(owners)) != len(owners) or not set(owners) <= set(numbers):
                raise ValueError(f"`files` must name at most one file of {kind} for a segment.")

    @property
    def segments(self) -> tuple[FileEntry, ...]:
        """The files that hold rows, in the order of the rows."""
        return tuple(entry for entry in self.files if entry.kind == "segment")

    @property
    def tombstones(self) -> tuple[FileEntry | None, ...]:
        """The tombstones of every segment; None if none of its rows is deleted."""
        return self._beside_segments("tombstones")

    @property
    def indexes(self) -> tuple[FileEntry | None, ...]:
        """The index over every segment; None if there is none."""
        return self._beside_segments("index")

    @property
    def subwords(self) -> FileEntry | None:
        """The file of subword vectors added last; None if there is none."""
        found = [entry for entry in self.files if entry.kind == "subwords"]
        return found[-1] if found else None

    @property
    def rows(self) -> int:
        """The rows of all segments together, deleted ones included."""
        return sum(entry.rows for entry in self.segments)

    def _beside_segments(self, kind: str) -> tuple[FileEntry | None, ...]:
        found = {parse_number(one.name): one for one in self.files if one.kind == kind}
        return tuple(found.get(parse_number(segment.name)) for segment in self.segments)

    def adding(self, *entries: FileEntry) -> Self:
        """Return this manifest with more files, in the order of their rows, ready to commit."""
        numbers = [parse_number(entry.name) for entry in entries]
        following = max([self.next_number - 1, *numbers]) + 1
        return replace(self, files=(*self.files, *entries), next_number=following)

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values; see `FORMAT.md`."""
        fields = asdict(self)
        fields["provenance"] = list(self.provenance)
        fields["files"] = [
            {**file, "checksum": f"{file['checksum']:08x}"} for file in fields["files"]
        ]
        return fields

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """Return the manifest that `to_json` described; raises ValueError if it is none."""
        if missing := {one.name for one in dataclass_fields(cls)} - fields.keys():
            raise ValueError(f"its fields do not make a manifest ({sorted(missing)[0]} is missing)")
        try:
            entries = [{**file, "checksum": int(file["checksum"], 16)} for file in fields["files"]]
            known = {
                **fields,
                "files": tuple(FileEntry(**entry) for entry in entries),
                "provenance": _listed(fields["provenance"]),
            }
            return cls(**known)
        except (TypeError, KeyError) as error:
            raise ValueError(f"its fields do not make a manifest ({error})") from None


def _listed(provenance: object) -> tuple[Any, ...]:
    # tuple() would accept a dict or a string, too.
    if not isinstance(provenance, list):
        raise TypeError(f"`provenance` must be a list; got {type(provenance).__name__}")
    return tuple(provenance)


def _check_types(owner: object, **types: type) -> None:
    for name, expected in types.items():
        value = getattr(owner, name)
        if type(value) is not expected:
            raise ValueError(
                f"`{name}` must be {expected.__name__}; got {type(value).__name__} {value!r}."
            )
