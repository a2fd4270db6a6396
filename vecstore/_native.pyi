"""What the compiled core has. `csrc/bindings/arrays.h` says what crosses; it validates nothing."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Block
from vecstore.kernels.contract import Graph

_Bytes = npt.NDArray[np.uint8]
_Floats = npt.NDArray[np.float32]
_Doubles = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]
_Vectors = npt.NDArray[np.float32] | npt.NDArray[np.float16]

#: distances, rows, counts, (pairs scanned, pairs rescored)
_Answer = tuple[_Doubles, _Integers, _Integers, tuple[int, int]]

__version__: str
asserts: bool

def levels() -> tuple[str, ...]: ...
def level(level: str) -> str: ...
def threads() -> int: ...
def compiler() -> str: ...
def dot(a: _Floats, b: _Floats, level: str) -> float: ...
def sq_euclidean(a: _Floats, b: _Floats, level: str) -> float: ...
def dot_rows(query: _Floats, vectors: _Vectors, level: str) -> _Floats: ...
def sq_euclidean_rows(query: _Floats, vectors: _Vectors, level: str) -> _Floats: ...
def sq_norms(vectors: _Vectors, level: str) -> _Floats: ...
def inverse_norms(vectors: _Vectors, level: str, threads: int) -> _Floats: ...
def distances(
    queries: _Floats, vectors: _Vectors, metric: str, level: str, threads: int
) -> _Doubles: ...
def encode(
    vectors: _Vectors, metric: str, center: _Floats, level: str, threads: int
) -> tuple[_Bytes, _Floats, _Floats, _Floats]: ...
def search(
    blocks: Sequence[Block],
    queries: _Floats,
    k: int,
    metric: str,
    exclude_offsets: _Integers | None,
    exclude_rows: _Integers | None,
    use_codes: bool,
    level: str,
    threads: int,
) -> _Answer: ...
def search_mul(
    blocks: Sequence[Block],
    vectors: _Floats,
    positive_offsets: _Integers,
    positive: _Integers,
    negative_offsets: _Integers,
    negative: _Integers,
    k: int,
    exclude_offsets: _Integers | None,
    exclude_rows: _Integers | None,
    level: str,
    threads: int,
) -> _Answer: ...
def search_sums(
    blocks: Sequence[Block],
    queries: _Floats,
    vectors: _Floats,
    positive_offsets: _Integers,
    positive: _Integers,
    negative_offsets: _Integers,
    negative: _Integers,
    k: int,
    exclude_offsets: _Integers | None,
    exclude_rows: _Integers | None,
    level: str,
    threads: int,
) -> _Answer: ...
def walk(
    graph: Graph,
    block: Block,
    queries: _Floats,
    k: int,
    ef: int,
    metric: str,
    exclude_offsets: _Integers | None,
    exclude_rows: _Integers | None,
    level: str,
    threads: int,
) -> _Answer: ...
def grow(
    graph: Graph,
    block: Block,
    rows: npt.NDArray[np.uint32],
    vectors: _Floats,
    forward: int,
    ef: int,
    metric: str,
    level: str,
    threads: int,
) -> None: ...
def compose(
    blocks: Sequence[Block],
    dim: int,
    rows: _Integers,
    weights: _Doubles,
    offsets: _Integers,
    unit: bool,
    level: str,
    threads: int,
) -> _Floats: ...
def parse_text(
    block: _Bytes, dim: int, *, keyed: bool
) -> tuple[_Bytes, _Floats, _Integers, _Integers, int]: ...
