"""The two spellings of the hash agree, never change, and spread keys."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vecstore.storage.keys.hashing import hash_bytes
from vecstore.storage.keys.strings import PackedStrings


@given(st.lists(st.text(max_size=40), max_size=100))
def test_arrays_and_single_keys_hash_alike(keys: list[str]) -> None:
    hashes = PackedStrings.pack(keys).hashes()
    assert hashes.tolist() == [hash_bytes(key.encode()) for key in keys]


def test_the_hash_is_the_one_of_the_format() -> None:
    """Stores on disk were written with these; `FORMAT.md` prints them."""
    assert hash_bytes(b"") == 0x9E3779B97F4A7C15
    assert hash_bytes(b"king") == 0x6FFBA957D2BF6513
    assert hash_bytes(b"a longer key") == 0xA04F8D770945327E
    assert hash_bytes("gården".encode()) == hash_bytes(b"g\xc3\xa5rden")


def test_zeros_at_the_end_make_another_key() -> None:
    keys = [b"a" + bytes(n) for n in range(20)] + [bytes(n) for n in range(20)]
    assert len({hash_bytes(key) for key in keys}) == len(keys)


def test_numbered_keys_spread_evenly() -> None:
    """Chi-squared over 1024 bins of the highest and of the lowest bits: mean 1023, sd 45."""
    keys = [f"image-{i:06d}.jpg" for i in range(100_000)]
    hashes = PackedStrings.pack(keys).hashes()
    assert len(np.unique(hashes)) == len(keys)
    for bins in (hashes >> np.uint64(54), hashes & np.uint64(1023)):
        counts = np.bincount(bins.astype(np.int64), minlength=1024)
        mean = len(keys) / 1024
        assert ((counts - mean) ** 2 / mean).sum() < 1023 + 5 * 45
