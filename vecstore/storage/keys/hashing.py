"""The 64-bit hash of a key, in two spellings that agree: arrays of keys, and one key.

The hash of the bytes b of a key: start from the number of bytes plus 2**64 divided by the golden
ratio; then for every eight bytes, as a little-endian word (the last one filled up with zeros),
exclusive-or the word into the hash and apply the finaliser of MurmurHash3, which is a bijection:
two keys that differ in one word never collide, and others do so as rarely as chance has it. The
hash is part of the file format and never changes.
"""

import numpy as np
import numpy.typing as npt

__all__ = ["hash_bytes", "mix_words", "seed_hashes"]

_GOLDEN = 0x9E3779B97F4A7C15
_FIRST = 0xFF51AFD7ED558CCD
_SECOND = 0xC4CEB9FE1A85EC53
_MASK = (1 << 64) - 1


def hash_bytes(data: bytes) -> int:
    """Return the hash of one key.

    Parameters
    ----------
    data : bytes
        The key in UTF-8.

    Returns
    -------
    int
        In [0, 2**64).

    Examples
    --------
    >>> f"{hash_bytes(b''):016x} {hash_bytes(b'king'):016x} {hash_bytes(b'a longer key'):016x}"
    '9e3779b97f4a7c15 6ffba957d2bf6513 a04f8d770945327e'
    """
    value = (len(data) + _GOLDEN) & _MASK
    for start in range(0, len(data), 8):
        value ^= int.from_bytes(data[start : start + 8], "little")
        value = ((value ^ value >> 33) * _FIRST) & _MASK
        value = ((value ^ value >> 33) * _SECOND) & _MASK
        value ^= value >> 33
    return value


def seed_hashes(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """Return the hashes of keys before any of their bytes.

    Parameters
    ----------
    lengths : ndarray of int64, shape (n,)
        How many bytes each key has.

    Returns
    -------
    ndarray of uint64, shape (n,)
        To be mixed with the words of the keys.
    """
    return lengths.astype(np.uint64) + np.uint64(_GOLDEN)


def mix_words(
    hashes: npt.NDArray[np.uint64], words: npt.NDArray[np.uint64]
) -> npt.NDArray[np.uint64]:
    """Return the hashes of keys after the next eight bytes of each.

    Parameters
    ----------
    hashes : ndarray of uint64, shape (n,)
        So far.
    words : ndarray of uint64, shape (n,)
        The next eight bytes, zeros where the key has ended.

    Returns
    -------
    ndarray of uint64, shape (n,)
        A new array.
    """
    mixed = hashes ^ words
    mixed ^= mixed >> np.uint64(33)
    mixed *= np.uint64(_FIRST)
    mixed ^= mixed >> np.uint64(33)
    mixed *= np.uint64(_SECOND)
    mixed ^= mixed >> np.uint64(33)
    return mixed
