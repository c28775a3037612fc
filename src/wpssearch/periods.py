"""Periods as sources print them and as people type them: whole months, both ends inclusive."""

from __future__ import annotations

import re
from functools import cache

from wpssearch.model import Period

__all__ = ["FIRST", "LAST", "MONTHS", "begins_month", "label_for", "parse_interval", "parse_label"]

#: The first and last month that an open range can reach.
FIRST, LAST = "0001-01", "9999-12"
_FIRST_YEAR, _LAST_YEAR = 1900, 2199

# The inventory's own abbreviations.
_LABELS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec")
_NAMES = ("january", "february", "march", "april", "may", "june", "july", "august", "september",
          "october", "november", "december")  # fmt: skip
#: The words that name a month, lower case, with its number.
MONTHS = {short: number for number, name in enumerate(_NAMES, 1) for short in (name, name[:3])} | {
    "sept": 9
}


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    month = r"(?P<name>[^\W\d_]+)\.?"
    return (
        re.compile(rf"(?:{month},? ?)?(?P<year>\d{{4}})(?:[-/](?P<number>\d{{1,2}}))?"),
        re.compile(rf"{month}"),
        # A dash with a blank on both sides, or between words; ISO's own hyphen has digits around.
        re.compile(r" ?[\u2010-\u2015\u2212] ?| - ?| ?- |(?<=\d{4})-(?=\d{4})"
                   r"|(?<=[^\W\d_])-|-(?=[^\W\d_])| to ", re.IGNORECASE),
    )  # fmt: skip


def begins_month(text: str) -> bool:
    """True for a month's name in any length: ``September``, ``Sept.``, ``S``."""
    begun = text.casefold().removesuffix(".")
    return bool(begun) and any(name.startswith(begun) for name in _NAMES)


def _point(text: str) -> tuple[str, str] | None:
    """The months of a month or year: ``Sept 2008``, ``2008-09``, ``2008``."""
    match = _patterns()[0].fullmatch(text)
    if match is None:
        return None
    year = int(match["year"])
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    if match["name"] and match["number"]:
        return None
    if match["name"]:
        number = MONTHS.get(match["name"].lower())
    elif match["number"]:
        number = int(match["number"])
    else:
        return f"{year:04}-01", f"{year:04}-12"
    if number is None or not 1 <= number <= 12:
        return None
    return (f"{year:04}-{number:02}",) * 2


def _spaced(text: str) -> str:
    return " ".join(text.split())


def parse_label(text: str) -> Period | None:
    """The period that a source's label names, or ``None`` where it names none.

    Takes ``Jul 2007``, ``Feb 2008 - Sept 2008``, ``Jul - Sep 2007``, ``2022 - 2023``, ``2014``,
    ``2007-07`` and mixtures, with any dash, any case, full or short names of months. An interval
    that ends before it begins is none. The label is kept as printed, its blanks made single.
    """
    label = _spaced(text)
    single = _point(label)
    if single is not None:
        return Period(*single, label)
    parts = [part.strip() for part in _patterns()[2].split(label)]
    if len(parts) != 2:
        return None
    last = _point(parts[1])
    first = _point(parts[0])
    if first is None and last is not None and _patterns()[1].fullmatch(parts[0]):
        # `Jul - Sep 2007`: the year is written once for both.
        first = _point(f"{parts[0]} {last[1][:4]}")
    if first is None or last is None or first[0] > last[1]:
        return None
    return Period(first[0], last[1], label)


def parse_interval(text: str) -> tuple[str, str] | None:
    """The months that a user's filter names: any label, or ``2007-07..2008-01``, open ends too."""
    typed = _spaced(text)
    if ".." in typed:
        left, _, right = (part.strip(" .") for part in typed.partition(".."))
        first = _interval(left) if left else (FIRST, FIRST)
        last = _interval(right) if right else (LAST, LAST)
        if first is None or last is None or not (left or right) or first[0] > last[1]:
            return None
        return first[0], last[1]
    return _interval(typed)


def _interval(text: str) -> tuple[str, str] | None:
    period = parse_label(text)
    return (period.start, period.end) if period else None


def _month_label(month: str) -> str:
    return f"{_LABELS[int(month[5:]) - 1]} {month[:4]}"


def label_for(start: str, end: str) -> str:
    """The label of a period that came without one, in the inventory's manner."""
    if start.endswith("-01") and end.endswith("-12"):
        years = start[:4], end[:4]
        return years[0] if years[0] == years[1] else " - ".join(years)
    if start == end:
        return _month_label(start)
    return f"{_month_label(start)} - {_month_label(end)}"
