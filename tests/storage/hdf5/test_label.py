"""Labels are made by HDF5, which calls back into Python."""

import signal
from typing import Any

import numpy as np
import pytest

from vecstore.storage.hdf5 import label as hdf5_label
from vecstore.storage.hdf5.label import make_label

ARRAYS = {"vectors": np.ones((3, 2), np.float32)}


@pytest.mark.parametrize("method", ["seek", "truncate", "write"])
def test_an_interrupt_while_hdf5_writes_is_an_interrupt(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    called = getattr(hdf5_label._SparseMemory, method)

    def interrupted(self: Any, *given: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return called(self, *given)

    with monkeypatch.context() as patch:
        patch.setattr(hdf5_label._SparseMemory, method, interrupted)
        with pytest.raises(KeyboardInterrupt):
            make_label({}, ARRAYS)
    assert make_label({}, ARRAYS).offsets


def test_a_label_is_made_where_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(function: object, arguments: object) -> None:
        raise RuntimeError("can't start new thread")

    expected = make_label({"a": 1}, ARRAYS)
    with monkeypatch.context() as patch:
        patch.setattr(hdf5_label, "start_new_thread", refuse)
        assert make_label({"a": 1}, ARRAYS) == expected


def test_what_is_wrong_with_an_array_is_said_to_the_caller() -> None:
    with pytest.raises(ValueError, match="`nothing` must not be empty"):
        make_label({}, {"nothing": np.empty((0, 2), np.float32)})
