"""Text from elsewhere (keys, attributes, paths), made safe to print on a terminal.

A terminal obeys what it is shown: an escape sequence in a key can recolour the screen, change its
title, or write to the clipboard. A direction override makes text read as other text.
"""

__all__ = ["printable"]

_CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]  # C0, DEL, C1: 0x9b starts a sequence like ESC [
_REORDERING = [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]  # embeddings, overrides, isolates
_BREAKS = [0x2028, 0x2029]

_ESCAPED = {
    code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    for code in (*_CONTROLS, *_REORDERING, *_BREAKS)
} | {ord("\t"): "\\t", ord("\n"): "\\n", ord("\r"): "\\r"}
# Messages may have several lines and indents.
_IN_MESSAGES = {code: text for code, text in _ESCAPED.items() if code not in (0x09, 0x0A)}


def printable(text: str, *, lines: bool = False) -> str:
    r"""Return `text` with an escape for each character that a terminal obeys rather than shows.

    >>> print(printable("\x1b[31mred\x9b0m \u202eabc \ttab"), printable("a\nb", lines=True))
    \x1b[31mred\x9b0m \u202eabc \ttab a
    b
    """
    return text.translate(_IN_MESSAGES if lines else _ESCAPED)
