"""Rows of the vocabulary as values: countries, missions, agencies, places."""

from __future__ import annotations

from dataclasses import dataclass

from wpssearch.periods import FIRST, LAST
from wpssearch.tables import Row

__all__ = [
    "Agency",
    "Country",
    "Dated",
    "Mission",
    "Place",
    "WorkPlace",
    "agency",
    "country",
    "dated",
    "mission",
    "place",
]


@dataclass(frozen=True, slots=True)
class Dated:
    """A name and the months in which it was used."""

    name: str
    start: str = FIRST
    end: str = LAST


@dataclass(frozen=True, slots=True)
class WorkPlace:
    """A country where a mission works, and the months."""

    country: str
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Country:
    """A row of ``countries.tsv``: ``id`` is ISO 3166-1 alpha-3, ``name`` the UN's short name.

    ``cued`` are names that count before a word of state or people alone (``French forces``),
    ``shared`` those of two countries (``Congolese``), which other names of a text decide.
    """

    id: str
    name: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    former: tuple[Dated, ...]
    demonyms: tuple[str, ...]
    cued: tuple[str, ...]
    shared: tuple[str, ...]
    row: str


@dataclass(frozen=True, slots=True)
class Mission:
    """A row of ``missions.tsv`` or ``other_missions.tsv``; months are ``YYYY-MM``.

    ``id`` is the English acronym. ``exact`` says that the acronym is one only where it stands in
    capitals.
    """

    id: str
    name: str
    names: tuple[str, ...]
    acronyms: tuple[str, ...]
    places: tuple[WorkPlace, ...]
    start: str
    end: str
    exact: bool
    row: str


@dataclass(frozen=True, slots=True)
class Agency:
    """A row of ``agencies.tsv``; ``mention`` says that a text's use of its names is a mention."""

    id: str
    name: str
    names: tuple[str, ...]
    acronyms: tuple[str, ...]
    successors: tuple[str, ...]
    mention: bool
    row: str


@dataclass(frozen=True, slots=True)
class Place:
    """A row of ``places.tsv``: a capital, city or region, and the countries that it lies in."""

    id: str
    name: str
    names: tuple[str, ...]
    countries: tuple[str, ...]
    kind: str
    row: str


def _names(row: Row) -> tuple[str, ...]:
    return tuple(name for name in (row["name"], *row.listed("names")) if name)


def dated(name: str) -> Dated:
    """A former name with its years: ``Zaire (1971-1997)``."""
    head, bracket, tail = name.rpartition(" (")
    if not bracket or not tail[:1].isdigit():
        return Dated(name)
    first, _, last = tail.rstrip(")").partition("-")
    return Dated(head, f"{first}-01", f"{last or first}-12")


def _work_place(cell: str, start: str, end: str) -> WorkPlace:
    country, colon, months = cell.partition(":")
    if colon:
        start, dots, end = months.partition("..")
        if not dots:
            end = ""
    return WorkPlace(country, start or FIRST, end or LAST)


def mission(row: Row) -> Mission:
    start, end = row["start"] or FIRST, row["end"] or LAST
    return Mission(
        row["id"],
        row["name"],
        _names(row),
        (row["id"], *row.listed("acronyms")),
        tuple(_work_place(cell, row["start"], row["end"]) for cell in row.listed("places")),
        start,
        end,
        row["case"] == "exact",
        row.name,
    )


def country(row: Row) -> Country:
    """A row of the table of countries."""
    return Country(
        row["id"],
        row["name"],
        tuple(code for code in (row["iso2"], row["iso3"]) if code),
        _names(row),
        tuple(map(dated, row.listed("former"))),
        row.listed("demonyms"),
        row.listed("cued"),
        row.listed("shared"),
        row.name,
    )


def agency(row: Row) -> Agency:
    """A row of the table of agencies."""
    return Agency(
        row["id"],
        row["name"],
        _names(row),
        (row["id"], *row.listed("acronyms")),
        row.listed("successor"),
        row["mention"] != "no",
        row.name,
    )


def place(row: Row) -> Place:
    """A row of the table of places."""
    return Place(
        row["id"],
        row["name"],
        _names(row),
        row.listed("countries"),
        row["kind"],
        row.name,
    )
