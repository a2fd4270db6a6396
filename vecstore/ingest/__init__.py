"""Files of vectors: read them in batches or into a store, and write a store to a file.

A file is decompressed, its format is recognised by its content, and the module of that format turns
it into a `table.Table` of chunks. The reader takes out the rows that no store could hold, and
raises or counts what was wrong with them. In reading order:

- `source`, `unpacking`, `keras_archive`: the bytes of a file, decompressed;
- `table`: what every format module turns a file into;
- `recognise`: the format of a file, and a hint where `foreign` knows that it is not supported;
- `text/`: lines of a key and its numbers;
- `formats/`: binary files of vectors, arrays, HDF5;
- `sheets/`: CSV, JSON lines, Parquet: rows with columns of all kinds;
- `keras/`: Keras models in files and in memory, and layers made from stores; a public package;
- `row_checks`, `seen`: rows that no store could hold, and duplicate keys;
- `report`, `reader`, `reading`: what was left out, batches of rows, and the function `read`;
- `importing`, `copying`: a file into a store in one commit;
- `writers/`: a store into a file.
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
