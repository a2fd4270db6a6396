"""Keys that are bytes of a file, to be decoded."""

from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.ingest.report import Faults
from vecstore.wording import quoted

__all__ = ["decode_keys"]


def decode_keys(
    raw: list[bytes], places: npt.NDArray[np.int64], encoding: str | None = None
) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_], list[Faults]]:
    """Return decoded keys (None where it fails), a mask of those that are good, and the faults."""
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
