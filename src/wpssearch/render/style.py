"""How text stands in a terminal: its width, its colours, its matches.

With colour a match is bold; without, it stands between asterisks (``*police*``), so that a pipe
shows what matched, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wpssearch.model import Span
from wpssearch.render.safe import neutralise, wrap

__all__ = ["BOLD", "DIM", "Style", "plural"]

BOLD, DIM, _MATCH, _RESET = "\x1b[1m", "\x1b[2m", "\x1b[1;31m", "\x1b[0m"
_WIDEST = 100
_NARROWEST = 20


class Style:
    """How wide, and whether coloured; ``width`` is ``None`` where nothing is to be wrapped."""

    def __init__(self, width: int | None, color: bool) -> None:
        self.width = None if width is None else max(_NARROWEST, min(width, _WIDEST))
        self.color = color

    def paint(self, text: str, code: str) -> str:
        return f"{code}{text}{_RESET}" if self.color and code and text else text

    def marked(self, text: str, matches: Sequence[Span]) -> str:
        """The text, which is harmless already, with its matches marked."""
        out: list[str] = []
        last = 0
        for start, end in matches:
            out.append(text[last:start])
            out.append(
                self.paint(text[start:end], _MATCH) if self.color else f"*{text[start:end]}*"
            )
            last = end
        return "".join((*out, text[last:]))

    def lines(
        self, text: str, indent: str, matches: Sequence[Span] = (), code: str = ""
    ) -> Iterator[str]:
        """The text from ``indent`` on, wrapped where there is a width; ``matches`` are in order."""
        safe = neutralise(text)
        if not self.color:
            # Marks take columns of their own, so they come before the lines are cut.
            safe, matches = self.marked(safe, matches), ()
        if self.width is None:
            yield indent + self.paint(self.marked(safe, matches), code)
            return
        first = 0
        for start, end in wrap(safe, max(1, self.width - len(indent))):
            while first < len(matches) and matches[first][1] <= start:
                first += 1
            inside: list[Span] = []
            at = first
            while at < len(matches) and matches[at][0] < end:
                a, b = matches[at]
                inside.append((max(a, start) - start, min(b, end) - start))
                at += 1
            yield indent + self.paint(self.marked(safe[start:end], inside), code)


def plural(count: int, noun: str = "record") -> str:
    """A number and what it counts."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
