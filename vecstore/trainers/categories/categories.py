"""Vectors of the categories in a table, learned by predicting a number from pairs of them."""

from collections.abc import Mapping, Sequence
from math import ceil
from os import PathLike
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from vecstore.arrays import check_count
from vecstore.input_tables import as_table
from vecstore.metrics import check_metric
from vecstore.store import Store
from vecstore.trainers.categories.category_tables import amounts, category_names
from vecstore.trainers.categories.factors import Factors
from vecstore.trainers.categories.fields import Field
from vecstore.trainers.parameters import check_number
from vecstore.trainers.split import drawn_rows
from vecstore.trainers.trainer import Trainer, check_schedule

if TYPE_CHECKING:
    import polars as pl

__all__ = ["CategoricalFactors"]

Names = list["pl.Series"]  # of str, a series per field
Labelled = tuple[Names, npt.NDArray[np.float32]]  # categories and target

FEWEST, MOST = 32, 1024  # bounds of the default rows per step
STEPS = 100  # the default steps per epoch, within these bounds
FEWEST_FIELDS = 2


class CategoricalFactors(Trainer):
    """Learns a vector and a bias for every category of several fields.

    The prediction for a row is the sum of the biases of its categories and of the dot products of
    every two of their vectors, or zero if that is negative. Before they are multiplied, vectors are
    normalised field by field, over the rows; `embeddings` returns the normalised vectors. This is a
    factorization machine [1]_ with normalised factors.

    Parameters
    ----------
    fields : sequence of str
        The columns of categories, at least two, because vectors are multiplied in pairs.
    target : str
        The column of the number to predict, which must not be negative.
    dim : int, default 10
        The dimension of the vectors.
    l2 : float, default 1e-4
        The weight in the loss of the squared vectors before they are normalised.
    learning_rate : float or None
        The initial learning rate of RMSprop in each `fit`, from which it falls to 0.3 percent. None
        chooses a rate at which biases can move as far as the target strays from its mean, and not
        much farther: at larger rates dimensions die, with the same value for all categories.
    seed : int, default 0
        Seeds everything random. The same seed, data and machine give the same losses.

    Raises
    ------
    TypeError
        If `fields` is not a sequence of str.
    ValueError
        If there are fewer than two different fields, `target` is among them, or a number is out of
        range.

    Notes
    -----
    The loss is the mean absolute error plus the penalty for large vectors.

    A missing value is a category of its own, ``(missing)``. A category that was not in `fit` gets
    the mean vector and the mean bias of its field's rows.

    References
    ----------
    .. [1] Rendle, 2010, "Factorization machines", ICDM.

    Examples
    --------
    >>> table = {"colour": ["red", "white"], "land": ["FR", "IT"], "points": [90, 80]}
    >>> trainer = CategoricalFactors(["colour", "land"], "points", dim=2).fit(table, epochs=1)
    >>> keys, vectors = trainer.embeddings()
    >>> keys, vectors.shape
    (['colour=red', 'colour=white', 'land=FR', 'land=IT'], (4, 2))
    >>> trainer.embeddings("land")[0], trainer.attributes("land")["count"]
    (['FR', 'IT'], [1, 1])
    >>> trainer.predict({"colour": ["red", "rose"], "land": ["IT", None]}).shape
    (2,)
    >>> trainer.vectors("colour", ["rose"]).shape
    (1, 2)
    >>> with trainer.to_store("lands", field="land") as store:
    ...     list(store.keys())
    ['FR', 'IT']
    """

    def __init__(
        self,
        fields: Sequence[str],
        target: str,
        dim: int = 10,
        l2: float = 1e-4,
        *,
        learning_rate: float | None = None,
        seed: int = 0,
    ) -> None:
        if isinstance(fields, str) or not all(isinstance(field, str) for field in fields):
            raise TypeError(f"`fields` must be a sequence of names of columns; got {fields!r}.")
        names = list(fields)
        if len(set(names)) < max(len(names), FEWEST_FIELDS):
            raise ValueError(
                "`fields` must name two or more different columns, whose vectors can be multiplied "
                f"pair by pair; got {', '.join(names)}."
            )
        if target in names:
            raise ValueError(f'`target` must not be one of `fields`; got "{target}".')
        if learning_rate is not None:
            learning_rate = check_number(learning_rate, "learning_rate", above=0)
        super().__init__(
            fields=names,
            target=target,
            dim=check_count(dim, "dim"),
            l2=check_number(l2, "l2", least=0),
            learning_rate=learning_rate,
            seed=seed,
        )
        self._fields: list[Field] = []
        self._unit = 1.0

    @property
    def fields(self) -> list[str]:
        """The names of the columns of categories."""
        names: list[str] = self.parameters["fields"]
        return names

    def fit(
        self,
        data: Any,
        *,
        epochs: int = 10,
        batch_size: int | None = None,
        validation: Any = None,
        progress: bool = True,
    ) -> Self:
        """Learn from a table.

        Parameters
        ----------
        data : path-like, polars or pandas frame, or mapping of str to sequence
            The table: a frame, or a file (CSV, TSV, Parquet, JSON or JSON lines, by its suffix).
        epochs : int, default 10
            Epochs to add. A second call continues where the first stopped, with its categories.
        batch_size : int or None
            Rows per step. None makes about a hundred steps per epoch, of 32 to 1,024 rows.
        validation : float, table or None
            Rows that are only validated: a share to hold out, drawn at random, or a table like
            `data`. Their loss is in `history`.
        progress : bool, default True
            Whether to draw a progress bar if there is a terminal.

        Returns
        -------
        CategoricalFactors
            Itself.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        TypeError
            If `data` is not a table, or a column has the wrong type.
        ValueError
            If a column is missing, or there are no rows; if the target is missing, negative or not
            finite in a row, or 0 in all of them; if a second `fit` has new categories.

        Notes
        -----
        130,000 rows of three fields take half a second per epoch on one core.
        """
        check_schedule(epochs, batch_size, validation)
        names, target, held_out = self._split(*self._labelled(data, "data"), validation)
        if not target.any():
            raise ValueError(f'"{self.parameters["target"]}" must not be 0 in all rows.')
        if self._model is None:
            self._fields = [Field.of(values) for values in names]
            self._build(float(target.mean(dtype=np.float64)))
        codes = self._codes(names)
        self._refuse_new(codes, names)
        for field, column in zip(self._fields, codes.T, strict=True):
            field.count(column)
        size = batch_size or min(max(len(target) // STEPS, FEWEST), MOST)
        self._compile(target, epochs * ceil(len(target) / size))
        self._train(
            codes,
            target,
            epochs=epochs,
            batch_size=size,
            progress=progress,
            callbacks=[] if held_out is None else [self._watch(*held_out)],
        )
        return self

    def predict(self, data: Any) -> npt.NDArray[np.float32]:
        """Return the predicted number for each row of a table.

        Parameters
        ----------
        data : path-like, polars or pandas frame, or mapping of str to sequence
            As for `fit`, but without need of the target. An unknown category gets the mean vector
            and the mean bias of its field's rows.

        Returns
        -------
        ndarray of float32, shape (n,)
            In the order of the rows, 0 or more.
        """
        names = _names(as_table(data, self.fields))
        return self._factors().predict(self._codes(names))

    def embeddings(self, field: str | None = None) -> tuple[list[str], npt.NDArray[np.float32]]:
        """Return the vectors of the categories, normalised as they are multiplied.

        Parameters
        ----------
        field : str or None
            Whose categories; None for those of all fields.

        Returns
        -------
        keys : list of n str
            The categories of the field; for all fields, ``field=category``.
        vectors : ndarray of float32, shape (n, dim)
            In the order in which the categories first occurred.

        Raises
        ------
        ValueError
            If there is no such field.
        """
        places, factors = self._places(field), self._factors()
        keys = [
            category if field else f"{self.fields[place]}={category}"
            for place in places
            for category in self._fields[place].categories
        ]
        return keys, np.concatenate([factors.vectors[place][:-1] for place in places])

    def vectors(self, field: str, categories: Sequence[Any]) -> npt.NDArray[np.float32]:
        """Return the vectors of categories, whether they were in `fit` or not.

        Parameters
        ----------
        field : str
            The field of the categories.
        categories : sequence of n values
            None for a missing value.

        Returns
        -------
        ndarray of float32, shape (n, dim)
            For an unknown category, the mean vector of the field's rows.

        Raises
        ------
        ValueError
            If there is no such field.
        """
        import polars as pl

        (place,) = self._places(field)
        names = category_names(pl.Series(field, categories))
        return self._factors().vectors[place][self._fields[place].codes(names)]

    def attributes(self, field: str | None = None) -> Mapping[str, Sequence[Any]]:
        """Return the columns that go into a store with the embeddings.

        Parameters
        ----------
        field : str or None
            As for `embeddings`.

        Returns
        -------
        mapping of str to sequence of n values
            ``field``, its name; ``bias``, what the category itself adds to a prediction (which
            includes the field's share of the target's mean); ``count``, its rows in the last `fit`.

        Raises
        ------
        ValueError
            If there is no such field.
        """
        places, factors = self._places(field), self._factors()
        return {
            "field": [self.fields[place] for place in places for _ in self._fields[place].counts],
            "bias": np.concatenate([factors.biases[place][:-1] for place in places]).tolist(),
            "count": np.concatenate([self._fields[place].counts for place in places]).tolist(),
        }

    def to_store(
        self,
        store: str | PathLike[str] | Store,
        *,
        metric: str = "cosine",
        field: str | None = None,
    ) -> Store:
        """Put the vectors of all fields into a store, or those of one.

        Parameters
        ----------
        store : path-like or Store
            A path for a new store, or a store that is open for writing.
        metric : str, default "cosine"
            The metric of a new store. Under ``"dot"``, the similarity of two categories of
            different fields is what their pair adds to a prediction.
        field : str or None
            As for `embeddings`; with a field, keys are categories without its name.

        Returns
        -------
        Store
            Open for writing; close it when done. It has the `attributes`, and its provenance says
            how the vectors were made.

        Raises
        ------
        StoreExistsError
            If the path is taken.
        ValueError
            If the store has another dimension, or there is no such field.
        """
        check_metric(metric)
        keys, vectors = self.embeddings(field)
        return self._write(store, keys, vectors, self.attributes(field), metric)

    # Rows.

    def _labelled(self, data: Any, name: str) -> Labelled:
        """Return the categories and the target of a table."""
        target = self.parameters["target"]
        table = as_table(data, [*self.fields, target], name)
        return _names(table.drop(target)), amounts(table[target])

    def _split(
        self, names: Names, target: npt.NDArray[np.float32], validation: Any
    ) -> tuple[Names, npt.NDArray[np.float32], Labelled | None]:
        """Return the rows to learn from, and those to hold out."""
        if not isinstance(validation, float):
            given = None if validation is None else self._labelled(validation, "validation")
            return names, target, given
        learned, drawn = drawn_rows(len(target), validation, self.parameters["seed"])
        held_out = [values[drawn] for values in names], target[drawn]
        return [values[learned] for values in names], target[learned], held_out

    def _codes(self, names: Names) -> npt.NDArray[np.int32]:
        """Return the numbers of the categories, (n, fields)."""
        columns = [field.codes(values) for field, values in zip(self._fields, names, strict=True)]
        return np.stack(columns, axis=1)

    def _refuse_new(self, codes: npt.NDArray[np.int32], names: Names) -> None:
        for field, column, values in zip(self._fields, codes.T, names, strict=True):
            new = np.flatnonzero(column == len(field)).tolist()
            if new:
                raise ValueError(
                    f'"{field.name}" must have only categories of the first fit; '
                    f'row {new[0]} has "{values[new[0]]}".'
                )

    def _places(self, field: str | None) -> list[int]:
        """Return the place of this field, or of all fields."""
        if field is None:
            return list(range(len(self.fields)))
        if field not in self.fields:
            raise ValueError(f'`field` must be one of {", ".join(self.fields)}; got "{field}".')
        return [self.fields.index(field)]

    # The network.

    def _build(self, target: float) -> None:
        from vecstore.trainers.categories.factor_network import factor_network, output_unit

        dim, sizes = self.parameters["dim"], [len(field) for field in self._fields]
        self._unit = output_unit(target, len(sizes), dim)
        with self._seeded():
            self._model = factor_network(sizes, dim, self.parameters["l2"], self._unit, target)

    def _compile(self, target: npt.NDArray[np.float32], steps: int) -> None:
        from vecstore.trainers.categories.factor_network import compile_factors, learning_rate

        if self._epochs:
            reach = self._epochs[-1]["mae"] / self._unit
        else:  # predictions begin at the mean; normalised vectors are about 1 per dimension anyway
            off = np.abs(target - target.mean(dtype=np.float64)).mean(dtype=np.float64)
            reach = max(float(off) / self._unit, 1.0)
        rate = self.parameters["learning_rate"] or learning_rate(
            reach, steps, len(self.fields), self.parameters["dim"]
        )
        compile_factors(self._model, rate, steps)

    def _watch(self, names: Names, target: npt.NDArray[np.float32]) -> Any:
        from vecstore.trainers.categories.factor_network import HeldOut

        codes = self._codes(names)
        return HeldOut(lambda: float(np.abs(self._factors().predict(codes) - target).mean()))

    def _factors(self) -> Factors:
        return Factors(self.model, self._fields, self._unit)

    def _state(self) -> dict[str, Any]:
        return {"fields": [field.state() for field in self._fields], "unit": self._unit}

    def _restore(self, state: dict[str, Any]) -> None:
        self._fields = [Field.from_state(**field) for field in state["fields"]]
        self._unit = state["unit"]


def _names(table: "pl.DataFrame") -> Names:
    return [category_names(values) for values in table]
