"""The outcome of extracting images: how many have vectors now, and which were skipped and why."""

from dataclasses import dataclass, field

from vecstore.errors import IngestError
from vecstore.images.files import describe_others
from vecstore.wording import counted

__all__ = ["ImageReport"]

# Images quoted in a report: enough to see what is wrong, few enough to print.
_EXAMPLES = 10


@dataclass
class ImageReport:
    """What was extracted and what was left out.

    >>> print(ImageReport(images=2, known=1, skipped=[("b.jpg", "Input is empty")]))
    2 images extracted, 1 there already, 1 skipped:
      b.jpg: Input is empty
    """

    images: int = 0  # extracted
    known: int = 0  # in the store before
    skipped: list[tuple[str, str]] = field(default_factory=list)  # keys, and what is wrong
    others: dict[str, int] = field(default_factory=dict)  # counts of other files by suffix
    seconds: float = 0.0  # from the first image to the last commit

    @property
    def left_out(self) -> int:
        """How many files have no vectors."""
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
