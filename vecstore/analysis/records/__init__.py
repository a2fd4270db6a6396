"""To be said."""

from vecstore.analysis.records.event_fields import Field, words
from vecstore.analysis.records.events import Events

__all__ = [
    "Events",
    "Field",
    "words",
]
