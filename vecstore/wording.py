"""Building blocks of the sentences in errors and reports."""

__all__ = ["counted", "quoted"]

_QUOTED = 60


def counted(n: int, noun: str) -> str:
    """Return a number with what it counts.

    >>> counted(1, "line"), counted(2000, "line")
    ('1 line', '2,000 lines')
    """
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def quoted(text: bytes | str) -> str:
    r"""Return the beginning of `text`, printable on one line."""
    if isinstance(text, bytes):  # a character has at most four bytes
        text = text[: 4 * _QUOTED + 4].decode("utf-8", "backslashreplace")
    shown = text[: _QUOTED + 1]
    printable = "".join(c if c.isprintable() else repr(c)[1:-1] for c in shown[:_QUOTED])
    return printable + ("..." if len(shown) > _QUOTED else "")
