"""The clock of the benchmarks, which also says what share of the machine's limits a time means."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from pytest_benchmark.fixture import BenchmarkFixture
from rich.table import Table

from benchmarks.machine import THREADS, Machine, held_to

__all__ = ["Line", "Stopwatch", "as_table"]

Result = TypeVar("Result")

# Seconds of measuring for each benchmark, and the rounds that it is cut into.
_SECONDS = 1.5
_FEWEST, _MOST = 3, 1000


class Line(NamedTuple):
    """What one benchmark found out."""

    group: str
    name: str
    seconds: float
    facts: dict[str, Any]


class Stopwatch:
    """Times one piece of work.

    Parameters
    ----------
    benchmark : BenchmarkFixture
        Keeps the rounds and does the statistics; where benchmarks are disabled it runs the work
        once.
    machine : Machine
        The limits.
    lines : list of Line
        Gets a line for each benchmark.
    """

    def __init__(self, benchmark: BenchmarkFixture, machine: Machine, lines: list[Line]) -> None:
        self._benchmark = benchmark
        self._machine = machine
        self._lines = lines

    def __call__(
        self,
        work: Callable[[], Result],
        *,
        group: str,
        name: str,
        level: str = "",
        threads: int = THREADS,
        bytes_read: float = 0,
        flops: float = 0,
        once: bool = False,
        **counts: float,
    ) -> Result:
        """Time `work` and return what it returned.

        Parameters
        ----------
        work : callable
            Run once to warm up, then for a second or so.
        group : str
            What is done, to how much; candidate and baseline have the same.
        name : str
            Who does it.
        level : str
            The instruction set, where the caller chose one.
        threads : int
            How many threads it has.
        bytes_read, flops : float
            What the work cannot do without: bytes from memory, float32 operations.
        once : bool, default False
            Whether once is enough, for what takes a minute or changes what it works on.
        **counts : float
            How many of anything are done; written down as ``<what>_per_second``.
        """
        self._benchmark.group = group
        self._benchmark.extra_info.update(name=name, level=level, threads=threads)
        with held_to(threads):
            rounds = 1 if once else self._rounds(work)
            result = self._benchmark.pedantic(work, rounds=rounds)
        if not self._benchmark.disabled:
            seconds = self._benchmark.stats.stats.median
            self._benchmark.extra_info |= {
                f"{what}_per_second": count / seconds for what, count in counts.items()
            }
            self._benchmark.extra_info |= self._shares(threads, bytes_read, flops, seconds)
            self._lines.append(Line(group, name, seconds, self._benchmark.extra_info))
        return result

    def _rounds(self, work: Callable[[], Any]) -> int:
        if self._benchmark.disabled:
            return 1
        start = time.perf_counter()
        work()
        return max(_FEWEST, min(_MOST, int(_SECONDS / (time.perf_counter() - start))))

    def _shares(
        self, threads: int, bytes_read: float, flops: float, seconds: float
    ) -> dict[str, float]:
        shares = {}
        if bytes_read:
            shares["gb_per_second"] = bytes_read / seconds / 1e9
            shares["share_of_bandwidth"] = shares["gb_per_second"] / self._machine.read(threads)
        if flops:
            shares["gflop_per_second"] = flops / seconds / 1e9
            shares["share_of_sgemm"] = shares["gflop_per_second"] / self._machine.sgemm(threads)
        return shares


def as_table(lines: list[Line], machine: Machine) -> Table:
    """Return what was found out, group by group, the fastest first."""
    table = Table(
        title="Shares of the machine's limits", caption=str(machine), caption_justify="left"
    )
    table.add_column("")
    for heading in ("median ms", "GB/s", "of bandwidth", "GFLOP/s", "of sgemm"):
        table.add_column(heading, justify="right")
    for group in dict.fromkeys(line.group for line in lines):
        table.add_section()
        table.add_row(f"[bold]{group}")
        for line in sorted(
            (one for one in lines if one.group == group), key=lambda one: one.seconds
        ):
            table.add_row(
                f"  {line.name}",
                f"{1e3 * line.seconds:.3f}",
                _shown(line.facts, "gb_per_second", ".1f"),
                _shown(line.facts, "share_of_bandwidth", ".0%"),
                _shown(line.facts, "gflop_per_second", ".0f"),
                _shown(line.facts, "share_of_sgemm", ".0%"),
            )
    return table


def _shown(facts: dict[str, Any], what: str, form: str) -> str:
    return format(facts[what], form) if what in facts else ""
