"""The path ``"codes"`` of the Numba engine: what prepares its scan for a group of queries."""

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
    """Return what prepares the scan of queries start to stop, as `jit_plan.scan_all` wants it.

    Queries are coded once for each different center.

    Raises
    ------
    ValueError
        If a block has no codes.
    """
    centers = {_center(block).tobytes(): _center(block) for block in blocks}
    against = {key: coded(queries, sq_norms, c, metric) for key, c in centers.items()}

    def prepare(start: int, stop: int) -> Scan:
        groups = {key: group(each, start, stop) for key, each in against.items()}
        waiting: list[Waiting] = []  # the same for every piece: what one rules out is out for all

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
