"""How many threads there are, and that errors of a thread reach the caller."""

import os
import threading

import numpy as np
import pytest

from tests.conftest import FAST_CHOICES
from vecstore.arrays import Block
from vecstore.kernels.contract import Engine
from vecstore.kernels.threads import in_threads, thread_count


def test_the_caller_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VECSTORE_THREADS", "7")
    assert thread_count(3) == 3


def test_the_environment_is_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VECSTORE_THREADS", "7")
    assert thread_count() == 7


def test_the_processors_are_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VECSTORE_THREADS", raising=False)
    assert 1 <= thread_count() <= (os.cpu_count() or 1)


@pytest.mark.parametrize("value", ["0", "-1", "two", ""])
def test_nonsense_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VECSTORE_THREADS", value)
    with pytest.raises(ValueError, match=rf'of at least 1; got "{value}"\.'):
        thread_count()


@pytest.mark.parametrize("value", ["4097", str(2**31), "9" * 5000])
def test_more_threads_than_any_machine_has_are_refused(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VECSTORE_THREADS", value)
    with pytest.raises(ValueError, match=r'^`VECSTORE_THREADS` must be at most 4096; got "\d+"\.$'):
        thread_count()
    monkeypatch.setenv("VECSTORE_THREADS", "004096")
    assert thread_count() == 4096


@pytest.mark.parametrize("engine", FAST_CHOICES, indirect=True)
def test_every_engine_refuses_nonsense(kernel: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VECSTORE_THREADS", "many")
    rows = np.eye(3, dtype=np.float32)
    blocks = [Block(rows, None, 0, None)]
    with pytest.raises(ValueError, match=r'^`VECSTORE_THREADS` must be .*; got "many"\.$'):
        kernel.search(blocks, rows, 1, "dot")
    assert kernel.search(blocks, rows, 1, "dot", threads=1).rows.ravel().tolist() == [0, 1, 2]


def test_the_compiled_core_counts_the_same_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    core = pytest.importorskip("vecstore._native", exc_type=ImportError)
    monkeypatch.delenv("VECSTORE_THREADS", raising=False)
    assert thread_count() == core.threads()


@pytest.mark.parametrize("threads", [1, 2, 9])
def test_results_come_in_the_order_of_the_tasks(threads: int) -> None:
    assert in_threads(lambda task: task * task, range(20), threads) == [i * i for i in range(20)]


def test_the_work_is_spread_over_threads() -> None:
    together = threading.Barrier(3, timeout=30)  # passes only if three wait at once
    assert len(in_threads(lambda _: together.wait(), range(3), 3)) == 3


@pytest.mark.parametrize("threads", [1, 4])
def test_an_error_in_a_thread_is_the_callers(threads: int) -> None:
    with pytest.raises(ZeroDivisionError):
        in_threads(lambda task: 1 // task, [1, 0, 2], threads)
