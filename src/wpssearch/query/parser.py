"""Lexemes to a tree. Tightest first: signs and NOT, AND, OR, then blanks.

So ``police desk OR unit`` is ``police (desk OR unit)``. An operator without what it needs is a
word, and a note says so: every text has a tree.
"""

from __future__ import annotations

from collections.abc import Collection

from wpssearch.query.lexer import Lexeme, Lexer
from wpssearch.query.operators import And, Boost, Facet, Field, Not, Or, Required, text_field
from wpssearch.query.tree import Every, Query, Word, Words

__all__ = ["parsed"]

_LONELY = "An operator has nothing to join here and was read as a word"


def parsed(text: str, facets: Collection[str]) -> tuple[Query, tuple[str, ...]]:
    """The tree of a text that is not blank, and notes on what could not be read as syntax."""
    lexer = Lexer(text, facets)
    parser = _Parser(lexer)
    tree = parser.group("")
    return tree or Word("".join(text.split())), lexer.notes


class _Parser:
    def __init__(self, lexer: Lexer) -> None:
        self._lexer = lexer
        self._lexemes = list(lexer.lexemes())
        self._next = 0

    def _kind(self, ahead: int = 0) -> str:
        place = self._next + ahead
        return self._lexemes[place].kind if place < len(self._lexemes) else "end"

    def _take(self) -> Lexeme:
        self._next += 1
        return self._lexemes[self._next - 1]

    def group(self, facet: str) -> Query | None:
        """Parts joined by blanks, up to the group's end; in ``facet``, words are its values."""
        parts: list[Query] = []
        while self._kind() not in ("close", "end"):
            part = self._either(facet)
            if part is not None:
                parts.append(part)
        return _joined(Words, parts)

    def _either(self, facet: str) -> Query | None:
        parts = [self._both(facet)]
        while self._kind() == "or" and self._kind(1) not in ("close", "end"):
            self._take()
            parts.append(self._both(facet))
        return _joined(Or, parts)

    def _both(self, facet: str) -> Query | None:
        parts = [self._signed(facet)]
        while self._kind() == "and" and self._kind(1) not in ("close", "end"):
            self._take()
            parts.append(self._signed(facet))
        return _joined(And, parts)

    def _signed(self, facet: str) -> Query | None:
        excluded = required = False
        while self._kind() in ("not", "plus") and self._kind(1) not in ("close", "end"):
            if self._take().kind == "plus":
                required = True
            else:
                excluded = not excluded
        node = self._primary(facet)
        if node is None:
            return None
        if excluded:
            return Not(node)
        return Required(node) if required else node

    def _primary(self, facet: str) -> Query | None:
        field = ""
        while self._kind() == "field":
            field = self._take().text
            facet = "" if text_field(field) else field
        lexeme = self._take()
        if lexeme.kind == "open":
            node = self.group(facet)
            lexeme = self._take()
        elif lexeme.kind != "leaf":
            # An operator where a word should be.
            self._lexer.note(_LONELY, lexeme.at)
            node = lexeme.node
        elif facet and lexeme.node is not None:
            node = Facet(facet, "*" if isinstance(lexeme.node, Every) else lexeme.text)
        else:
            node = lexeme.node
        if node is not None and lexeme.weight is not None:
            node = Boost(node, lexeme.weight)
        if node is not None and text_field(field):
            node = Field(field, node)
        return node


def _joined(kind: type[Words | And | Or], parts: list[Query | None] | list[Query]) -> Query | None:
    present = tuple(part for part in parts if part is not None)
    if len(present) < 2:
        return present[0] if present else None
    return kind(present)
