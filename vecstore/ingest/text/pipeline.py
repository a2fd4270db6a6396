"""Work on the parts of a stream in the background, in order and in bounded memory."""

from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from queue import Queue
from threading import Event, Thread
from typing import TypeVar

__all__ = ["map_in_order", "read_ahead"]

Item = TypeVar("Item")
Result = TypeVar("Result")


def read_ahead(items: Generator[Item, None, None], depth: int) -> Generator[Item, None, None]:
    """Yield the items of a generator that runs in a thread of its own.

    Parameters
    ----------
    items : generator
        What it raises is raised here; closed with this generator.
    depth : int
        How many items may wait to be taken.

    Yields
    ------
    object
        The items, in order.
    """
    waiting: Queue[tuple[Item | None, BaseException | None]] = Queue(depth)
    stop = Event()

    def fill() -> None:
        try:
            for item in items:
                waiting.put((item, None))
                if stop.is_set():
                    return
            waiting.put((None, StopIteration()))
        except BaseException as error:  # noqa: BLE001  it for whoever takes the items
            waiting.put((None, error))

    thread = Thread(target=fill, name="vecstore-read-ahead", daemon=True)
    thread.start()
    try:
        while True:
            item, error = waiting.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]
    finally:
        stop.set()
        # The thread may be waiting for room: it puts one more item at most before it looks.
        while thread.is_alive():
            while not waiting.empty():
                waiting.get()
            thread.join(0.01)
        items.close()


def map_in_order(
    work: Callable[[Item], Result], items: Generator[Item, None, None], threads: int
) -> Generator[Result, None, None]:
    """Yield ``work(item)`` for every item, several at a time.

    Parameters
    ----------
    work : callable
        Worth a thread only if it releases the interpreter's lock.
    items : generator
        Taken as room comes; closed with this generator.
    threads : int
        How many items are worked on at once.

    Yields
    ------
    object
        The results, in the order of the items.
    """
    underway: deque[Future[Result]] = deque()
    with closing(items), ThreadPoolExecutor(threads, "vecstore-parse") as pool:
        try:
            for item in items:
                underway.append(pool.submit(work, item))
                # One more than is worked on, so that no thread waits for this one.
                if len(underway) > threads:
                    yield underway.popleft().result()
            while underway:
                yield underway.popleft().result()
        finally:
            for future in underway:
                future.cancel()
