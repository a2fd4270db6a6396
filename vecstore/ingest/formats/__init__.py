"""To be said."""

from vecstore.ingest.formats.hdf5 import queries_dataset

__all__ = [
    "queries_dataset",
]
