"""Facets that follow from others: the years of a period, the regions of a country.

Nothing of them is kept in the index: a derived value follows from a kept one alone, so that the
kept column and this module say all. A source's own facet of the same name takes a derived one's
place; the derived one then goes by its long name, ``country:region``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

from wpssearch import tables
from wpssearch.facets import interval_of, period_of
from wpssearch.tables import Row
from wpssearch.vocab import Vocabulary, normal_name

__all__ = [
    "DECADE",
    "INTERVAL",
    "REGION",
    "SUBREGION",
    "YEAR",
    "Derivation",
    "derivation",
    "groups",
    "months_of",
    "names",
    "spelled_out",
    "through",
]


class Derivation(NamedTuple):
    """A derived facet: the facet that it comes from, and what a value of that one brings."""

    base: str
    values: Callable[[str, Vocabulary], tuple[str, ...]]


def _years(period: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Each year that the period touches."""
    start, end, _ = period_of(period)
    return tuple(f"{year:04}" for year in range(int(start[:4]), int(end[:4]) + 1))


def _decades(period: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{year[:3]}0s" for year in _years(period, vocabulary)))


def _interval(period: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    return (interval_of(period),)


@cache
def _by_country() -> Mapping[str, Row]:
    """The row of ``regions.tsv`` that a country, by its ISO 3166-1 alpha-3 code, stands in."""
    return {id_: row for row in tables.shipped("regions") for id_ in row.listed("countries")}


def groups(country: str, vocabulary: Vocabulary) -> tuple[str, str] | None:
    """The region and the sub-region of a country in M49, by any of its names; ``None``: in none."""
    row = _by_country().get((vocabulary.row_of("country", country) or "").partition(":")[2])
    return (row["region"], row["subregion"]) if row else None


def _region(country: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    found = groups(country, vocabulary)
    return found[:1] if found else ()


def _subregion(country: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    found = groups(country, vocabulary)
    return found[1:] if found else ()


_DERIVED: Mapping[str, Derivation] = {
    "year": Derivation("period", _years),
    "decade": Derivation("period", _decades),
    "region": Derivation("country", _region),
    "subregion": Derivation("country", _subregion),
    # Periods of one interval are one value of the facet, whatever their labels.
    "interval": Derivation("period", _interval),
}
#: The names that no source's own facet can take.
YEAR, DECADE, INTERVAL = "period:year", "period:decade", "period:interval"
REGION, SUBREGION = "country:region", "country:subregion"


def names() -> tuple[str, ...]:
    """The derived facets that users ask for, by their short names."""
    return tuple(name for name in _DERIVED if name != "interval")


def derivation(name: str, brought: Callable[[str], bool]) -> Derivation | None:
    """The derived facet of a short or long name; ``None`` where it is none, or where a source has
    ``brought`` a facet of that short name.
    """
    base, _, short = name.rpartition(":")
    known = _DERIVED.get(short)
    if known is None or base not in ("", known.base):
        return None
    if not base and (short == "interval" or brought(short)):
        return None
    return known


def months_of(facet: str, value: str) -> tuple[str | None, str | None]:
    """The first and last month of a year or decade, none of any other derived facet's value."""
    kind = facet.rpartition(":")[2]
    if kind == "year":
        return f"{value}-01", f"{value}-12"
    if kind == "decade":
        return f"{value[:4]}-01", f"{value[:3]}9-12"
    return None, None


def through(facet: str, first: str, last: str) -> tuple[str, ...]:
    """The years, or the decades, from one to another without a break."""
    step, rest = (10, "s") if facet.rpartition(":")[2] == "decade" else (1, "")
    return tuple(f"{year:04}{rest}" for year in range(int(first[:4]), int(last[:4]) + 1, step))


def spelled_out(facet: str, text: str) -> tuple[str, ...]:
    """The values that a text names which is no value itself: in M49, ``Sub-Saharan Africa`` is a
    group of four sub-regions. Else the text alone.
    """
    if facet.rpartition(":")[2] != "subregion":
        return (text,)
    wanted = normal_name(text)
    rows = tables.shipped("regions")
    inside = (r["subregion"] for r in rows if wanted and normal_name(r["within"]) == wanted)
    return tuple(inside) or (text,)
