"""Whether the rows of the vocabulary are sound: the shipped ones in tests, a user's on reading."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from wpssearch import tables
from wpssearch.errors import UsageError
from wpssearch.periods import FIRST, LAST
from wpssearch.tables import Row
from wpssearch.vocab import TABLES, Vocabulary, names_in, normal_name

__all__ = ["claims", "load", "problems"]

_LONGEST = 200
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_YEARS = re.compile(r".+ \(\d{4}(-\d{4})?\)")
_FACETS = ("country", "place", "mission", "other_mission", "agency", "*")
_KINDS = (
    "before",
    "after",
    "before abroad",
    "after abroad",
    "sent",
    "sent with a mission",
    "people",
    "party",
    "statement",
    "namesake",
    "namesake's neighbour",
    "title",
    "person",
    "institution",
    "noun",
    "language",
    "instrument",
    "word",
)


def load(path: Path) -> Vocabulary:
    """The shipped vocabulary with the rows of a user's file.

    A broken row is among the vocabulary's ``problems`` and not used. Raises ``UsageError`` where
    the file cannot be read.
    """
    try:
        rows, problems = tables.read_additions(path, TABLES)
    except OSError as error:
        raise UsageError(
            f"The vocabulary {path} cannot be read: {error.strerror or error}."
        ) from error
    used = tuple(rows)
    # What is wrong with a row itself, then whether another has its names.
    for faults in (_faults, _taken):
        why = _broken(Vocabulary(used), used, faults)
        problems += [(row.line, reason) for row, reason in why]
        gone = {row.line for row, _ in why}
        used = tuple(row for row in used if row.line not in gone)
    ordered = sorted(problems, key=lambda problem: problem[0] or 0)
    return Vocabulary(used, tuple((path.name, line, _short(why)) for line, why in ordered))


def _short(why: str) -> str:
    return why if len(why) <= _LONGEST else why[: _LONGEST - 1] + "…"


def problems(vocabulary: Vocabulary, table: str) -> list[str]:
    """What is wrong with the rows of a table."""
    rows = vocabulary.rows(table)
    return [
        f"{row.place}: {why}" for check in (_faults, _taken)
        for row, why in _broken(vocabulary, rows, check)
    ]  # fmt: skip


_Check = Callable[["_Context", Row], Iterator[str]]


@dataclass(frozen=True)
class _Context:
    """A vocabulary with what is asked of it for each row: names with those that claim them."""

    vocabulary: Vocabulary
    rows: Mapping[tuple[str, str], Row]
    claims: Mapping[str, Mapping[str, list[tuple[str, str, str]]]]
    own: Mapping[tuple[str, str, str], list[tuple[str, str]]]


def _broken(vocabulary: Vocabulary, rows: Iterable[Row], check: _Check) -> list[tuple[Row, str]]:
    """The rows, which the vocabulary holds, that fail a check, with the first reason."""
    rows = tuple(rows)
    names = {row.table for row in rows}
    claimed = {name: claims(vocabulary, name) for name in names}
    own: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for table, by_name in claimed.items():
        for name, owners in by_name.items():
            for id_, *months in owners:
                own.setdefault((table, name, id_), []).append((months[0], months[1]))
    rows_of = {(name, row.key): row for name in names for row in vocabulary.rows(name)}
    context = _Context(vocabulary, rows_of, claimed, own)
    out: list[tuple[Row, str]] = []
    found: dict[tuple[str, str], str] = {}
    for row in rows:
        # Rows of one key are one row, whose faults are all of theirs.
        place = (row.table, row.key) if check is _faults else (row.table, row.place)
        if place not in found:
            found[place] = next(check(context, row), "")
        if found[place]:
            out.append((row, found[place]))
    return out


def _faults(context: _Context, added: Row) -> Iterator[str]:
    vocabulary = context.vocabulary
    row = context.rows[added.table, added.key]
    if row.table in ("countries", "missions", "other_missions", "agencies", "places"):
        if not row["name"]:
            yield f"{row['id']} has no name"
        yield from _wrong_months(row)
    if row.table == "countries" and not re.fullmatch(r"[A-Z]{3}", row["id"]):
        yield f"the id of a country is its three-letter ISO code, not {row['id']!r}"
    codes = vocabulary.countries
    places = [cell.partition(":")[0] for cell in row.listed("places")]
    for code in (*places, *row.listed("countries")):
        if code not in codes:
            yield f"there is no country {code!r}"
    if row.table == "places" and not row.listed("countries"):
        yield f"{row['id']} has no country"
    for successor in row.listed("successor"):
        if successor not in vocabulary.agencies:
            yield f"there is no agency {successor!r}"
    if row.table == "stops" and row["facet"] not in _FACETS:
        yield f"the facet of a stop-entry is one of {', '.join(_FACETS)}"
    if row.table == "cues" and row["kind"] not in _KINDS:
        yield f"the kind of a cue is one of {', '.join(_KINDS)}"
    if row.table == "acronyms" and not row.listed("long_forms"):
        yield f"{row['acronym']} has no long form"


def _wrong_months(row: Row) -> Iterator[str]:
    start, end = row["start"], row["end"]
    for month in (start, end):
        if month and not _MONTH.fullmatch(month):
            yield f"{month!r} is no month; write YYYY-MM"
    if start and end and start > end:
        yield f"{row['id']} ends before it begins"
    for cell in row.listed("places"):
        _, colon, months = cell.partition(":")
        first, _, last = months.partition("..")
        if colon and not all(_MONTH.fullmatch(m) for m in (first, last) if m):
            yield f"{cell!r} is no place; write ISO:YYYY-MM..YYYY-MM"
        if first and last and first > last:
            yield f"{cell!r} ends before it begins"
    for name in row.listed("former"):
        if "(" in name and name[-2:-1].isdigit() and not _YEARS.fullmatch(name):
            yield f"{name!r} is no former name; write Name (1971-1997)"


def claims(vocabulary: Vocabulary, table: str) -> dict[str, list[tuple[str, str, str]]]:
    """By normal name, the rows that claim it for themselves alone: id, first and last month."""
    out: dict[str, dict[tuple[str, str, str], None]] = {}

    def claim(name: str, id_: str, start: str = FIRST, end: str = LAST) -> None:
        out.setdefault(normal_name(name), {})[id_, start, end] = None

    if table == "countries":
        for country in vocabulary.countries.values():
            for name in (*country.names, *country.codes, *country.demonyms, *country.cued):
                claim(name, country.id)
            for former in country.former:
                claim(former.name, country.id, former.start, former.end)
    elif table in ("missions", "other_missions"):
        missions = vocabulary.missions if table == "missions" else vocabulary.other_missions
        for mission in missions.values():
            for name in {normal_name(n) for n in (*mission.names, *mission.acronyms)}:
                claim(name, mission.id, mission.start, mission.end)
    elif table == "agencies":
        for row in vocabulary.rows(table):
            agency = vocabulary.agencies[row["id"]]
            for name in {normal_name(n) for n in (*agency.names, *agency.acronyms)}:
                claim(name, agency.id, row["start"] or FIRST, row["end"] or LAST)
    elif table == "places":
        for place in vocabulary.places.values():
            for name in place.names:
                claim(name, place.id)
    return {name: list(owners) for name, owners in out.items()}


def _taken(context: _Context, row: Row) -> Iterator[str]:
    """Names of the row that another row has at the same time.

    A country's dated former name may be another's name without dates: it wins in its years. Of
    two rows of a user's file the later is at fault.
    """
    for name in map(normal_name, names_in(row)):
        owners = context.claims[row.table].get(name, [])
        mine = context.own.get((row.table, name, row.key), [])
        for id_, start, end in owners:
            other = context.rows[row.table, id_]
            later = other.file == row.file and other.line > row.line
            if id_ == row.key or later:
                continue
            for first, last in mine:
                undated = ((start, end) == (FIRST, LAST), (first, last) == (FIRST, LAST))
                parted = row.table == "countries" and undated[0] != undated[1]
                if start <= last and first <= end and not parted:
                    yield f"the name {name!r} is {id_}'s already"
