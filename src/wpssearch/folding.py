"""Text without case, accents and compatibility forms, and the way back to what was written."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

__all__ = ["Folded", "fold", "fold_char"]

# Combining marks are folded away; format characters (soft hyphen, joiners, byte order marks)
# stand inside words that the web has broken for layout.
_INVISIBLE = frozenset({"Mn", "Mc", "Me", "Cf"})

# Letters that carry a stroke or are ligatures: Unicode does not decompose them, people do.
_UNDECOMPOSED = str.maketrans(
    {
        "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ħ": "h",
        "ŋ": "n", "ı": "i", "ŧ": "t", "ĸ": "k",
    }
)  # fmt: skip


@lru_cache(maxsize=4096)
def fold_char(char: str) -> str:
    """One character folded: none, one or several characters."""
    folded = unicodedata.normalize("NFKD", char).casefold().translate(_UNDECOMPOSED)
    return "".join(
        c
        for c in unicodedata.normalize("NFKD", folded)
        if unicodedata.category(c) not in _INVISIBLE
    )


def fold(text: str) -> str:
    """``text`` folded: ``Côte`` and ``COTE`` are ``cote``."""
    if text.isascii():
        return text.lower()
    return "".join(map(fold_char, text))


class Folded:
    """A folded text that knows where each of its characters was written.

    ``text`` is the folded text; ``span(a, b)`` gives the code points of the original that
    ``text[a:b]`` stands for, with the marks that were folded away after them.
    """

    __slots__ = ("_origin", "_source", "text")

    def __init__(self, source: str) -> None:
        self._source = source
        self._origin: list[int] | None = None
        if source.isascii():
            self.text = source.lower()
            return
        pieces: list[str] = []
        self._origin = []
        for index, char in enumerate(source):
            folded = fold_char(char)
            pieces.append(folded)
            self._origin.extend([index] * len(folded))
        self.text = "".join(pieces)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where ``text[start:end]``, which must not be empty, was written."""
        if self._origin is None:
            return start, end
        stop = self._origin[end - 1] + 1
        while stop < len(self._source) and not fold_char(self._source[stop]):
            stop += 1
        return self._origin[start], stop
