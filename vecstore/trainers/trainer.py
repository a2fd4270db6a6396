"""The base class of all trainers: training, its history, and the way to a store and to disk."""

import json
import random
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from vecstore.arrays import check_count
from vecstore.errors import FormatVersionError, VecstoreError
from vecstore.metrics import check_metric
from vecstore.storage.disk import disk_errors
from vecstore.store import Store, create, removed_on_failure
from vecstore.trainers.parameters import check_savable, check_seed

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Trainer", "check_schedule"]

MODEL = "model.keras"
DESCRIPTION = "trainer.json"
FORMAT = 1  # of the description; raised when older versions can no longer read it

Embeddings = tuple[Sequence[Any], npt.NDArray[np.float32]]


class Trainer(ABC):
    """Base of every trainer: a Keras model, how it was trained, and the embeddings it learned.

    A subclass implements `fit`, which builds the model once and calls `_train`, and `embeddings`.
    If it needs more than its parameters after `load`, such as a vocabulary, `_state` returns that
    and `_restore` takes it back.

    Parameters
    ----------
    seed : int, default 0
        Seeds everything random. The same seed, data and machine give the same losses.
    **parameters
        The keyword parameters of the subclass. JSON must be able to hold them.

    Attributes
    ----------
    parameters : dict
        The parameters the trainer was made with, `seed` included.
    interrupted : bool
        Whether Ctrl-C ended the last `fit`. What was learned until then is kept.

    Examples
    --------
    >>> from vecstore.trainers import Cooccurrence
    >>> trainer = Cooccurrence(dim=2).fit(["the cat sat", "the dog sat", "a cat ran"])
    >>> trainer.history.columns
    ['epoch', 'loss', 'seconds']
    >>> trainer.parameters["dim"], trainer.interrupted
    (2, False)
    """

    parameters: dict[str, Any]
    interrupted: bool

    # Whether `fit` compiles the model itself; then `load` need not restore how it was compiled.
    compiles_in_fit: ClassVar[bool] = False

    def __init__(self, *, seed: int = 0, **parameters: Any) -> None:
        self.parameters = {**parameters, "seed": check_seed(seed)}
        check_savable(self.parameters)
        self.interrupted = False
        self._model: Any = None
        self._epochs: list[dict[str, float]] = []

    @property
    def model(self) -> Any:
        """The Keras model."""
        if self._model is None:
            raise VecstoreError(f"This {type(self).__name__} has learned nothing; call fit first.")
        return self._model

    @property
    def history(self) -> "pl.DataFrame":
        """The loss and metrics of every epoch.

        One row per finished epoch, over all calls of `fit`: ``epoch`` (from 1), ``loss``, the other
        metrics of the model, the same with the prefix ``val_`` if there was validation data, and
        ``seconds``. The first epoch includes the time to compile the model.
        """
        import polars as pl

        return pl.DataFrame(self._epochs, infer_schema_length=None)

    @abstractmethod
    def fit(self, data: Any, *, progress: bool = True) -> Self:
        """Learn from data; a second call continues, unless a trainer says otherwise.

        Parameters
        ----------
        data : object
            What to learn from; each trainer says what it takes, and which further arguments.
        progress : bool, default True
            Whether to draw a progress bar if there is a terminal.

        Returns
        -------
        Trainer
            Itself.
        """

    @abstractmethod
    def embeddings(self) -> Embeddings:
        """Return the vectors that were learned, with their keys.

        Returns
        -------
        keys : sequence of n str or int
            What the vectors stand for.
        vectors : ndarray of float32, shape (n, dim)
            In the order of `keys`.
        """

    def attributes(self) -> Mapping[str, Sequence[Any]] | None:
        """Return the columns that go into a store with the embeddings.

        Returns
        -------
        mapping of str to sequence of n values, or None
            None, unless the trainer has something to add.
        """
        return None

    def to_store(self, store: str | PathLike[str] | Store, *, metric: str = "cosine") -> Store:
        """Put the embeddings into a store, together with how they were made.

        Parameters
        ----------
        store : path-like or Store
            A path for a new store, or a store that is open for writing.
        metric : str, default "cosine"
            The metric of a new store.

        Returns
        -------
        Store
            Open for writing; close it when done.

        Raises
        ------
        StoreExistsError
            If the path is taken.
        ValueError
            If the store has another dimension, or a vector is zero under cosine.

        Notes
        -----
        This is one commit. Its provenance names the trainer, its parameters, the number of epochs,
        the loss, whether training was interrupted, and the versions of the packages that were used.

        Examples
        --------
        >>> from vecstore.trainers import Cooccurrence
        >>> trainer = Cooccurrence(dim=2).fit(["the cat sat", "the dog sat", "a cat ran"])
        >>> with trainer.to_store("words") as store:
        ...     len(store), store.dim
        (6, 2)
        """
        check_metric(metric)
        return self._write(store, *self.embeddings(), self.attributes(), metric)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the trainer to a new folder: the model, and everything that `load` needs.

        Parameters
        ----------
        path : path-like
            The folder to create. Nothing is overwritten.

        Raises
        ------
        FileExistsError
            If the path is taken.
        VecstoreError
            If nothing was learned yet.

        Examples
        --------
        >>> from vecstore.trainers import Cooccurrence
        >>> trainer = Cooccurrence(dim=2).fit(["the cat sat", "the dog sat", "a cat ran"])
        >>> trainer.save("trained")
        >>> sorted(file.name for file in Path("trained").iterdir())
        ['model.keras', 'trainer.json']
        """
        model, folder = self.model, Path(path)
        description = {
            "format": FORMAT,
            "trainer": type(self).__name__,
            "parameters": self.parameters,
            "history": self._epochs,
            "interrupted": self.interrupted,
            "state": self._state(),
        }
        text = json.dumps(description, ensure_ascii=False)
        if folder.exists():
            raise FileExistsError(f"{folder} exists already; remove it or choose another name.")
        folder.mkdir(parents=True)
        try:
            with disk_errors(folder):
                model.save(folder / MODEL)
                (folder / DESCRIPTION).write_text(text, encoding="utf-8")
        except BaseException:
            # Half a trainer would only block the next attempt.
            shutil.rmtree(folder)
            raise

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read a trainer that `save` wrote; it can continue training.

        Parameters
        ----------
        path : path-like
            The folder.

        Returns
        -------
        Trainer
            An instance of this class.

        Raises
        ------
        FileNotFoundError
            If there is no trainer at the path.
        ValueError
            If the folder holds a trainer of another class.
        FormatVersionError
            If a later version of vecstore wrote it.

        Examples
        --------
        >>> from vecstore.trainers import Cooccurrence
        >>> trainer = Cooccurrence(dim=2).fit(["the cat sat", "the dog sat", "a cat ran"])
        >>> trainer.save("trained")
        >>> Cooccurrence.load("trained").vocabulary == trainer.vocabulary
        True
        """
        import keras

        folder = Path(path)
        if not (folder / DESCRIPTION).exists():
            raise FileNotFoundError(f"{folder} holds no trainer; Trainer.save makes such a folder.")
        saved = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        if saved.get("format", FORMAT) > FORMAT:
            raise FormatVersionError(
                f"{folder} was written in format {saved['format']}; this version of vecstore "
                f"reads {FORMAT}. Upgrade vecstore."
            )
        if saved["trainer"] != cls.__name__:
            raise ValueError(
                f"`path` must be the folder of a {cls.__name__}; {folder} holds a "
                f"{saved['trainer']}."
            )
        trainer = cls(**saved["parameters"])
        trainer._model = keras.models.load_model(folder / MODEL, compile=not cls.compiles_in_fit)
        trainer._epochs = saved["history"]
        trainer.interrupted = saved.get("interrupted", False)  # not in the earliest folders
        trainer._restore(saved["state"])
        return trainer

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.parameters.items())
        return f"{type(self).__name__}({given})"

    # For subclasses.

    def _state(self) -> dict[str, Any]:
        """Return what `load` needs besides parameters and model, as JSON can hold it."""
        return {}

    def _restore(self, state: dict[str, Any]) -> None:  # noqa: B027 (most have no state)
        """Take back what `_state` returned."""

    @contextmanager
    def _seeded(self) -> Iterator[None]:
        """Seed the generators for building or training in this block."""
        import keras

        ours, numpys = random.getstate(), np.random.get_state()  # noqa: NPY002 (Keras uses it)
        # Repeatable, yet different from one `fit` to the next.
        sequence = np.random.SeedSequence([self.parameters["seed"], len(self._epochs)])
        keras.utils.set_random_seed(int(sequence.generate_state(1)[0]))
        try:
            yield
        finally:
            # Keras's own generators cannot be put back.
            random.setstate(ours)
            np.random.set_state(numpys)  # noqa: NPY002

    def _train(
        self,
        x: Any,
        y: Any = None,
        *,
        epochs: int,
        batch_size: int | None,
        validation: Any = None,
        progress: bool = True,
        callbacks: Sequence[Any] = (),
        **fit_options: Any,
    ) -> None:
        """Run `model.fit` with our history and progress bar; Ctrl-C ends it and keeps the weights.

        `epochs` counts further epochs; `batch_size` is None if `x` yields batches.
        """
        from vecstore.trainers.epochs import EpochLog
        from vecstore.trainers.progress import training_bar

        check_schedule(epochs, batch_size)
        done = len(self._epochs)
        self.interrupted = False
        with self._seeded(), training_bar(type(self).__name__, epochs, progress) as bars:
            try:
                self.model.fit(
                    x,
                    y,
                    batch_size=batch_size,
                    initial_epoch=done,
                    epochs=done + epochs,
                    validation_data=validation,
                    verbose=0,
                    callbacks=[*callbacks, EpochLog(self._epochs), *bars],
                    **fit_options,
                )
            except KeyboardInterrupt:
                self.interrupted = True

    def _write(
        self,
        store: str | PathLike[str] | Store,
        keys: Sequence[Any],
        vectors: npt.NDArray[np.float32],
        attributes: Mapping[str, Sequence[Any]] | None,
        metric: str,
        **more: Any,
    ) -> Store:
        """Write these rows as one commit; `more` is added to the provenance."""
        rows = (keys, vectors) if attributes is None else (keys, vectors, attributes)
        provenance = {**self._provenance(), **more}
        if isinstance(store, Store):
            store.add_batches([rows], provenance=provenance)
            return store
        kind = "str" if len(keys) == 0 or isinstance(keys[0], str) else "int"
        new = create(store, dim=vectors.shape[1], metric=metric, keys=kind)
        with removed_on_failure(new):
            new.add_batches([rows], provenance=provenance)
        return new

    def _provenance(self) -> dict[str, Any]:
        last = self._epochs[-1] if self._epochs else {}
        return {
            "trainer": type(self).__name__,
            "parameters": self.parameters,
            "epochs": len(self._epochs),
            "loss": last.get("loss"),
            "interrupted": self.interrupted,
            "packages": self._packages(),
        }

    def _packages(self) -> dict[str, str]:
        from vecstore.images import versions

        return versions()


def check_schedule(epochs: int, batch_size: int | None, validation: Any = None) -> None:
    """Raise ValueError for impossible epochs, batch sizes or validation shares, before any work."""
    check_count(epochs, "epochs")
    if batch_size is not None:
        check_count(batch_size, "batch_size")
    if isinstance(validation, int | float) and not 0 < validation < 1:
        raise ValueError(
            f"`validation` must be a share between 0 and 1, or data; got {validation}."
        )
