"""A tree as the text that is read as this very tree."""

from __future__ import annotations

import re
from decimal import Decimal

from wpssearch.query.lexer import MOST_OPEN, OPERATORS, QUOTES, begins_operand
from wpssearch.query.operators import (
    NAME,
    And,
    Boost,
    Facet,
    Field,
    Fuzzy,
    Near,
    Not,
    Or,
    Required,
    Wildcard,
)
from wpssearch.query.tree import Every, Phrase, Query, Word, Words

__all__ = ["printed"]

_QUOTED = re.compile(rf"[\\{QUOTES}]")
_IN_PATTERN = re.compile(rf"[\\{QUOTES}()~^]|^[-+!]")
_IN_WORD = re.compile(rf"[\\{QUOTES}()~^*?]|^[-+!&|\[]")
_ESCAPE = r"\\\g<0>"
_NAMED = re.compile(rf"({NAME}):")
# A value that needs no quotes: letters, digits and what stands inside names. A colon would make a
# field or facet of what stands before it.
_BARE = re.compile(r"\w(?:[\w./,'’-]*\w)?(?:\.\.)?|\.\.\w[\w-]*|\*")


_JOINED: dict[type[Query], str] = {And: " AND ", Or: " OR ", Words: " "}
_TIGHTEST_FIRST = list(_JOINED)


def printed(tree: Query) -> str:
    """The text of a query."""
    text = _text(tree, sparing=False)
    # Parentheses that only make a query clearer could be more than are read inside one another.
    return text if text.count("(") <= MOST_OPEN else _text(tree, sparing=True)


def _text(tree: Query, *, sparing: bool) -> str:
    """The text, with parentheses around all that is joined; ``sparing``: where they are needed."""
    match tree:
        case Word(text):
            return _word(text)
        case Phrase(text):
            return _quoted(text)
        case Near(text, distance):
            return f"{_quoted(text)}~{distance}"
        case Fuzzy(text, edits):
            return f"{_unnamed(_IN_WORD.sub(_ESCAPE, text))}~{edits}"
        case Wildcard(text):
            return _unnamed(_IN_PATTERN.sub(_ESCAPE, text))
        case Facet(name, value):
            return f"{name}:{value if _BARE.fullmatch(value) else _quoted(value)}"
        case Every():
            return "*"
        case Words(parts) | And(parts) | Or(parts):
            joined = _JOINED[type(tree)]
            return joined.join(_part(part, type(tree), sparing=sparing) for part in parts)
        case Not(part):
            return f"-{_primary(part, sparing=sparing)}"
        case Required(part):
            return f"+{_primary(part, sparing=sparing)}"
        case Boost(part, weight):
            inside = _text(part, sparing=sparing)
            atom = inside if _is_atom(part) else f"({inside})"
            return f"{atom}^{Decimal(repr(weight)).normalize():f}"
        case Field(name, part):
            inner = part.part if isinstance(part, Boost) else part
            # A facet or a field inside would take the place of this one.
            bare = not isinstance(inner, Facet | Field) and _is_atom(inner)
            inside = _text(part, sparing=sparing)
            return f"{name}:{inside if bare else f'({inside})'}"
    raise AssertionError(tree)


def _is_atom(tree: Query) -> bool:
    return not isinstance(tree, Words | And | Or | Not | Required | Boost | Field)


def _primary(tree: Query, *, sparing: bool) -> str:
    """What may stand behind a sign."""
    text = _text(tree, sparing=sparing)
    bare = _is_atom(tree) or isinstance(tree, Boost | Field)
    return text if bare and begins_operand(text[0]) else f"({text})"


def _part(tree: Query, around: type[Query], *, sparing: bool) -> str:
    """What may stand between blanks and operators."""
    text = _text(tree, sparing=sparing)
    if not isinstance(tree, Words | And | Or):
        return text
    tighter = _TIGHTEST_FIRST.index(type(tree)) < _TIGHTEST_FIRST.index(around)
    return text if sparing and tighter else f"({text})"


def _word(text: str) -> str:
    if text in OPERATORS:
        return "\\" + text
    return _unnamed(_IN_WORD.sub(_ESCAPE, text))


def _unnamed(text: str) -> str:
    """The text, its beginning no name of a field."""
    name = _NAMED.match(text)
    return f"{name[1]}\\{text[name.end(1) :]}" if name else text


def _quoted(text: str) -> str:
    escaped = _QUOTED.sub(_ESCAPE, text)
    return f'"{escaped}"'
