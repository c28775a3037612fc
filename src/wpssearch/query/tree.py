"""What a query of words and phrases is made of, and the base of all parts of a query."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from wpssearch.errors import UsageError

__all__ = ["MOST_NESTED", "Every", "Phrase", "Query", "Word", "Words", "deeper", "spaced"]

#: How many parts of a query may stand inside one another.
MOST_NESTED = 150


class Query:
    """A query as a frozen tree.

    Text is one way to write it, this is the other::

        Query.phrase("gender desk") & ~Query.term("military") | Query.prefix("polic")

    ``&``, ``|`` and ``~`` are AND, OR and NOT. ``str`` gives the text that is read as this very
    tree; ``to_dict`` and ``from_dict`` keep it as JSON. Whatever cannot be a query raises a
    ``UsageError`` when it is made.
    """

    __slots__ = ()

    depth: int
    """How many parts stand inside one another, the leaves among them."""

    def __and__(self, other: Query) -> Query:
        from wpssearch.query.operators import And

        return And(_flat(And, self, other)) if isinstance(other, Query) else NotImplemented

    def __or__(self, other: Query) -> Query:
        from wpssearch.query.operators import Or

        return Or(_flat(Or, self, other)) if isinstance(other, Query) else NotImplemented

    def __invert__(self) -> Query:
        from wpssearch.query.operators import Not

        return self.part if isinstance(self, Not) else Not(self)

    def __str__(self) -> str:
        from wpssearch.query.printer import printed

        return printed(self)

    @staticmethod
    def parse(text: str, facets: Collection[str] = ()) -> Query:
        """The tree of a query's text; ``facets`` are names of facets beside the usual ones."""
        from wpssearch.query import parse

        return parse(text, facets)[0]

    @staticmethod
    def term(text: str) -> Query:
        """A word: finds its other forms, too."""
        return Word(text)

    @staticmethod
    def words(text: str) -> Query:
        """Words that are all required, or where no record has them all, any of them."""
        runs = tuple(map(Word, spaced(text).split()))
        return runs[0] if len(runs) == 1 else Words(runs)

    @staticmethod
    def phrase(text: str) -> Query:
        """Words that stand next to each other, in this order."""
        return Phrase(text)

    @staticmethod
    def near(text: str, distance: int) -> Query:
        """Words in any order with at most so many others among them."""
        from wpssearch.query.operators import Near

        return Near(text, distance)

    @staticmethod
    def prefix(text: str) -> Query:
        """Words that begin so."""
        from wpssearch.query.operators import Wildcard

        return Wildcard(text + "*")

    @staticmethod
    def wildcard(pattern: str) -> Query:
        """Words of a pattern: ``*`` is any letters, ``?`` one letter."""
        from wpssearch.query.operators import Wildcard

        return Wildcard(pattern)

    @staticmethod
    def fuzzy(text: str, edits: int | None = None) -> Query:
        """Words at most one or two edits from this one; without ``edits`` by its length."""
        from wpssearch.query.operators import Fuzzy, edits_for

        return Fuzzy(text, edits_for(text) if edits is None else edits)

    @staticmethod
    def field(name: str, part: Query | str) -> Query:
        """In a field of the text (``title``, ``heading``, ``text``): the part, or the word.

        Any other name is a facet, of which the part is a value: ``field("country", "Haiti")``.
        """
        from wpssearch.query.operators import Facet, Field, text_field

        if text_field(name):
            return Field(name, Query.words(part) if isinstance(part, str) else part)
        if isinstance(part, Query):
            raise UsageError(f"A value of the facet {name!r} is a text, not a query.")
        return Facet(name, part)

    @staticmethod
    def everything() -> Query:
        """Every record."""
        return Every()

    def required(self) -> Query:
        """This part also where any of the words will do."""
        from wpssearch.query.operators import Required

        return Required(self)

    def boost(self, weight: float) -> Query:
        """This part, its terms' scores so many times."""
        from wpssearch.query.operators import Boost

        return Boost(self, weight)

    def to_dict(self) -> dict[str, Any]:
        """The tree as values that JSON knows."""
        from wpssearch.query.codec import encoded

        return encoded(self)

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Query:
        """The tree that ``to_dict`` has made so; ``UsageError`` for anything else."""
        from wpssearch.query.codec import decoded

        return decoded(data)


@dataclass(frozen=True, slots=True)
class Word(Query):
    """A run of characters between blanks, as typed: ``police``, ``gender-based``, ``DPKO/DFS``."""

    text: str
    depth = 1

    def __post_init__(self) -> None:
        if not isinstance(self.text, str) or self.text.split() != [self.text]:
            raise UsageError(
                f"A term is one word without blanks, not {self.text!r}; "
                "several are a phrase, or words."
            )


@dataclass(frozen=True, slots=True)
class Phrase(Query):
    """Words that must stand next to each other, in this order."""

    text: str
    depth = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", spaced(self.text))


@dataclass(frozen=True, slots=True)
class Words(Query):
    """Parts joined by blanks: all are required. At the top of a query, where no record has them
    all, any of them will do.
    """

    parts: tuple[Query, ...]
    depth: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        deeper(self, self.parts)


@dataclass(frozen=True, slots=True)
class Every(Query):
    """Every record; in a field, the records that have the field."""

    depth = 1


def spaced(text: str) -> str:
    """A text with single blanks; ``UsageError`` where nothing is left."""
    if not isinstance(text, str) or not (words := text.split()):
        raise UsageError(f"A phrase or a value is a text that is not empty, not {text!r}.")
    return " ".join(words)


def deeper(whole: Query, parts: tuple[Query, ...], least: int = 2) -> None:
    """Set the depth of a part that holds others; ``UsageError`` where they cannot be its parts."""
    if not isinstance(parts, tuple) or not all(isinstance(part, Query) for part in parts):
        raise UsageError(f"The parts of a query are queries, not {parts!r}.")
    if len(parts) < least:
        raise UsageError(f"{type(whole).__name__} joins {least} parts or more.")
    depth = 1 + max(part.depth for part in parts)
    if depth > MOST_NESTED:
        raise UsageError(f"A query holds at most {MOST_NESTED} parts inside one another.")
    object.__setattr__(whole, "depth", depth)


def _flat(kind: type[Any], one: Any, other: Any) -> tuple[Query, ...]:
    """The parts of two queries, of the same kind taken apart."""
    return tuple(
        part for each in (one, other) for part in (each.parts if type(each) is kind else (each,))
    )
