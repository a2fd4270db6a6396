"""Work on the parts of a stream in background threads, in order and in bounded memory."""

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
    """Yield the items of a generator that runs in its own thread, at most `depth` items ahead."""
    waiting: Queue[tuple[Item | None, BaseException | None]] = Queue(depth)
    stop = Event()

    def fill() -> None:
        try:
            for item in items:
                waiting.put((item, None))
                if stop.is_set():
                    return
            waiting.put((None, StopIteration()))
        except BaseException as error:  # noqa: BLE001  raised where the items are taken
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
        # The thread may be waiting for room. It puts at most one more item before it sees `stop`.
        while thread.is_alive():
            while not waiting.empty():
                waiting.get()
            thread.join(0.01)
        items.close()


def map_in_order(
    work: Callable[[Item], Result], items: Generator[Item, None, None], threads: int
) -> Generator[Result, None, None]:
    """Yield ``work(item)`` in the order of the items, with `threads` items at work at once."""
    # `work` gains by threads only while it releases the GIL.
    underway: deque[Future[Result]] = deque()
    with closing(items), ThreadPoolExecutor(threads, "vecstore-parse") as pool:
        try:
            for item in items:
                underway.append(pool.submit(work, item))
                # Submit one item more than there are threads, so that none waits for this loop.
                if len(underway) > threads:
                    yield underway.popleft().result()
            while underway:
                yield underway.popleft().result()
        finally:
            for future in underway:
                future.cancel()
