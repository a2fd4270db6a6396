"""The only place that changes the disk, and the names of all files of a store.

A file is written under a temporary name, synced and renamed, so nobody ever sees half of it. The
modules, in the order in which to read them:

- `names`: the name of every file, one function to make it and one parser to read it;
- `files`: the system calls that change the disk, which crash tests replace;
- `directory`: the folder of a store as it was opened, compared with its path before every change;
- `lock` and `holder`: the one writer, and which process it is;
- `mapped`: mapped files, and whether somebody writes to them meanwhile;
- `sealed` and `versions`: JSON with a checksum, and the version of the format;
- `outputs`: files outside a store that a user asked for;
- `damage`: the one sentence that reports damage.
"""

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
