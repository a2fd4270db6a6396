"""Vectors that go into a store while they are learned."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vecstore
from vecstore.errors import DuplicateKeyError, IngestError, ReadOnlyError
from vecstore.store.store import Store

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.keras

from vecstore.ingest.keras import StoreEmbeddings, read_embedding  # noqa: E402

WORDS = ["a", "b", "c", "d", "e", "f"]
IDS = np.arange(6).reshape(3, 2)
TARGETS = np.array([[1.0], [2.0], [3.0]])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with vecstore.create(tmp_path / "words.vecs", dim=3) as store:
        yield store


@pytest.fixture
def model() -> Any:
    ids = keras.Input((2,), dtype="int32")
    vectors = keras.layers.Embedding(6, 3, name="words")(ids)
    output = keras.layers.Dense(1, name="dense")(keras.layers.Flatten()(vectors))
    model = keras.Model(ids, output, name="mine")
    model.compile("sgd", "mse")
    return model


def fit(model: Any, *callbacks: Any, epochs: int = 1) -> list[float]:
    history = model.fit(IDS, TARGETS, epochs=epochs, verbose=0, callbacks=[*callbacks])
    return history.history["loss"]


class Watch(keras.callbacks.Callback):
    """Keeps what the model had after each epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[np.ndarray] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.seen.append(read_embedding(self.model))


def test_every_epoch_is_a_generation_with_its_vectors_and_its_loss(
    store: Store, model: Any, tmp_path: Path
) -> None:
    found = []

    class Read(keras.callbacks.Callback):
        """Sees what another process would."""

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            with vecstore.open(tmp_path / "words.vecs") as reader:
                found.append(reader[WORDS])

    watch = Watch()
    losses = fit(model, watch, StoreEmbeddings(store, "words", WORDS), Read(), epochs=3)
    np.testing.assert_array_equal(found, watch.seen)
    entries = store.info()["provenance"]
    assert [entry["epoch"] for entry in entries] == [1, 2, 3]
    assert [entry["metrics"]["loss"] for entry in entries] == pytest.approx(losses)
    assert [entry["generation"] for entry in entries] == [2, 3, 4]
    assert {(entry["model"], entry["layer"]) for entry in entries} == {("mine", "words")}
    assert entries[0]["packages"]["keras"] == keras.__version__


def test_some_epochs_and_always_the_last(store: Store, model: Any) -> None:
    watch = Watch()
    fit(model, watch, StoreEmbeddings(store, "words", WORDS, every=2), epochs=5)
    assert [entry["epoch"] for entry in store.info()["provenance"]] == [2, 4, 5]
    np.testing.assert_array_equal(store[WORDS], watch.seen[-1])


def test_a_second_fit_goes_on(store: Store, model: Any) -> None:
    callback = StoreEmbeddings(store, "words", WORDS)
    fit(model, callback)
    model.fit(IDS, TARGETS, initial_epoch=1, epochs=2, verbose=0, callbacks=[callback])
    assert [entry["epoch"] for entry in store.info()["provenance"]] == [1, 2]


def test_many_epochs_leave_no_old_vectors_behind(store: Store, model: Any, tmp_path: Path) -> None:
    fit(model, StoreEmbeddings(store, "words", WORDS), epochs=4)
    info = store.info()
    assert (info["rows"], info["segments"], info["deleted"]) == (6, 1, 0)
    assert len(list((tmp_path / "words.vecs").glob("segment-*"))) == 1
    assert list(store.check(full=True)) == []


def test_rows_without_a_key_are_left_out(store: Store, model: Any) -> None:
    fit(model, StoreEmbeddings(store, "words", [None, *WORDS[1:4], None, "f"]))
    assert store.keys().tolist() == ["b", "c", "d", "f"]
    np.testing.assert_array_equal(store[["b", "f"]], read_embedding(model)[[1, 5]])


def test_attributes_and_other_keys_stay(store: Store, model: Any) -> None:
    store.add(["z", "b"], [[1, 0, 0], [0, 1, 0]], {"count": [3, 4], "kind": ["x", "y"]})
    fit(model, StoreEmbeddings(store, "words", WORDS))
    assert len(store) == 7
    assert store.frame(["z", "a", "b"]).rows() == [("z", 3, "x"), ("a", None, None), ("b", 4, "y")]
    np.testing.assert_array_equal(store["z"], [1, 0, 0])


def test_the_layer_itself_may_be_given(store: Store, model: Any) -> None:
    fit(model, StoreEmbeddings(store, model.get_layer("words"), WORDS))
    np.testing.assert_array_equal(store[WORDS], read_embedding(model))


def test_what_was_committed_stays_when_training_breaks(store: Store, model: Any) -> None:
    class Break(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            if epoch == 2:
                raise KeyboardInterrupt

    watch = Watch()
    with pytest.raises(KeyboardInterrupt):
        fit(model, watch, StoreEmbeddings(store, "words", WORDS), Break(), epochs=5)
    np.testing.assert_array_equal(store[WORDS], watch.seen[1])


def test_a_loss_that_is_not_finite_is_left_out_of_the_provenance(store: Store, model: Any) -> None:
    class Infinite(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            logs["val_loss"] = np.inf

    fit(model, Infinite(), StoreEmbeddings(store, "words", WORDS))
    assert list(store.info()["provenance"][0]["metrics"]) == ["loss"]


# Everything bad is found before the first epoch.


@pytest.mark.parametrize(
    ("layer", "keys", "error", "message"),
    [
        ("words", WORDS[:5], ValueError, r'6 keys, one for every row of layer "words"; got 5\.'),
        ("nowords", WORDS, ValueError, r'`layer` must be one of "words" .* The model "mine"; got'),
        ("dense", list("uvwxyz"), ValueError, r"`store` must have dim 1, as layer .* got 3\."),
    ],
)
def test_a_layer_that_does_not_fit_is_refused_before_training(
    store: Store, model: Any, layer: str, keys: list[str], error: type[Exception], message: str
) -> None:
    before = read_embedding(model)
    with pytest.raises(error, match=message):
        fit(model, StoreEmbeddings(store, layer, keys))
    np.testing.assert_array_equal(read_embedding(model), before)
    assert len(store) == 0


def test_rows_of_zeros_are_refused_before_training(store: Store, model: Any) -> None:
    matrix = read_embedding(model)
    matrix[4] = 0
    model.get_layer("words").set_weights([matrix])
    with pytest.raises(ValueError, match=r"None for rows of zeros, .*; row 4 has 'e'\."):
        fit(model, StoreEmbeddings(store, "words", WORDS))
    fit(model, StoreEmbeddings(store, "words", [*WORDS[:4], None, "f"]))
    assert len(store) == 5


def test_wrong_arguments_are_refused_at_once(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="`every` must be at least 1; got 0"):
        StoreEmbeddings(store, "words", WORDS, every=0)
    with pytest.raises(DuplicateKeyError):
        StoreEmbeddings(store, "words", ["a", "a"])
    with pytest.raises(TypeError, match="`keys` must all be str; place 1 holds int 2"):
        StoreEmbeddings(store, "words", ["a", 2])
    with (
        vecstore.open(tmp_path / "words.vecs") as reader,
        pytest.raises(ReadOnlyError, match='open it with mode="a"'),
    ):
        StoreEmbeddings(reader, "words", WORDS)
    with pytest.raises(IngestError, match="has no Embedding layer"):
        StoreEmbeddings(store, keras.layers.Dense(3), WORDS).on_train_begin()
