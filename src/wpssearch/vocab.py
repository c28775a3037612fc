"""The vocabulary: missions, countries, agencies and spellings, read from the data files.

A file is a table of tab-separated values with a header row; lists inside a cell are parted by
``; ``, lines that begin with ``#`` are notes. A new mission is one more row in ``missions.tsv``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path

from wpssearch.folding import fold
from wpssearch.periods import FIRST, LAST

__all__ = [
    "Country",
    "Mission",
    "Place",
    "acronyms",
    "agency_names",
    "canonical",
    "countries",
    "fingerprint",
    "missions",
    "normal_name",
    "read",
    "row_of",
    "rows",
    "values",
]

_DATA = Path(__file__).with_name("data")
_FACT_FILES = ("countries", "missions", "agencies", "acronyms", "partner_cues")


@dataclass(frozen=True, slots=True)
class Place:
    """A country where a mission works, with the months where they are not the mission's own."""

    country: str
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Country:
    """A row of ``countries.tsv``: ``id`` is ISO 3166-1 alpha-3, ``name`` the UN's short name."""

    id: str
    name: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    demonyms: tuple[str, ...]

    @property
    def row(self) -> str:
        return f"countries:{self.id}"


@dataclass(frozen=True, slots=True)
class Mission:
    """A row of ``missions.tsv``: ``id`` is the English acronym; months are ``YYYY-MM``.

    ``exact`` says that the acronym is one only where it stands in capitals.
    """

    id: str
    name: str
    names: tuple[str, ...]
    acronyms: tuple[str, ...]
    places: tuple[Place, ...]
    exact: bool

    @property
    def row(self) -> str:
        return f"missions:{self.id}"


def read(name: str) -> bytes:
    """The bytes of a data file."""
    return (_DATA / f"{name}.tsv").read_bytes()


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a data file as mappings from column to cell."""
    lines = [line for line in read(name).decode("utf-8").split("\n") if line[:1] not in ("", "#")]
    header = lines[0].split("\t")
    return tuple(
        dict(zip(header, [*line.split("\t"), *[""] * len(header)], strict=False))
        for line in lines[1:]
    )


def _list(cell: str) -> tuple[str, ...]:
    return tuple(part for part in (part.strip() for part in cell.split(";")) if part)


def _undated(name: str) -> str:
    """A former name without its years: ``Zaire (1971-1997)`` is ``Zaire``."""
    head, bracket, tail = name.rpartition(" (")
    return head if bracket and tail[:1].isdigit() else name


@cache
def countries() -> dict[str, Country]:
    """All countries by id."""
    return {
        row["id"]: Country(
            row["id"],
            row["name"],
            tuple(code for code in (row["iso2"], row["iso3"]) if code),
            (row["name"], *_list(row["names"]), *map(_undated, _list(row["former"]))),
            _list(row["demonyms"]),
        )
        for row in rows("countries")
    }


def _place(cell: str, start: str, end: str) -> Place:
    country, colon, months = cell.partition(":")
    if colon:
        start, dots, end = months.partition("..")
        if not dots:
            end = ""
    return Place(country, start or FIRST, end or LAST)


@cache
def missions() -> dict[str, Mission]:
    """All missions by id."""
    return {
        row["id"]: Mission(
            row["id"],
            row["name"],
            tuple(name for name in (row["name"], *_list(row["names"])) if name),
            (row["id"], *_list(row["acronyms"])),
            tuple(_place(cell, row["start"], row["end"]) for cell in _list(row["places"])),
            row["case"] == "exact",
        )
        for row in rows("missions")
    }


@cache
def agency_names() -> dict[str, tuple[str, ...]]:
    """The names of each agency by its acronym."""
    return {
        row["id"]: tuple(name for name in (row["name"], *_list(row["names"])) if name)
        for row in rows("agencies")
    }


@cache
def acronyms() -> frozenset[str]:
    """The acronyms of the vocabulary, folded: words that are never stemmed."""
    written = [name for mission in missions().values() for name in mission.acronyms]
    written += agency_names()
    written += [row["acronym"] for row in rows("acronyms")]
    words = {word for name in written for word in name.replace("-", " ").split()}
    return frozenset(fold(w) for w in words if len(w) > 1 and w.isupper() and w.isalnum())


def normal_name(name: str) -> str:
    """The form in which names are compared: folded, hyphens and quotes as blanks."""
    return " ".join("".join(c if c.isalnum() else " " for c in fold(name)).split())


def _named(facet: str) -> Iterator[tuple[str, str, str]]:
    """(name, value, row) of all that the vocabulary knows of a facet, the strongest names first."""
    if facet == "country":
        for country in countries().values():
            yield country.name, country.name, country.row
        for country in countries().values():
            for name in (*country.names, *country.codes, *country.demonyms):
                yield name, country.name, country.row
    elif facet == "mission":
        for mission in missions().values():
            yield mission.id, mission.id, mission.row
        for mission in missions().values():
            for name in (*mission.acronyms, *mission.names):
                yield name, mission.id, mission.row
    elif facet == "agency":
        for agency in agency_names():
            yield agency, agency, f"agencies:{agency}"
        for agency, names in agency_names().items():
            for name in names:
                yield name, agency, f"agencies:{agency}"


@cache
def _lookup(facet: str) -> dict[str, tuple[str, str]]:
    table: dict[str, tuple[str, str]] = {}
    for name, value, row in _named(facet):
        table.setdefault(normal_name(name), (value, row))
    return table


def canonical(facet: str, name: str) -> str | None:
    """The value that a name, spelling, code or case stands for, or ``None`` where it is unknown."""
    found = _lookup(facet).get(normal_name(name))
    return found[0] if found else None


def row_of(facet: str, name: str) -> str | None:
    """The vocabulary row of a name, as ``countries:LBR``."""
    found = _lookup(facet).get(normal_name(name))
    return found[1] if found else None


def values(facet: str) -> tuple[str, ...]:
    """All values of a facet that the vocabulary knows."""
    return tuple(dict.fromkeys(value for value, _ in _lookup(facet).values()))


@cache
def fingerprint() -> str:
    """A hash over the files of facts: equal vocabulary, equal fingerprint, on any machine."""
    state = blake2b(digest_size=8)
    for name in _FACT_FILES:
        state.update(read(name))
    return state.hexdigest()
