"""Benchmark vecstore against other libraries: recall against queries per second on one file.

In reading order:

- `data`: read a file in the layout of ann-benchmarks, and score answers against it;
- `peers`: each library behind one search function, vecstore among them;
- `measuring`: recall and speed for every setting of a library;
- `report`: write the measurements as CSV or HDF5;
- `picture`: draw them.
"""

from vecstore.bench.data import Data, read
from vecstore.bench.measuring import Measurement, measure
from vecstore.bench.peers import PEERS, Peer
from vecstore.bench.picture import draw
from vecstore.bench.report import write

__all__ = [
    "PEERS",
    "Data",
    "Measurement",
    "Peer",
    "draw",
    "measure",
    "read",
    "write",
]
