"""Rows of numbers that come block by block, as shuffled batches without an end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vecstore.trainers.split import held_out_count

__all__ = ["Rows", "even_steps"]

Block = npt.NDArray[np.int32]

# Of an array that is in memory already: what is shuffled as one. 8 MB of 4-grams.
_BLOCK = 1 << 19


@dataclass(frozen=True)
class Rows:
    """Rows too many for memory, perhaps.

    Parameters
    ----------
    count : int
        How many there are.
    blocks : callable
        Returns an iterator over all of them, as arrays of shape (n, columns), each time.
    """

    count: int
    blocks: Callable[[], Iterator[Block]]

    @classmethod
    def of_array(cls, array: npt.NDArray[np.integer]) -> "Rows":
        """Take the rows of an array.

        Parameters
        ----------
        array : ndarray of int, shape (n, columns)
            Converted to int32 a block at a time.

        Returns
        -------
        Rows
        """
        starts = range(0, len(array), _BLOCK)
        return cls(
            len(array),
            lambda: (array[start : start + _BLOCK].astype(np.int32) for start in starts),
        )

    def split(self, share: float) -> tuple["Rows", Block]:
        """Hold some rows out.

        Parameters
        ----------
        share : float
            Of the rows, the last ones. At random they would tell nothing: each shares all but one
            word with the next.

        Returns
        -------
        rest : Rows
        held_out : ndarray of int32, shape (n, columns)
            In memory.

        Raises
        ------
        ValueError
            If none would be left to learn from.
        """
        kept = self.count - held_out_count(self.count, share)
        return Rows(kept, lambda: self._part(0, kept)), np.concatenate(
            [*self._part(kept, self.count)]
        )

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[Block]:
        """Go round and round.

        Parameters
        ----------
        size : int
            Rows in each batch; no more than there are.
        rng : Generator
            Shuffles. Rows change places inside a block only: what is on disk is read in order.

        Yields
        ------
        ndarray of int32, shape (size, columns)
            All of one size, so that a model is compiled once: what is left of a block goes into the
            next one.
        """
        rest: Block | None = None
        while True:
            for block in self.blocks():
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
    """Cut an epoch into steps of one size that run in groups of one size.

    Parameters
    ----------
    rows : int
        In the epoch.
    batch_size : int
        Rows in a step, at most.
    most : int
        Steps in a group, at most.

    Returns
    -------
    size : int
        Rows in a step. All steps together leave out fewer rows than there are steps.
    together : int
        Steps in a group.
    steps : int
        In the epoch, a multiple of `together`.

    Examples
    --------
    >>> even_steps(372_550, 2048, 8)
    (2024, 8, 184)
    """
    steps = -(-rows // batch_size)
    # No larger groups than steps: rounding up to whole ones must leave a row for every step.
    groups = -(-steps // min(most, batch_size))
    together = -(-steps // groups)
    return rows // (groups * together), together, groups * together
