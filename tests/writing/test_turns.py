"""A turn ends with its block, whatever ends that, and whoever keeps the traceback."""

import gc
import sys
import threading
from types import FrameType
from typing import Any

import pytest

from vecstore.errors import VecstoreError
from vecstore.writing import turns
from vecstore.writing.turns import Turn, Turns


def turn(queue: Turns, ended: list[int]) -> Turn[int]:
    return Turn(queue, lambda _: 1, ended.append)


class Interrupt:
    """Raises KeyboardInterrupt at step number `at` of the watched files: a line, or less."""

    def __init__(self, at: int, *, opcodes: bool) -> None:
        self.came = False
        self._left, self._opcodes = at, opcodes

    def trace(self, frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename not in (turns.__file__, __file__):
            return None
        frame.f_trace_opcodes = self._opcodes
        self._left -= 1
        if self._left < 0:
            self.came = True
            sys.settrace(None)
            raise KeyboardInterrupt
        return self.trace


@pytest.mark.parametrize("opcodes", [False, True], ids=["lines", "opcodes"])
def test_no_moment_is_the_wrong_one_for_an_interrupt(opcodes: bool) -> None:
    queue, kept = Turns("store"), []
    at, came = 0, True
    gc.disable()  # nothing is left to it
    try:
        while came:
            ended: list[int] = []
            interrupt = Interrupt(at, opcodes=opcodes)

            def write(ended: list[int] = ended) -> None:
                with turn(queue, ended) as given:
                    assert given == 1

            try:
                sys.settrace(interrupt.trace)
                write()
            except KeyboardInterrupt as error:
                kept.append(error)
            finally:
                sys.settrace(None)
            assert not queue.taken, f"step {at}"
            came = interrupt.came
            assert came or ended == [1]
            at += 1
    finally:
        gc.enable()
    assert len(kept) > 20


def test_a_turn_within_a_turn_is_refused_and_the_outer_one_goes_on() -> None:
    queue, ended = Turns("store"), []
    with turn(queue, ended):
        with pytest.raises(VecstoreError, match="by this very thread"), turn(queue, ended):
            pass
        assert queue.taken
    assert not queue.taken
    assert ended == [1]


def test_the_same_turn_can_be_taken_again() -> None:
    queue, ended = Turns("store"), []
    again = turn(queue, ended)
    for _ in range(2):
        with again:
            assert queue.taken
        assert not queue.taken
    assert ended == [1, 1]


def test_a_generator_keeps_its_turn_until_it_is_closed() -> None:
    queue = Turns("store")

    def steps():
        with turn(queue, []):
            yield

    waiting = steps()
    next(waiting)
    assert queue.taken
    waiting.close()
    assert not queue.taken


def test_one_thread_at_a_time() -> None:
    queue, count = Turns("store"), [0]

    def work() -> None:
        for _ in range(200):
            with turn(queue, []):
                seen = count[0]
                count[0] = seen + 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count == [800]
