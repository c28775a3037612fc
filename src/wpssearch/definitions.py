"""The acronyms that a text defines itself: ``women's protection advisers (WPAs)``.

A simple form of Schwartz & Hearst, "A simple algorithm for identifying abbreviation definitions in
biomedical text" (Pacific Symposium on Biocomputing, 2003): each letter of the acronym must begin a
word of the long form, in order; only small words may lack one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wpssearch.folding import fold

__all__ = ["Definition", "definitions"]

_BRACKET = re.compile(r"\(\s?(?P<acronym>[A-Z][A-Za-z&/-]{1,11})\s?\)")
_WORD = re.compile(r"[^\W_]+")
# A long form stands in one sentence.
_BREAK = re.compile(r"[.!?;:()]\s|\n\s*\n")
_SMALL = frozenset("a an and as at by for from in of on or s the to with against".split())
_REACH = 160


@dataclass(frozen=True, slots=True)
class Definition:
    """An acronym, folded, in the singular, and the span of its long form."""

    acronym: str
    start: int
    end: int


def _letters(written: str) -> str | None:
    """The letters of an acronym, which is mostly capitals; a plural's ``s`` is none."""
    if written.endswith("s") and written[:-1].isupper():
        written = written[:-1]
    letters = "".join(c for c in written if c.isalpha())
    capitals = sum(c.isupper() for c in letters)
    return letters if 2 <= len(letters) <= 10 and capitals * 2 > len(letters) else None


def _begins(
    letters: str, words: Sequence[str], stop: int, known: dict[tuple[int, int], int | None]
) -> int | None:
    """The index of the word with which the long form begins, of the words of a text before
    ``stop``; ``known`` is what was found for fewer letters and words.
    """
    if not letters:
        return stop
    key = len(letters), stop
    if key in known:
        return known[key]
    found = None
    for back in range(stop - 1, -1, -1):
        if words[back][0] == letters[-1]:
            found = _begins(letters[:-1], words, back, known)
        if found is not None or words[back] not in _SMALL:
            break
    known[key] = found
    return found


def definitions(text: str) -> Iterator[Definition]:
    """The definitions of a text, in order."""
    if "(" not in text:
        return
    for match in _BRACKET.finditer(text):
        letters = _letters(match["acronym"])
        if letters is None:
            continue
        start = max(0, match.start() - _REACH)
        window = text[start : match.start()]
        for gap in _BREAK.finditer(text, start, match.start()):
            window = text[gap.end() : match.start()]
        offset = match.start() - len(window)
        words = list(_WORD.finditer(window))
        folded = [fold(word.group()) or "?" for word in words]
        begun = _begins(fold(letters), folded, len(folded), {})
        if begun is not None and begun < len(words) and len(words) - begun > 1:
            yield Definition(fold(letters), offset + words[begun].start(), offset + words[-1].end())
