"""Arrays in HDF5 files: writing our own, and mapping our own and anybody else's.

The HDF5 library only says where arrays lie; their bytes are written by ordinary writes and read
through a mapping. In the order in which to read the modules:

- `contents`: walking a file of unknown origin, and checking what its headers claim;
- `reader`: mapping every array of a file;
- `label`: all of an HDF5 file except the arrays, made by the library in memory;
- `writer`: writing a label and its arrays;
- `layout`: where the arrays lie, as a manifest records it, so that opening needs no HDF5 library;
- `distance_labels`: the metric that a benchmark file names;
- `foreign`: one dataset of somebody else's file, mapped in place.
"""

from vecstore.storage.hdf5.contents import attribute, check_claims, datasets, groups, hard_path
from vecstore.storage.hdf5.distance_labels import file_metric
from vecstore.storage.hdf5.foreign import ForeignVectors, open_dataset
from vecstore.storage.hdf5.reader import map_arrays
from vecstore.storage.hdf5.writer import Pieces, write_side_by_side

__all__ = [
    "ForeignVectors",
    "Pieces",
    "attribute",
    "check_claims",
    "datasets",
    "file_metric",
    "groups",
    "hard_path",
    "map_arrays",
    "open_dataset",
    "write_side_by_side",
]
