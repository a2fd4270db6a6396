"""What became of images: how many have vectors now, and which were skipped, and why."""

from dataclasses import dataclass, field

from vecstore.errors import IngestError
from vecstore.images.files import describe_others
from vecstore.wording import counted

__all__ = ["ImageReport"]

# Quoted in a report: enough to see what is wrong, few enough to print.
_EXAMPLES = 10


@dataclass
class ImageReport:
    """What was extracted and what was left out.

    Attributes
    ----------
    images : int
        Images that were made vectors of.
    known : int
        Images whose keys were in the store already.
    skipped : list of (str, str)
        The key of each image that was left out, and what is wrong with it.
    others : dict of str to int
        How many files were left out that are no images, by what their names end in.
    seconds : float
        From the first image to the last commit.

    Examples
    --------
    >>> print(ImageReport(images=2, known=1, skipped=[("b.jpg", "Input is empty")]))
    2 images extracted, 1 there already, 1 skipped:
      b.jpg: Input is empty
    """

    images: int = 0
    known: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def left_out(self) -> int:
        """How many files there are no vectors of."""
        return len(self.skipped) + sum(self.others.values())

    def check_any(self) -> None:
        """Raise IngestError if all images were left out."""
        if not self.images:
            key, reason = self.skipped[0]
            raise IngestError(
                f"None of {counted(len(self.skipped), 'image')} can be used; {key}: {reason}."
            )

    def __str__(self) -> str:
        known = f", {self.known:,} there already" if self.known else ""
        skipped = f", {self.left_out:,} skipped:" if self.left_out else "."
        lines = [f"  {key}: {reason}" for key, reason in self.skipped[:_EXAMPLES]]
        more = len(self.skipped) - len(lines)
        lines += [f"  and {more:,} more"] if more else []
        lines += [f"  no images: {describe_others(self.others)}"] if self.others else []
        return "\n".join([f"{counted(self.images, 'image')} extracted{known}{skipped}", *lines])
