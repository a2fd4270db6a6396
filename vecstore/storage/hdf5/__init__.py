"""To be said."""

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
