"""Open a file of vectors of any format."""

from collections.abc import Sequence
from os import PathLike

import numpy.typing as npt

from vecstore.arrays import MOST_THREADS, check_count, check_dtype
from vecstore.encodings import check_encoding
from vecstore.ingest.reader import Policy, Reader
from vecstore.ingest.recognise import FORMATS, recognise
from vecstore.ingest.source import Source
from vecstore.ingest.table import KeyKind, Options

__all__ = ["read", "read_source"]


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
    encoding: str | None = None,
    attributes: Sequence[str] | None = None,
    allow_pickle: bool = False,
    allow_zero: bool = True,
    threads: int | None = None,
) -> Reader:
    r"""Open a file of vectors; iterating over the result reads it in bounded memory.

    Parameters
    ----------
    path : path-like
        The file, plain or compressed (``.gz``, ``.bz2``, ``.xz``, ``.zip``); a pipe, which is
        copied to a temporary file; or ``"-"``, standard input.
    format : str, default "auto"
        A name from `FORMATS`; ``"auto"`` recognises the format by the content.
    errors : str, default "raise"
        What to do with lines or rows that are ragged, not UTF-8 or not finite, or that repeat a
        key: ``"raise"`` stops at the first with an `IngestError`, ``"skip"`` leaves them out and
        counts them in `Reader.report`.
    limit : int or None
        The most vectors to read.
    dtype : dtype-like, default "float32"
        float32 or float16: the dtype of the vectors. A value too large for it counts as not finite.
    dataset : str or None
        Which dataset of an HDF5 file, array of an ``.npz`` or ``.mat``, tensor, column of a table
        or layer of a Keras model holds the vectors; None guesses. In a table it may also be the
        prefix of numbered columns: ``"x"`` for x1, x2, x3.
    keys : str, path-like or None
        Which dataset, array or column holds the keys, or which column of a projector's metadata; or
        the path of a file that holds the keys of a matrix, or the metadata. None guesses, and
        raises an error if several candidates fit. Without keys, the row numbers are the keys;
        ``"row numbers"`` asks for that.
    key_kind : str or None
        ``"str"`` or ``"int"`` converts keys. None leaves them as the format has them; text formats
        have strings.
    member : str or None
        Which file of a ``.zip`` archive.
    encoding : str or None
        The encoding of text files, and of the keys in binary ones: ``"latin-1"``, ``"utf-16"``,
        ``"gb18030"`` or another that Python knows. None is UTF-8, or what a byte order mark says.
    attributes : sequence of str or None
        Which other columns of a table (Parquet, CSV, JSON lines) to read as attributes; None for
        all that a store can hold, an empty list for none.
    allow_pickle : bool, default False
        Whether to unpickle a gensim file. A pickle from a stranger can run any code.
    allow_zero : bool, default True
        False treats vectors of zeros, which have no cosine, like vectors that are not finite.
    threads : int or None
        How many threads parse text; None uses all processors.

    Returns
    -------
    Reader
        Its attributes `dim`, `key_kind`, `format` and `count` are known before any row is read.

    Raises
    ------
    IngestError
        If the format of the file is unknown, or the file is damaged.
    ValueError
        If an argument is invalid.
    FileNotFoundError
        If there is no such file.

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
    source = Source(path, member, encoding=check_encoding(encoding))
    try:
        return read_source(
            source,
            format,
            errors=errors,
            limit=limit,
            dtype=dtype,
            dataset=dataset,
            keys=keys,
            key_kind=key_kind,
            attributes=attributes,
            allow_pickle=allow_pickle,
            allow_zero=allow_zero,
            threads=threads,
        )
    except BaseException:
        source.close()
        raise


def read_source(
    source: Source,
    format: str,
    *,
    errors: str,
    limit: int | None,
    dtype: npt.DTypeLike,
    dataset: str | None,
    keys: str | PathLike[str] | None,
    key_kind: KeyKind | None,
    attributes: Sequence[str] | None,
    allow_pickle: bool,
    allow_zero: bool,
    threads: int | None,
) -> Reader:
    """Open a source that is already there; see `read`."""
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
        attributes=None if attributes is None else _names(attributes),
        allow_pickle=allow_pickle,
        threads=None if threads is None else check_count(threads, "threads", most=MOST_THREADS),
        allow_zero=allow_zero,
        encoding=source.told_encoding,
    )
    name = recognise(source) if format == "auto" else format
    table = FORMATS[name](source, options)
    absent = [one for one in options.attributes or () if one not in table.attributes]
    if absent:
        raise ValueError(
            f"`attributes` must name columns of {source.path} that are neither keys nor vectors "
            f'and that a store can hold; got "{absent[0]}".'
        )
    return Reader(source, table, policy)


def _names(attributes: Sequence[str]) -> tuple[str, ...]:
    if isinstance(attributes, str) or not all(isinstance(name, str) for name in attributes):
        raise TypeError(f"`attributes` must be a list of names or None; got {attributes!r}.")
    return tuple(attributes)
