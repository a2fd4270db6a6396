"""The manifest: what a store is as of one generation.

It names every file that belongs to the store, with size and checksum, and everything that is the
same for all of them. `commits` writes and reads it.
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
    """One file of a store.

    Attributes
    ----------
    name : str
        Inside the folder of the store.
    kind : str
        ``"segment"``, ``"subwords"``, ``"tombstones"`` or ``"index"``.
    rows : int
        How many vectors it holds; of tombstones, how many rows they delete; of an index, how many
        rows its segment has.
    size : int
        In bytes; compared whenever the file is opened.
    checksum : int
        CRC-32 of all its bytes; not compared at opening, which reads no data but tombstones.
    id : str
        32 hexadecimal digits, drawn at random and written inside the file too: another store's
        file of the same name and size does not pass for this one. Of tombstones, their segment's.
    layout : mapping or None
        Where the arrays of the file lie; see `layout`. None lets HDF5 say it.
    """

    name: str
    kind: str
    rows: int
    size: int
    checksum: int
    id: str
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
    """One generation of a store.

    Attributes
    ----------
    dim : int
        Length of every vector.
    metric : str
        ``"cosine"``, ``"euclidean"`` or ``"dot"``.
    dtype : str
        ``"float32"`` or ``"float16"``.
    key_kind : str
        ``"str"`` or ``"int"``.
    generation : int
        0 before the first commit.
    schema : mapping of str to str
        Attribute columns and their kinds; see `columns`.
    files : tuple of FileEntry
        The segments among them are in the order of insertion, which is the order of the rows.
    next_number : int
        For the next file. Numbers are never used twice: a reader of an old generation must not
        find a new file under an old name.
    provenance : tuple of mapping
        Where the vectors came from, one entry for each commit that said so.
    journal : str
        Id of the journal that holds what was written since: 32 hexadecimal digits.
    created : str
        When the store was created: ISO 8601, UTC.
    committed : str
        When this generation was.
    library : str
        Version of the vecstore that wrote this generation.

    Examples
    --------
    >>> manifest = Manifest(dim=100, metric="cosine", dtype="float32", key_kind="str")
    >>> entry = FileEntry("segment-00000001.h5", "segment", 8, 36864, 0x89ABCDEF, "0" * 32)
    >>> more = manifest.adding(entry)
    >>> more.next_number, more.rows
    (2, 8)
    >>> Manifest.from_json(more.to_json()) == more
    True
    """

    dim: int
    metric: str
    dtype: str
    key_kind: str
    generation: int = 0
    schema: Mapping[str, str] = field(default_factory=dict)
    files: tuple[FileEntry, ...] = ()
    next_number: int = 1
    provenance: tuple[Mapping[str, Any], ...] = ()
    journal: str = ""
    created: str = ""
    committed: str = ""
    library: str = ""

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
        """What says which rows are deleted, for every segment; None where none is."""
        return self._beside_segments("tombstones")

    @property
    def indexes(self) -> tuple[FileEntry | None, ...]:
        """The index over every segment; None where there is none."""
        return self._beside_segments("index")

    @property
    def subwords(self) -> FileEntry | None:
        """The file of subword vectors, the last one added; None if there is none."""
        found = [entry for entry in self.files if entry.kind == "subwords"]
        return found[-1] if found else None

    @property
    def rows(self) -> int:
        """How many rows all segments have together, deleted ones included."""
        return sum(entry.rows for entry in self.segments)

    def _beside_segments(self, kind: str) -> tuple[FileEntry | None, ...]:
        found = {parse_number(one.name): one for one in self.files if one.kind == kind}
        return tuple(found.get(parse_number(segment.name)) for segment in self.segments)

    def adding(self, *entries: FileEntry) -> Self:
        """Return this manifest with more files, ready to be committed.

        Parameters
        ----------
        *entries : FileEntry
            In the order of their rows.

        Returns
        -------
        Manifest
            Its `next_number` is past the numbers of all its files.
        """
        numbers = [parse_number(entry.name) for entry in entries]
        following = max([self.next_number - 1, *numbers]) + 1
        return replace(self, files=(*self.files, *entries), next_number=following)

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON has them.

        Returns
        -------
        dict
            As `FORMAT.md` describes it.
        """
        fields = asdict(self)
        fields["provenance"] = list(self.provenance)
        fields["files"] = [
            {**file, "checksum": f"{file['checksum']:08x}"} for file in fields["files"]
        ]
        return fields

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """Return the manifest that `to_json` described.

        Parameters
        ----------
        fields : mapping
            All of them and no others.

        Returns
        -------
        Manifest
            The same.

        Raises
        ------
        ValueError
            If it describes no store.
        """
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
    # A dict or a string could be made a tuple, too.
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
