"""What the engines in Python read from blocks: mask words as booleans, rows by global number."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Block
from vecstore.kernels.contract import Float32s, Int64s

__all__ = ["allowed", "gather"]


def allowed(block: Block) -> npt.NDArray[np.bool_]:
    """Return which rows of the block may be answers, from its mask words."""
    n = len(block.vectors)
    if block.mask is None:
        return np.ones(n, dtype=np.bool_)
    octets = block.mask.astype("<u8", copy=False).view(np.uint8)
    return np.unpackbits(octets, bitorder="little", count=n).astype(np.bool_)


def gather(blocks: Sequence[Block], rows: Int64s) -> Float32s:
    """Return the vectors of global rows, (m, dim); each row must lie in one of the blocks."""
    gathered = np.zeros((len(rows), blocks[0].vectors.shape[1]), dtype=np.float32)
    for block in blocks:
        inside = (rows >= block.first_row) & (rows < block.first_row + len(block.vectors))
        gathered[inside] = block.vectors[rows[inside] - block.first_row]
    return gathered
