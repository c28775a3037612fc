"""A name of the vocabulary, and where it stands in a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from wpssearch.periods import FIRST, LAST

__all__ = ["Mention", "Name"]


@dataclass(frozen=True, slots=True)
class Name:
    """A name to look for.

    ``kind`` is a table of the vocabulary, or ``month`` or ``resolution``; ``shields`` the kinds
    that it stops. ``low`` is its normal form; ``exact`` the form with capitals of a name that
    counts only as it is written so. ``way`` says what else must hold: a ``demonym`` must not be a
    language's name, a ``cued`` one stands before a noun, a ``shared`` name is decided by others, a
    ``former`` one by its years where another row has the name, too.
    """

    kind: str
    id: str
    low: str
    exact: str | None = None
    capital: bool = True
    way: str = ""
    start: str = FIRST
    end: str = LAST
    shields: frozenset[str] = frozenset()


class Mention(NamedTuple):
    """A name where it stands: in the normal text and in the text as written."""

    name: Name
    first: int
    stop: int
    start: int
    end: int
