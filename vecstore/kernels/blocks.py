"""What the portable engines read from blocks: rows by global number, mask words as booleans."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Block
from vecstore.kernels.contract import Float32s, Int64s

__all__ = ["allowed", "gather"]


def allowed(block: Block) -> npt.NDArray[np.bool_]:
    """Return whether each row of the block may be an answer, from its mask words."""
    rows = np.arange(len(block.vectors), dtype=np.uint64)
    if block.mask is None:
        return np.ones(len(rows), dtype=np.bool_)
    bits: npt.NDArray[np.bool_] = (block.mask[rows // 64] >> (rows % 64)) & 1 == 1
    return bits


def gather(blocks: Sequence[Block], rows: Int64s) -> Float32s:
    """Return the vectors of global rows, of which every one lies in a block; (m, dim)."""
    gathered = np.zeros((len(rows), blocks[0].vectors.shape[1]), dtype=np.float32)
    for block in blocks:
        inside = (rows >= block.first_row) & (rows < block.first_row + len(block.vectors))
        gathered[inside] = block.vectors[rows[inside] - block.first_row]
    return gathered
