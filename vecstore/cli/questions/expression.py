"""Parse keys with signs (``king - man + woman``) or with weights (``king=1 man=-1``)."""

import re
from collections.abc import Iterable, Iterator

__all__ = ["label", "parse_terms", "parse_weight"]

# A sign is an operator only between white space, so that "state-of-the-art", "c++" and "new york"
# are keys.
OPERATOR = re.compile(r"(?<!\S)([+-])(?!\S)")


def parse_terms(arguments: Iterable[str]) -> list[tuple[str, int]]:
    """Return each key with its sign, 1 or -1; raises ValueError if a sign has no key after it.

    >>> parse_terms(["new york - york + jersey", "-man"])
    [('new york', 1), ('york', -1), ('jersey', 1), ('man', -1)]
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
    """Split arguments at lone signs; an argument without one is a key, spaces and all."""
    for argument in arguments:
        pieces = OPERATOR.split(argument)
        yield from filter(None, (piece.strip() for piece in pieces)) if pieces[1:] else pieces


def parse_weight(argument: str) -> tuple[str, float]:
    """Split ``KEY=WEIGHT`` at the last ``=``; the weight of a lone ``KEY`` is 1.

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
    """Return a weighted sum of keys as people write it.

    >>> label([("king", 1), ("man", -1), ("woman", 0.5)])
    'king - man + 0.5 woman'
    """
    text = ""
    for key, weight in weights:
        sign = "-" if weight < 0 else "+"
        factor = "" if abs(weight) == 1 else f"{abs(weight):g} "
        text += f" {sign} {factor}{key}"
    return text.removeprefix(" + ").removeprefix(" ")
