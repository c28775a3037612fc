"""Which missions and countries a text names, and why: one pass over the text for all names.

Names come from the vocabulary alone. A name counts where it stands as whole words and is written
as a name is: with a capital at its beginning, and acronyms in capitals. Of overlapping names of
one facet the longest counts (``Guinea-Bissau`` is not ``Guinea``). A country inside a mission's
name is named, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from wpssearch import vocab
from wpssearch.folding import Folded
from wpssearch.model import Evidence, Period, Record, Role, Span, Tag

__all__ = ["tag_record", "tag_text"]

# Characters that part the words of a name without ending it.
_JOINING = frozenset(" \t\r\u00a0-\u2010\u2011\u2012\u2013\u2014'\u2018\u2019\u02bc`")
_ACRONYM_AFTER = re.compile(r"\s*\(\s*")
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class _Name:
    """A name to look for; ``exact`` where it counts only in capitals or written just so."""

    facet: str
    id: str
    exact: str | None


@dataclass(frozen=True, slots=True)
class _Mention:
    name: _Name
    start: int
    end: int


class _Normal:
    """A text in the form in which names are looked for, with the way back to what was written.

    Folded, and any run of blanks, hyphens and apostrophes is one blank; a blank line is kept as a
    line break, so that no name runs over it.
    """

    __slots__ = ("_folded", "_origin", "text")

    def __init__(self, source: str) -> None:
        self._folded = Folded(source)
        out: list[str] = []
        origin: list[int] = []
        breaks = 0
        for index, char in enumerate(self._folded.text):
            if char in _JOINING or char == "\n":
                breaks = breaks + 1 if char == "\n" else breaks
                if out and out[-1] in " \n":
                    out[-1] = "\n" if breaks > 1 else " "
                    continue
                char = " "
            else:
                breaks = 0
            out.append(char)
            origin.append(index)
        self.text = "".join(out)
        self._origin = origin

    def span(self, start: int, end: int) -> Span:
        return self._folded.span(self._origin[start], self._origin[end - 1] + 1)


def _normal(name: str) -> str:
    return _Normal(name).text.strip()


def _variants(name: str) -> Iterator[str]:
    yield name
    if name.startswith("United Nations "):
        yield "UN" + name.removeprefix("United Nations")


def _names() -> Iterator[tuple[str, _Name]]:
    for mission in vocab.missions().values():
        for acronym in mission.acronyms:
            yield acronym, _Name("mission", mission.id, acronym if mission.exact else None)
        for name in mission.names:
            for variant in _variants(name):
                yield variant, _Name("mission", mission.id, None)
    for country in vocab.countries().values():
        for name in (*country.names, *country.demonyms):
            yield name, _Name("country", country.id, name if name.isupper() else None)


@cache
def _automaton() -> Any:
    import ahocorasick

    automaton = ahocorasick.Automaton()
    found: dict[str, dict[_Name, None]] = {}
    for written, name in _names():
        found.setdefault(_normal(written), {})[name] = None
    for key, names in found.items():
        automaton.add_word(key, (len(key), tuple(names)))
    automaton.make_automaton()
    return automaton


@cache
def _partner_cues() -> re.Pattern[str]:
    cues = sorted((_normal(row["cue"]) for row in vocab.rows("partner_cues")), reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, cues))})(?: the)? $")


def _mentions(text: str, normal: _Normal, period: Period | None) -> Iterator[_Mention]:
    """Every name that stands in the text as whole words, written as a name is.

    Where two missions had a name one after the other, the period tells which of them is meant,
    and without one it is the later.
    """
    folded = normal.text
    for last, (length, names) in _automaton().iter(folded):
        first, stop = last + 1 - length, last + 1
        if first > 0 and folded[first - 1].isalnum():
            continue
        if stop < len(folded) and folded[stop].isalnum():
            continue
        start, end = normal.span(first, stop)
        written = text[start:end]
        meant: dict[str, _Name] = {}
        for name in sorted(names, key=lambda name: _worked(name, period)):
            if _is_written_as(name, written):
                meant[name.facet] = name
        for name in meant.values():
            yield _Mention(name, start, end)


def _worked(name: _Name, period: Period | None) -> tuple[bool, str]:
    """Whether a mission worked in the period, and since when; what sorts last is meant."""
    places = vocab.missions()[name.id].places if name.facet == "mission" else ()
    start = max((place.start for place in places), default="")
    return period is not None and any(period.overlaps(p.start, p.end) for p in places), start


def _is_written_as(name: _Name, written: str) -> bool:
    if name.exact is not None:
        return written.isupper() or written == name.exact
    return written[:1].isupper()


def _longest(mentions: Iterable[_Mention]) -> list[_Mention]:
    """Of overlapping mentions the leftmost, and of those that begin together the longest."""
    kept: list[_Mention] = []
    for mention in sorted(mentions, key=lambda m: (m.start, -m.end)):
        if not kept or mention.start >= kept[-1].end:
            kept.append(mention)
    return kept


def _with_acronym(text: str, mentions: list[_Mention]) -> list[_Mention]:
    """A full name directly followed by its acronym in brackets is one mention, not two."""
    merged: list[_Mention] = []
    for mention in mentions:
        before = merged[-1] if merged else None
        if before is not None and before.name.id == mention.name.id:
            between = text[before.end : mention.start]
            if _ACRONYM_AFTER.fullmatch(between) and text[mention.end : mention.end + 1] == ")":
                merged[-1] = replace(before, end=mention.end + 1)
                continue
        merged.append(mention)
    return merged


def _tags(
    text: str, mentions: list[_Mention], names: dict[str, tuple[str, str]], partners: set[int]
) -> dict[str, Tag]:
    """One tag for each thing that is mentioned, in the order of first mention."""
    spans: dict[str, list[Span]] = {}
    for mention in mentions:
        spans.setdefault(mention.name.id, []).append((mention.start, mention.end))
    tags: dict[str, Tag] = {}
    for id_, where in spans.items():
        value, row = names[id_]
        role: Role = "partner" if all(start in partners for start, _ in where) else "place"
        start, end = where[0]
        tags[id_] = Tag(value, "stated", role, tuple(where), text[start:end], None, row)
    return tags


def _partners(text: str, mentions: list[_Mention]) -> set[int]:
    """Where the countries stand that a cue before them names as donor or embassy."""
    found = set()
    for mention in mentions:
        before = _Normal(text[max(0, mention.start - _LONGEST_NAME) : mention.start]).text
        if _partner_cues().search(before):
            found.add(mention.start)
    return found


def _implied(missions: dict[str, Tag], period: Period | None) -> Iterator[tuple[str, Tag]]:
    implied: Evidence = "implied"
    for id_, tag in missions.items():
        for place in vocab.missions()[id_].places:
            if period is None or period.overlaps(place.start, place.end):
                country = vocab.countries()[place.country]
                yield (
                    place.country,
                    replace(tag, value=country.name, evidence=implied, via=id_),
                )


def tag_text(
    text: str, period: Period | None = None, skip: tuple[Span, ...] = ()
) -> tuple[tuple[Tag, ...], tuple[Tag, ...]]:
    """The missions and the countries of a text, each in the order in which they are named.

    ``period`` decides which countries a mission implies: those where it worked in those months.
    An implied country's spans are its mission's. Nothing is read from the spans in ``skip``.
    """
    found = [
        mention
        for mention in _mentions(text, _Normal(text), period)
        if not any(start <= mention.start < end for start, end in skip)
    ]
    named = _with_acronym(text, _longest(m for m in found if m.name.facet == "mission"))
    missions = _tags(
        text, named, {m.id: (m.id, m.row) for m in vocab.missions().values()}, partners=set()
    )
    places = _longest(m for m in found if m.name.facet == "country")
    countries = _tags(
        text,
        places,
        {c.id: (c.name, c.row) for c in vocab.countries().values()},
        _partners(text, places),
    )
    for id_, tag in _implied(missions, period):
        countries.setdefault(id_, tag)
    return tuple(missions.values()), tuple(countries.values())


def tag_record(record: Record) -> Record:
    """The record with the missions and countries that its text names.

    What the source gave is kept as given; where the vocabulary knows it, its row is noted.
    """
    postal = tuple((s.start, s.end) for s in record.sections if s.postal)
    missions, countries = record.missions, record.countries
    if not {"mission", "country"} <= record.given:
        read_missions, read_countries = tag_text(record.text, record.period, postal)
        missions = missions if "mission" in record.given else read_missions
        countries = countries if "country" in record.given else read_countries
    return replace(
        record,
        missions=_with_rows("mission", missions),
        countries=_with_rows("country", countries),
    )


def _with_rows(facet: str, tags: tuple[Tag, ...]) -> tuple[Tag, ...]:
    return tuple(
        replace(tag, row=vocab.row_of(facet, tag.value)) if tag.evidence == "given" else tag
        for tag in tags
    )
