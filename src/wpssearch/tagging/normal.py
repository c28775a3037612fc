"""A text in the form in which names are looked for, with the way back to what was written."""

from __future__ import annotations

import re
from bisect import bisect_right

from wpssearch.folding import fold_char
from wpssearch.model import Span

__all__ = ["Normal", "normal_name", "spaced"]

# Characters that part the words of a name without ending it.
_JOINING = frozenset(" \t\r\v\f\u00a0-\u2010\u2011\u2012\u2013\u2014'\u2018\u2019\u02bc`")
_GONE = "\0"
_NEAR = 200
_PARAGRAPH = "\1"
_RUN = re.compile(r"[ \n\0]{2,}|\0")


class _Cased(dict[int, str]):
    """One character for each: without accents, all joining characters a blank."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if char in _JOINING or (char.isspace() and char != "\n"):
            found = " "
        else:
            folded = fold_char(char)
            found = folded[:1] if folded[:1] not in ("", _PARAGRAPH) else _GONE
            if char.isupper() and len(found.upper()) == 1:
                found = found.upper()
            if len(found.lower()) != 1:
                found = "?"
        self[code] = found
        return found


class _Blanked(dict[int, str]):
    """All that is neither letter nor digit is a blank."""

    def __missing__(self, code: int) -> str:
        found = self[code] = chr(code) if chr(code).isalnum() else " "
        return found


_CASED = _Cased()
_BLANKED = _Blanked()


class Normal:
    """A text without accents, and any run of blanks, hyphens and apostrophes is one blank.

    A blank line is kept as a line break, so that no name runs over it. ``cased`` keeps capitals,
    ``low`` has none, ``spaced`` is ``low`` between two blanks and with a blank for each
    punctuation mark: ``spaced[n + 1]`` stands for ``low[n]``.
    """

    __slots__ = ("_ends", "_shifts", "_source", "cased", "low", "spaced")

    def __init__(self, source: str) -> None:
        self._source = source
        written = source.translate(_CASED)
        pieces: list[str] = []
        self._ends: list[int] = []
        self._shifts: list[int] = []
        length = last = shift = 0
        for match in _RUN.finditer(written):
            start, end = match.span()
            run = match.group()
            kept = _PARAGRAPH if run.count("\n") > 1 else " " if run.strip(_GONE) else ""
            pieces += (written[last:start], kept)
            length += start - last + len(kept)
            last = end
            if end - start != len(kept):
                shift += end - start - len(kept)
                self._ends.append(length)
                self._shifts.append(shift)
        pieces.append(written[last:])
        self.cased = "".join(pieces).replace("\n", " ").replace(_PARAGRAPH, "\n")
        self.low = self.cased.lower()
        self.spaced = spaced(self.low)

    def _origin(self, index: int) -> int:
        known = bisect_right(self._ends, index)
        return index + (self._shifts[known - 1] if known else 0)

    def span(self, start: int, end: int) -> Span:
        """Where ``low[start:end]``, which must not be empty, was written."""
        stop = self._origin(end - 1) + 1
        source = self._source
        while stop < len(source) and not source[stop].isascii() and not fold_char(source[stop]):
            stop += 1
        return self._origin(start), stop

    def line(self, start: int) -> str:
        """The line of the text in which ``low[start]`` was written, as far as it is near."""
        at = self._origin(start)
        before = self._source[max(0, at - _NEAR) : at].rpartition("\n")[2]
        return before + self._source[at : at + _NEAR].partition("\n")[0]


def spaced(low: str) -> str:
    """Words between single blanks where nothing but one blank parts them."""
    return f" {low.translate(_BLANKED)} "


def normal_name(name: str) -> tuple[str, str]:
    """A name in normal form, with its capitals and without."""
    normal = Normal(name)
    return normal.cased.strip(), normal.low.strip()
