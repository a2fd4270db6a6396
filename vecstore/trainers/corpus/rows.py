"""Rows of numbers that arrive in blocks, as endless shuffled batches."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vecstore.trainers.split import held_out_count

__all__ = ["Rows", "even_steps"]

Block = npt.NDArray[np.int32]

# Rows of an in-memory array that are shuffled together; 8 MB of 4-grams.
_BLOCK = 1 << 19


@dataclass(frozen=True)
class Rows:
    """Rows that may be too many for memory."""

    count: int
    blocks: Callable[[], Iterator[Block]]  # each call iterates over all rows, (n, columns) each

    @classmethod
    def of_array(cls, array: npt.NDArray[np.integer]) -> "Rows":
        """Take the rows of an array of integers; they become int32 one block at a time."""
        starts = range(0, len(array), _BLOCK)
        return cls(
            len(array),
            lambda: (array[start : start + _BLOCK].astype(np.int32) for start in starts),
        )

    def split(self, share: float) -> tuple["Rows", Block]:
        """Hold out a share of the rows, the last ones: return the rest, and those in memory."""
        # Held out at random, windows would prove nothing: each shares all but one word with the
        # next.
        kept = self.count - held_out_count(self.count, share)
        return Rows(kept, lambda: self._part(0, kept)), np.concatenate(
            [*self._part(kept, self.count)]
        )

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[Block]:
        """Yield shuffled batches of `size` rows without end; `size` is at most `count`."""
        rest: Block | None = None
        while True:
            for block in self.blocks():
                # Rows are shuffled only inside a block, so that files are read in order. All
                # batches are equally large, so that a model is compiled once: the remainder of a
                # block joins the next block.
                rows = block if rest is None else np.concatenate([rest, block])
                rows = rows[rng.permutation(len(rows))]
                full = len(rows) // size * size
                yield from rows[:full].reshape(-1, size, rows.shape[1])
                rest = rows[full:]

    def _part(self, start: int, stop: int) -> Iterator[Block]:
        begin = 0
        for block in self.blocks():
            yield block[max(0, start - begin) : max(0, stop - begin)]
            begin += len(block)


def even_steps(rows: int, batch_size: int, most: int) -> tuple[int, int, int]:
    """Cut an epoch into equal steps in equal groups: (rows per step, steps per group, steps).

    >>> even_steps(372_550, 2048, 8)
    (2024, 8, 184)
    """
    steps = -(-rows // batch_size)
    # A group has at most `batch_size` steps: rounding up must leave a row for every step.
    groups = -(-steps // min(most, batch_size))
    together = -(-steps // groups)
    # All steps together leave out fewer rows than there are steps.
    return rows // (groups * together), together, groups * together
