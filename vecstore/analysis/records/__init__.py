"""Compose records of several fields out of the vectors of their parts, and search them.

In reading order:

- `event_fields`: where the vectors of a field come from, and how a value is split into parts;
- `event_vectors`: the mean vector of each value of a field;
- `events`: weighted sums over the fields, as arrays or as a store;
- `event_recall`: how often records are found by their own parts.
"""

from vecstore.analysis.records.event_fields import Field, words
from vecstore.analysis.records.events import Events

__all__ = [
    "Events",
    "Field",
    "words",
]
