"""The query as a frozen tree: what the user asked for, before any index has been looked at.

``parse`` is total: any string is a query. Text in straight or curly double quotes is a phrase; a
quote that is never closed is read as a blank, and a note says so; all else is words, joined by
"all of them".
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["And", "Node", "Or", "Phrase", "Word", "parse", "relaxed"]

_QUOTES = '"\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02'
_STRAIGHT = str.maketrans(dict.fromkeys(_QUOTES, '"'))


@dataclass(frozen=True, slots=True)
class Word:
    """A run of characters between blanks, as typed: ``police``, ``gender-based``, ``DPKO/DFS``."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that must stand next to each other, in this order."""

    text: str

    def __str__(self) -> str:
        return f'"{self.text}"'


@dataclass(frozen=True, slots=True)
class And:
    """All of the parts. Without a part it matches every record."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return " ".join(map(str, self.parts))


@dataclass(frozen=True, slots=True)
class Or:
    """Any of the parts. Without a part it matches none."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return " OR ".join(map(str, self.parts))


Node = Word | Phrase | And | Or


def parse(text: str) -> tuple[And, tuple[str, ...]]:
    """The tree of a query's text, and notes on what could not be read as syntax."""
    pieces = text.translate(_STRAIGHT).split('"')
    notes: tuple[str, ...] = ()
    if len(pieces) % 2 == 0:
        # An opening quote without its end: its words are searched for like all others.
        notes = ("A quotation mark is not closed; what follows it was read as single words.",)
        pieces[-2:] = [" ".join(pieces[-2:])]
    parts: list[Node] = []
    for index, piece in enumerate(pieces):
        if index % 2 and piece.strip():
            parts.append(Phrase(" ".join(piece.split())))
        elif not index % 2:
            parts.extend(map(Word, piece.split()))
    return And(tuple(parts)), notes


def relaxed(tree: And) -> Or:
    """The same query, content with any of its parts."""
    return Or(tree.parts)
