"""To be said."""

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
