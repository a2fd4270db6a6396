"""Values that a segment must not hold."""

from pathlib import Path

import numpy as np
import pytest

import vecstore


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_numbers_that_signal_are_reported_like_any_that_are_not_finite(
    tmp_path: Path, dtype: str
) -> None:
    """NumPy warns of them where it reduces or converts, and here a warning is an error."""
    path = tmp_path / "points.vecs"
    with vecstore.create(path, 4, dtype=dtype) as store:
        store.add(["a", "b"], [[1, 2, 3, 4], [5, 6, 7, 8]])
        vectors = np.array(store[["a"]])
    [segment] = path.glob("segment-*.h5")
    content, signalling = bytearray(segment.read_bytes()), np.uint32(0x7FA00000)
    at = content.find(vectors.tobytes())
    wild = signalling if dtype == "float32" else np.uint16(0x7D00)
    content[at : at + wild.nbytes] = wild.tobytes()
    segment.write_bytes(content)
    assert any("not finite" in problem.what for problem in vecstore.check(path))
