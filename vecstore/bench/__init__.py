"""Recall against queries per second, of vecstore and of its peers, on one file of vectors.

========== =====================================================================================
`data`     what an ann-benchmarks file holds
`peers`    other libraries, each asked as its own documentation has it; and ourselves
`measure`  the two numbers, for every setting of every library
`report`   CSV and HDF5; `picture`: what a reader understands at a glance
========== =====================================================================================
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
