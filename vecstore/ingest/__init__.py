"""Files of vectors: read into batches or into a store, and written from one.

How a file becomes batches::

    source        its bytes, decompressed
    recognise     which format they are in; one of these makes a `table.Table` of it
      text/         lines of a key and its numbers
      formats/      binary files of vectors, arrays, HDF5
      sheets/       CSV, JSON lines, Parquet: rows with columns of all kinds
      keras/        models, as files and in memory
    row_checks    takes out rows that no store could hold
    reader        raises, or counts, what was wrong; hands on the rest

`importing` puts a reader into a store; writers/ writes files.

Models in memory have a home of their own, `vecstore.ingest.keras`, which also makes layers of
stores.
"""

from vecstore.images import ImageExtractor
from vecstore.ingest.importing import import_into
from vecstore.ingest.reader import Reader
from vecstore.ingest.reading import read
from vecstore.ingest.recognise import FORMATS
from vecstore.ingest.report import Fault, Report
from vecstore.ingest.writers.exporting import WRITABLE, export

__all__ = [
    "FORMATS",
    "WRITABLE",
    "Fault",
    "ImageExtractor",
    "Reader",
    "Report",
    "export",
    "import_into",
    "read",
]
