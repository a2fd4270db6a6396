"""A JSON document with its magic, its format version and its own checksum.

The first line is always ``{"magic": "vecstore manifest", "format": 1, "checksum": "89abcdef",``
and the rest of the document follows. The checksum is the CRC-32 of every byte after the first line.
The whole is one JSON object that any tool reads.
"""

import json
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vecstore.storage.disk.damage import damaged
from vecstore.storage.disk.versions import FORMAT, check_format

__all__ = ["seal", "unseal"]

# Every format must begin like this, so that an old library can tell a new format from damage.
_VERSION = re.compile(rb'\{"magic": "vecstore manifest", "format": (\d{1,9}),')
_FIRST_LINE = re.compile(_VERSION.pattern + rb' "checksum": "([0-9a-f]{8})",\n')


def seal(fields: Mapping[str, Any]) -> bytes:
    """Return the ASCII document of some fields, at least one; raises if one has no form in JSON."""
    text = json.dumps(fields, indent=1, allow_nan=False) + "\n"
    content = text.removeprefix("{\n").encode("ascii")
    first = f'{{"magic": "vecstore manifest", "format": {FORMAT}, "checksum": "{_crc(content)}",\n'
    return first.encode("ascii") + content


def unseal(path: Path, document: bytes) -> dict[str, Any]:
    """Return the fields of a sealed document; raises FormatVersionError or CorruptStoreError."""
    version = _VERSION.match(document)
    if not version:
        raise damaged(path, "it does not begin as a manifest does")
    check_format(path.parent, int(version[1]))
    first = _FIRST_LINE.match(document)
    if not first:
        raise damaged(path, "its first line holds no checksum")
    content = document[first.end() :]
    if _crc(content) != first[2].decode():
        raise damaged(path, f"its checksum is {first[2].decode()}, its content has {_crc(content)}")
    try:
        fields: dict[str, Any] = json.loads(b"{" + content)
    except (ValueError, RecursionError) as error:
        raise damaged(path, f"its content is not JSON ({error})") from None
    return fields


def _crc(content: bytes) -> str:
    return f"{zlib.crc32(content):08x}"
