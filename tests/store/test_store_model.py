"""Any sequence of changes leaves the store with what a dict would hold, and answers like NumPy."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import vecstore
from vecstore.storage.checks.whole import check
from vecstore.store.store import Store
from vecstore.writing import compaction, writer

DIM = 3
KEYS = st.sampled_from("abcdefghijklmn")
# Few values, so that distances tie.
VECTORS = st.lists(st.integers(-2, 2), min_size=DIM, max_size=DIM)
ROWS = st.dictionaries(KEYS, VECTORS, min_size=1, max_size=6)
Model = dict[str, np.ndarray]


def rows(given: dict[str, list[int]]) -> Model:
    return {key: np.array(vector, np.float32) for key, vector in given.items()}


def assert_holds(store: Store, model: Model) -> None:
    """The same keys in the same order, and the same answers with the same ties."""
    assert len(store) == len(model)
    assert store.keys().tolist() == list(model)
    if model:
        vectors = np.stack(list(model.values()))
        np.testing.assert_array_equal(store[list(model)], vectors)
        query = np.array([0.5, -1.0, 0.25], np.float32)
        distances = np.sqrt(((vectors.astype(np.float64) - query) ** 2).sum(axis=1))
        order = np.argsort(distances, kind="stable")
        found = store.search(query, k=len(model) + 1)
        assert found.counts == len(model)
        assert found.keys[:-1].tolist() == [list(model)[place] for place in order]
        np.testing.assert_allclose(found.distances[:-1], distances[order], rtol=1e-12)


class StoreMachine(RuleBasedStateMachine):
    """One writer, and readers that were opened along the way."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "model.vecs"
        self.model: Model = {}
        self.readers: list[tuple[Store, Model]] = []

    @initialize()
    def begin(self) -> None:
        self.store = vecstore.create(self.path, dim=DIM, metric="euclidean")

    def teardown(self) -> None:
        for reader, held in self.readers:
            assert_holds(reader, held)
            reader.close()
        self.store.close()
        assert list(check(self.path, full=True)) == []
        with vecstore.open(self.path) as store:
            assert_holds(store, self.model)
        shutil.rmtree(self.folder)

    @rule(given=ROWS)
    def add(self, given: dict[str, list[int]]) -> None:
        new = rows(given)
        if known := [key for key in new if key in self.model]:
            with pytest.raises(vecstore.DuplicateKeyError, match=f'"{known[0]}"'):
                self.store.add(list(new), list(new.values()))
        else:
            self.store.add(list(new), list(new.values()))
            self.model.update(new)

    @rule(given=ROWS)
    def upsert(self, given: dict[str, list[int]]) -> None:
        new = rows(given)
        self.store.upsert(list(new), list(new.values()))
        self._put(self.model, new)

    @rule(keys=st.lists(KEYS, max_size=8))
    def delete(self, keys: list[str]) -> None:
        there = {key for key in keys if key in self.model}
        assert self.store.delete(keys, missing="ignore") == len(there)
        for key in there:
            del self.model[key]

    @rule(given=ROWS, gone=st.lists(KEYS, max_size=3), late=ROWS, fails=st.booleans())
    def batch(
        self, given: dict[str, list[int]], gone: list[str], late: dict[str, list[int]], fails: bool
    ) -> None:
        model = dict(self.model)
        try:
            with self.store.batch() as batch:
                batch.upsert(list(given), list(rows(given).values()))
                self._put(model, rows(given))
                batch.delete(gone, missing="ignore")
                for key in gone:
                    model.pop(key, None)
                new = {key: vector for key, vector in rows(late).items() if key not in model}
                batch.add(list(new), np.reshape(list(new.values()), (-1, DIM)))
                model.update(new)
                if fails:
                    raise InterruptedError
            self.model = model
        except InterruptedError:
            assert fails

    @rule(given=ROWS)
    def bulk(self, given: dict[str, list[int]]) -> None:
        new = {key: vector for key, vector in rows(given).items() if key not in self.model}
        self.store.add_batches([([key], vector[None]) for key, vector in new.items()])
        self.model.update(new)

    @rule()
    def flush(self) -> None:
        self.store.flush()
        assert self.store.info()["journal_rows"] == 0

    @rule()
    def compact(self) -> None:
        self.store.compact()
        assert self.store.info()["deleted"] == 0

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = vecstore.open(self.path, mode="a")

    @precondition(lambda self: len(self.readers) < 3)
    @rule()
    def open_a_reader(self) -> None:
        self.readers.append((vecstore.open(self.path), dict(self.model)))

    @precondition(lambda self: self.readers)
    @rule(data=st.data())
    def refresh_a_reader(self, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(self.readers) - 1))
        reader, held = self.readers[place]
        assert_holds(reader, held)
        before = reader.generation
        reader.refresh()
        assert before <= reader.generation == self.store.generation
        self.readers[place] = reader, dict(self.model)

    @invariant()
    def the_writer_sees_what_it_wrote(self) -> None:
        if hasattr(self, "store"):
            assert_holds(self.store, self.model)

    @staticmethod
    def _put(model: Model, new: Model) -> None:
        for key, vector in new.items():
            model.pop(key, None)
            model[key] = vector


def few(examples: int) -> Any:
    return settings(
        max_examples=examples,
        stateful_step_count=30,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(autouse=True)
def _limits_that_are_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_LARGE_COMMIT", 60)
    monkeypatch.setattr(writer, "_LONG_JOURNAL", 1500)
    monkeypatch.setattr(compaction, "_LIMITS", (800, 2000))
    monkeypatch.setattr(compaction, "_MANY", 3)


@pytest.mark.parametrize("examples", [15, pytest.param(500, marks=pytest.mark.slow)])
@pytest.mark.timeout(1800)
def test_a_store_is_a_dict_that_searches(examples: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.storage.faulty_files import FaultyDisk
    from vecstore.storage.disk import files

    monkeypatch.setattr(files, "disk", FaultyDisk(None))  # which waits for no device
    run_state_machine_as_test(StoreMachine, settings=few(examples))
