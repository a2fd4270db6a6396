"""What was measured of a graph: the recall and the speed of walks, from narrow to wide."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from vecstore.index.reach import DEPTHS, Reach

__all__ = ["HELD_OUT", "Speed", "Step", "Table"]

#: The source of a table whose queries were rows that were hidden from the graph.
HELD_OUT = "held-out rows"


class Speed(NamedTuple):
    """Queries per second on the machine that measured.

    Attributes
    ----------
    single : float
        One by one, each waiting for the one before.
    batch : float
        Hundreds in a call, on all threads.
    """

    single: float
    batch: float


class Step(NamedTuple):
    """What a walk with one width of its candidate list achieves.

    Attributes
    ----------
    ef : int
        The width.
    recall : tuple of float
        At each of `DEPTHS`, the share of the true neighbours found, on average.
    assured : tuple of float
        What a caller is promised: the same less two standard errors, with one more query that
        found nothing; and of rows that were held out, not more than the same without that query
        of the third by distance which it is lowest of.
    speed : Speed
        At a k of 10.
    """

    ef: int
    recall: tuple[float, ...]
    assured: tuple[float, ...]
    speed: Speed


class Table(NamedTuple):
    """What was measured of one graph.

    Attributes
    ----------
    steps : tuple of Step
        From the narrowest walk to the widest.
    exact : Speed
        Of the exact search of the same rows.
    queries : int
        How many there were.
    source : str
        ``"held-out rows"``, or ``"given"``.
    reach : Reach or None
        How far neighbours were of the queries; of tables before this was measured, None: their
        held-out rows had copies in the graph, and nothing is assured.
    """

    steps: tuple[Step, ...]
    exact: Speed
    queries: int
    source: str
    reach: Reach | None = None

    @property
    def outdated(self) -> bool:
        """Whether the queries may have had copies in the graph."""
        return self.reach is None and self.source == HELD_OUT and bool(self.steps)

    def step(self, wanted: float, k: int) -> Step | None:
        """Return the narrowest walk that is assured to find enough.

        Parameters
        ----------
        wanted : float
            The recall asked for.
        k : int
            Neighbours asked for; recall is taken at the next larger of `DEPTHS`.

        Returns
        -------
        Step or None
            None if no walk was measured to do it.
        """
        depth = next((place for place, deep in enumerate(DEPTHS) if k <= deep), None)
        if depth is None or self.outdated:
            return None
        least = depth if k == DEPTHS[depth] else max(0, depth - 1)
        enough = (step for step in self.steps if min(step.assured[least : depth + 1]) >= wanted)
        return next(enough, None)

    def to_json(self) -> dict[str, Any]:
        """Return the table as JSON has it.

        Returns
        -------
        dict
            For `from_json`.
        """
        return {
            "steps": [step._asdict() | {"speed": step.speed._asdict()} for step in self.steps],
            "exact": self.exact._asdict(),
            "queries": self.queries,
            "source": self.source,
            "reach": None if self.reach is None else self.reach._asdict(),
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """Return the table that `to_json` described.

        Parameters
        ----------
        fields : mapping
            Nothing in it is believed.

        Returns
        -------
        Table
            The same.

        Raises
        ------
        ValueError
            If it is none.
        """
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
            raise ValueError(f"its measurements are no table ({error})") from None
        if any(step.ef < 1 or len(step.assured) != len(DEPTHS) for step in steps):
            raise ValueError("its measurements are no table")
        return table


def _speed(fields: Mapping[str, Any]) -> Speed:
    return Speed(float(fields["single"]), float(fields["batch"]))
