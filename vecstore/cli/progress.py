"""Progress bars: on a terminal, and only for what takes more than a second."""

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
    """Show how far a piece of work has come, on standard error.

    Parameters
    ----------
    description : str
        Written before the bar.
    unit : str or None
        What is counted, if the bar shall say how many of it are done in a second.

    Yields
    ------
    callable
        ``report(done, total)``, to be called as the work goes on; a total of None is unknown, and
        the bar then only shows that something happens. There is no bar unless standard output and
        standard error are both terminals.
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
    if not screen.is_interactive:  # a terminal on which nothing can be drawn twice
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

    # A timer: the work may not call back for a long while, or never.
    waiting = Timer(PATIENCE, bar.start)
    waiting.daemon = True
    waiting.start()
    try:
        yield report
    finally:
        waiting.cancel()
        waiting.join()
        bar.stop()
