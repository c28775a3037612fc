"""The dates that a text names, where they stand: mentions, never a record's period.

A value is an EDTF string (ISO 8601-2:2019): ``2008-06``, ``2008-03-03/2008-03-08``; a part that the
text does not give is unspecified, as in ``XXXX-03``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from wpssearch.periods import MONTHS

__all__ = ["mentions"]

_DAY = r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)?"
_TO = r"\s*(?:-|–|—|/|to|and|until|through)\s*"
_BEFORE = re.compile(rf"(?:{_DAY}{_TO})?{_DAY}\s+(?:of\s+)?$")
_AFTER = re.compile(
    rf"\.?(?:\s+{_DAY}(?!\d|:)(?:{_TO}{_DAY}(?!\d|\s+[A-Z]))?(?=\W|$))?"
    r"(?:,?\s+(?:of\s+)?((?:19|20)\d\d)(?!\d|[/,.]\d))?"
)
_INTRODUCED = re.compile(
    r"(?:\b(?:in|since|during|by|of|until|from|for|early|late|mid|last|every|each|to|and|between"
    r"|next|this|through)|[/–—-])[\s-]*$",
    re.IGNORECASE,
)
# Begins with digits alone, which the engine finds many times faster than the edge of a word.
_YEAR = re.compile(r"(?:19|20)\d\d(?!\w|[/.,:]\d|\s*[%)])")
_YEAR_INTRODUCED = re.compile(
    r"(?:\b(?:in|since|by|during|of|from|to|until|till|through|early|late|mid|the|and|between|year"
    r"|before|after)[\s-]+(?:the\s+year\s+)?|\d{4}\s?[-–/]\s?)$",
    re.IGNORECASE,
)
_YEAR_FOLLOWS = re.compile(r"\s?[-–/]\s?(?:19|20)\d\d\b")
_RANGE = re.compile(r"\s*(?:-|–|—|/|to|until|till|through)\s*(?:the\s+)?")
_RANGE_AND = re.compile(r"\s+and\s+")
_LIST = re.compile(r"\s*+(?:/|,?+\s*+(?:and|or)|,)\s+|/")
_LETTERS = re.compile(r"[A-Za-z]+")
_BETWEEN = re.compile(r"\bbetween\s+$", re.IGNORECASE)
_WINDOW = 24

Mention = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class _Point:
    """A date as it stands: its span, year, month, first and last day; 0 is not given."""

    start: int
    end: int
    year: int
    month: int
    first: int
    last: int

    def edtf(self, day: int) -> str:
        year = f"{self.year:04}" if self.year else "XXXX"
        return year + (f"-{self.month:02}" if self.month else "") + (f"-{day:02}" if day else "")


def _month_point(text: str, start: int, end: int, month: int) -> _Point | None:
    """The date whose month's name stands at ``start``, or ``None`` where it is another word."""
    after = _AFTER.match(text, end)
    before = _BEFORE.search(text, max(0, start - _WINDOW), start)
    first = last = 0
    at = start
    if before is not None:
        first, last = int(before[1] or before[2]), int(before[2])
        at = before.start(1) if before[1] else before.start(2)
    year = int(after[3]) if after and after[3] else 0
    stop = after.end(3) if after and after[3] else end
    if after and after[1] and before is None:
        first, last = int(after[1]), int(after[2] or after[1])
        stop = after.end() if year else after.end(2) if after[2] else after.end(1)
    if not (1 <= first <= 31 and 1 <= last <= 31):
        first = last = 0
        at = start
        stop = stop if year else end
    known = first or year or _INTRODUCED.search(text, max(0, start - _WINDOW), start)
    if not known and not _month_follows(text, end):
        return None
    return _Point(at, stop, year, month, first, last)


def _month_follows(text: str, end: int) -> bool:
    """Whether another month is next: ``June and August 2008``."""
    between = _RANGE.match(text, end) or _LIST.match(text, end)
    word = _LETTERS.match(text, between.end()) if between else None
    return word is not None and word.group().lower() in MONTHS


def _year_points(text: str, taken: list[_Point]) -> Iterator[_Point]:
    if "19" not in text and "20" not in text:
        return
    spans = sorted((point.start, point.end) for point in taken)
    index = 0
    for match in _YEAR.finditer(text):
        if match.start() and text[match.start() - 1].isalnum():
            continue
        while index < len(spans) and spans[index][1] <= match.start():
            index += 1
        if index < len(spans) and spans[index][0] <= match.start():
            continue
        introduced = _YEAR_INTRODUCED.search(text, max(0, match.start() - _WINDOW), match.start())
        if introduced or _YEAR_FOLLOWS.match(text, match.end()):
            yield _Point(match.start(), match.end(), int(match[0]), 0, 0, 0)


def mentions(text: str, months: Iterable[tuple[int, int, int]]) -> list[Mention]:
    """The dates of a text: value, first and last code point, in order.

    ``months`` are the places where names of months stand, with the month's number.
    """
    points = [p for start, end, month in months
              if (p := _month_point(text, start, end, month)) is not None]  # fmt: skip
    points = sorted([*points, *_year_points(text, points)], key=lambda p: p.start)
    for index in range(len(points) - 2, -1, -1):
        point, following = points[index], points[index + 1]
        if point.year or not following.year or not point.month or not following.month:
            continue
        between = text[point.end : following.start]
        if any(p.fullmatch(between) for p in (_RANGE, _RANGE_AND, _LIST)):
            points[index] = replace(point, year=following.year)
    return list(_joined(text, points))


def _joined(text: str, points: list[_Point]) -> Iterator[Mention]:
    index = 0
    while index < len(points):
        point = points[index]
        last = point
        if index + 1 < len(points):
            following = points[index + 1]
            between = text[point.end : following.start]
            paired = _RANGE_AND.fullmatch(between) and _BETWEEN.search(
                text, max(0, point.start - _WINDOW), point.start
            )
            if _RANGE.fullmatch(between) or paired:
                last = following
                index += 1
        index += 1
        first_value, last_value = point.edtf(point.first), last.edtf(last.last)
        value = first_value if first_value == last_value else f"{first_value}/{last_value}"
        yield value, point.start, last.end
