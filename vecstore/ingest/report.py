"""What became of a file: how many rows were read, which were left out, and why."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.wording import counted

__all__ = ["Fault", "Faults", "Report"]

# Quoted in a report: enough to see what is wrong with a file, few enough to print.
_EXAMPLES = 10


class Fault(NamedTuple):
    """One line or row that could not be read.

    Attributes
    ----------
    place : int
        The line, from 1, of a text file; the row, from 0, of any other.
    reason : str
        What is wrong with it, to follow a colon.
    text : str
        Its beginning, or its key.
    """

    place: int
    reason: str
    text: str

    def __str__(self) -> str:
        return f'{self.reason} ("{self.text}")' if self.text else self.reason


class Faults(NamedTuple):
    """Lines or rows that could not be read, described only when somebody asks.

    Attributes
    ----------
    places : ndarray of int64, shape (n,)
        Ascending.
    describe : callable
        The reason and the text of fault i.
    are_duplicates : bool
        Whether all that is wrong with them is that their keys came before.
    """

    places: npt.NDArray[np.int64]
    describe: Callable[[int], tuple[str, str]]
    are_duplicates: bool = False

    def before(self, place: int) -> "Faults":
        """Return those of an earlier line or row than `place`."""
        return self._replace(places=self.places[: np.searchsorted(self.places, place)])

    def first(self) -> Fault:
        """Return the first of them."""
        return Fault(int(self.places[0]), *self.describe(0))

    def examples(self) -> list[Fault]:
        """Return the first few of them."""
        shown = self.places[:_EXAMPLES].tolist()
        return [Fault(place, *self.describe(i)) for i, place in enumerate(shown)]


@dataclass
class Report:
    """What was read and what was left out.

    Attributes
    ----------
    path : str
        The file.
    format : str
        The format it was read as.
    unit : str
        What `Fault.place` counts: ``"line"`` or ``"row"``.
    rows : int
        Vectors read so far.
    skipped : int
        Lines or rows left out, the duplicates among them.
    duplicates : int
        Lines or rows left out because their key came before.
    examples : list of Fault
        The first few left out, in the order of the file.
    notes : list of str
        Sentences about the file: what was chosen, what is in it but was not read, which rows stand
        for nothing.
    size : int
        Bytes of the file, before decompression; 0 until all of it is imported.
    keys : str
        Where the keys come from, such as ``'column "title"'`` or ``"row numbers"``; empty where
        the format leaves no choice.

    Examples
    --------
    >>> report = Report("words.txt", "glove", "line", rows=3)
    >>> print(report)
    words.txt (glove): 3 vectors read.
    """

    path: str
    format: str
    unit: str
    rows: int = 0
    skipped: int = 0
    duplicates: int = 0
    examples: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    size: int = 0
    keys: str = ""

    def count(self, faults: list[Faults]) -> None:
        """Add what was left out of one part of the file.

        Parameters
        ----------
        faults : list of Faults
            Of a later part than those that were added before.
        """
        for some in faults:
            self.skipped += len(some.places)
            self.duplicates += len(some.places) if some.are_duplicates else 0
        if len(self.examples) < _EXAMPLES:
            found = sorted(one for some in faults for one in some.examples())
            self.examples += found[: _EXAMPLES - len(self.examples)]

    def __str__(self) -> str:
        found = f"{self.path} ({self.format}): {counted(self.rows, 'vector')} read"
        if self.skipped:
            found += f", {counted(self.skipped, self.unit)} skipped"
        if self.duplicates:
            found += f" ({self.duplicates:,} for a key that came before)"
        lines = [f"{found}.", *([f"  keys: {self.keys}"] if self.keys else [])]
        lines += [f"  {note}" for note in self.notes]
        return "\n".join(lines + [f"  {self.unit} {x.place}: {x}" for x in self.examples])
