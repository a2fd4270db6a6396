"""A store as files, and nothing about searching.

A store is a folder of files that are written once and never changed, of manifests that name the
files that make up the store, and of a journal of the commits since the newest manifest.
[FORMAT.md](FORMAT.md) describes every byte. In the order in which to read them:

- `disk`: names of files, the only place that changes the disk, the writer's lock, mapped files;
- `hdf5`: writing arrays to HDF5 files, and mapping them;
- `keys`: from keys to rows and back;
- `columns` and `attributes`: typed values of rows, and their form in files and records;
- `manifest`: what a store is as of one generation; `origins`: where its vectors come from;
- `segments`: files of keys, vectors, codes and attributes, and what belongs to them;
- `journal_records` and `journal`: one commit as bytes, and many of them in one file;
- `commits` and `reclaiming`: writing the next manifest, and removing what it no longer names;
- `generations`: what a reader opens; `copying`: a copy beside a writer;
- `checks`: the proof that a store is whole.
"""

from vecstore.storage.attributes import attribute_arrays, decode_attributes, encode_attributes
from vecstore.storage.checks.whole import Problem, check
from vecstore.storage.columns import (
    KINDS,
    Column,
    Columns,
    as_kind,
    check_name,
    first_rounded,
    join_columns,
    take_columns,
    widened,
    wider,
)
from vecstore.storage.commits import commit, library_version, read_latest
from vecstore.storage.copying import copy_file, copy_store
from vecstore.storage.disk.directory import Directory, Identity
from vecstore.storage.disk.lock import WriterLock
from vecstore.storage.generations import Generation, read_generation
from vecstore.storage.hdf5.writer import Pieces
from vecstore.storage.journal import Journal, Replay, read_journal
from vecstore.storage.journal_records import Record
from vecstore.storage.keys.key_tables import IntKeys, RangeKeys, StrKeys, build_keys
from vecstore.storage.manifest import FileEntry, Manifest
from vecstore.storage.origins import readable_origins
from vecstore.storage.reclaiming import reclaim
from vecstore.storage.segments.indexes import StoredIndex, write_index
from vecstore.storage.segments.segment import Segment, write_segment
from vecstore.storage.segments.sidecar import Sidecar
from vecstore.storage.segments.subwords import Subwords, write_subwords
from vecstore.storage.segments.tombstones import write_tombstones

__all__ = [
    "KINDS",
    "Column",
    "Columns",
    "Directory",
    "FileEntry",
    "Generation",
    "Identity",
    "IntKeys",
    "Journal",
    "Manifest",
    "Pieces",
    "Problem",
    "RangeKeys",
    "Record",
    "Replay",
    "Segment",
    "Sidecar",
    "StoredIndex",
    "StrKeys",
    "Subwords",
    "WriterLock",
    "as_kind",
    "attribute_arrays",
    "build_keys",
    "check",
    "check_name",
    "commit",
    "copy_file",
    "copy_store",
    "decode_attributes",
    "encode_attributes",
    "first_rounded",
    "join_columns",
    "library_version",
    "read_generation",
    "read_journal",
    "read_latest",
    "readable_origins",
    "reclaim",
    "take_columns",
    "widened",
    "wider",
    "write_index",
    "write_segment",
    "write_subwords",
    "write_tombstones",
]
