"""Background work: in order, in bounded memory, and gone when nobody wants it any more."""

import threading
import time
from collections.abc import Generator

import pytest

from vecstore.ingest.text.pipeline import map_in_order, read_ahead


def counting(n: int, taken: list[int]) -> Generator[int, None, None]:
    try:
        for i in range(n):
            taken.append(i)
            yield i
    finally:
        taken.append(-1)


def test_read_ahead_yields_everything_in_order() -> None:
    assert list(read_ahead(counting(100, []), depth=2)) == list(range(100))


def test_read_ahead_takes_no_more_than_it_may_keep() -> None:
    taken: list[int] = []
    items = read_ahead(counting(100, taken), depth=2)
    assert next(items) == 0
    time.sleep(0.1)
    assert len(taken) <= 1 + 2 + 1  # taken by us, waiting, and waiting to wait
    items.close()


def test_read_ahead_raises_what_the_items_raise() -> None:
    def failing() -> Generator[int, None, None]:
        yield 1
        raise OSError("the disk is gone")

    items = read_ahead(failing(), depth=2)
    assert next(items) == 1
    with pytest.raises(OSError, match="the disk is gone"):
        next(items)


def test_closing_stops_the_thread_and_closes_the_items() -> None:
    before = threading.active_count()
    taken: list[int] = []
    items = read_ahead(counting(10**9, taken), depth=1)
    next(items)
    items.close()
    assert threading.active_count() == before
    assert taken[-1] == -1


def test_map_in_order_keeps_the_order_of_uneven_work() -> None:
    def work(i: int) -> int:
        time.sleep(0.01 * (i % 3 == 0))
        return i * i

    assert list(map_in_order(work, counting(20, []), threads=3)) == [i * i for i in range(20)]


def test_map_in_order_closes_the_items_when_work_fails() -> None:
    taken: list[int] = []

    def work(i: int) -> float:
        return 1 / (i - 5)

    with pytest.raises(ZeroDivisionError):
        list(map_in_order(work, counting(1000, taken), threads=2))
    assert taken[-1] == -1
    assert len(taken) < 20


def test_map_in_order_leaves_no_thread_when_closed_early() -> None:
    before = threading.active_count()
    results = map_in_order(abs, read_ahead(counting(1000, []), depth=2), threads=2)
    assert next(results) == 0
    results.close()
    assert threading.active_count() == before
