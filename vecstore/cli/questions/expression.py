"""What is asked of several keys, as text: ``king - man + woman`` and ``king=1 man=-1``."""

import re
from collections.abc import Iterable, Iterator

__all__ = ["label", "parse_terms", "parse_weight"]

# A sign is an operator only where white space separates it from what follows and precedes, so
# that "state-of-the-art", "c++" and "new york" are keys.
OPERATOR = re.compile(r"(?<!\S)([+-])(?!\S)")


def parse_terms(arguments: Iterable[str]) -> list[tuple[str, int]]:
    """Read the arguments of ``vecstore analogy`` as keys to add and to take away.

    Three spellings, which may be mixed: an expression (quoted or not) with lone ``+`` and ``-``
    between the keys; a key alone, which is added; a key after a ``-`` that touches it, which is
    taken away.

    Parameters
    ----------
    arguments : iterable of str
        As the shell passed them.

    Returns
    -------
    list of (str, int)
        Each key with its sign, 1 or -1, in the order given.

    Raises
    ------
    ValueError
        If a sign is not followed by a key.

    Examples
    --------
    >>> parse_terms(["king - man + woman"])
    [('king', 1), ('man', -1), ('woman', 1)]
    >>> parse_terms(["king", "woman", "-man"])
    [('king', 1), ('woman', 1), ('man', -1)]
    >>> parse_terms(["new york - york"])
    [('new york', 1), ('york', -1)]
    """
    terms = []
    sign = ""
    for token in _tokens(arguments):
        if token in ("+", "-"):
            if sign:
                break
            sign = token
        else:
            if not sign and token.startswith("-"):
                sign, token = "-", token[1:]
            terms.append((token, -1 if sign == "-" else 1))
            sign = ""
    if sign:
        raise ValueError(f'"{sign}" must be followed by a key.')
    return terms


def _tokens(arguments: Iterable[str]) -> Iterator[str]:
    """Split arguments at lone signs; one without any is a key, spaces and all."""
    for argument in arguments:
        pieces = OPERATOR.split(argument)
        yield from filter(None, (piece.strip() for piece in pieces)) if pieces[1:] else pieces


def parse_weight(argument: str) -> tuple[str, float]:
    """Read ``KEY=WEIGHT``, or ``KEY`` alone with the weight 1.

    Parameters
    ----------
    argument : str
        The last ``=`` separates; a key that contains one needs its weight written out.

    Returns
    -------
    key : str
    weight : float

    Raises
    ------
    ValueError
        If the weight is not a number.

    Examples
    --------
    >>> parse_weight("man=-1"), parse_weight("king"), parse_weight("a=b=0.5")
    (('man', -1.0), ('king', 1.0), ('a=b', 0.5))
    """
    key, separator, weight = argument.rpartition("=")
    if not separator:
        return argument, 1.0
    try:
        return key, float(weight)
    except ValueError:
        raise ValueError(
            f'The weight after the last "=" must be a number; got "{weight}" in "{argument}". '
            f'For a key that contains "=", write "{argument}=1".'
        ) from None


def label(weights: Iterable[tuple[object, float]]) -> str:
    """Write a weighted sum of keys the way one reads it.

    Parameters
    ----------
    weights : iterable of (key, float)
        In the order to be written.

    Returns
    -------
    str

    Examples
    --------
    >>> label([("king", 1), ("man", -1), ("woman", 0.5)])
    'king - man + 0.5 woman'
    """
    text = ""
    for key, weight in weights:
        sign = "-" if weight < 0 else "+"
        factor = "" if abs(weight) == 1 else f"{abs(weight):g} "
        text += f" {sign} {factor}{key}"
    return text.removeprefix(" + ").removeprefix(" ")
