"""To be said."""

from vecstore.ingest.text.diagnosis import is_text
from vecstore.ingest.text.parsing import is_number

__all__ = [
    "is_number",
    "is_text",
]
