"""What all autoencoders share: noise, loss, training, codes and reconstructions."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from vecstore.arrays import check_count
from vecstore.errors import DuplicateKeyError, VecstoreError
from vecstore.snapshot import as_keys
from vecstore.trainers.autoencoders.samples import as_samples, check_unit_range, scaled
from vecstore.trainers.encoder import Encoder
from vecstore.trainers.parameters import check_number
from vecstore.trainers.split import drawn_rows
from vecstore.trainers.trainer import check_schedule

__all__ = ["CODE", "Autoencoder", "checked_sizes"]

CODE = "code"  # the layer whose outputs are the codes

# The activation of the last layer, by loss. The default is cross-entropy, because squared error
# through a saturated sigmoid learns nothing: on MNIST the images of the convolutional recipe then
# stay black for good. The gradient of cross-entropy there is just output - input. A sigmoid needs
# inputs in [0, 1]: it never reaches 255, and the loss would stay large whatever is learned.
OUTPUTS = {"binary_crossentropy": "sigmoid", "mse": "linear"}
NOISES = ("gaussian", "masking")
PREDICTED = 1024  # rows per batch in prediction


class Autoencoder(Encoder):
    """Base of the autoencoders; a subclass provides the layers that lead to the code and back.

    Parameters
    ----------
    denoising : float
        The amount of noise on the input; 0 adds none.
    noise : str
        ``"gaussian"`` or ``"masking"``.
    loss : str
        ``"binary_crossentropy"`` or ``"mse"``.
    learning_rate : float
        The learning rate of Adam.
    seed : int
        Seeds everything random.
    **parameters
        Further parameters of the subclass.

    Raises
    ------
    ValueError
        If `loss` or `noise` is unknown, or a number is out of range.

    Examples
    --------
    >>> from vecstore.trainers import DenseAutoencoder
    >>> trainer = DenseAutoencoder((2,)).fit(np.eye(3), epochs=1, keys=["a", "b", "c"])
    >>> with trainer.to_store("codes") as store:
    ...     list(store.keys())
    ['a', 'b', 'c']
    """

    def __init__(
        self,
        *,
        denoising: float,
        noise: str,
        loss: str,
        learning_rate: float,
        seed: int,
        **parameters: Any,
    ) -> None:
        if loss not in OUTPUTS:
            raise ValueError(f'`loss` must be one of {", ".join(OUTPUTS)}; got "{loss}".')
        if noise not in NOISES:
            raise ValueError(f'`noise` must be one of {", ".join(NOISES)}; got "{noise}".')
        super().__init__(
            **parameters,
            denoising=check_number(denoising, "denoising", least=0, below=1),
            noise=noise,
            loss=loss,
            learning_rate=check_number(learning_rate, "learning_rate", above=0),
            seed=seed,
        )
        self._encoder: Any = None
        self._data: npt.NDArray[Any] | None = None
        self._keys: Sequence[Any] | None = None
        self._columns: Mapping[str, Sequence[Any]] | None = None

    def fit(
        self,
        data: npt.ArrayLike,
        *,
        epochs: int = 10,
        batch_size: int = 128,
        validation: Any = None,
        progress: bool = True,
        keys: Sequence[Any] | None = None,
        attributes: Mapping[str, Sequence[Any]] | None = None,
    ) -> Self:
        """Learn to reconstruct rows from short codes.

        Parameters
        ----------
        data : array_like, shape (n, ...)
            Bytes (uint8), which are divided by 255; bools; or numbers in [0, 1]. With the loss
            ``"mse"``, any finite numbers.
        epochs : int, default 10
            Epochs to add; a second call continues where the first stopped.
        batch_size : int, default 128
            Rows per step.
        validation : float, array_like or None
            The share of the rows to hold out, drawn at random; or other rows.
        progress : bool, default True
            Whether to draw a progress bar if there is a terminal.
        keys : sequence of n str or int, or None
            The keys of the rows in `to_store`; None numbers them from 0.
        attributes : mapping of str to sequence of n values, or None
            Columns that `to_store` writes with the codes, such as labels.

        Returns
        -------
        Autoencoder
            Itself.

        Raises
        ------
        ValueError
            If the data differ in shape from those of an earlier call, are not finite, or are
            outside the range of the loss; if there are not as many keys or attribute values as
            rows.
        DuplicateKeyError
            If a key occurs twice.
        TypeError
            If the data are not numbers, or the keys neither str nor int.

        Notes
        -----
        The data and a float32 copy of them are kept in memory.

        Examples
        --------
        >>> from vecstore.trainers import DenseAutoencoder
        >>> trainer = DenseAutoencoder((2,)).fit(np.eye(4), epochs=2, validation=0.25)
        >>> trainer.history.columns
        ['epoch', 'loss', 'val_loss', 'seconds']
        """
        check_schedule(epochs, batch_size, validation)
        rows = self.checked(data)
        for name, column in {"keys": keys, **(attributes or {})}.items():
            if column is not None and len(column) != len(rows):
                raise ValueError(
                    f"`{name}` must have a value for each of the {len(rows)} rows; "
                    f"got {len(column)}."
                )
        if keys is not None:
            _check_keys(keys)
        learned, held_out = rows, None
        if isinstance(validation, float):
            places, drawn = drawn_rows(len(rows), validation, self.parameters["seed"])
            learned, held_out = rows[places], rows[drawn]
        elif validation is not None:
            held_out = self.checked(validation, "validation", shape=rows.shape[1:])
        if self._model is None:
            with self._seeded():
                self._model = self._built(rows.shape[1:])
        self._data, self._keys, self._columns = rows, keys, attributes
        clean = scaled(learned)
        self._train(
            clean,
            clean,
            epochs=epochs,
            batch_size=batch_size,
            validation=None if held_out is None else (scaled(held_out),) * 2,
            progress=progress,
        )
        return self

    def checked(
        self, data: npt.ArrayLike, name: str = "data", *, shape: tuple[int, ...] | None = None
    ) -> npt.NDArray[Any]:
        """Return data in the shape the network takes, or refuse them; all methods call it.

        Parameters
        ----------
        data : array_like, shape (n, ...)
            As for `fit`.
        name : str, default "data"
            The caller's argument, for the errors.
        shape : tuple of int or None
            The shape of every row; None takes that of the network, or any if there is none yet.

        Returns
        -------
        ndarray, shape (n, ...)
            The same memory if possible.

        Raises
        ------
        TypeError
            If the data are not numbers.
        ValueError
            If the data have another shape, are not finite, or are outside the range of the loss.

        Examples
        --------
        >>> from vecstore.trainers import DenseAutoencoder
        >>> DenseAutoencoder().checked([[0.0, 1.0]])
        array([[0., 1.]])
        """
        if shape is None and self._model is not None:
            shape = self._model.input_shape[1:]
        rows = as_samples(self._arranged(data, name), name, shape=shape)
        if self.parameters["loss"] == "binary_crossentropy":
            check_unit_range(rows, name)
        return rows

    def encode(self, data: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Return the codes of rows.

        Parameters
        ----------
        data : array_like, shape (n, ...)
            As for `fit`.

        Returns
        -------
        ndarray of float32, shape (n, dim)
            A code with several axes is flattened.

        Examples
        --------
        >>> from vecstore.trainers import DenseAutoencoder
        >>> DenseAutoencoder((2,)).fit(np.eye(3), epochs=1).encode(np.eye(3)).shape
        (3, 2)
        """
        import keras

        if self._encoder is None:
            self._encoder = keras.Model(self.model.inputs, self.model.get_layer(CODE).output)
        codes = self._predicted(self._encoder, self.checked(data))
        return codes.reshape(len(codes), -1)

    def reconstruct(self, data: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Encode rows and decode their codes.

        Parameters
        ----------
        data : array_like, shape (n, ...)
            As for `fit`. A model that learned with noise removes noise from them.

        Returns
        -------
        ndarray of float32, shape (n, ...)
            Bytes come back as values from 0 to 1.

        Examples
        --------
        >>> from vecstore.trainers import DenseAutoencoder
        >>> DenseAutoencoder((2,)).fit(np.eye(3), epochs=1).reconstruct(np.eye(3)).shape
        (3, 3)
        """
        rows = self.checked(data)
        return self._predicted(self.model, rows).reshape(np.shape(data))

    def noised(self, data: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Return rows as the network receives them in training.

        Parameters
        ----------
        data : array_like, shape (n, ...)
            As for `fit`.

        Returns
        -------
        ndarray of float32, shape (n, ...)
            Bytes come back as values from 0 to 1, or beyond because of the noise. Without
            `denoising` nothing is added.

        Examples
        --------
        >>> from vecstore.trainers import DenseAutoencoder
        >>> DenseAutoencoder((2,)).fit(np.eye(2), epochs=1).noised(np.eye(2))
        array([[1., 0.],
               [0., 1.]], dtype=float32)
        """
        rows = scaled(self.checked(data))
        if self.parameters["denoising"]:
            with self._seeded():
                rows = np.asarray(self.model.get_layer("noise")(rows, training=True))
        return rows.reshape(np.shape(data))

    def reconstruction_error(self, data: npt.ArrayLike) -> float:
        """Return the mean squared difference between rows and their reconstructions.

        Parameters
        ----------
        data : array_like, shape (n, ...)
            As for `fit`.

        Returns
        -------
        float
            Per number of a row, in units in which white is 1, whatever the loss is.

        Examples
        --------
        >>> from vecstore.trainers import DenseAutoencoder
        >>> trainer = DenseAutoencoder((2,)).fit(np.eye(3), epochs=1)
        >>> 0 < trainer.reconstruction_error(np.eye(3)) < 1
        True
        """
        rows = self.checked(data)
        difference = self._predicted(self.model, rows) - scaled(rows)
        return float(np.square(difference).mean(dtype=np.float64))

    def embeddings(self) -> tuple[Sequence[Any], npt.NDArray[np.float32]]:
        """Return the codes of the rows of the last `fit`.

        Returns
        -------
        keys : sequence of n str or int
            As given to `fit`, or row numbers.
        vectors : ndarray of float32, shape (n, dim)
            The codes.

        Raises
        ------
        VecstoreError
            If nothing was learned, or the trainer was loaded: a folder does not keep the rows.

        Examples
        --------
        >>> from vecstore.trainers import DenseAutoencoder
        >>> keys, vectors = DenseAutoencoder((2,)).fit(np.eye(3), epochs=1).embeddings()
        >>> keys, vectors.shape
        (range(0, 3), (3, 2))
        """
        _ = self.model
        if self._data is None:
            raise VecstoreError(
                f"This {type(self).__name__} was loaded and has no rows; pass them to encode."
            )
        vectors = self.encode(self._data)
        return self._keys if self._keys is not None else range(len(vectors)), vectors

    def attributes(self) -> Mapping[str, Sequence[Any]] | None:
        """Return the attributes that were given to the last `fit`.

        Returns
        -------
        mapping of str to sequence of n values, or None
            As given.

        Examples
        --------
        >>> from vecstore.trainers import DenseAutoencoder
        >>> names = {"name": ["x", "y", "z"]}
        >>> DenseAutoencoder((2,)).fit(np.eye(3), epochs=1, attributes=names).attributes()
        {'name': ['x', 'y', 'z']}
        """
        return self._columns

    @abstractmethod
    def _layers(self, shape: tuple[int, ...], output: str) -> list[Any]:
        """Return the layers, one of them named `CODE`, for rows of this shape.

        `output` is the activation of the last layer.
        """

    def _built(self, shape: tuple[int, ...]) -> Any:
        import keras

        chosen = self.parameters
        noise = []
        if chosen["denoising"]:
            # Both layers act in training only.
            kind = {"gaussian": keras.layers.GaussianNoise, "masking": keras.layers.Dropout}
            noise = [kind[chosen["noise"]](chosen["denoising"], name="noise")]
        model = keras.Sequential(
            [keras.Input(shape), *noise, *self._layers(shape, OUTPUTS[chosen["loss"]])]
        )
        model.compile(keras.optimizers.Adam(chosen["learning_rate"]), loss=chosen["loss"])
        return model

    def _arranged(self, data: npt.ArrayLike, name: str) -> npt.ArrayLike:
        return data

    def _predicted(self, model: Any, rows: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        predicted: npt.NDArray[np.float32] = model.predict(
            scaled(rows), batch_size=PREDICTED, verbose=0
        )
        return predicted


def checked_sizes(sizes: Sequence[int], name: str) -> list[int]:
    """Return layer sizes as a list that JSON can hold; ValueError if there are none."""
    checked = [check_count(size, name) for size in sizes]
    if not checked:
        raise ValueError(f"`{name}` must have at least one size; got none.")
    return checked


def _check_keys(keys: Sequence[Any]) -> None:
    """Refuse before training the keys that `to_store` would refuse afterwards."""
    seen = set()
    for key in as_keys(keys, "str" if isinstance(keys[0], str) else "int"):
        if key in seen:
            raise DuplicateKeyError(f"`keys` must have each key once; got {key!r} twice.")
        seen.add(key)
