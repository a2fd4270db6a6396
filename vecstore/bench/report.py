"""Measurements as files: CSV for people and spreadsheets, HDF5 for programs."""

from collections.abc import Sequence
from pathlib import Path

from vecstore.bench.measure import Measurement
from vecstore.errors import StoreExistsError

__all__ = ["write"]


def write(path: Path, found: Sequence[Measurement], dataset: str) -> None:
    """Write measurements to a new file.

    Parameters
    ----------
    path : Path
        With the suffix ``.csv``, ``.h5`` or ``.hdf5``.
    found : sequence of Measurement
        At least one.
    dataset : str
        What was searched.

    Raises
    ------
    StoreExistsError
        If the file is there already.
    ValueError
        If the suffix is another one.
    """
    if path.exists():
        raise StoreExistsError(f"{path} exists already; remove it or choose another name.")
    import polars as pl

    table = pl.DataFrame([{"dataset": dataset, **one._asdict()} for one in found])
    if path.suffix == ".csv":
        table.write_csv(path)
    elif path.suffix in (".h5", ".hdf5"):
        import h5py

        with h5py.File(path, "x") as file:
            for name in table.columns:
                column = table[name]
                text = column.dtype == pl.String
                file[name] = column.to_list() if text else column.to_numpy()
    else:
        raise ValueError(f'`path` must end in .csv, .h5 or .hdf5; got "{path}".')
