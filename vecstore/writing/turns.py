"""Whose turn it is to change a store: one write at a time, and none within another.

A turn lasts as long as its *ticket* lives. The only reference to a ticket is on the stack of the
``with`` statement that has the turn, so the turn ends however the statement ends. A lock would have
to be released by code, and an interrupt (Ctrl-C) may come before the first line of that code. If
the traceback is kept, as in notebooks, the lock would then stay for good.
"""

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from os import getpid
from threading import get_ident
from types import TracebackType
from typing import Any, Generic, TypeVar
from weakref import ref

from vecstore.errors import VecstoreError

__all__ = ["Turn", "Turns"]

T = TypeVar("T")

# Seconds between two looks of a thread that waits for the turn of another one to end.
_FIRST_WAIT = 20e-6
_LONGEST_WAIT = 2e-3


class _Ticket:
    """What keeps a turn alive."""

    __slots__ = ("__weakref__",)


class _Place(ref[_Ticket]):
    """A place in the queue; it never holds its ticket, not even by a variable in a frame."""

    __slots__ = ("process", "thread")
    process: int
    thread: int


class Turns:
    """The queue of those who want to change one store."""

    def __init__(self, name: str) -> None:
        self._name = name
        # Each operation on the deque is atomic, so it needs no lock either.
        self._queue: deque[_Place] = deque()

    @property
    def taken(self) -> bool:
        """Whether somebody has the turn, or waits for it."""
        return any(place() is not None for place in self._places())

    def wait(self, mine: _Place) -> None:
        """Return when all tickets before this one are gone.

        Raises VecstoreError if one of them belongs to this thread, which would wait for itself: the
        call comes from within another write, through a generator, a callback or a signal handler.
        """
        mine.process, mine.thread = getpid(), get_ident()
        self._queue.append(mine)
        pause = _FIRST_WAIT
        while ahead := self._ahead_of(mine):
            if any(place.thread == mine.thread for place in ahead):
                self._leave(mine)
                raise VecstoreError(
                    f"{self._name} is being changed by this very thread, and a write within a "
                    f"write is refused; nothing of it was done. A batch is open, or a call is "
                    f"going on: write with the batch, or afterwards."
                )
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_WAIT)

    def _ahead_of(self, mine: _Place) -> list[_Place]:
        """Return the places before one whose tickets still live."""
        ahead = []
        for place in self._places():
            if place is mine:
                break
            # A child has no thread that could end a turn from before the fork.
            if place() is None or place.process != mine.process:
                self._leave(place)
            else:
                ahead.append(place)
        return ahead

    def _places(self) -> list[_Place]:
        # Not a tuple: in Python 3.11, making one may run the garbage collector in the midst of the
        # walk, and then another thread, which changes the queue.
        return list(self._queue)

    def _leave(self, place: _Place) -> None:
        if place in self._queue:
            with suppress(ValueError):  # another thread has just removed it
                self._queue.remove(place)


class Turn(Generic[T]):
    """A ``with`` block that has the turn: `begin` makes its value, `end` takes it afterwards.

    `begin` is given a function that tells whether the block has ended in any way, and keeps nothing
    alive. `end` is called only if the block ends without an exception.
    """

    def __init__(
        self,
        turns: Turns,
        begin: Callable[[Callable[[], bool]], T],
        end: Callable[[T], object] | None = None,
    ) -> None:
        self._turns = turns
        self._begin = begin
        self._end = end
        self._place: _Place | None = None
        self._kept: _Ticket | None = None

    def __enter__(self) -> T:
        # An ExitStack calls this without a ``with`` statement that could hold a ticket.
        if self._place is None or self._place() is None:
            self._kept = _Ticket()
            self._place = _Place(self._kept)
        place = self._place
        self._turns.wait(place)
        self._given = self._begin(lambda: place() is None)
        return self._given

    class _Exit:
        """``__exit__``, which Python looks up before it enters the block and keeps to its end."""

        def __get__(self, turn: "Turn[Any] | None", owner: Any) -> Callable[..., None]:
            if turn is None:
                return Turn._leave
            leave = partial(Turn._leave, turn)
            vars(leave)["ticket"] = ticket = _Ticket()  # the only reference that stays
            turn._place = _Place(ticket)
            return leave

    __exit__ = _Exit()

    def _leave(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        try:
            if kind is None and self._end is not None:
                self._end(self._given)
        finally:
            self._kept = None
            vars(self).pop("_given", None)
