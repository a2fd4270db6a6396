"""Export a store to a file that other programs read, and that `read` restores bit for bit.

================= ================================================================================
format            what is written
================= ================================================================================
word2vec-text     a line "rows dim", then lines of a key and numbers: the shortest decimals that
                  stand for each float32 and for no other
glove             the same without the first line
word2vec-binary   the same with the bytes of the floats instead of decimals
npy, fbin         a matrix; beside it the keys, unless they are the row numbers: ``.keys.txt`` with
                  one per line, or ``.keys.npy`` with integers
npz               a matrix "vectors" and an array "keys"
parquet           a column "key", a column "vector" and the attributes; with neighbours, a column
                  "neighbors" of row numbers and distances, which Embedding Atlas shows
hdf5              the whole store: keys, vectors, attributes, subwords and provenance;
                  `vecstore.open` opens it
projector         ``vectors.tsv``; beside it ``metadata.tsv`` with the keys and the attributes, and
                  ``projector_config.pbtxt``, by which TensorBoard finds both
================= ================================================================================

Text has no integers: pass ``key_kind="int"`` to read the keys as integers again.
"""

import errno
from collections.abc import Callable
from functools import partial
from os import PathLike
from pathlib import Path

from vecstore.arrays import check_count
from vecstore.errors import StoreExistsError
from vecstore.ingest.formats.matrix import companion_paths
from vecstore.ingest.formats.projector import metadata_path
from vecstore.ingest.writers.arrays import (
    write_fbin,
    write_key_array,
    write_npy,
    write_npz,
    write_parquet,
    write_word2vec_binary,
)
from vecstore.ingest.writers.hdf5 import write_hdf5
from vecstore.ingest.writers.neighbors import check_columns, write_parquet_with_neighbors
from vecstore.ingest.writers.projector import config_path, write_config, write_metadata
from vecstore.ingest.writers.rows import Rows
from vecstore.ingest.writers.text import (
    write_glove,
    write_keys,
    write_numbers,
    write_word2vec_text,
)
from vecstore.storage.disk import publish_output
from vecstore.store import Store

__all__ = ["WRITABLE", "export"]

Write = Callable[[Rows, Path], None]

_WRITERS: dict[str, Write] = {
    "word2vec-text": write_word2vec_text,
    "glove": write_glove,
    "word2vec-binary": write_word2vec_binary,
    "npy": write_npy,
    "fbin": write_fbin,
    "npz": write_npz,
    "parquet": write_parquet,
    "projector": write_numbers,
    "hdf5": write_hdf5,
}

#: The formats that can be written.
WRITABLE = tuple(_WRITERS)


def export(
    store: Store,
    path: str | PathLike[str],
    format: str = "word2vec-text",
    *,
    neighbors: int | None = None,
) -> tuple[Path, ...]:
    """Write the vectors of a store to a file that other programs read.

    Parameters
    ----------
    store : Store
        The store to export.
    path : path-like
        The file to create.
    format : str, default "word2vec-text"
        A name from `WRITABLE`.
    neighbors : int or None
        With format ``"parquet"``, also write this many nearest neighbours of every row. None writes
        none.

    Returns
    -------
    tuple of Path
        The files created, the one with the vectors first.

    Raises
    ------
    StoreExistsError
        If one of the files exists already; nothing is overwritten.
    FileNotFoundError
        If the folder of the file does not exist.
    ValueError
        If there is no such format, or it cannot hold a key or an attribute of the store,
        neighbours, or a store without rows.

    Warns
    -----
    UserWarning
        If a key holds a blank and the format is text, which gensim and others could not read then.

    Examples
    --------
    >>> from pathlib import Path
    >>> import vecstore
    >>> from vecstore import ingest
    >>> store = vecstore.from_arrays([[0, 0.1], [1, 0]], keys=["north", "east"])
    >>> made = ingest.export(store, "exported.txt")
    >>> made[0].read_text(encoding="utf-8").splitlines()
    ['2 2', 'north 0.0 0.1', 'east 1.0 0.0']
    """
    if format not in _WRITERS:
        raise ValueError(f'`format` must be one of {", ".join(WRITABLE)}; got "{format}".')
    rows, write = Rows(store, format), _WRITERS[format]
    if neighbors is not None:
        write = _with_neighbors(rows, format, check_count(neighbors, "neighbors"))
    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "There is no such folder", str(target.parent))
    # The file with the vectors comes last: once it exists, everything does.
    jobs = [*_companions(rows, target, format), (target, write)]
    for made, _ in jobs:
        if made.exists():
            raise StoreExistsError(f"{made} exists already; remove it, or choose another path.")
    begun: list[Path] = []
    try:
        for made, job in jobs:
            publish_output(made, partial(job, rows))
            begun.append(made)
    except BaseException:
        # An incomplete export would only be in the way of the next attempt.
        for made in begun:
            made.unlink(missing_ok=True)
        raise
    return tuple(made for made, _ in reversed(jobs))


def _companions(rows: Rows, path: Path, format: str) -> list[tuple[Path, Write]]:
    if format == "projector":
        config = partial(write_config, vectors=path)
        return [
            (metadata_path(path), write_metadata),
            (config_path(path), config),
        ]
    if format not in ("npy", "fbin") or rows.are_numbered:
        return []
    text, array = companion_paths(path)
    if rows.key_kind == "int":
        return [(array, write_key_array)]
    return [(text, write_keys)]


def _with_neighbors(rows: Rows, format: str, k: int) -> Write:
    if format != "parquet":
        raise ValueError(f'`neighbors` must be None unless `format` is parquet; it is "{format}".')
    check_columns(rows)
    return partial(write_parquet_with_neighbors, k=k)
