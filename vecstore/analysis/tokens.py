"""Text taken apart into words that a store knows, and put together again."""

import re
from collections.abc import Callable, Iterable

__all__ = ["as_known", "is_word", "joined", "tokens"]

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
    """Return how a store spells a word: as it stands, in lower case, or in two parts.

    Parameters
    ----------
    token : str
        A word.
    known : callable
        Tells whether the store has a spelling.

    Returns
    -------
    list of str
        The spelling that is known; that of two parts at an apostrophe ("l'" and "eau", "it" and
        "'s", "does" and "n't") if both are; else the word as it stands.

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
                if all(parts) and all(known(part) for part in parts):
                    return parts
    return [token]


def joined(words: Iterable[str]) -> str:
    """Write words and signs as a line of text.

    Parameters
    ----------
    words : iterable of str
        In order.

    Returns
    -------
    str
        With spaces, except before signs that close something and after an apostrophe or a sign
        that opens something.

    Examples
    --------
    >>> joined(["l'", "eau", "(", "douce", ")", "coule", "."])
    "l'eau (douce) coule."
    """
    line = " ".join(words)
    line = re.sub(r" (?=[,.;:!?…)\]}»”%])", "", line)
    return re.sub(r"(?<=[(\[{«“]) |(?<=\w['\u2019]) (?=\w)", "", line)
