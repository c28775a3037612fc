"""Text from a corpus made harmless for a terminal, and measured as a terminal shows it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

__all__ = ["char_width", "display_width", "is_unsafe", "neutralise", "wrap"]

#: Format characters that belong to words: soft hyphen and joiners.
_HARMLESS = frozenset("\u00ad\u200c\u200d")


@lru_cache(maxsize=4096)
def is_unsafe(char: str) -> bool:
    """True for what a terminal may obey and no reader sees: controls, bidi marks, surrogates."""
    category = unicodedata.category(char)
    return category in ("Cc", "Cs", "Zl", "Zp") or (category == "Cf" and char not in _HARMLESS)


@lru_cache(maxsize=4096)
def _harmless(char: str) -> str:
    if char.isspace():
        return " "
    return "\ufffd" if is_unsafe(char) else char


def neutralise(text: str) -> str:
    """``text`` with controls, escapes, bidi marks and surrogates replaced, one for one.

    Every kind of blank and line break is a blank. Offsets into the text stay what they are.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_harmless, text))


@lru_cache(maxsize=4096)
def char_width(char: str) -> int:
    """The columns that a terminal gives a character."""
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def display_width(text: str) -> int:
    """The columns that a terminal gives a text."""
    return len(text) if text.isascii() else sum(map(char_width, text))


def wrap(text: str, width: int) -> Iterator[tuple[int, int]]:
    """The spans of the lines into which a text is cut, at blanks where there are any."""
    start, length = 0, len(text)
    while start < length:
        while start < length and text[start] == " ":
            start += 1
        if start == length:
            return
        end, columns, blank = start, 0, -1
        while end < length:
            columns += char_width(text[end])
            if columns > width and end > start:
                break
            if text[end] == " ":
                blank = end
            end += 1
        if end < length and text[end] != " " and blank > start:
            end = blank
        stop = end
        while stop > start and text[stop - 1] == " ":
            stop -= 1
        yield start, stop
        start = end
