"""The outcome of reading a file: how many rows were read, which were left out, and why."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.wording import counted

__all__ = ["Fault", "Faults", "Report"]

# Faults quoted in a report: enough to see what is wrong with a file, few enough to print.
_EXAMPLES = 10


class Fault(NamedTuple):
    """One line or row that could not be read.

    Attributes
    ----------
    place : int
        The line number, from 1, in a text file; the row number, from 0, in any other.
    reason : str
        What is wrong with it, to follow a colon.
    text : str
        Its beginning, or its key.

    Examples
    --------
    >>> from vecstore.ingest import Fault
    >>> print(Fault(3, "the key came before", "north"))
    the key came before ("north")
    """

    place: int
    reason: str
    text: str

    def __str__(self) -> str:
        return f'{self.reason} ("{self.text}")' if self.text else self.reason


class Faults(NamedTuple):
    """Lines or rows that could not be read, described only on demand."""

    places: npt.NDArray[np.int64]  # (n,), ascending
    describe: Callable[[int], tuple[str, str]]  # the reason and text of fault i
    are_duplicates: bool = False  # nothing is wrong with them but a key that came before

    def before(self, place: int) -> "Faults":
        """Return the faults of lines or rows before `place`."""
        return self._replace(places=self.places[: np.searchsorted(self.places, place)])

    def first(self) -> Fault:
        """Return the first fault."""
        return Fault(int(self.places[0]), *self.describe(0))

    def examples(self) -> list[Fault]:
        """Return the first few faults."""
        shown = self.places[:_EXAMPLES].tolist()
        return [Fault(place, *self.describe(i)) for i, place in enumerate(shown)]


@dataclass
class Report:
    """What was read from a file, and what was left out.

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
        Lines or rows left out, duplicates included.
    duplicates : int
        Lines or rows left out because they repeat a key.
    examples : list of Fault
        The first few that were left out, in the order of the file.
    notes : list of str
        Sentences about the file: what was chosen, what was not read, which rows are padding.
    size : int
        Size of the file in bytes, before decompression; 0 until all of it is imported.
    keys : str
        Where the keys come from, such as ``'column "title"'`` or ``"row numbers"``; empty if the
        format leaves no choice.

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
        """Add the faults of the next part of the file.

        Parameters
        ----------
        faults : list of Faults
            They come after all faults that were added before.

        Examples
        --------
        >>> import numpy as np
        >>> from vecstore.ingest.report import Faults, Report
        >>> report = Report("words.txt", "glove", "line", rows=3)
        >>> report.count([Faults(np.array([4]), lambda i: ("it has no key", ""))])
        >>> print(report)
        words.txt (glove): 3 vectors read, 1 line skipped.
          line 4: it has no key
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
