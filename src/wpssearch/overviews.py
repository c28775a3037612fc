"""What is said of many records at once: tables, gaps, trends, words, trees. Frozen values.

Every one says of which records it speaks: ``query`` and ``match`` as in ``Results``, ``filters``,
and ``total``, the records that pass both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from wpssearch.results import FacetValue

__all__ = ["Crosstab", "Gap", "Gaps", "Node", "Scope", "Series", "Term", "Terms", "Tree", "Trend"]


@dataclass(frozen=True, slots=True)
class Scope:
    """The records that an overview is of, and what is to be said of how they were found.

    ``operators`` says that the query held more than words and phrases.
    """

    query: str
    match: Literal["all", "any"]
    filters: Mapping[str, tuple[str, ...]]
    total: int
    notes: tuple[str, ...] = ()
    operators: bool = False

    def to_dict(self) -> dict[str, Any]:
        return {
            "query": self.query,
            "match": self.match,
            "filters": {name: list(values) for name, values in self.filters.items()},
            "total": self.total,
            "notes": list(self.notes),
        }


def _heading(value: FacetValue) -> dict[str, Any]:
    out = value.to_dict()
    del out["selected"]
    return out


@dataclass(frozen=True, slots=True)
class Crosstab:
    """How many records have each value of one facet together with each of another.

    ``cells[i][j]`` are the records with ``rows[i]`` and ``columns[j]``; the ``count`` of a row or
    column is that of the value as ``facets`` gives it, in records. A record with several values is
    in several cells, so that cells may add up to more. ``without`` are the records that have no
    value of the one, of the other facet; ``more`` the rows and columns that are left out.
    """

    by: tuple[str, str]
    scope: Scope
    rows: tuple[FacetValue, ...]
    columns: tuple[FacetValue, ...]
    cells: tuple[tuple[int, ...], ...]
    without: tuple[int, int]
    more: tuple[int, int]

    def to_dict(self) -> dict[str, Any]:
        return {
            "by": list(self.by),
            **self.scope.to_dict(),
            "rows": [_heading(value) for value in self.rows],
            "columns": [_heading(value) for value in self.columns],
            "cells": [list(row) for row in self.cells],
            "without": list(self.without),
            "more": {"rows": self.more[0], "columns": self.more[1]},
        }


class Gap(NamedTuple):
    """A pair of values that no record has together, although records have either.

    ``expected`` is how many would have both, were the two facets independent: row times column
    over total, in records.
    """

    row: FacetValue
    column: FacetValue
    expected: float

    def to_dict(self) -> dict[str, Any]:
        return {
            "row": _heading(self.row),
            "column": _heading(self.column),
            "expected": self.expected,
        }


@dataclass(frozen=True, slots=True)
class Gaps:
    """The empty cells of a table, the most expected first: ``empty`` of ``cells`` in all.

    Of a facet with itself each pair counts once, and no value with itself.
    Silence in the records is not absence in the world.
    """

    by: tuple[str, str]
    scope: Scope
    gaps: tuple[Gap, ...]
    empty: int
    cells: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "by": list(self.by),
            **self.scope.to_dict(),
            "cells": self.cells,
            "empty": self.empty,
            "gaps": [gap.to_dict() for gap in self.gaps],
            "more": self.empty - len(self.gaps),
        }


@dataclass(frozen=True, slots=True)
class Series:
    """One query of a trend: by year the records that it finds, and their share of the year's.

    A share is ``None`` where the year has no record.
    """

    scope: Scope
    counts: tuple[int, ...]
    shares: tuple[float | None, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.scope.to_dict(),
            "counts": list(self.counts),
            "shares": list(self.shares),
        }


@dataclass(frozen=True, slots=True)
class Trend:
    """Queries over time: ``times`` are the years, or what ``by`` says, from the first with a record
    to the last, each with its records that pass the filters; ``scope`` is of all of these.

    A record is counted in each year that its period touches; ``undated`` have none.
    """

    by: str
    scope: Scope
    undated: int
    times: tuple[FacetValue, ...]
    series: tuple[Series, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "by": self.by,
            **self.scope.to_dict(),
            "undated": self.undated,
            "times": [_heading(value) for value in self.times],
            "series": [series.to_dict() for series in self.series],
        }


class Term(NamedTuple):
    """A word, and how it sets the selected records apart from the rest.

    ``count`` and ``rest_count`` are the records that have it; ``score`` is G², ``log_ratio`` the
    binary logarithm of the ratio of the two shares.
    """

    term: str
    count: int  # type: ignore[assignment]
    rest_count: int
    share: float
    rest_share: float
    score: float
    log_ratio: float

    def to_dict(self) -> dict[str, Any]:
        return self._asdict()


@dataclass(frozen=True, slots=True)
class Terms:
    """The words that more of the selected records have than of the ``rest``, by G²; ``more`` is how
    many more there are.
    """

    scope: Scope
    rest: int
    terms: tuple[Term, ...]
    more: int

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.scope.to_dict(),
            "rest": self.rest,
            "terms": [term.to_dict() for term in self.terms],
            "more": self.more,
        }


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a facet in a tree, with those below it.

    A record counts once at each value that it has, so that those below may add up to more.
    """

    facet: str
    value: FacetValue
    children: tuple[Node, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "facet": self.facet,
            **self.value.to_dict(),
            "children": [child.to_dict() for child in self.children],
        }


@dataclass(frozen=True, slots=True)
class Tree:
    """The values of a facet as a tree; ``more`` are the nodes at its top that are left out."""

    facet: str
    scope: Scope
    nodes: tuple[Node, ...]
    more: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "facet": self.facet,
            **self.scope.to_dict(),
            "nodes": [node.to_dict() for node in self.nodes],
            "more": self.more,
        }
