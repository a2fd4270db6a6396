"""The fields of a record, and the parts that their values have."""

from collections.abc import Callable, Iterable
from math import inf, isnan
from numbers import Real
from typing import Any, NamedTuple, cast

from vecstore.analysis.tokens import as_known, is_word, tokens
from vecstore.store import Store

__all__ = ["Field", "check_field", "words"]

# The key of a part that is not changed on its way to the store.
_AS_IT_IS = "{value}"


class Field(NamedTuple):
    """Where the vectors of a field's values come from.

    Attributes
    ----------
    store : Store
        Has a vector for every part.
    weight : float, default 1.0
        What the field counts in the sum, above 0.
    split : callable, str or None
        What makes parts of a value: a function from text to texts, such as `words`; what stands
        between them (``"|"``); None if the value is one part.
    key : str, default "{value}"
        The key of a part in the store, made of its ``{value}`` and the name of the ``{field}``:
        ``"{field}={value}"`` is how `vecstore.trainers.CategoricalFactors` names categories.
    """

    store: Store
    weight: float = 1.0
    split: Callable[[str], Iterable[str]] | str | None = None
    key: str = _AS_IT_IS

    def parts(self, value: Any) -> list[str]:
        """Return the parts of a value, as texts; none of one that is missing."""
        if value is None or (isinstance(value, float) and isnan(value)):
            return []
        # What is a whole number in a column with gaps comes as 1999.0.
        whole = isinstance(value, float) and value.is_integer()
        text = str(int(value) if whole else value)
        if self.split is None:
            return [text]
        if callable(self.split):
            return [part for part in self.split(text) if part]
        return [part for part in map(str.strip, text.split(self.split)) if part]

    def key_of(self, part: str, name: str) -> Any:
        """Return the key of a part of the field called `name`; None if it cannot be one."""
        key = self.key.format(field=name, value=part)
        if self.store.key_kind == "str":
            return key
        digits = key.removeprefix("-")
        return int(key) if digits.isascii() and digits.isdecimal() else None

    def spelled(self, part: str) -> list[Any]:
        """Return the keys of a part that is none as it stands: in lower case, or in two halves."""
        if self.store.key_kind == "int" or self.key != _AS_IT_IS:
            return []
        known = self.store.__contains__
        keys = list(filter(is_word, as_known(part, known)))
        return keys if all(map(known, keys)) else []


def words(text: str) -> list[str]:
    """Return the words of a text, without its signs: what a `Field` of free text is split by.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    list of str
        In the order of the text.

    Examples
    --------
    >>> words("Tart, and snappy!")
    ['Tart', 'and', 'snappy']
    """
    # Nearly all begin with a letter or a digit, which is seen at once.
    return [token for token in tokens(text) if token[0].isalnum() or is_word(token)]


def check_field(name: str, field: Field) -> None:
    """Refuse a field that nothing can be composed of."""
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
