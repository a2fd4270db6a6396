"""To be said."""

from vecstore.storage.disk.damage import damaged
from vecstore.storage.disk.directory import absolute_path
from vecstore.storage.disk.files import make_folder
from vecstore.storage.disk.mapped import MappedFile, open_regular
from vecstore.storage.disk.names import journal_name, manifest_name, parse_number
from vecstore.storage.disk.outputs import disk_errors, publish_output, write_new

__all__ = [
    "MappedFile",
    "absolute_path",
    "damaged",
    "disk_errors",
    "journal_name",
    "make_folder",
    "manifest_name",
    "open_regular",
    "parse_number",
    "publish_output",
    "write_new",
]
