"""Split text into words that a store knows, and join them again."""

import re
from collections.abc import Callable, Iterable

__all__ = ["as_known", "is_word", "joined", "spaced_tokens", "tokens"]

# A word with its joints (l'eau, state-of-the-art), an elided word ("l'"), or one sign.
_TOKEN = re.compile(r"\w+(?:['\u2019\-.]\w+)*['\u2019]?|[^\w\s]")
_APOSTROPHE = re.compile(r"['\u2019]")


def tokens(text: str) -> list[str]:
    """Split a text into words and signs.

    >>> tokens("Well-known: l'eau, isn't it?")
    ['Well-known', ':', "l'eau", ',', "isn't", 'it', '?']
    """
    return _TOKEN.findall(text)


def spaced_tokens(text: str) -> list[tuple[str, bool]]:
    """Split a text as `tokens` does; each token comes with whether a space stands before it."""
    found = _TOKEN.finditer(text)
    return [(one.group(), text[one.start() - 1 : one.start()].isspace()) for one in found]


def is_word(token: str) -> bool:
    """Tell a word, which has a letter or a digit, from a sign."""
    return any(character.isalnum() for character in token)


def as_known(token: str, known: Callable[[str], bool]) -> list[str]:
    """Return a word as a store spells it: as it stands, in lower case, or in two parts.

    Returns the word unchanged if no spelling is known.

    >>> as_known("L'eau", {"l'", "eau"}.__contains__)
    ["l'", 'eau']
    """
    for spelling in (token, token.lower()):
        if known(spelling):
            return [spelling]
        # Split after, before, or one letter before an apostrophe: l'|eau, it|'s, does|n't.
        for found in _APOSTROPHE.finditer(spelling):
            for split in (found.end(), found.start(), found.start() - 1):
                parts = [spelling[:split], spelling[split:]]
                if all(parts) and all(known(part) for part in parts if is_word(part)):
                    return parts
    if _APOSTROPHE.match(token[-1:]):  # a closing quote: try the word without it
        parts = as_known(token[:-1], known)
        if all(map(known, parts)):
            return [*parts, token[-1]]
    return [token]


def joined(pieces: Iterable[tuple[str, bool]]) -> str:
    """Join words and signs, each with whether a space should stand before it, into a line of text.

    >>> joined([("l'", True), ("eau", False), ("(", True), ("douce", True), (")", False)])
    "l'eau (douce)"
    """
    # Words always get a space between them, unless the first ends with an apostrophe. Closing signs
    # never have one before them, nor opening signs one after them.
    line, before = "", ""
    for word, spaced in pieces:
        apart = is_word(before) and is_word(word) and not _APOSTROPHE.match(before[-1])
        line += " " * (bool(line) and (spaced or apart)) + word
        before = word
    return re.sub(r" (?=[,.;:!?…)\]}»”%])|(?<=[(\[{«“]) ", "", line)
