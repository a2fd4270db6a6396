"""From a question to an answer: the planner, exact and approximate search, analogies, graphs.

A search of a snapshot takes the path that measured times favour, or walks the graphs of indexes if
the caller accepts a recall, and wraps rows and distances in `Matches`. The measuring of an index
is here too, because it compares walks with exact searches. Read the modules in this order:

- `results`: `Matches`, the answer, and `Plan`, how it was found
- `exact`: choosing a path of the exact search, and taking it
- `planner`: from what a caller asks to what an engine scans
- `approximate`: walks where they are good enough and faster, exact search elsewhere
- `algebra`: sums of stored vectors, and analogies
- `neighbor_graph`: every row against all others
- `holding`: rows taken out of a graph to be used as queries
- `calibration`: the recall and the speed of walks
"""

from vecstore.search.algebra import CANCELLED, analogies, analogies_of_rows, compose
from vecstore.search.calibration import calibrate
from vecstore.search.neighbor_graph import MEMORY, mutual, neighbors
from vecstore.search.planner import exclusions, nearest
from vecstore.search.results import Match, Matches, Plan

__all__ = [
    "CANCELLED",
    "MEMORY",
    "Match",
    "Matches",
    "Plan",
    "analogies",
    "analogies_of_rows",
    "calibrate",
    "compose",
    "exclusions",
    "mutual",
    "nearest",
    "neighbors",
]
