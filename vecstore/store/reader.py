"""The questions that can be put to a store: search, analogies, neighbours, attributes."""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Progress, as_groups, as_queries
from vecstore.attributes import row_table
from vecstore.filters import Where, qualifying
from vecstore.kernels import check_threads
from vecstore.search import MEMORY, Matches, analogies, compose, exclusions, nearest, neighbors
from vecstore.snapshot import is_key, require_rows
from vecstore.store.vectors import Vectors

if TYPE_CHECKING:
    import polars

__all__ = ["Reader"]


class Reader(Vectors):
    """Looks up and searches the vectors of a store."""

    def search(
        self,
        queries: npt.ArrayLike,
        k: int = 10,
        *,
        where: Where = None,
        exclude: Any = None,
        approximate: Any = None,
        threads: int | None = None,
    ) -> Matches:
        """Find the k nearest keys to each query, exactly unless `approximate` is given.

        Parameters
        ----------
        queries : array_like of numbers, shape (dim,) or (n, dim)
            Need not be normalised.
        k : int, default 10
            Neighbours per query, at least 1. `Matches.counts` says how many were found. A `k` above
            both 100 and the rows of the store is cut to the larger of these.
        where : str, polars.Expr, array_like of bool of shape (len(self),), or None
            Which rows may be answers: a condition on their attributes and on ``key``, as SQL has it
            after WHERE (``"year > 1990 and label = 'cat'"``) or as an expression of polars; or a
            boolean for every row in the order of insertion. The search finds k of them if there are
            that many.
        exclude : list of keys, list of n lists of keys, or None
            Keys that may not be answers: to any query, or to query i. A key that is not in the
            store is no error.
        approximate : float, mapping or None
            None is exact. A recall such as 0.95 lets an index answer if it is faster and was
            measured to find at least that share of the k nearest on average; otherwise the answer
            is exact. ``{"ef": 200}`` walks the graph with so many candidates, whatever recall that
            gives. See `Store.build_index`.
        threads : int or None
            None takes ``VECSTORE_THREADS``, or what the machine allows this process.

        Returns
        -------
        Matches
            Distances ascending, ties in the order of insertion; shape (k,) for one query, (n, k)
            for a batch.

        Raises
        ------
        ValueError
            If `queries` has the wrong shape, holds a value that is not finite, or is zero under
            cosine; if `where` is no condition, names a missing column, or is not one boolean per
            row; if `k` is less than 1 or above 2**63 - 1, or `threads` above 4096; if `approximate`
            is no recall.
        TypeError
            If `queries` are not numbers, or `where` or `approximate` has none of the types above.

        Notes
        -----
        Distances are float64, computed from the stored values: cosine ``1 - cos`` in [0, 2],
        euclidean ``|q - x|``, dot ``-(q . x)``. `Matches.plan` says how they were found.
        `vecstore.filters` describes the SQL of `where`, and how missing values compare. A condition
        can read nothing but the columns.

        Examples
        --------
        >>> import vecstore
        >>> store = vecstore.from_arrays([[0, 1], [1, 0], [1, 1]], keys=["north", "east", "ne"])
        >>> store.search([1, 2], k=2, exclude=["north"])
        <Matches 2 of k=2: ne 0.05132, east 0.5528>
        """
        snapshot = self._snapshot
        rows, single = as_queries(queries, snapshot.dim, self.metric)
        return nearest(
            snapshot,
            rows,
            k,
            self.metric,
            single=single,
            where=None if where is None else qualifying(where, snapshot),
            exclude=exclusions(snapshot, exclude, len(rows)),
            approximate=approximate,
            threads=threads,
        )

    def similar(
        self,
        keys: Any,
        k: int = 10,
        *,
        where: Where = None,
        approximate: Any = None,
        threads: int | None = None,
    ) -> Matches:
        """Find the k nearest keys to stored keys; each key is left out of its own answer.

        Parameters
        ----------
        keys : key, or list of n keys
            Which stored vectors to search with.
        k : int, default 10
            Neighbours per key.
        where, approximate, threads
            As for `search`.

        Returns
        -------
        Matches
            Shape (k,) for one key, (n, k) for a list.

        Raises
        ------
        KeyNotFoundError
            If a key is missing; the error suggests similar spellings.
        ValueError, TypeError
            As for `search`.

        Examples
        --------
        >>> import vecstore
        >>> store = vecstore.from_arrays([[0, 1], [1, 0], [1, 1]], keys=["north", "east", "ne"])
        >>> store.similar("north", k=1)
        <Matches 1 of k=1: ne 0.2929>
        """
        snapshot, single = self._snapshot, is_key(keys)
        rows = require_rows(snapshot, keys)
        queries = snapshot.gather(rows, np.float32)
        itself = as_groups([1] * len(rows), rows)
        return nearest(
            snapshot,
            queries,
            k,
            self.metric,
            single=single,
            where=None if where is None else qualifying(where, snapshot),
            exclude=itself,
            approximate=approximate,
            threads=threads,
        )

    def analogy(
        self,
        positive: Sequence[Any],
        negative: Sequence[Any] = (),
        k: int = 10,
        *,
        method: str = "add",
        where: Where = None,
        threads: int | None = None,
    ) -> Matches:
        """Answer "king - man + woman": one question, or thousands in one call.

        Parameters
        ----------
        positive, negative : list of keys, or list of n lists of keys
            What to add and what to subtract. These keys are left out of the answer.
        k : int, default 10
            Answers per question.
        method : str, default "add"
            ``"add"`` searches near the sum (3CosAdd; under cosine, of unit vectors). ``"mul"``
            ranks by the product of cosines (3CosMul) [1]_; the distance is minus the product.
        where, threads
            As for `search`.

        Returns
        -------
        Matches
            Shape (k,) for one question, (n, k) for a batch.

        Raises
        ------
        KeyNotFoundError
            If a key is missing.
        ValueError
            If the batches differ in length, or a question has no keys or cancels out.

        References
        ----------
        .. [1] Levy and Goldberg, 2014, "Linguistic regularities in sparse and explicit word
           representations", CoNLL.

        Examples
        --------
        >>> import vecstore
        >>> people = {"king": [1, 1], "queen": [1, -1], "man": [0.1, 1], "woman": [0.1, -1]}
        >>> store = vecstore.from_arrays(list(people.values()), keys=list(people))
        >>> store.analogy(positive=["king", "woman"], negative=["man"], k=1)[0].key
        'queen'
        """
        snapshot = self._snapshot
        return analogies(
            snapshot,
            positive,
            negative,
            k,
            self.metric,
            method=method,
            where=None if where is None else qualifying(where, snapshot),
            threads=threads,
        )

    def neighbors(
        self,
        k: int = 1,
        *,
        threads: int | None = None,
        progress: Progress | None = None,
        out: str | PathLike[str] | None = None,
        memory: int = MEMORY,
    ) -> Matches:
        """Find the k nearest other keys of every key: the exact graph of neighbours.

        Parameters
        ----------
        k : int, default 1
            Neighbours per key. A key is left out of its own answer, but another key with the same
            vector is not.
        threads : int or None
            As for `search`.
        progress : callable or None
            Called as ``progress(rows, total)`` about once a second. Ctrl-C is noticed as often.
        out : path-like or None
            An HDF5 file to make, with the datasets ``rows`` (int64) and ``distances`` (float64),
            both of shape (n, k). The answer is mapped from it, so it need not fit in memory.
        memory : int, default 256 MiB
            Bytes that the search may take besides the vectors and the answer.

        Returns
        -------
        Matches
            A batch: answer i is about the i-th key in the order of insertion, and its rows are
            places in that order too.

        Raises
        ------
        StoreExistsError
            If `out` exists already.
        ValueError
            If `k` is less than 1 or `memory` less than 1 MiB; if there is nothing to write.

        Examples
        --------
        >>> import vecstore
        >>> store = vecstore.from_arrays([[0, 2], [3, 0], [3, 1]], keys=["north", "east", "ene"])
        >>> store.neighbors().keys[:, 0].tolist()
        ['ene', 'ene', 'east']
        """
        path = None if out is None else Path(out)
        return neighbors(
            self._snapshot,
            k,
            self.metric,
            threads=threads,
            progress=progress,
            out=path,
            memory=memory,
        )

    def frame(self, keys: Any = None, *, where: Where = None) -> "polars.DataFrame":
        """Return keys with their attributes as a table.

        Parameters
        ----------
        keys : list of keys, or None
            The keys, in this order; None takes all, in the order of insertion.
        where : str, polars.Expr, array_like of bool, or None
            Selects among all keys; see `search`.

        Returns
        -------
        polars.DataFrame
            Column ``key``, then the attributes in the order in which they were added; null where a
            value is missing.

        Raises
        ------
        KeyNotFoundError
            If a key is missing.
        ValueError
            If both `keys` and `where` are given, or `where` is no condition.

        Examples
        --------
        >>> import vecstore
        >>> with vecstore.create("pets.vecs", dim=2) as store:
        ...     store.add(["Tom", "Rex"], [[0, 1], [1, 0]], {"kind": ["cat", "dog"]})
        ...     store.frame(where="kind = 'dog'").rows()
        [('Rex', 'dog')]
        """
        snapshot = self._snapshot
        if keys is not None and where is not None:
            raise ValueError("`where` chooses among all keys; got `keys` too.")
        if keys is not None:
            return row_table(snapshot, require_rows(snapshot, keys))
        rows = snapshot.live if where is None else np.flatnonzero(qualifying(where, snapshot))
        return row_table(snapshot, rows)

    def compose(self, recipe: Any, *, method: str = "sum") -> npt.NDArray[np.float32]:
        """Return a weighted sum or mean of stored vectors, ready to search with.

        Parameters
        ----------
        recipe : mapping of key to weight, or list of n of them
            Weights may be negative.
        method : str, default "sum"
            ``"mean"`` divides by the sum of the weights, which makes no difference under cosine.

        Returns
        -------
        ndarray of float32, shape (dim,) or (n, dim)
            Under cosine, the sum of unit vectors scaled to unit length; otherwise the plain sum.

        Raises
        ------
        KeyNotFoundError
            If a key is missing.
        TypeError
            If a recipe is no mapping, or a weight no number.
        ValueError
            If a recipe is empty or a weight not finite; if the vectors cancel out under cosine, or
            the weights of a mean do.

        Examples
        --------
        >>> import vecstore
        >>> store = vecstore.from_arrays([[0, 2], [3, 0]], keys=["north", "east"])
        >>> store.compose({"north": 1, "east": 1})
        array([0.70710677, 0.70710677], dtype=float32)
        """
        single = isinstance(recipe, Mapping)
        recipes = [recipe] if single else list(recipe)
        for one in recipes:
            if not isinstance(one, Mapping):
                raise TypeError(
                    f"`recipe` must be a mapping of keys to weights, or a list of them; "
                    f"got {type(one).__name__} {one!r}."
                )
        composed = compose(self._snapshot, recipes, self.metric, method)
        return composed[0] if single else composed

    def prepare(self, *, threads: int | None = None, progress: Progress | None = None) -> None:
        """Compute now what makes searches fast, instead of during the first searches.

        Segments are written with it. For arrays in memory and foreign HDF5 files it is computed
        here, or after the first few dozen searches.

        Parameters
        ----------
        threads : int or None
            As for `search`.
        progress : callable or None
            Called as ``progress(rows, total)`` now and then.

        Raises
        ------
        ValueError
            If a row of an HDF5 file is not finite, or is zero under cosine.

        Notes
        -----
        It costs about as much time as 25 single searches without it, and a quarter of the memory of
        the vectors.

        Examples
        --------
        >>> import vecstore
        >>> store = vecstore.from_arrays([[0, 1], [1, 0]], keys=["north", "east"])
        >>> store.prepare()
        """
        snapshot = self._snapshot
        if isinstance(self.metric, str):
            snapshot.encode(check_threads(threads), progress)
