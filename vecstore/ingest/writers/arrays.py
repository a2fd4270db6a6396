"""Writers of binary files."""

import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from vecstore.forks import check_polars
from vecstore.ingest.text.diagnosis import has_controls
from vecstore.ingest.writers.rows import Rows

__all__ = [
    "write_fbin",
    "write_key_array",
    "write_npy",
    "write_npz",
    "write_parquet",
    "write_word2vec_binary",
]

# An array of strings gives every string the room of the longest. Above 1 GB, use another format.
_MAX_KEY_ARRAY_BYTES = 1 << 30


def write_word2vec_binary(rows: Rows, path: Path) -> None:
    """Write a line "rows dim", then for every row its key, a blank and its floats."""
    with path.open("wb") as file:
        file.write(b"%d %d\n" % (rows.n, rows.dim))
        for keys, vectors in rows.texts(_fits_word2vec_binary):
            raw = _float32(vectors)
            for key, vector in zip(keys, raw, strict=True):
                file.write(key.encode() + b" " + vector.tobytes())


def _fits_word2vec_binary(key: str) -> bool:
    return bool(key) and " " not in key and not has_controls([key.encode()])


def write_fbin(rows: Rows, path: Path) -> None:
    """Write the numbers of rows and dimensions as uint32, then all rows as float32."""
    with path.open("wb") as file:
        file.write(np.array([rows.n, rows.dim], "<u4").tobytes())
        for _, vectors in rows.batches():
            file.write(_float32(vectors).tobytes())


def write_npy(rows: Rows, path: Path) -> None:
    """Write the vectors as an array in the dtype of the store."""
    with path.open("wb") as file:
        _write_vectors(rows, file)


def write_key_array(rows: Rows, path: Path) -> None:
    """Write integer keys as an array."""
    with path.open("wb") as file:
        _write_header(file, np.dtype(np.int64), (rows.n,))
        for keys, _ in rows.batches():
            file.write(keys.tobytes())


def write_npz(rows: Rows, path: Path) -> None:
    """Write an archive of the arrays "keys" and "vectors"."""
    with zipfile.ZipFile(path, "w") as archive:
        with archive.open("keys.npy", "w", force_zip64=True) as member:
            np.lib.format.write_array(member, _key_array(rows), allow_pickle=False)
        with archive.open("vectors.npy", "w", force_zip64=True) as member:
            _write_vectors(rows, member)


def _key_array(rows: Rows) -> npt.NDArray[Any]:
    if rows.key_kind == "int":
        return np.concatenate([np.empty(0, np.int64), *(keys for keys, _ in rows.batches())])
    # NumPy takes NULs at the end of a string for padding.
    texts = [key for keys, _ in rows.texts(lambda key: not key.endswith("\0")) for key in keys]
    longest = max(map(len, texts), default=1)
    if 4 * longest * len(texts) > _MAX_KEY_ARRAY_BYTES:
        raise ValueError(
            f"An array of {len(texts)} keys, the longest of {longest} characters, would be larger "
            f'than {_MAX_KEY_ARRAY_BYTES >> 30} GB. Use format="parquet".'
        )
    return np.array(texts, dtype=f"U{max(1, longest)}")


def write_parquet(rows: Rows, path: Path) -> None:
    """Write the columns "key" and "vector", and the attributes."""
    check_polars()
    import polars as pl
    from polars.io.plugins import register_io_source

    if "vector" in rows.attributes:
        raise ValueError(
            'The attribute "vector" cannot be written as Parquet, where the vectors are called so. '
            'Use format="hdf5".'
        )

    schema = {
        "key": pl.String if rows.key_kind == "str" else pl.Int64,
        "vector": pl.Array(pl.Float32, rows.dim),
        **rows.attributes,
    }

    def frames(*_: Any) -> Any:
        for keys, vectors in rows.batches():
            columns = {"key": keys.tolist(), "vector": _float32(vectors)}
            frame = pl.DataFrame(columns, {name: schema[name] for name in columns})
            if rows.attributes:
                frame = frame.hstack(rows.table(keys.tolist()).drop("key"))
            yield frame

    register_io_source(frames, schema=schema).sink_parquet(path)


def _float32(vectors: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(vectors, dtype="<f4")


def _write_vectors(rows: Rows, file: IO[bytes]) -> None:
    _write_header(file, rows.dtype, (rows.n, rows.dim))
    for _, vectors in rows.batches():
        file.write(np.ascontiguousarray(vectors).tobytes())


def _write_header(file: IO[bytes], dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    header = {
        "descr": np.lib.format.dtype_to_descr(dtype),
        "fortran_order": False,
        "shape": shape,
    }
    np.lib.format.write_array_header_1_0(file, header)
