"""Keys as bytes of a file, to be decoded."""

from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.ingest.report import Faults
from vecstore.wording import quoted

__all__ = ["decode_keys"]


def decode_keys(
    raw: list[bytes], places: npt.NDArray[np.int64], encoding: str | None = None
) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_], list[Faults]]:
    r"""Decode keys, all that can be.

    Parameters
    ----------
    raw : list of m bytes
        In this encoding, or so they should be.
    places : ndarray of int64, shape (m,)
        The rows that they are keys of.
    encoding : str or None
        None is UTF-8.

    Returns
    -------
    keys : ndarray of object (str), shape (m,)
        The good ones; None and the empty string are not.
    good : ndarray of bool, shape (m,)
        Which these are.
    faults : list of Faults
        What is wrong with the others.

    Examples
    --------
    >>> keys, good, faults = decode_keys([b"the", b"\xff", b""], np.arange(3))
    >>> good.tolist(), faults[0].first().reason
    ([True, False, False], 'its key is not valid UTF-8')
    """
    keys = np.empty(len(raw), dtype=object)
    keys[:] = [_decode(key, encoding or "utf-8") for key in raw]
    good = keys.astype(bool)
    bad = np.flatnonzero(~good)

    def describe(i: int) -> tuple[str, str]:
        key = raw[bad[i]]
        reason = f"its key is not valid {encoding or 'UTF-8'}" if key else "it has no key"
        return reason, quoted(key)

    return keys, good, [Faults(places[bad], describe)] if len(bad) else []


def _decode(key: bytes, encoding: str) -> str | None:
    try:
        return key.decode(encoding)
    except UnicodeError:
        return None
