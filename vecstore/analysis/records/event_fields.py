"""The fields of a record, and how their values are split into parts."""

from collections.abc import Callable, Iterable
from math import inf, isnan
from numbers import Real
from typing import Any, NamedTuple, cast

from vecstore.analysis.tokens import as_known, is_word, tokens
from vecstore.store import Store

__all__ = ["Field", "check_field", "words"]

# The part itself is the key.
_AS_IT_IS = "{value}"


class Field(NamedTuple):
    """Where the vectors of a field's values come from.

    Attributes
    ----------
    store : Store
        The store with a vector for every part.
    weight : float, default 1.0
        The weight of the field in the sum, above 0.
    split : callable, str or None
        How a value is split into parts: a function from text to an iterable of str, such as
        `words`; a separator, such as ``"|"``; or None if the value is one part.
    key : str, default "{value}"
        The pattern of a part's key in the store, with ``{value}`` for the part and optionally
        ``{field}`` for the name of the field. `vecstore.trainers.CategoricalFactors` names
        categories by ``"{field}={value}"``.

    Examples
    --------
    >>> import vecstore
    >>> from vecstore.analysis import Field
    >>> genres = vecstore.from_arrays([[1, 0], [0, 1]], keys=["drama", "comedy"])
    >>> Field(genres, split="|").parts("drama|comedy")
    ['drama', 'comedy']
    """

    store: Store
    weight: float = 1.0
    split: Callable[[str], Iterable[str]] | str | None = None
    key: str = _AS_IT_IS

    def parts(self, value: Any) -> list[str]:
        """Return the parts of a value.

        Parameters
        ----------
        value : object
            Text, a number, or None or NaN where the value is missing.

        Returns
        -------
        list of str
            Empty if the value is missing.
        """
        if value is None or (isinstance(value, float) and isnan(value)):
            return []
        # A column of integers with gaps holds floats: 1999.0.
        whole = isinstance(value, float) and value.is_integer()
        text = str(int(value) if whole else value)
        if self.split is None:
            return [text]
        if callable(self.split):
            return [part for part in self.split(text) if part]
        return [part for part in map(str.strip, text.split(self.split)) if part]

    def key_of(self, part: str, name: str) -> Any:
        """Return the key of a part.

        Parameters
        ----------
        part : str
            One of `parts`.
        name : str
            The name of the field.

        Returns
        -------
        str, int or None
            None if the store has integer keys and the part is not an integer.
        """
        key = self.key.format(field=name, value=part)
        if self.store.key_kind == "str":
            return key
        digits = key.removeprefix("-")
        return int(key) if digits.isascii() and digits.isdecimal() else None

    def spelled(self, part: str) -> list[Any]:
        """Return the keys under which the store has a part that is not a key as it stands.

        Parameters
        ----------
        part : str
            One of `parts`.

        Returns
        -------
        list of str
            The part in lower case, or its two halves around an apostrophe; empty if neither is
            known.
        """
        if self.store.key_kind == "int" or self.key != _AS_IT_IS:
            return []
        known = self.store.__contains__
        keys = list(filter(is_word, as_known(part, known)))
        return keys if all(map(known, keys)) else []


def words(text: str) -> list[str]:
    """Return the words of a text without its signs; a `split` for a `Field` of free text.

    >>> words("Tart, and snappy!")
    ['Tart', 'and', 'snappy']
    """
    # The cheap test of the first character settles nearly all tokens.
    return [token for token in tokens(text) if token[0].isalnum() or is_word(token)]


def check_field(name: str, field: Field) -> None:
    """Refuse a field without a store, with a weight of 0 or less, or with a bad key pattern."""
    store, weight, key = cast("tuple[Any, Any, Any]", (field.store, field.weight, field.key))
    if not isinstance(store, Store):
        raise TypeError(
            f'`fields` must have a Store or a Field for "{name}"; got {type(store).__name__}.'
        )
    if not (isinstance(weight, Real) and 0 < float(weight) < inf):
        raise ValueError(f'`fields` must have weights above 0; that of "{name}" is {weight!r}.')
    if not isinstance(key, str) or "{value}" not in key:
        raise ValueError(
            f'`fields` must have keys with {{value}} in them; that of "{name}" is {key!r}.'
        )
