"""Write the rows of a store to a file, in any of the formats that `exporting` lists.

In reading order:

- `rows`: the rows of a store in batches, and whether a format can hold their keys;
- `text`: vectors as decimals, keys as lines;
- `arrays`: binary files: word2vec, fbin, NumPy, Parquet;
- `neighbors`: Parquet with the neighbours of every row;
- `projector`: labels and configuration for the TensorFlow projector;
- `hdf5`: a whole store as one file;
- `exporting`: `export`, which chooses a writer and publishes its files.
"""
