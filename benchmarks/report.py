"""The comparison of peers as a table to read and as a file to calculate with."""

import csv
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table

from benchmarks.datasets import Dataset
from benchmarks.machine import Machine
from benchmarks.measurement import Measurement

__all__ = ["as_table", "fastest_exact_rival", "write_csv"]


def fastest_exact_rival(found: list[Measurement], figure: str) -> Measurement | None:
    """Return who is to be beaten: the best in ``"batch"`` or ``"single"`` that is not ours."""
    rivals = [one for one in found if one.exact and not one.ours]
    return max(rivals, key=lambda one: getattr(one, figure), default=None)


def as_table(found: list[Measurement], data: Dataset, title: str, limits: Machine) -> Table:
    """Return a table for a terminal; ratios are to the fastest exact rival."""
    caption = (
        f"{limits}. Queries per second in batches of {len(data.queries):,} and one by one; x: "
        "the ratio to the fastest exact peer that is not vecstore. Shares are of what this machine "
        "reaches, for an exact scan in float32."
    )
    table = Table(
        title=title,
        caption=caption,
        caption_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 0),
        pad_edge=False,
    )
    table.add_column("", no_wrap=True)
    for heading in (
        "recall",
        "batch/s",
        "x",
        "of sgemm",
        "single/s",
        "x",
        "of memory",
        "ready s",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in found:
        table.add_row(
            one.name,
            f"{one.recall:.4f}",
            f"{one.batch:,.0f}",
            _ratio(found, one, "batch"),
            f"{sgemm_share(one, data, limits):.0%}" if one.exact else "",
            f"{one.single:,.0f}",
            _ratio(found, one, "single"),
            f"{bandwidth_share(one, data, limits):.0%}" if one.exact else "",
            f"{one.prepared:.2f}",
            style="bold" if one.ours else "" if one.exact else "dim",
        )
    return table


def write_csv(
    path: Path, found: list[Measurement], data: Dataset, title: str, limits: Machine
) -> None:
    """Write a line per measurement, each with the data and the machine it was made on."""
    heads = [*Measurement._fields, "sgemm_share", "bandwidth_share", "title", *limits._fields]
    with path.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file)
        lines.writerow(heads)
        for one in found:
            shares = sgemm_share(one, data, limits), bandwidth_share(one, data, limits)
            lines.writerow([*one, *shares, title, *limits])


def sgemm_share(one: Measurement, data: Dataset, limits: Machine) -> float:
    """Return the share of the sgemm rate that a batch would need as a float32 product."""
    return one.batch * 2 * data.vectors.size / 1e9 / limits.sgemm_all


def bandwidth_share(one: Measurement, data: Dataset, limits: Machine) -> float:
    """Return the share of bandwidth that reading the float32 rows once a query would need."""
    return one.single * data.vectors.nbytes / 1e9 / limits.read_all


def _ratio(found: list[Measurement], one: Measurement, figure: str) -> str:
    rival = fastest_exact_rival(found, figure)
    return f"{getattr(one, figure) / getattr(rival, figure):.2f}" if rival else ""
