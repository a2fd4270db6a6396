"""The 64-bit hash of a key, in two implementations that agree: arrays of keys, and one key.

The hash starts as the length of the key in bytes plus 2**64 divided by the golden ratio. Each
eight bytes are read as a little-endian word, the last one padded with zeros. The word is XORed
into the hash, which then goes through the finaliser of MurmurHash3. The finaliser is a bijection,
so two keys of equal length that differ in one word never collide; others collide as rarely as
chance has it. The hash is part of the file format and must never change.
"""

import numpy as np
import numpy.typing as npt

__all__ = ["hash_bytes", "mix_words", "seed_hashes"]

_GOLDEN = 0x9E3779B97F4A7C15
_FIRST = 0xFF51AFD7ED558CCD
_SECOND = 0xC4CEB9FE1A85EC53
_MASK = (1 << 64) - 1


def hash_bytes(data: bytes) -> int:
    """Return the hash of one key in UTF-8, in [0, 2**64)."""
    value = (len(data) + _GOLDEN) & _MASK
    for start in range(0, len(data), 8):
        value ^= int.from_bytes(data[start : start + 8], "little")
        value = ((value ^ value >> 33) * _FIRST) & _MASK
        value = ((value ^ value >> 33) * _SECOND) & _MASK
        value ^= value >> 33
    return value


def seed_hashes(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """Return the hashes of keys of these lengths in bytes, before any byte is mixed in."""
    return lengths.astype(np.uint64) + np.uint64(_GOLDEN)


def mix_words(
    hashes: npt.NDArray[np.uint64], words: npt.NDArray[np.uint64]
) -> npt.NDArray[np.uint64]:
    """Return the hashes after the next eight bytes of each key, zero-padded; a new array."""
    mixed = hashes ^ words
    mixed ^= mixed >> np.uint64(33)
    mixed *= np.uint64(_FIRST)
    mixed ^= mixed >> np.uint64(33)
    mixed *= np.uint64(_SECOND)
    mixed ^= mixed >> np.uint64(33)
    return mixed
