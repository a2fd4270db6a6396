"""The path ``"codes"`` of the Numba engine: how its scan is prepared for a group of queries."""

from collections.abc import Callable, Sequence

from vecstore.arrays import Block
from vecstore.kernels.contract import Float32s, Float64s
from vecstore.kernels.jit.code_queries import coded, group
from vecstore.kernels.jit.code_scan import scan_codes
from vecstore.kernels.jit.code_state import Waiting, code_rows, new_waiting
from vecstore.kernels.jit.plan import Piece, Scan
from vecstore.kernels.jit.scan_state import Best

__all__ = ["code_scans"]


def code_scans(
    blocks: Sequence[Block], queries: Float32s, sq_norms: Float64s, metric: int
) -> Callable[[int, int], Scan]:
    """Return the ``prepare`` of `plan.scan_all`; ValueError if a block has no codes."""
    # Queries are coded once per distinct center.
    centers = {_center(block).tobytes(): _center(block) for block in blocks}
    against = {key: coded(queries, sq_norms, c, metric) for key, c in centers.items()}

    def prepare(start: int, stop: int) -> Scan:
        groups = {key: group(each, start, stop) for key, each in against.items()}
        waiting: list[Waiting] = []  # shared by all pieces: what one rules out is out for all

        def scan(piece: Piece, best: Best) -> None:
            block, first, last = piece
            if not waiting:
                waiting.append(new_waiting(best))
            asked = groups[_center(block).tobytes()]
            scan_codes(code_rows(block), first, last, asked, waiting[0], best)

        return scan

    return prepare


def _center(block: Block) -> Float32s:
    if block.codes is None:
        raise ValueError("`blocks` must have codes.")
    return block.codes.center
