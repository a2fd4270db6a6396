"""The kernel contract: what every engine is given and gives back, and which functions it has."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Block, Codes, Exclusions

__all__ = [
    "Engine",
    "Float32s",
    "Float64s",
    "Found",
    "Graph",
    "Groups",
    "Int64s",
    "Level",
    "Vectors",
    "Work",
]

Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32] | npt.NDArray[np.float16]
#: ``(offsets, indices)``: the indices of question i are ``indices[offsets[i]:offsets[i + 1]]``.
Groups = tuple[Int64s, Int64s]


class Work(NamedTuple):
    """What a scan did, summed over its queries.

    Attributes
    ----------
    scanned : int
        Pairs of a query and a row that were looked at.
    rescored : int or None
        Pairs that were scored in float64; None where the engine does not count them.
    """

    scanned: int
    rescored: int | None


class Found(NamedTuple):
    """The answer of an engine.

    Attributes
    ----------
    distances : ndarray of float64, shape (n_queries, k)
        Ascending; ``inf`` in unused places.
    rows : ndarray of int64, shape (n_queries, k)
        Global rows; -1 in unused places.
    counts : ndarray of int64, shape (n_queries,)
        How many places of each query are used.
    work : Work
        What it took.
    """

    distances: Float64s
    rows: Int64s
    counts: Int64s
    work: Work


class Level(NamedTuple):
    """One of the upper levels of a graph: some of the nodes of the level below, sparsely linked.

    Attributes
    ----------
    links : ndarray of uint32, shape (m, width)
        The neighbours of each node, as positions within this level. The first number that is no
        position ends a list.
    down : ndarray of uint32, shape (m,)
        Where each node stands one level down; on the lowest upper level, its row.
    """

    links: npt.NDArray[np.uint32]
    down: npt.NDArray[np.uint32]


class Graph(NamedTuple):
    """Rows linked to rows near them, for `Engine.walk`.

    Whatever stands in these arrays, a walk stays inside them and ends: a damaged graph gives worse
    answers, and nothing worse than that.

    Attributes
    ----------
    links : ndarray of uint32, shape (n, width)
        The neighbours of each row. The first number that is no row (0xFFFFFFFF, where somebody
        means it) ends a list.
    levels : tuple of Level
        Highest first; may be empty.
    entry : int
        Where a walk starts: a node of the highest level, or a row where there are no levels.
    """

    links: npt.NDArray[np.uint32]
    levels: tuple[Level, ...]
    entry: int


class Engine(Protocol):
    """A full set of kernels: a module with these functions, specified in `reference`."""

    NAME: str

    def levels(self) -> tuple[str, ...]:
        """Name the instruction sets, best first."""

    def dot(self, a: Float32s, b: Float32s) -> float:
        """Return the product of two vectors."""

    def sq_euclidean(self, a: Float32s, b: Float32s) -> float:
        """Return the squared distance of two vectors."""

    def dot_rows(self, query: Float32s, vectors: Vectors) -> Float32s:
        """Return the product of one query with every row."""

    def sq_euclidean_rows(self, query: Float32s, vectors: Vectors) -> Float32s:
        """Return the squared distance of one query to every row."""

    def sq_norms(self, vectors: Vectors) -> Float32s:
        """Return the squared length of every row."""

    def inverse_norms(self, vectors: Vectors) -> Float32s:
        """Return 1 / length of every row."""

    def distances(
        self, queries: Float32s, vectors: Vectors, metric: str, *, threads: int | None = None
    ) -> Float64s:
        """Return the whole matrix of distances."""

    def encode(
        self, vectors: Vectors, metric: str, center: Float32s, *, threads: int | None = None
    ) -> Codes:
        """Return the rows in 8 bits, with certificates."""

    def search(
        self,
        blocks: Sequence[Block],
        queries: Float32s,
        k: int,
        metric: str,
        *,
        exclude: Exclusions | None = None,
        path: str = "float",
        threads: int | None = None,
    ) -> Found:
        """Find the k nearest rows to each query, filtering the rows or their codes."""

    def search_mul(
        self,
        blocks: Sequence[Block],
        vectors: Float32s,
        positive: Groups,
        negative: Groups,
        k: int,
        *,
        exclude: Exclusions | None = None,
        threads: int | None = None,
    ) -> Found:
        """Answer analogies by 3CosMul."""

    def search_sums(
        self,
        blocks: Sequence[Block],
        queries: Float32s,
        vectors: Float32s,
        positive: Groups,
        negative: Groups,
        k: int,
        *,
        exclude: Exclusions | None = None,
        threads: int | None = None,
    ) -> Found:
        """Find the k nearest rows, under cosine, to queries that are sums of few vectors."""

    def walk(
        self,
        graph: Graph,
        block: Block,
        queries: Float32s,
        k: int,
        ef: int,
        metric: str,
        *,
        exclude: Exclusions | None = None,
        threads: int | None = None,
    ) -> Found:
        """Find rows near each query by following the links of a graph of the block's rows."""

    def grow(
        self,
        graph: Graph,
        block: Block,
        rows: Int64s,
        forward: int,
        ef: int,
        metric: str,
        *,
        threads: int | None = None,
    ) -> None:
        """Link rows that are not in a graph yet to rows that are."""

    def compose(
        self,
        blocks: Sequence[Block],
        rows: Int64s,
        weights: Float64s,
        offsets: Int64s,
        *,
        unit: bool,
        threads: int | None = None,
    ) -> Float32s:
        """Return weighted sums of stored rows."""
