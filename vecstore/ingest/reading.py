"""Open a file of vectors, whatever its format."""

from os import PathLike

import numpy.typing as npt

from vecstore.arrays import MOST_THREADS, check_count, check_dtype
from vecstore.ingest.reader import Policy, Reader
from vecstore.ingest.recognise import FORMATS, recognise
from vecstore.ingest.source import Source
from vecstore.ingest.table import KeyKind, Options

__all__ = ["read"]


def read(
    path: str | PathLike[str],
    format: str = "auto",
    *,
    errors: str = "raise",
    limit: int | None = None,
    dtype: npt.DTypeLike = "float32",
    dataset: str | None = None,
    keys: str | PathLike[str] | None = None,
    key_kind: KeyKind | None = None,
    member: str | None = None,
    allow_zero: bool = True,
    threads: int | None = None,
) -> Reader:
    r"""Open a file of vectors; iterating over what comes back reads it in bounded memory.

    Parameters
    ----------
    path : path-like
        The file, plain or compressed (``.gz``, ``.bz2``, ``.xz``, ``.zip``).
    format : str, default "auto"
        A name from `FORMATS`; ``"auto"`` tells it by the content.
    errors : str, default "raise"
        What happens to lines or rows that are ragged, not UTF-8, not finite, or whose key came
        before: ``"raise"`` stops at the first with an `IngestError`, ``"skip"`` leaves them out and
        counts them in `Reader.report`.
    limit : int or None
        At most so many vectors.
    dtype : dtype-like, default "float32"
        float32 or float16: what vectors come as. One with a value too large for it is not finite.
    dataset : str or None
        Which dataset of an HDF5 file, array of an ``.npz``, column of a Parquet file or layer of a
        model of Keras holds the vectors; None guesses.
    keys : str, path-like or None
        Which dataset, array or column holds the keys, or which column of a projector's metadata;
        or the path of the file that holds the keys of a matrix, or the metadata. None guesses;
        where there are no keys, they are the numbers of the rows.
    key_kind : str or None
        ``"str"`` or ``"int"`` converts keys; None takes them as the format has them: text formats
        have strings.
    member : str or None
        Which file of a ``.zip`` archive.
    allow_zero : bool, default True
        False treats vectors of zeros, which have no cosine, like those that are not finite.
    threads : int or None
        How many threads parse text; None for as many as there are processors.

    Returns
    -------
    Reader
        Its attributes `dim`, `key_kind`, `format` and `count` are known before anything is read.

    Raises
    ------
    IngestError
        If the file is in no known format, or damaged.
    ValueError
        If an argument is none of the above.
    FileNotFoundError
        If there is no file.

    Examples
    --------
    >>> from pathlib import Path
    >>> from vecstore import ingest
    >>> _ = Path("words.txt").write_text("the 0.5 -1\n. . . 2e-3 4\n", encoding="utf-8")
    >>> with ingest.read("words.txt") as reader:
    ...     print(reader.format, reader.dim)
    ...     for keys, vectors in reader:
    ...         print(keys.tolist(), vectors.tolist())
    glove 2
    ['the', '. . .'] [[0.5, -1.0], [0.0020000000949949026, 4.0]]
    """
    if format != "auto" and format not in FORMATS:
        raise ValueError(f'`format` must be "auto" or one of {", ".join(FORMATS)}; got "{format}".')
    if errors not in ("raise", "skip"):
        raise ValueError(f'`errors` must be "raise" or "skip"; got "{errors}".')
    if key_kind not in (None, "str", "int"):
        raise ValueError(f'`key_kind` must be None, "str" or "int"; got "{key_kind}".')
    policy = Policy(
        errors=errors,
        limit=None if limit is None else check_count(limit, "limit"),
        dtype=check_dtype(dtype).name,
        key_kind=key_kind,
        allow_zero=allow_zero,
    )
    options = Options(
        dataset=dataset,
        keys=None if keys is None else str(keys),
        threads=None if threads is None else check_count(threads, "threads", most=MOST_THREADS),
    )
    source = Source(path, member)
    try:
        name = recognise(source) if format == "auto" else format
        return Reader(source, FORMATS[name](source, options), policy)
    except BaseException:
        source.close()
        raise
