"""What was measured of a graph: the recall and the speed of walks, from narrow to wide."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from vecstore.index.reach import DEPTHS, Reach

__all__ = ["HELD_OUT", "Speed", "Step", "Table"]

#: The source of a table that was measured with rows hidden from the graph as queries.
HELD_OUT = "held-out rows"


class Speed(NamedTuple):
    """Queries per second, on the machine that measured."""

    single: float  # one query after the other
    batch: float  # hundreds in a call, on all threads


class Step(NamedTuple):
    """What a walk achieves with one width of its candidate list."""

    ef: int  # the width
    recall: tuple[float, ...]  # at each of `DEPTHS`, the mean share of true neighbours found
    # What a caller is promised: the recall less two standard errors, with one more query that found
    # nothing. For held-out rows, at most the same (without that query) of the third of the rows, by
    # distance, in which it is lowest.
    assured: tuple[float, ...]
    speed: Speed  # at k = 10


class Table(NamedTuple):
    """What was measured of one graph; without steps, nothing was."""

    steps: tuple[Step, ...]  # from the narrowest walk to the widest
    exact: Speed  # of the exact search of the same rows
    queries: int  # how many it was measured with
    source: str  # `HELD_OUT` or "given"
    # None in tables of older versions: their held-out rows had copies in the graph, and so nothing
    # is assured.
    reach: Reach | None = None

    @property
    def outdated(self) -> bool:
        """Whether the queries may have had copies in the graph."""
        return self.reach is None and self.source == HELD_OUT and bool(self.steps)

    def step(self, wanted: float, k: int) -> Step | None:
        """Return the narrowest walk assured to reach a recall at k; None if there is none."""
        # Recall is taken at the next larger of `DEPTHS`.
        depth = next((place for place, deep in enumerate(DEPTHS) if k <= deep), None)
        if depth is None or self.outdated:
            return None
        least = depth if k == DEPTHS[depth] else max(0, depth - 1)
        enough = (step for step in self.steps if min(step.assured[least : depth + 1]) >= wanted)
        return next(enough, None)

    def to_json(self) -> dict[str, Any]:
        """Return the table as JSON values, for `from_json`."""
        return {
            "steps": [step._asdict() | {"speed": step.speed._asdict()} for step in self.steps],
            "exact": self.exact._asdict(),
            "queries": self.queries,
            "source": self.source,
            "reach": None if self.reach is None else self.reach._asdict(),
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """Return the table that `to_json` described; ValueError if it is not one."""
        try:
            steps = tuple(
                Step(
                    int(one["ef"]),
                    tuple(float(share) for share in one["recall"]),
                    tuple(float(share) for share in one["assured"]),
                    _speed(one["speed"]),
                )
                for one in fields["steps"]
            )
            table = cls(
                steps,
                _speed(fields["exact"]),
                int(fields["queries"]),
                str(fields["source"]),
                Reach.from_json(fields.get("reach")),
            )
        except (TypeError, KeyError, ValueError) as error:
            raise ValueError(f"its measurements are not a table ({error})") from None
        if any(step.ef < 1 or len(step.assured) != len(DEPTHS) for step in steps):
            raise ValueError("its measurements are not a table")
        return table


def _speed(fields: Mapping[str, Any]) -> Speed:
    return Speed(float(fields["single"]), float(fields["batch"]))
