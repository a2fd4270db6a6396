"""The checksums of HDF5, so that a forged label passes them.

HDF5 puts Bob Jenkins' lookup3 of everything before it behind each object header and superblock of
the kinds that our files have: ``OHDR`` blocks with their sizes, and superblock version 2.
"""

_MASK = 0xFFFFFFFF


def lookup3(data: bytes) -> int:
    """Return Bob Jenkins' hash, as ``H5_checksum_lookup3`` with initval 0."""
    a = b = c = (0xDEADBEEF + len(data)) & _MASK
    at = 0
    while len(data) - at > 12:
        a = (a + int.from_bytes(data[at : at + 4], "little")) & _MASK
        b = (b + int.from_bytes(data[at + 4 : at + 8], "little")) & _MASK
        c = (c + int.from_bytes(data[at + 8 : at + 12], "little")) & _MASK
        a, b, c = _mix(a, b, c)
        at += 12
    if at == len(data):
        return c
    rest = data[at:].ljust(12, b"\0")
    a = (a + int.from_bytes(rest[:4], "little")) & _MASK
    b = (b + int.from_bytes(rest[4:8], "little")) & _MASK
    c = (c + int.from_bytes(rest[8:], "little")) & _MASK
    return _final(a, b, c)


def fix_checksums(content: bytearray) -> bytearray:
    """Return the content with the checksums that it should have."""
    if content[:8] == b"\x89HDF\r\n\x1a\n" and content[8] in (2, 3):
        _seal(content, 0, 44)
    at = content.find(b"OHDR")
    while at >= 0:
        flags = content[at + 5]
        size_bytes = 1 << (flags & 3)
        first = at + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        size = int.from_bytes(content[first : first + size_bytes], "little")
        end = first + size_bytes + size
        if end + 4 <= len(content):
            _seal(content, at, end)
        at = content.find(b"OHDR", at + 4)
    return content


def _seal(content: bytearray, start: int, end: int) -> None:
    content[end : end + 4] = lookup3(bytes(content[start:end])).to_bytes(4, "little")


def _rotated(value: int, by: int) -> int:
    return ((value << by) | (value >> (32 - by))) & _MASK


def _mix(a: int, b: int, c: int) -> tuple[int, int, int]:
    for by in (4, 6, 8, 16, 19, 4):
        a = ((a - c) & _MASK) ^ _rotated(c, by)
        c = (c + b) & _MASK
        a, b, c = b, c, a  # the three take turns
    return a, b, c


def _final(a: int, b: int, c: int) -> int:
    for by in (14, 11, 25, 16, 4, 14, 24):
        c = ((c ^ b) - _rotated(b, by)) & _MASK
        a, b, c = b, c, a
    return b
