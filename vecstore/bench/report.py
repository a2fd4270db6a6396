"""Write measurements to files: CSV for people and spreadsheets, HDF5 for programs."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vecstore.bench.measuring import Measurement
from vecstore.storage.disk import write_new

if TYPE_CHECKING:
    import polars

__all__ = ["write"]


def write(path: Path, found: Sequence[Measurement], dataset: str) -> None:
    """Write at least one measurement to a new file; the suffix of `path` chooses the format."""
    import polars as pl

    table = pl.DataFrame([{"dataset": dataset, **one._asdict()} for one in found])
    if path.suffix == ".csv":
        write_new(path, table.write_csv)
    elif path.suffix in (".h5", ".hdf5"):
        write_new(path, partial(_write_hdf5, table))
    else:
        raise ValueError(f'`path` must end in .csv, .h5 or .hdf5; got "{path}".')


def _write_hdf5(table: "polars.DataFrame", path: Path) -> None:
    import h5py

    with h5py.File(path, "x") as file:
        for name in table.columns:
            column = table[name]
            numbers = column.dtype.is_numeric()
            file[name] = column.to_numpy() if numbers else column.to_list()
