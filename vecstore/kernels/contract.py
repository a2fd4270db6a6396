"""The kernel contract: the types that engines take and return, and the functions that they have."""

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
    """What a scan did, summed over its queries."""

    scanned: int  # pairs of a query and a row that were looked at
    rescored: int | None  # pairs that were scored in float64; None if the engine does not count


class Found(NamedTuple):
    """The answer of an engine: for each query, rows in the order (distance, global row)."""

    distances: Float64s  # (n_queries, k), ascending; inf in unused places
    rows: Int64s  # (n_queries, k), global rows; -1 in unused places
    counts: Int64s  # (n_queries,), how many places are used
    work: Work


class Level(NamedTuple):
    """One of the upper levels of a graph: some of the nodes of the level below, sparsely linked."""

    # (m, width): positions within this level. The first number that is no position ends a list.
    links: npt.NDArray[np.uint32]
    # (m,): the position of each node one level down; on the lowest upper level, its row.
    down: npt.NDArray[np.uint32]


class Graph(NamedTuple):
    """Rows linked to rows near them, for `Engine.walk`.

    A damaged graph gives worse answers and nothing worse: a walk stays in these arrays, and ends.
    """

    # (n, width). The first number that is no row ends a list: by convention 0xFFFFFFFF.
    links: npt.NDArray[np.uint32]
    levels: tuple[Level, ...]  # highest first; may be empty
    entry: int  # where a walk starts: a node of the highest level, or a row if there are no levels


class Engine(Protocol):
    """A full set of kernels: a module with these functions. `reference` specifies the others.

    Queries are finite float32 of shape (n_queries, dim), of any length. Vectors are float32 or
    float16 of shape (n, dim); they may be mapped and read-only, and their stride may exceed dim.
    A metric is ``"cosine"``, ``"euclidean"`` or ``"dot"``. ``exclude = (offsets, rows)`` keeps the
    global rows ``rows[offsets[i]:offsets[i + 1]]`` out of the answer to query i. No answer holds a
    row whose distance is NaN. ``threads=None`` means `threads.thread_count()`.
    """

    NAME: str

    def levels(self) -> tuple[str, ...]:
        """Return the names of the instruction sets that run here, best first."""

    def dot(self, a: Float32s, b: Float32s) -> float:
        """Return ``sum_j a_j * b_j``."""

    def sq_euclidean(self, a: Float32s, b: Float32s) -> float:
        """Return ``sum_j (a_j - b_j)**2``."""

    def dot_rows(self, query: Float32s, vectors: Vectors) -> Float32s:
        """Return the product of one query, of shape (dim,), with every row."""

    def sq_euclidean_rows(self, query: Float32s, vectors: Vectors) -> Float32s:
        """Return the squared distance of one query, of shape (dim,), to every row."""

    def sq_norms(self, vectors: Vectors) -> Float32s:
        """Return the squared length of every row; inf if float32 cannot hold it."""

    def inverse_norms(self, vectors: Vectors) -> Float32s:
        """Return 1 / length of every row, computed in float64 and rounded once.

        A zero row gives 0. A row so short that float32 cannot hold the result gives inf.
        """

    def distances(
        self, queries: Float32s, vectors: Vectors, metric: str, *, threads: int | None = None
    ) -> Float64s:
        """Return the whole matrix of distances, (n_queries, n): for small batches."""

    def encode(
        self, vectors: Vectors, metric: str, center: Float32s, *, threads: int | None = None
    ) -> Codes:
        """Return the rows in 8 bits, with certificates of how far off each is; see `Codes`.

        Rows are scaled to unit length under cosine. `center`, (dim,), is then subtracted from each.
        """

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
        """Find the k nearest rows to each query under the total order (distance, global row).

        `k` is at least 1. `path` says what an engine may filter by before it scores in float64:
        ``"float"`` by the vectors, ``"codes"`` by the codes, which every block must then have.
        """

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
        """Answer analogies by 3CosMul (Levy and Goldberg, 2014, CoNLL), at distance ``-score``.

        `vectors` holds the distinct inputs of all questions, (n_inputs, dim); `positive` and
        `negative` index it for each question. All in float64, with the factors multiplied from left
        to right, starting from 1.0, the score of row x is
        ``prod_p (1 + cos(p, x)) / 2 / (prod_n (1 + cos(n, x)) / 2 + 1e-6)``.
        """

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
        """Find the k nearest rows, under cosine, to queries that are sums of a few vectors.

        `vectors` holds each distinct vector once. Up to a factor, query i is the sum of its
        `positive` vectors, each scaled to unit length, minus that of its `negative` ones. An engine
        may use this to be faster. If a query is no such sum, the answer is the same.
        """

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
        """Find rows near each query by following the links of a graph of the block's rows.

        As in HNSW (Malkov and Yashunin, 2018), greedy steps through the upper levels lead to a row.
        From there the walk keeps the nearest rows found so far, up to the `ef`-th that may answer
        (or the k-th, if `ef` is less). It looks at the neighbours of the nearest, six rows at once,
        until it has seen those of every row it keeps. The k nearest are the answer, with exact
        distances; they may be other rows than the true k nearest, less often if `ef` is larger.
        An engine may estimate distances on the way from the block's codes, and may require them.
        If fewer than one row in sixteen may answer, the walk keeps fewer than `ef` of those; an
        exact search is fast then.
        """

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
        """Link rows that are not in a graph yet to rows that are, and those back to them.

        `graph` covers all rows of the block, and its links are written to; there are none yet from
        or to `rows`, which are row numbers within the block and do not see each other. Of the rows
        that a walk of width `ef` finds near a new row, at most `forward` are linked: each is nearer
        to the new row than to any chosen before it, because links in different directions lead
        farther than many in one. A row that gets more links back than it has room for chooses again
        among all of them. The result does not depend on threads. An engine may need the block's
        codes.
        """

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
        """Return weighted sums of stored rows, (n_out, dim), summed in float64 and rounded once.

        Output i sums the places ``offsets[i]`` to ``offsets[i + 1]`` of `rows` (global) and
        `weights`. There is at least one block. `unit` scales each row to unit length first, and the
        sum at the end; zeros stay zeros.
        """
