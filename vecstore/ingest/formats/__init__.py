"""Binary formats: each module opens a file as a `table.Table` of keys and vectors.

In reading order:

- `guess`: which array of a file is the vectors, and which the keys;
- `matrix`: a matrix and the keys beside it, as a table;
- `numpy_files`, `vecs`, `tensors`, `hdf5`, `matlab`: files of arrays;
- `raw_keys`: keys that are bytes of a file;
- `word2vec`, `fasttext`, `gensim_files`: models of words;
- `projector`: vectors and labels of the TensorFlow projector.
"""

from vecstore.ingest.formats.hdf5 import queries_dataset

__all__ = [
    "queries_dataset",
]
