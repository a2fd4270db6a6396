"""Progress bars, on a terminal and only for work that takes more than a second."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer

from vecstore.terminal import printable

__all__ = ["progress"]

PATIENCE = 1.0  # seconds without a bar

Report = Callable[[int, int | None], None]


@contextmanager
def progress(description: str, unit: str | None = None) -> Iterator[Report]:
    """Show a progress bar on standard error; yield ``report(done, total)`` to move it.

    With a `unit` the bar also shows how many are done per second. A total of None is unknown.
    There is no bar unless standard output and standard error are both terminals.
    """
    if not (sys.stdout.isatty() and sys.stderr.isatty()):
        yield lambda done, total: None
        return

    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    from vecstore.cli.tables import console

    screen = console(stderr=True)
    if not screen.is_interactive:  # a terminal that cannot redraw a line
        yield lambda done, total: None
        return
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[rate]}", markup=False),
        console=screen,
        transient=True,
    )
    task = bar.add_task(printable(description), total=None, rate="")

    def report(done: int, total: int | None) -> None:
        speed = bar.tasks[0].speed if unit else None
        rate = f"{speed:,.0f} {unit}/s" if speed else ""
        bar.update(task, completed=done, total=total, rate=rate)

    # A timer, because the work may not call `report` for a long while, or ever.
    waiting = Timer(PATIENCE, bar.start)
    waiting.daemon = True
    waiting.start()
    try:
        yield report
    finally:
        waiting.cancel()
        waiting.join()
        bar.stop()
