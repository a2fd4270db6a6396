"""The float32 sums of the filter, compiled: strips of rows times a group of queries.

Any order of summation is within the bounds of `float_filter`, so these take the fastest.
"""

import numpy as np
import numpy.typing as npt

from vecstore.kernels.contract import Float32s
from vecstore.kernels.jit.compiling import compiled

__all__ = ["LANES", "Panel", "product", "products", "sq_difference", "sq_differences"]

#: float32, two-dimensional, C order.
Panel = npt.NDArray[np.float32]

# The queries of a panel are padded to a multiple of this: one vector register of AVX-512.
LANES = 16


@compiled
def product(x: Float32s, y: Float32s) -> np.float32:
    """Return the float32 product of two vectors, from eight partial sums kept in registers."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = np.float32(0.0)
    whole = len(x) - len(x) % 8
    for j in range(0, whole, 8):
        s0 += x[j] * y[j]
        s1 += x[j + 1] * y[j + 1]
        s2 += x[j + 2] * y[j + 2]
        s3 += x[j + 3] * y[j + 3]
        s4 += x[j + 4] * y[j + 4]
        s5 += x[j + 5] * y[j + 5]
        s6 += x[j + 6] * y[j + 6]
        s7 += x[j + 7] * y[j + 7]
    for j in range(whole, len(x)):
        s0 += x[j] * y[j]
    return np.float32(((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7)))


@compiled
def sq_difference(x: Float32s, y: Float32s) -> np.float32:
    """Return the float32 squared distance of two vectors, summed as in `product`."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = np.float32(0.0)
    whole = len(x) - len(x) % 8
    for j in range(0, whole, 8):
        s0 += (x[j] - y[j]) * (x[j] - y[j])
        s1 += (x[j + 1] - y[j + 1]) * (x[j + 1] - y[j + 1])
        s2 += (x[j + 2] - y[j + 2]) * (x[j + 2] - y[j + 2])
        s3 += (x[j + 3] - y[j + 3]) * (x[j + 3] - y[j + 3])
        s4 += (x[j + 4] - y[j + 4]) * (x[j + 4] - y[j + 4])
        s5 += (x[j + 5] - y[j + 5]) * (x[j + 5] - y[j + 5])
        s6 += (x[j + 6] - y[j + 6]) * (x[j + 6] - y[j + 6])
        s7 += (x[j + 7] - y[j + 7]) * (x[j + 7] - y[j + 7])
    for j in range(whole, len(x)):
        s0 += (x[j] - y[j]) * (x[j] - y[j])
    return np.float32(((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7)))


@compiled
def products(x: Float32s, at: int, stride: int, packed: Panel, out: Panel) -> None:
    """Set ``out[i, q]`` to the product of ``packed[:, q]`` and row i; row 0 begins at ``x[at]``."""
    dim = packed.shape[0]
    whole = dim - dim % 8
    for i in range(len(out)):
        row, sums = x[at + i * stride : at + i * stride + dim], out[i]
        sums[:] = np.float32(0.0)
        # Eight elements of the row at a time: each sum is read and written once for all eight.
        for j in range(0, whole, 8):
            x0, x1, x2, x3 = row[j], row[j + 1], row[j + 2], row[j + 3]
            x4, x5, x6, x7 = row[j + 4], row[j + 5], row[j + 6], row[j + 7]
            p0, p1, p2, p3 = packed[j], packed[j + 1], packed[j + 2], packed[j + 3]
            p4, p5, p6, p7 = packed[j + 4], packed[j + 5], packed[j + 6], packed[j + 7]
            for q in range(len(sums)):
                low = x0 * p0[q] + x1 * p1[q] + x2 * p2[q] + x3 * p3[q]
                high = x4 * p4[q] + x5 * p5[q] + x6 * p6[q] + x7 * p7[q]
                sums[q] += low + high
        for j in range(whole, dim):
            x0, p0 = row[j], packed[j]
            for q in range(len(sums)):
                sums[q] += x0 * p0[q]


@compiled
def sq_differences(x: Float32s, at: int, stride: int, packed: Panel, out: Panel) -> None:
    """Set ``out[i, q]`` to the squared distance of row i to query q, as in `products`."""
    dim = packed.shape[0]
    whole = dim - dim % 4
    for i in range(len(out)):
        row, sums = x[at + i * stride : at + i * stride + dim], out[i]
        sums[:] = np.float32(0.0)
        for j in range(0, whole, 4):
            x0, x1, x2, x3 = row[j], row[j + 1], row[j + 2], row[j + 3]
            p0, p1, p2, p3 = packed[j], packed[j + 1], packed[j + 2], packed[j + 3]
            for q in range(len(sums)):
                d0, d1, d2, d3 = x0 - p0[q], x1 - p1[q], x2 - p2[q], x3 - p3[q]
                sums[q] += d0 * d0 + d1 * d1 + d2 * d2 + d3 * d3
        for j in range(whole, dim):
            x0, p0 = row[j], packed[j]
            for q in range(len(sums)):
                d0 = x0 - p0[q]
                sums[q] += d0 * d0
