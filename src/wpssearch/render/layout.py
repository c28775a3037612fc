"""What overviews are laid out with: summaries, columns of one width, bars, sparks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from wpssearch.render.safe import char_width, display_width, neutralise
from wpssearch.render.style import plural

__all__ = ["bar", "fitted", "spark", "summary"]


class _Found(Protocol):
    @property
    def query(self) -> str: ...
    @property
    def match(self) -> str: ...
    @property
    def total(self) -> int: ...
    @property
    def operators(self) -> bool: ...


def summary(found: _Found) -> str:
    """How many records there are, and what they have."""
    out = plural(found.total)
    one = found.total == 1
    if not found.query.strip():
        return out
    if found.operators and found.match == "all":
        out += f" {'matches' if one else 'match'}: {found.query}"
    else:
        how = "all words of" if found.match == "all" else "any word of"
        out += f" {'has' if one else 'have'} {how}: {found.query}"
    return out


def fitted(text: str, width: int, *, right: bool = False) -> str:
    """The text, made harmless, in exactly so many columns: cut off, or filled up with blanks."""
    safe = neutralise(text)
    if display_width(safe) > width:
        kept, columns = 0, 1
        while kept < len(safe) and (columns := columns + char_width(safe[kept])) <= width:
            kept += 1
        safe = safe[:kept].rstrip() + "…" if width else ""
    blanks = " " * (width - display_width(safe))
    return blanks + safe if right else safe + blanks


_EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")


def bar(count: float, most: float, width: int, *, blocks: bool) -> str:
    """A bar for a number among numbers up to ``most``, the longest so many columns; a number that
    is not zero has one that is seen. ``blocks`` draws it in eighths of a column.
    """
    if count <= 0 or width < 1:
        return ""
    if not blocks:
        return "#" * max(1, round(count * width / most))
    whole, part = divmod(max(1, round(count * width * 8 / most)), 8)
    return "█" * whole + _EIGHTHS[part]


def spark(numbers: Sequence[float | None], most: float, *, blocks: bool) -> str:
    """A column for each number, of a height up to that of ``most``; ``None`` is a blank."""
    none, zero, levels = ("·", "▁", "▂▃▄▅▆▇█") if blocks else (".", "_", "123456789")

    def column(number: float | None) -> str:
        if number is None:
            return none
        if not number:
            return zero
        return levels[max(0, min(len(levels), round(number / most * len(levels))) - 1)]

    return "".join(map(column, numbers))
