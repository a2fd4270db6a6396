"""From changes to files: the one writer of a store, and what it writes.

Small commits go into the journal; large ones, and a long journal, become segments named by a new
manifest. In the order in which to read the modules:

- `writer`: `Writer`, which commits by the journal or by manifests, and recovers from failures;
- `turns`: whose turn it is to change a store;
- `batch`: `Batch`, the changes of one commit, collected and checked before any is made;
- `segments`: batches of rows, checked and written as segments;
- `journal_fold`: the journal, turned into segments and tombstones;
- `compaction`: merging small segments, and those of mostly deleted rows;
- `indexes`: building and measuring the index of each segment;
- `provenance`: what a manifest keeps about the origin of vectors.
"""

from vecstore.writing.batch import Batch
from vecstore.writing.indexes import KINDS, Recipe, building, described, dropping, tuning
from vecstore.writing.segments import Batches
from vecstore.writing.writer import Writer

__all__ = [
    "KINDS",
    "Batch",
    "Batches",
    "Recipe",
    "Writer",
    "building",
    "described",
    "dropping",
    "tuning",
]
