"""What a query can hold besides words and phrases."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import isfinite

from wpssearch.errors import UsageError
from wpssearch.query.tree import Query, deeper, spaced

__all__ = [
    "FACETS",
    "FIELDS",
    "MOST_DISTANT",
    "MOST_EDITS",
    "NAME",
    "WEIGHT_LIMIT",
    "And",
    "Boost",
    "Facet",
    "Field",
    "Fuzzy",
    "Near",
    "Not",
    "Or",
    "Required",
    "Wildcard",
    "edits_for",
    "text_field",
]

#: The fields of a record's text, and the plural that snippets have for one of them.
FIELDS = ("title", "heading", "text")
_PLURAL = {"headings": "heading"}
#: The facets that are known in every index.
FACETS = (
    "period", "agency", "mission", "country", "kind",
    "resolution", "mentioned_agency", "other_mission", "date",
    "year", "decade", "region", "subregion",
)  # fmt: skip
#: How a name that can stand before a colon is written.
NAME = r"[^\W\d_][\w.-]*"
MOST_EDITS = 2
MOST_DISTANT = 99_999
#: Weights are below this.
WEIGHT_LIMIT = 10_000
# Shorter words have too many neighbours at two edits.
_SHORT = 5


def text_field(name: str) -> str | None:
    """The field of the text that is called so."""
    singular = _PLURAL.get(name, name)
    return singular if singular in FIELDS else None


def edits_for(text: str) -> int:
    """How many edits a fuzzy word allows that says no number: one up to five letters, else two."""
    return 1 if sum(map(str.isalnum, text)) <= _SHORT else MOST_EDITS


@dataclass(frozen=True, slots=True)
class Near(Query):
    """Words in any order with at most ``distance`` others among them."""

    text: str
    distance: int
    depth = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", spaced(self.text))
        if type(self.distance) is not int or not 0 <= self.distance <= MOST_DISTANT:
            raise UsageError(f"A distance is a number from 0 to {MOST_DISTANT:,}.")


@dataclass(frozen=True, slots=True)
class Wildcard(Query):
    """Words of a pattern: ``*`` is any letters, ``?`` one letter."""

    text: str
    depth = 1

    def __post_init__(self) -> None:
        text = self.text
        if not isinstance(text, str) or text.split() != [text] or not {"*", "?"} & set(text):
            raise UsageError(f"A pattern is one word with `*` or `?`, not {text!r}.")
        if not any(map(str.isalnum, text)):
            raise UsageError("A pattern holds a letter or digit; every record is `*`.")


@dataclass(frozen=True, slots=True)
class Fuzzy(Query):
    """What a word finds, and words at most ``edits`` letters away: put in, left out, replaced, or
    two neighbours exchanged.
    """

    text: str
    edits: int
    depth = 1

    def __post_init__(self) -> None:
        if not isinstance(self.text, str) or self.text.split() != [self.text]:
            raise UsageError(f"A fuzzy term is one word without blanks, not {self.text!r}.")
        if type(self.edits) is not int or not 1 <= self.edits <= MOST_EDITS:
            raise UsageError(f"A fuzzy term allows 1 or {MOST_EDITS} edits.")


@dataclass(frozen=True, slots=True)
class Facet(Query):
    """The records that a filter with this value would keep; ``*`` is any value."""

    name: str
    value: str
    depth = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", spaced(self.value))
        if (
            not isinstance(self.name, str)
            or not re.fullmatch(NAME, self.name)
            or text_field(self.name)
        ):
            raise UsageError(
                f"{self.name!r} is no name of a facet that a query can hold; "
                "such a facet can be a filter."
            )


@dataclass(frozen=True, slots=True)
class And(Query):
    """All of the parts, always."""

    parts: tuple[Query, ...]
    depth: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        deeper(self, self.parts)


@dataclass(frozen=True, slots=True)
class Or(Query):
    """Any of the parts."""

    parts: tuple[Query, ...]
    depth: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        deeper(self, self.parts)


@dataclass(frozen=True, slots=True)
class Not(Query):
    """The records that do not match the part."""

    part: Query
    depth: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        deeper(self, (self.part,), 1)


@dataclass(frozen=True, slots=True)
class Required(Query):
    """The part, also where any of the words will do."""

    part: Query
    depth: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        deeper(self, (self.part,), 1)


@dataclass(frozen=True, slots=True)
class Boost(Query):
    """The part, its terms' scores ``weight`` times."""

    part: Query
    weight: float
    depth: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        deeper(self, (self.part,), 1)
        weight = self.weight
        number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not number or not isfinite(weight) or not 0 <= weight < WEIGHT_LIMIT:
            raise UsageError(f"A weight is a number from 0 to less than {WEIGHT_LIMIT:,}.")
        # No zero below zero: it would print otherwise.
        object.__setattr__(self, "weight", abs(float(weight)))


@dataclass(frozen=True, slots=True)
class Field(Query):
    """The part in one field of the text; a field named inside counts instead."""

    name: str
    part: Query
    depth: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        name = text_field(self.name) if isinstance(self.name, str) else None
        if name is None:
            raise UsageError(f"The fields of a text are {', '.join(FIELDS)}, not {self.name!r}.")
        object.__setattr__(self, "name", name)
        deeper(self, (self.part,), 1)
