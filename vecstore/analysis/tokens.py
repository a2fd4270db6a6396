"""Text taken apart into words that a store knows, and put together again."""

import re
from collections.abc import Callable, Iterable

__all__ = ["as_known", "is_word", "joined", "spaced_tokens", "tokens"]

# Words with what joins their parts (l'eau, state-of-the-art), an elided one ("l'"), or one sign.
_TOKEN = re.compile(r"\w+(?:['\u2019\-.]\w+)*['\u2019]?|[^\w\s]")
_APOSTROPHE = re.compile(r"['\u2019]")


def tokens(text: str) -> list[str]:
    """Take a text apart into words and signs.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    list of str
        In the order of the text, without spaces.

    Examples
    --------
    >>> tokens("Well-known: l'eau, isn't it?")
    ['Well-known', ':', "l'eau", ',', "isn't", 'it', '?']
    """
    return _TOKEN.findall(text)


def spaced_tokens(text: str) -> list[tuple[str, bool]]:
    """Take a text apart as `tokens`, and keep where its spaces are.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    list of (str, bool)
        A word or sign, and whether a space stands before it.
    """
    found = _TOKEN.finditer(text)
    return [(one.group(), text[one.start() - 1 : one.start()].isspace()) for one in found]


def is_word(token: str) -> bool:
    """Tell a word from a sign.

    Parameters
    ----------
    token : str
        One of `tokens`.

    Returns
    -------
    bool
        Whether it has a letter or a digit.
    """
    return any(character.isalnum() for character in token)


def as_known(token: str, known: Callable[[str], bool]) -> list[str]:
    """Return how a store spells a word: as it stands, in lower case, or in parts.

    Parameters
    ----------
    token : str
        A word.
    known : callable
        Tells whether the store has a spelling.

    Returns
    -------
    list of str
        The spelling that is known, an apostrophe at its end set apart as a sign if need be; that of
        two parts at an apostrophe ("l'" and "eau", "it" and "'s", "does" and "n't") if both are;
        else the word as it stands.

    Examples
    --------
    >>> as_known("L'eau", {"l'", "eau"}.__contains__)
    ["l'", 'eau']
    """
    for spelling in (token, token.lower()):
        if known(spelling):
            return [spelling]
        for found in _APOSTROPHE.finditer(spelling):
            for split in (found.end(), found.start(), found.start() - 1):
                parts = [spelling[:split], spelling[split:]]
                if all(parts) and all(known(part) for part in parts if is_word(part)):
                    return parts
    if _APOSTROPHE.match(token[-1:]):  # a quotation ends here
        parts = as_known(token[:-1], known)
        if all(map(known, parts)):
            return [*parts, token[-1]]
    return [token]


def joined(pieces: Iterable[tuple[str, bool]]) -> str:
    """Write words and signs as a line of text.

    Parameters
    ----------
    pieces : iterable of (str, bool)
        In order, each with whether a space should stand before it. There is always one between
        words, unless the first ends with an apostrophe; and never one before signs that close
        something and after those that open something.

    Returns
    -------
    str
        The line.

    Examples
    --------
    >>> joined([("l'", True), ("eau", False), ("(", True), ("douce", True), (")", False)])
    "l'eau (douce)"
    """
    line, before = "", ""
    for word, spaced in pieces:
        apart = is_word(before) and is_word(word) and not _APOSTROPHE.match(before[-1])
        line += " " * (bool(line) and (spaced or apart)) + word
        before = word
    return re.sub(r" (?=[,.;:!?…)\]}»”%])|(?<=[(\[{«“]) ", "", line)
