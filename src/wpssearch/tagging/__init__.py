"""What a text names, and why: missions, countries, agencies, resolutions and dates.

Names come from the vocabulary alone; ``names`` finds them, ``roles`` tells partners from places.
A country inside a mission's name is named, too; one that a mission works in, or a city or region
lies in, is implied.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from wpssearch import dates, resolutions
from wpssearch.entries import Mission
from wpssearch.model import Period, Record, Role, Span, Tag
from wpssearch.periods import MONTHS
from wpssearch.tagging.mention import Mention
from wpssearch.tagging.names import Found, Names
from wpssearch.tagging.roles import Roles
from wpssearch.vocab import Vocabulary

__all__ = ["FURTHER", "Tagger", "Tags", "tagger"]

#: The further facets that are read from a text.
FURTHER = ("mentioned_agency", "other_mission", "resolution", "date")

_ACRONYM_AFTER = re.compile(r"\s*[(\[]\s*")
_LISTED = re.compile(r",?\s+(?:and|or)\s+(?:in\s+)?(?:the\s+)?|,\s+(?:the\s+)?|/")
_CLOSED = re.compile(r"\s*[)\]]")
# Literal beginnings, which are found fast; what stands before them is looked at then.
_SYMBOL = re.compile(r"/RES/")
_GLUED = re.compile(r"SCRs?\d")
_BODIES = ("A/HRC", "S", "A", "E")


@dataclass(frozen=True, slots=True)
class Tags:
    """What a text names; ``facets`` are the further facets, each in the order of the text."""

    missions: tuple[Tag, ...]
    countries: tuple[Tag, ...]
    facets: Mapping[str, tuple[Tag, ...]]


@lru_cache(maxsize=8)
def tagger(vocabulary: Vocabulary) -> Tagger:
    """The tagger of a vocabulary, made once."""
    return Tagger(vocabulary)


class Tagger:
    """Reads tags from texts. Safe to share between threads."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._names = Names(vocabulary)
        self._roles = Roles(vocabulary)

    def tag(self, text: str, period: Period | None = None, skip: tuple[Span, ...] = ()) -> Tags:
        """The tags of a text, those of each facet in the order in which they are named.

        ``period`` decides which countries a mission implies, and which of two missions or
        countries is meant that had a name one after the other. An implied country's spans are
        its mission's or place's. Nothing is read from the spans in ``skip``.
        """
        found = self._names.find(text, skip)
        missions = self._missions(text, found.missions, self._vocabulary.missions, period)
        return Tags(
            tuple(missions.values()),
            self._countries(text, found, missions, period),
            self._further(text, found, period, skip),
        )

    def tag_record(self, record: Record) -> Record:
        """The record with what its text names.

        What the source gave is kept as given; where the vocabulary knows it, its row is noted.
        """
        postal = tuple((s.start, s.end) for s in record.sections if s.postal)
        tags = self.tag(record.text, record.period, postal)
        given = record.given
        facets = {name: self._rows(name, values) for name, values in record.facets.items()}
        reporting = {self._vocabulary.canonical("agency", name) for name in record.agencies}
        for facet, values in tags.facets.items():
            if facet == "mentioned_agency":
                values = tuple(tag for tag in values if tag.value not in reporting)
            if facet not in facets and facet not in given:
                facets[facet] = values
        return replace(
            record,
            missions=self._rows("mission", record.missions)
            if "mission" in given
            else tags.missions,
            countries=self._rows("country", record.countries)
            if "country" in given
            else tags.countries,
            facets=facets,
        )

    def _rows(self, facet: str, tags: tuple[Tag, ...]) -> tuple[Tag, ...]:
        row_of = self._vocabulary.row_of
        rows = [row_of(facet, t.value) if t.evidence == "given" else t.row for t in tags]
        if all(tag.row == row for tag, row in zip(tags, rows, strict=True)):
            return tags
        return tuple(replace(tag, row=row) for tag, row in zip(tags, rows, strict=True))

    def _missions(
        self,
        text: str,
        mentions: list[Mention],
        missions: Mapping[str, Mission],
        period: Period | None,
    ) -> dict[str, Tag]:
        if not mentions:
            return {}
        meant = _with_acronym(text, _by_dates(text, mentions, period))
        return _tags(text, meant, {id_: (id_, missions[id_].row) for id_ in _ids(meant)})

    def _countries(
        self, text: str, found: Found, missions: dict[str, Tag], period: Period | None
    ) -> tuple[Tag, ...]:
        if not found.countries and not missions:
            return ()
        countries = self._vocabulary.countries
        named = [m for m in found.countries if m.name.kind == "countries"]
        hints = [m for m in found.countries if m.name.kind == "places"]
        implied = [
            *self._implied_by_missions(missions, period),
            *self._implied_by_places(text, hints),
        ]
        stated = _decided(text, named, {code for code, _ in implied}, period)
        partners = self._roles.partners(
            found.normal,
            stated,
            {code for code, _ in implied},
            mission=bool(found.missions or found.other_missions),
        )
        tags = _tags(
            text, stated, {id_: (countries[id_].name, countries[id_].row) for id_ in _ids(stated)}
        )
        elsewhere = {m.name.id for m in stated if m.first not in partners}
        elsewhere |= {code for code, _ in implied}
        role: Role = "partner"
        for code, tag in tags.items():
            if code not in elsewhere:
                tags[code] = replace(tag, role=role)
        for code, tag in implied:
            tags.setdefault(code, tag)
        return tuple(tags.values())

    def _implied_by_missions(
        self, missions: dict[str, Tag], period: Period | None
    ) -> Iterator[tuple[str, Tag]]:
        for id_, tag in missions.items():
            for place in self._vocabulary.missions[id_].places:
                country = self._vocabulary.countries.get(place.country)
                if country and (period is None or period.overlaps(place.start, place.end)):
                    implied = replace(tag, value=country.name, evidence="implied", via=id_)
                    yield place.country, implied

    def _implied_by_places(self, text: str, hints: list[Mention]) -> Iterator[tuple[str, Tag]]:
        places = self._vocabulary.places
        names = {id_: (places[id_].name, places[id_].row) for id_ in _ids(hints)}
        for id_, tag in _tags(text, hints, names).items():
            for code in places[id_].countries:
                country = self._vocabulary.countries.get(code)
                if country:
                    yield code, replace(tag, value=country.name, evidence="implied", via=tag.value)

    def _further(
        self, text: str, found: Found, period: Period | None, skip: tuple[Span, ...]
    ) -> dict[str, tuple[Tag, ...]]:
        vocabulary = self._vocabulary
        agencies = _with_acronym(text, found.agencies)
        rows = {id_: (id_, vocabulary.agencies[id_].row) for id_ in _ids(agencies)}
        others = self._missions(text, found.other_missions, vocabulary.other_missions, period)
        months = [(m.start, m.end, MONTHS[m.name.low]) for m in found.months]
        return {
            "mentioned_agency": tuple(_tags(text, agencies, rows).values()),
            "other_mission": tuple(others.values()),
            "resolution": _valued(text, _resolutions(text, found.resolutions), skip),
            "date": _valued(text, dates.mentions(text, months), skip),
        }


def _ids(mentions: Iterable[Mention]) -> dict[str, None]:
    return dict.fromkeys(mention.name.id for mention in mentions)


def _resolutions(text: str, mentions: list[Mention]) -> Iterator[tuple[str, int, int]]:
    starts = {mention.start for mention in mentions}
    if not starts and "RES/" not in text and "SCR" not in text:
        return
    for symbol in _SYMBOL.finditer(text):
        before = text[max(0, symbol.start() - 5) : symbol.start()]
        body = next((body for body in _BODIES if before.endswith(body)), "")
        starts.add(symbol.start() - len(body))
    for glued in _GLUED.finditer(text):
        prefix = "UN" if text.endswith("UN", 0, glued.start()) else ""
        starts.add(glued.start() - len(prefix))
    reached = 0
    for start in sorted(starts):
        if start < reached:
            continue
        for value, first, last in resolutions.mentions(text, start):
            reached = last
            yield value, first, last


def _valued(
    text: str, mentions: Iterable[tuple[str, int, int]], skip: tuple[Span, ...]
) -> tuple[Tag, ...]:
    """One tag for each value that needs no vocabulary."""
    spans: dict[str, list[Span]] = {}
    for value, start, end in mentions:
        if not any(a <= start < b for a, b in skip):
            spans.setdefault(value, []).append((start, end))
    return tuple(
        Tag(value, "stated", "place", tuple(where), text[slice(*where[0])])
        for value, where in spans.items()
    )


def _tags(
    text: str, mentions: list[Mention], names: Mapping[str, tuple[str, str]]
) -> dict[str, Tag]:
    """One tag for each thing that is mentioned, in the order of first mention."""
    spans: dict[str, list[Span]] = {}
    for mention in mentions:
        spans.setdefault(mention.name.id, []).append((mention.start, mention.end))
    return {
        id_: Tag(names[id_][0], "stated", "place", tuple(where), text[slice(*where[0])], None,
                 names[id_][1])
        for id_, where in spans.items()
    }  # fmt: skip


def _same_words(mentions: list[Mention]) -> Iterator[list[Mention]]:
    """The mentions, those of the same words by several names together."""
    group: list[Mention] = []
    for mention in mentions:
        if group and (mention.start, mention.end) != (group[0].start, group[0].end):
            yield group
            group = []
        group.append(mention)
    if group:
        yield group


def _by_dates(text: str, mentions: list[Mention], period: Period | None) -> list[Mention]:
    """Of missions that have a name in common, the one that an acronym after it or the period tells.

    Without either it is the later.
    """
    groups = list(_same_words(mentions))

    def worked(mention: Mention) -> tuple[bool, str]:
        name = mention.name
        return period is not None and period.overlaps(name.start, name.end), name.start

    meant: list[Mention] = []
    for index, group in enumerate(groups):
        following = groups[index + 1] if index + 1 < len(groups) else []
        bracketed = following and _ACRONYM_AFTER.fullmatch(text, group[0].end, following[0].start)
        named = {m.name.id for m in following} if bracketed else set[str]()
        meant.append(max([m for m in group if m.name.id in named] or group, key=worked))
    return meant


def _with_acronym(text: str, mentions: list[Mention]) -> list[Mention]:
    """A full name directly followed by its acronym in brackets is one mention, not two."""
    merged: list[Mention] = []
    for mention in mentions:
        before = merged[-1] if merged else None
        if before is not None and before.name.id == mention.name.id:
            opened = _ACRONYM_AFTER.fullmatch(text, before.end, mention.start)
            closed = _CLOSED.match(text, mention.end)
            if opened and closed:
                merged[-1] = before._replace(end=closed.end())
                continue
        merged.append(mention)
    return merged


def _decided(
    text: str, mentions: list[Mention], implied: set[str], period: Period | None
) -> list[Mention]:
    """The countries' mentions, each name that several have given to one of them or to none.

    A former name is meant in its years where the period tells; a shared one is that candidate's
    which the text names otherwise, too.
    """
    clear = implied | _in_time(mentions, period) | {
        group[0].name.id for group in _same_words(mentions) if len(group) == 1
        and group[0].name.way != "shared"
    }  # fmt: skip
    kept: list[Mention] = []
    groups = list(_same_words(mentions))
    for index, group in enumerate(groups):
        # `the Congo and the Democratic Republic of the Congo` are two.
        beside = {
            m.name.id
            for other in (*groups[max(0, index - 1) : index], *groups[index + 1 : index + 2])
            for m in other
            if m.name.way != "shared" and _LISTED.fullmatch(_between(text, group[0], m))
        }
        chosen = _chosen(group, clear - beside, period)
        if chosen is not None:
            kept.append(chosen)
    return kept


def _between(text: str, one: Mention, other: Mention) -> str:
    return text[min(one.end, other.end) : max(one.start, other.start)]


def _in_time(mentions: list[Mention], period: Period | None) -> set[str]:
    """The countries whose former names stand there in the years in which they had them."""
    return {
        m.name.id
        for m in mentions
        if m.name.way == "former" and period and period.overlaps(m.name.start, m.name.end)
    }


def _chosen(group: list[Mention], clear: set[str], period: Period | None) -> Mention | None:
    former = [m for m in group if m.name.way == "former"]
    own = [m for m in group if m.name.way not in ("former", "shared")]
    dated = _in_time(group, period)
    if dated or len(former) == len(group):
        return next((m for m in former if m.name.id in dated), former[0])
    candidates = [m for m in group if m.name.id in clear and m.name.way != "former"]
    if len({m.name.id for m in candidates}) == 1:
        return candidates[0]
    return own[0] if own else None
