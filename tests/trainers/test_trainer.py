"""What every trainer can do, shown on the smallest one there is."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest

import vecstore

keras = pytest.importorskip("keras")

from vecstore import trainers  # noqa: E402 (needs Keras)
from vecstore.errors import FormatVersionError, StoreExistsError, VecstoreError  # noqa: E402
from vecstore.trainers.trainer import Trainer, check_schedule  # noqa: E402

pytestmark = pytest.mark.keras

# Ids of three kinds; even ones belong to class 0, odd ones to class 1.
IDS = np.arange(200).reshape(-1, 1) % 6
LABELS = IDS[:, 0] % 2


class Parity(Trainer):
    """Learns from an embedding of ids whether they are odd."""

    def __init__(self, *, dim: int = 2, seed: int = 0) -> None:
        super().__init__(dim=dim, seed=seed)
        self.names: list[str] = []

    def fit(
        self,
        data: Any = IDS,
        *,
        epochs: int = 3,
        batch_size: int = 20,
        validation: Any = None,
        progress: bool = True,
        callbacks: Sequence[Any] = (),
    ) -> Self:
        check_schedule(epochs, batch_size, validation)
        if self._model is None:
            self.names = ["zero", "one", "two", "three", "four", "five"]
            with self._seeded():
                self._model = keras.Sequential(
                    [
                        keras.layers.Embedding(6, self.parameters["dim"]),
                        keras.layers.Flatten(),
                        keras.layers.Dense(1, activation="sigmoid"),
                    ]
                )
                self._model.compile("adam", "binary_crossentropy")
        self._train(
            data,
            LABELS,
            epochs=epochs,
            batch_size=batch_size,
            validation=validation,
            progress=progress,
            callbacks=callbacks,
        )
        return self

    def embeddings(self) -> tuple[list[str], np.ndarray]:
        return self.names, np.asarray(self.model.layers[0].embeddings)

    def attributes(self) -> Mapping[str, Sequence[Any]]:
        return {"odd": [bool(number % 2) for number in range(6)]}

    def _state(self) -> dict[str, Any]:
        return {"names": self.names}

    def _restore(self, state: dict[str, Any]) -> None:
        self.names = state["names"]


class CtrlC(keras.callbacks.Callback):
    """What a person does in the middle of an epoch."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self.at = epoch

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.epoch == self.at and batch == 5:
            raise KeyboardInterrupt


def test_nothing_can_be_had_before_fit(tmp_path: Path) -> None:
    trainer = Parity()
    for ask in (lambda: trainer.model, trainer.embeddings, lambda: trainer.save(tmp_path / "new")):
        with pytest.raises(VecstoreError, match="has learned nothing; call fit first"):
            ask()
    assert not (tmp_path / "new").exists()


def test_history_has_a_row_for_every_epoch() -> None:
    history = Parity().fit(epochs=3, validation=(IDS, LABELS)).history
    assert history.columns == ["epoch", "loss", "val_loss", "seconds"]
    assert history["epoch"].to_list() == [1, 2, 3]
    assert history["loss"].is_sorted(descending=True)
    assert (history["seconds"] > 0).all()


def test_a_second_fit_goes_on_where_the_first_stopped() -> None:
    trainer = Parity().fit(epochs=2).fit(epochs=2, validation=(IDS, LABELS))
    assert trainer.history["epoch"].to_list() == [1, 2, 3, 4]
    assert trainer.history["loss"].is_sorted(descending=True)
    assert trainer.history["val_loss"].null_count() == 2


def test_the_same_seed_gives_the_same_losses() -> None:
    def losses(seed: int) -> list[float]:
        return Parity(seed=seed).fit(epochs=2).history["loss"].to_list()

    assert losses(3) == losses(3)
    assert losses(3) != losses(4)


def test_another_fit_draws_what_no_other_seed_draws() -> None:
    """Seed 0 after one epoch is not seed 1 before the first."""

    def drawn(seed: int, epochs: int) -> float:
        trainer = Parity(seed=seed)
        trainer._epochs = [{}] * epochs
        with trainer._seeded():
            return float(np.random.random())  # noqa: NPY002

    assert len({drawn(seed, epochs) for seed in range(3) for epochs in range(3)}) == 9
    assert drawn(2**32 - 1, 5) == drawn(2**32 - 1, 5)


def test_parameters_that_cannot_be_saved_are_refused_at_once() -> None:
    with pytest.raises(TypeError, match="`dim` must be something that JSON can hold"):
        Parity(dim=np.int64(3))
    with pytest.raises(ValueError, match="`seed` must be below 4,294,967,296"):
        Parity(seed=2**32)


def test_training_leaves_the_random_numbers_of_the_program_alone() -> None:
    np.random.seed(17)  # noqa: NPY002
    expected = np.random.random(3)  # noqa: NPY002
    np.random.seed(17)  # noqa: NPY002
    Parity().fit(epochs=1)
    assert np.random.random(3).tolist() == expected.tolist()  # noqa: NPY002


def test_ctrl_c_keeps_what_was_learned() -> None:
    trainer = Parity().fit(epochs=50, callbacks=[CtrlC(epoch=2)])
    assert trainer.interrupted
    assert trainer.history["epoch"].to_list() == [1, 2]
    after_two = Parity().fit(epochs=2).embeddings()[1]
    assert np.abs(trainer.embeddings()[1] - after_two).max() > 0  # and some of the third
    assert not trainer.fit(epochs=1).interrupted


def test_that_it_was_interrupted_is_saved(tmp_path: Path) -> None:
    trainer = Parity().fit(epochs=50, callbacks=[CtrlC(epoch=1)])
    trainer.save(tmp_path / "parity")
    loaded = Parity.load(tmp_path / "parity")
    assert loaded.interrupted
    with loaded.to_store(tmp_path / "parity.vecs") as store:
        assert store.info()["provenance"][0]["interrupted"]


def test_to_store_keeps_attributes_and_provenance(tmp_path: Path) -> None:
    trainer = Parity(dim=3, seed=5).fit(epochs=2)
    with trainer.to_store(tmp_path / "parity.vecs", metric="euclidean") as store:
        assert store.info()["metric"] == "euclidean"
    with vecstore.open(tmp_path / "parity.vecs") as store:
        assert np.array_equal(store[["zero", "five"]], trainer.embeddings()[1][[0, 5]])
        assert store.frame(["two", "three"])["odd"].to_list() == [False, True]
        (origin,) = store.info()["provenance"]
    assert origin["trainer"] == "Parity"
    assert origin["parameters"] == {"dim": 3, "seed": 5}
    assert origin["epochs"] == 2
    assert origin["loss"] == trainer.history["loss"][-1]
    assert origin["packages"]["keras"] == keras.__version__


def test_to_store_adds_to_a_store(tmp_path: Path) -> None:
    trainer = Parity().fit(epochs=1)
    with vecstore.create(tmp_path / "all.vecs", dim=2) as store:
        store.add(["minus one"], [[1, 1]])
        assert trainer.to_store(store) is store
        assert len(store) == 7


def test_to_store_overwrites_nothing(tmp_path: Path) -> None:
    trainer = Parity().fit(epochs=1)
    trainer.to_store(tmp_path / "parity.vecs").close()
    with pytest.raises(StoreExistsError):
        trainer.to_store(tmp_path / "parity.vecs")


def test_no_store_is_left_where_the_vectors_were_refused(tmp_path: Path) -> None:
    trainer = Parity().fit(epochs=1)
    trainer.model.layers[0].embeddings.assign(np.zeros((6, 2)))
    with pytest.raises(ValueError, match="zero"):
        trainer.to_store(tmp_path / "parity.vecs")
    assert not (tmp_path / "parity.vecs").exists()


def test_a_saved_trainer_is_the_same_and_goes_on(tmp_path: Path) -> None:
    trainer = Parity(dim=3, seed=1).fit(epochs=2)
    trainer.save(tmp_path / "parity")
    loaded = Parity.load(tmp_path / "parity")
    assert repr(loaded) == "Parity(dim=3, seed=1)"
    assert loaded.history.equals(trainer.history)
    assert loaded.embeddings()[0] == trainer.embeddings()[0]
    assert np.array_equal(loaded.embeddings()[1], trainer.embeddings()[1])
    # The optimizer was saved, too, and shuffling depends on the seed and the epoch alone.
    assert loaded.fit(epochs=1).history["loss"][-1] == trainer.fit(epochs=1).history["loss"][-1]


def rewrite(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    description = json.loads((path / "trainer.json").read_text())
    change(description)
    (path / "trainer.json").write_text(json.dumps(description))


def test_a_trainer_of_an_earlier_version_is_loaded(tmp_path: Path) -> None:
    Parity().fit(epochs=1).save(tmp_path / "parity")
    rewrite(tmp_path / "parity", lambda saved: (saved.pop("format"), saved.pop("interrupted")))
    assert not Parity.load(tmp_path / "parity").interrupted


def test_a_trainer_of_a_later_version_is_refused(tmp_path: Path) -> None:
    Parity().fit(epochs=1).save(tmp_path / "parity")
    rewrite(tmp_path / "parity", lambda saved: saved.update(format=2, trainer="Renamed"))
    with pytest.raises(FormatVersionError, match=r"was written in format 2; .* reads 1\. Upgrade"):
        Parity.load(tmp_path / "parity")


def test_save_overwrites_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError, match="choose another name"):
        Parity().fit(epochs=1).save(tmp_path)


def test_load_says_what_it_did_not_find(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds no trainer"):
        Parity.load(tmp_path)

    class Other(Parity):
        pass

    Parity().fit(epochs=1).save(tmp_path / "parity")
    with pytest.raises(ValueError, match=r"must be the folder of a Other; .* holds a Parity"):
        Other.load(tmp_path / "parity")


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ((0, 1), "`epochs` must be at least 1; got 0."),
        ((1, 0), "`batch_size` must be at least 1; got 0."),
        ((1, None, 1.5), "`validation` must be a share between 0 and 1, or data; got 1.5."),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(schedule: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_schedule(*schedule)


def test_the_package_lists_its_names_and_knows_no_others() -> None:
    assert set(trainers.__all__) <= set(dir(trainers))
    assert trainers.Trainer is Trainer
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = trainers.Nothing


def python(program: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)


def test_importing_the_package_loads_nothing_heavy() -> None:
    done = python(
        "import sys, vecstore.trainers; "
        "print(sorted({'keras', 'tensorflow', 'numba', 'scipy', 'polars'} & set(sys.modules)))"
    )
    assert done.stdout == "[]\n", done.stderr


def import_error_without(missing: str) -> str:
    """Return the last line that a program writes where this package is not installed."""
    done = python(
        "from importlib.machinery import PathFinder\n"
        "find = PathFinder.find_spec\n"
        "PathFinder.find_spec = classmethod(\n"
        f"    lambda cls, name, *rest: None if name == '{missing}' else find(name, *rest))\n"
        "import vecstore.trainers\n"
    )
    return (done.stderr.splitlines() or [""])[-1]


@pytest.mark.parametrize("missing", ["keras", "tensorflow"])
def test_without_keras_or_its_backend_one_line_says_what_to_install(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "torch.py").touch()  # another backend, which nobody chose
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    assert import_error_without(missing) == (
        "ImportError: vecstore.trainers needs Keras and TensorFlow; "
        'pip install "vecstore-exact[keras]".'
    )


def test_the_backend_that_was_chosen_is_the_one_that_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "keras.json").write_text('{"backend": "torch"}')
    assert "needs Keras and torch, which KERAS_BACKEND or keras.json names" in (
        import_error_without("torch")
    )
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    assert import_error_without("torch") == ""
