"""Derived data of one segment that can always be made again from its vectors: codes and graphs.

Codes are the rows in 8 bits, which an exact search scans first. A graph links rows to rows near
them, for approximate search; with what was measured of it, it makes an index. Read the modules in
this order:

- `codes`: encoding rows, and choosing the center that they are measured from
- `graph`: the arrays of a graph, and what can be wrong in them
- `building`: graphs grown by our own walks
- `hnswlib`: graphs built by hnswlib, for comparison
- `twins`: equal rows, which are one node of a graph
- `joining`: links to rows that no walk would reach
- `reach`: how far neighbours lie from a query
- `recall_table`: the measured recall and speed of walks
- `stored`: an index as its file keeps it
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
