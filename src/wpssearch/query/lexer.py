"""The text of a query as lexemes, in one pass: what each run of characters can only be.

What stands where an operator or a field could, but cannot be read as one, is text; a note says
where. Positions are of characters, from 1.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Literal, NamedTuple

from wpssearch.query.operators import (
    FACETS,
    FIELDS,
    MOST_EDITS,
    NAME,
    Facet,
    Fuzzy,
    Near,
    Wildcard,
    edits_for,
    text_field,
)
from wpssearch.query.tree import Every, Phrase, Query, Word

__all__ = ["MOST_OPEN", "OPERATORS", "QUOTES", "Lexeme", "Lexer", "begins_operand"]

Kind = Literal["open", "close", "and", "or", "not", "plus", "field", "leaf"]

OPERATORS: dict[str, Kind] = {"AND": "and", "&&": "and", "OR": "or", "||": "or", "NOT": "not"}
#: The straight quotation mark and those that word processors put in its place.
QUOTES = '"\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02'
#: How many parentheses may stand inside one another.
MOST_OPEN = 20
_MOST_PLACES = 5

_MARK = re.compile(rf"\\[^\w\s]|[{QUOTES}()]")
_RUN = re.compile(rf"(?:\\[^\w\s]|[^\s{QUOTES}()])+")
_ESCAPED = re.compile(r"\\([^\w\s])")
_WEIGHT = r"\^(?P<weight>\d{1,4}(?:\.\d+)?|\.\d+)"
_BOOST = re.compile(rf"{_WEIGHT}(?=[\s{QUOTES}()]|$)")
_AFTER_PHRASE = re.compile(rf"(?:~(?P<distance>\d{{1,5}}))?(?:{_WEIGHT})?(?=[\s{QUOTES}()]|$)")
_SUFFIXES = re.compile(
    rf"(?P<body>(?:\\[^\w\s]|.)+?)(?P<fuzzy>~(?P<edits>\d?))?(?:{_WEIGHT})?", re.DOTALL
)
_UNREAD = re.compile(r"(?:\\[^\w\s]|[^\\~^])+[~^][\d.]*")
_WILD = re.compile(r"\\[^\w\s]|[*?]")
_NAME = re.compile(rf"({NAME}):")
# A year, or a session in Roman numbers, as it stands after a resolution's number: text.
_BRACKETED = re.compile(r"\((?:\d+|[IVXLC]+)\)(?!\^)")
_END = rf"[^\s\[\](){QUOTES}]++"
_RANGE = re.compile(rf"\[\s*+({_END})\s++TO\s++({_END})\s*+\]")

_UNCLOSED = "A quotation mark is not closed; what follows it was read as single words"
_PARENTHESES = "A parenthesis without its partner, or too deep in others, was read as a blank"
_NO_OPERAND = "A field or facet needs its word right after the colon; its name was read as a word"
_UNKNOWN = "A name before a colon is no field or facet of this index; both were read as words"
_SUFFIX = "What follows `~` or `^` is no number that can stand there; it was read as words"
_CAPPED = f"A fuzzy word allows at most {MOST_EDITS} edits"
_BOTH = "A word with `*` or `?` cannot be fuzzy, too; `~` was left out"


class Lexeme(NamedTuple):
    """A part of a query's text: ``node`` for a leaf, ``name`` of a field, ``weight`` after ``^``.

    ``text`` is what was written, escapes resolved, ``at`` where it begins.
    """

    kind: Kind
    at: int
    text: str = ""
    node: Query | None = None
    weight: float | None = None


class Lexer:
    """The lexemes of a text; ``notes`` is complete when they have been read."""

    def __init__(self, text: str, facets: Collection[str]) -> None:
        self._text = text
        self._names = {name.casefold(): name for name in (*facets, *FACETS) if name != "path"}
        self._names |= {name: name for name in (*FIELDS, "headings")}
        self._places: dict[str, list[int]] = {}
        self._closing, self._ignored = self._pairs()

    def note(self, what: str, at: int) -> None:
        """Take a note on the text from ``at`` on."""
        self._places.setdefault(what, []).append(at + 1)

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be read as syntax, and where."""
        out = []
        for what, places in self._places.items():
            shown = ", ".join(map(str, places[:_MOST_PLACES]))
            more = ", …" if len(places) > _MOST_PLACES else ""
            out.append(f"{what} (at character{'s' if len(places) > 1 else ''} {shown}{more}).")
        return tuple(out)

    def _pairs(self) -> tuple[dict[int, int], set[int]]:
        """Where the phrase ends that a quotation mark begins, and the marks that are blanks."""
        marks = [(m.start(), m.group()) for m in _MARK.finditer(self._text)]
        quotes = [at for at, mark in marks if mark in QUOTES]
        ignored: set[int] = set()
        if len(quotes) % 2:
            ignored.add(quotes[-1])
            self.note(_UNCLOSED, quotes.pop())
        closing = dict(zip(quotes[::2], quotes[1::2], strict=True))
        open_: list[int] = []
        inside = -1
        unpaired: list[int] = []
        for at, mark in marks:
            if at in closing:
                inside = closing[at]
            elif at < inside:
                continue
            elif mark == "(":
                open_.append(at)
            elif mark == ")" and not open_:
                unpaired.append(at)
            elif mark == ")":
                begun = open_.pop()
                if len(open_) >= MOST_OPEN:
                    unpaired += [begun, at]
        unpaired += open_
        for at in sorted(unpaired):
            self.note(_PARENTHESES, at)
        return closing, ignored | set(unpaired)

    def _operand_at(self, at: int) -> bool:
        """Whether what a field or sign needs begins here."""
        text = self._text
        if at >= len(text) or text[at].isspace() or at in self._ignored:
            return False
        return text[at] != ")"

    def lexemes(self) -> Iterator[Lexeme]:
        """The lexemes in order. Every opening parenthesis has its closing one."""
        text, at = self._text, 0
        # Whether a sign can stand here, and the field that was named just before.
        fresh, named = True, ""
        while at < len(text):
            char = text[at]
            if char.isspace() or at in self._ignored:
                at, fresh, named = at + 1, True, ""
                continue
            bracketed = _BRACKETED.match(text, at) if fresh else None
            if bracketed:
                yield Lexeme("leaf", at, bracketed.group(), Word(bracketed.group()))
                at, fresh = bracketed.end(), False
                continue
            if char == "(":
                yield Lexeme("open", at)
                at, fresh, named = at + 1, True, ""
                continue
            if char == ")":
                weight = _BOOST.match(text, at + 1)
                yield Lexeme("close", at, weight=_number(weight))
                at, fresh = weight.end() if weight else at + 1, False
                continue
            if at in self._closing:
                lexeme, at = self._phrase(at)
                yield lexeme
                fresh, named = False, ""
                continue
            if fresh and not named and char in "+-!" and self._signs(at + 1):
                yield Lexeme("plus" if char == "+" else "not", at)
                at, fresh = at + 1, False
                # A field or word follows.
                begins = True
            else:
                begins = fresh or bool(named)
            name = self._field(at) if begins and text[at] not in QUOTES else None
            if name is not None:
                yield Lexeme("field", at, name)
                at = text.index(":", at) + 1
                interval = _RANGE.match(text, at) if name == "period" else None
                if interval:
                    yield self._interval(interval)
                    at, fresh, named = interval.end(), False, ""
                else:
                    fresh, named = False, name
                continue
            run = _RUN.match(text, at)
            if run is None:
                # A sign or field before a quotation mark or parenthesis.
                named = named or " "
                continue
            yield self._run(run.group(), at, named)
            at, fresh, named = run.end(), False, ""

    def _signs(self, at: int) -> bool:
        """Whether a sign before this place is one: a word, phrase or group follows at once."""
        text = self._text
        if not self._operand_at(at):
            return False
        return begins_operand(text[at]) and (text[at] not in QUOTES or at in self._closing)

    def _field(self, at: int) -> str | None:
        """The field or facet that is named here."""
        match = _NAME.match(self._text, at)
        if match is None:
            return None
        name = self._names.get(match[1].casefold())
        if name is None:
            follows = self._text[match.end() : match.end() + 1]
            if match[1].isalpha() and len(match[1]) > 1 and (follows.isalnum() or follows in '"('):
                self.note(_UNKNOWN, at)
            return None
        if not self._operand_at(match.end()):
            self.note(_NO_OPERAND, at)
            return None
        return text_field(name) or name

    def _interval(self, match: re.Match[str]) -> Lexeme:
        first, last = ("" if end == "*" else end for end in match.groups())
        value = f"{first}..{last}" if first or last else "*"
        return Lexeme("leaf", match.start(), value, Facet("period", value))

    def _phrase(self, at: int) -> tuple[Lexeme, int]:
        stop = self._closing[at]
        inside = " ".join(_unescaped(self._text[at + 1 : stop]).split())
        suffix = _AFTER_PHRASE.match(self._text, stop + 1)
        if suffix is None:
            if self._text[stop + 1] in "~^":
                self.note(_SUFFIX, stop + 1)
            return self._quoted(at, inside, None, None), stop + 1
        return self._quoted(at, inside, suffix["distance"], _number(suffix)), suffix.end()

    @staticmethod
    def _quoted(at: int, text: str, distance: str | None, weight: float | None) -> Lexeme:
        node: Query | None = None
        if text:
            node = Phrase(text) if distance is None else Near(text, int(distance))
        return Lexeme("leaf", at, text, node, weight)

    def _run(self, raw: str, at: int, named: str) -> Lexeme:
        """A run of characters between blanks, quotation marks and parentheses."""
        kind = OPERATORS.get(raw)
        if kind is not None and not named:
            return Lexeme(kind, at, raw, Word(raw))
        match = _SUFFIXES.fullmatch(raw)
        assert match is not None
        weight, body = _number(match), match["body"]
        if body[0] == "\\" and body[1:] in OPERATORS:
            body = body[1:]
        if _UNREAD.fullmatch(body):
            self.note(_SUFFIX, at)
        written = _unescaped(body + (match["fuzzy"] or ""))
        return Lexeme("leaf", at, written, self._leaf(body, match, at), weight)

    def _leaf(self, body: str, match: re.Match[str], at: int) -> Query:
        # In an address a question mark is one.
        wild = [m.group() for m in _WILD.finditer(body) if m.group() in "*?" and "://" not in body]
        if wild:
            if match["fuzzy"]:
                self.note(_BOTH, at)
            if any(map(str.isalnum, body)):
                return Wildcard(_pattern(body))
            return Every() if "*" in wild else Word(body)
        text = _unescaped(body)
        if match["fuzzy"] is None or match["edits"] == "0":
            return Word(text)
        edits = int(match["edits"]) if match["edits"] else edits_for(text)
        if edits > MOST_EDITS:
            self.note(_CAPPED, at)
        return Fuzzy(text, min(edits, MOST_EDITS))


def begins_operand(char: str) -> bool:
    """Whether a sign before this character is one."""
    return char.isalnum() or char in "(\\*?_" or char in QUOTES


def _number(match: re.Match[str] | None) -> float | None:
    return float(match["weight"]) if match is not None and match["weight"] else None


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def _pattern(body: str) -> str:
    """The pattern of a run; a wildcard that was escaped is a mark like others, and parts words."""
    return _ESCAPED.sub(lambda m: "-" if m[1] in "*?" else m[1], body)
