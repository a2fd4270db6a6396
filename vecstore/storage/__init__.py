"""The storage layer: a store as files, and nothing about searching.

A store is a folder of files that are written once and never changed, of manifests that say which of
them make up the store, and of a journal that holds what was written since::

    words.vecs/
      manifest-00000007.json    the store as of generation 7: the commit point
      segment-00000003.h5       keys and vectors
      tombstones-00000003-00000007.npy   rows of segment 3 that are deleted
      index-00000003-00000007.h5         a graph over segment 3: it can always be made again
      journal-00000007.log      commits since
      subwords-00000004.h5      n-gram vectors of a fastText model
      writer.lock               held by the one writer

From the disk upwards, each module using those above it:

================= ==================================================================
`names`           the name of every file
`files`           the seam: everything that changes the disk; written once, durable
`directory`       the folder that was opened, whatever its path leads to by now
`lock`            the one writer; `holder`: which process that is
`versions`        the version of the format; `damage`: how trouble is reported
`hdf5_label`      what HDF5 says about a file of arrays
`hdf5_writer`     writing label and arrays; `hdf5_reader`: mapping the arrays
`sealed`          a document with magic, version and checksum
`manifest`        what a store is as of one generation
`records`         one commit as bytes; `journal`: many of them, in the order of time
`commits`         writing the next manifest, finding the newest; `reclaim`: what goes then
`hashing`         the hash of a key
`packed`          strings in two arrays; `sorted_table`: values over rows
`keys`            from keys to rows and back; `string_keys` for strings
`array_files`     files of arrays that a manifest names
`scan_codes`      codes among the arrays of a file
`columns`         typed values for rows; `attributes`: columns in a file or a record
`segment`         keys, vectors, codes and attributes
`tombstones`      which rows of a segment are deleted
`subwords`        vectors for words that no row has
`indexes`         what leads a search through a segment, without looking at all of it
`single`          all rows of a store in one file
`generations`     what a reader opens; `copying`: a copy beside a writer
`foreign`         vectors in anybody's HDF5 file; `sidecar`: their codes, beside it
`check`           whether a store is whole; `check_segment`, `check_codes`: one segment;
                  `check_keys`: the parts together; `problems`: what is found
================= ==================================================================

`FORMAT.md` beside this file is the format byte for byte. The life of a commit:

>>> import numpy as np
>>> from pathlib import Path
>>> folder = Path("compass.vecs")
>>> folder.mkdir()
>>> with WriterLock(folder):
...     manifest = Manifest(dim=2, metric="dot", dtype="float32", key_kind="str")
...     keys = build_keys(["north", "east"], "str")
...     vectors = np.array([[0, 1], [1, 0]], np.float32)
...     entry = write_segment(folder, manifest.next_number, keys, vectors, dim=2, metric="dot")
...     manifest = commit(folder, manifest.adding(entry))
...     removed = reclaim(folder, manifest)
>>> sorted(path.name for path in folder.iterdir())
['journal-00000001.log', 'manifest-00000001.json', 'segment-00000001.h5', 'writer.lock']
>>> generation = read_generation(folder)
>>> generation.segments[0].keys.find_one("east"), generation.segments[0].vectors[1].tolist()
(1, [1.0, 0.0])
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
