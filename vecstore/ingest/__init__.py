"""Files of vectors: read into batches or into a store, and written from one.

How a file becomes batches::

    source      its bytes, decompressed
    recognise   which format they are in
    text, word2vec, fasttext, vecs, arrays, hdf5, keras_table, parquet, projector, delimited,
    jsonl, tensors, matlab, gensim_files
                each makes a `table.Table` of a file: chunks of rows, and what is wrong with others
    sieve       takes out rows that no store could hold
    reader      raises, or counts, what was wrong; hands on the rest

Text takes the fast way: `pipeline` reads and decompresses ahead while `csrc/text/text.h` parses; `lines`
says what it must find. `importing` puts a reader into a store, `export` writes files.

Models in memory have a home of their own, `vecstore.ingest.keras`, which also makes layers of
stores.
"""

from vecstore.ingest.importing import import_into
from vecstore.ingest.reader import Reader
from vecstore.ingest.reading import read
from vecstore.ingest.recognise import FORMATS
from vecstore.ingest.report import Fault, Report
from vecstore.ingest.writers.exporting import WRITABLE, export

__all__ = ["FORMATS", "WRITABLE", "Fault", "Reader", "Report", "export", "import_into", "read"]
