"""What lies between a store and an engine: derived data, and the choice of the way to an answer.

============ ==============================================================
`codes`      from rows to codes: where their center lies
`exact`      which path an exact search takes, and taking it
============ ==============================================================

Nothing here is a source of truth: codes can be thrown away and made again from the vectors.
"""

from vecstore.index.building import grown_graph
from vecstore.index.codes import encode
from vecstore.index.graph import NOBODY, Graph, Level, check_links, reached
from vecstore.index.hnswlib import hnsw_graph
from vecstore.index.joining import joined
from vecstore.index.reach import DEPTHS, Reach, beyond, remoteness
from vecstore.index.recall_table import HELD_OUT, Speed, Step, Table
from vecstore.index.stored import Index, as_stored, read_index
from vecstore.index.twins import first_copies, with_copies

__all__ = [
    "DEPTHS",
    "HELD_OUT",
    "NOBODY",
    "Graph",
    "Index",
    "Level",
    "Reach",
    "Speed",
    "Step",
    "Table",
    "as_stored",
    "beyond",
    "check_links",
    "encode",
    "first_copies",
    "grown_graph",
    "hnsw_graph",
    "joined",
    "reached",
    "read_index",
    "remoteness",
    "with_copies",
]
