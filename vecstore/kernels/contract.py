"""What every engine is given and gives back: the arrays of the kernel contract, by name."""

import numpy as np
import numpy.typing as npt

__all__ = ["Float32s", "Float64s", "Found", "Groups", "Int64s", "Vectors"]

Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32] | npt.NDArray[np.float16]
#: ``(offsets, indices)``: the indices of question i are ``indices[offsets[i]:offsets[i + 1]]``.
Groups = tuple[Int64s, Int64s]
#: distances (n_queries, k), global rows (n_queries, k), counts (n_queries,)
Found = tuple[Float64s, Int64s, Int64s]
