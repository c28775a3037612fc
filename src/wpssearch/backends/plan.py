"""From what was asked for to what the index holds: a query tree becomes a tree of groups.

A *group* is one query term: the set of index terms (forms of one stem, in their cases) that a
typed word finds. It is what has a document frequency and a weight in the score. Whether a word is
an acronym, and so exempt from stemming, only the corpus can tell: that is asked of a ``Lexicon``.

An acronym and what it stands for find each other: ``CRSV`` is *synonyms* of itself and the phrase
``conflict-related sexual violence``, one query term together; the words of a long form are joined
by the acronym.

What only the query language asks for is a ``Kind`` of its own, in ``kinds``: it knows itself how it
is matched, and is loaded where a query holds it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from wpssearch.analysis import Term
from wpssearch.vocab import LongForm

if TYPE_CHECKING:
    from wpssearch.backends.arrays import Array
    from wpssearch.backends.kinds.expansion import Expansion
    from wpssearch.backends.matching import Found, InSegment
    from wpssearch.backends.places import Places

__all__ = [
    "All", "Any", "Group", "Kind", "Lexicon", "Lowered", "Plan", "QueryTerm", "Sequence",
    "Synonyms",
]  # fmt: skip


class Lexicon(Protocol):
    """What a backend knows of its words."""

    groups: dict[tuple[str, str], Group]
    """The groups that were made before, by form and case."""

    def stem(self, form: str) -> str:
        """The stem of a form; looked up where the index knows the form."""

    def forms(self, stem: str) -> Iterable[Term]:
        """The terms of live records that have this stem."""

    def defined(self, acronym: str) -> Iterable[LongForm]:
        """What live records say that an acronym, folded, stands for."""

    def abbreviated(self, stem: str) -> Iterable[LongForm]:
        """The long forms that live records abbreviate and whose first word has this stem."""

    def like(self, pattern: str, also: Collection[str], most: int) -> Expansion:
        """The forms of live records that a pattern matches, so many at most, and others."""

    def spelt(self, form: str, edits: int, also: Collection[str], most: int) -> Expansion:
        """The forms of live records that are so many edits away, and others; ``most`` at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """One query term: the index terms that a word finds, none where nothing is known of it.

    A lexicon has one group for a word: groups are told apart by being others.
    """

    word: str
    terms: frozenset[Term]


@dataclass(frozen=True, slots=True)
class Synonyms:
    """One query term that is said in several ways: a word, and rows of words that mean it."""

    parts: tuple[Plan, ...]


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts that stand next to each other."""

    parts: tuple[Plan, ...]


@dataclass(frozen=True, slots=True)
class All:
    """Records that match all parts; every record where there is none."""

    parts: tuple[Plan, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """Records that match any part; no record where there is none."""

    parts: tuple[Plan, ...]


class Kind(ABC):
    """A plan that knows itself how it is matched, and where its words stand."""

    __slots__ = ()

    word: str
    """What was typed, of a query term."""
    terms: Collection[object]
    """What a query term finds in the dictionary."""
    marks = True
    """Whether what it matches is shown as a match."""

    @abstractmethod
    def matches(self, segment: InSegment) -> Array:
        """The live records of a segment that match, ascending."""

    def places(self, segment: InSegment, records: Array) -> Places:
        """Where the words that match stand in ascending records."""
        raise NotImplementedError

    def found(self, segment: InSegment) -> Found:
        """The records of a query term, with its frequencies."""
        raise NotImplementedError

    def weighed(self) -> tuple[Plan, ...] | None:
        """The parts whose idf tells how much a passage with this is worth; of a term ``None``."""
        return None


Plan = Group | Synonyms | Sequence | All | Any | Kind
QueryTerm = Group | Synonyms | Kind


@dataclass(frozen=True, slots=True)
class Lowered:
    """The plan of a query, its query terms in the order typed, what was widened, and notes.

    ``plan`` is ``None`` where the query holds no letter and no digit to search for. ``terms`` have
    how many times each counts: how often it was typed, or the weight it was given. ``widened`` are
    what was typed and what it finds besides. ``expanded`` says that a word stands for others of a
    pattern or spelling.
    """

    plan: Plan | None
    terms: Mapping[QueryTerm, float]
    widened: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()
    expanded: bool = False
