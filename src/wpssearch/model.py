"""The data that travels through wpssearch: frozen values, no behaviour beyond their own form.

Every offset in this module counts Unicode code points (Python's string index) and every span is
half open: ``text[start:end]`` is what the span names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from wpssearch.query import Query

__all__ = [
    "CORE_FACETS",
    "EVIDENCES",
    "FACET_ORDERS",
    "INTERVALS",
    "PASSAGE_LENGTH",
    "ROLES",
    "SORTS",
    "Period",
    "Record",
    "Repair",
    "Report",
    "Search",
    "Section",
    "Skip",
    "Source",
    "Span",
    "Tag",
    "activity_title",
]

Span = tuple[int, int]
Strings = str | Iterable[str]
Interval = Literal["touches", "within", "covers", "starts"]
Evidence = Literal["stated", "implied", "given"]
Role = Literal["place", "partner"]
Sort = Literal["relevance", "newest", "oldest"]
FacetOrder = Literal["count", "name", "time"]

ROLES: tuple[Role, ...] = ("place", "partner")
EVIDENCES: tuple[Evidence, ...] = ("stated", "implied", "given")
INTERVALS: tuple[Interval, ...] = ("touches", "within", "covers", "starts")
SORTS: tuple[Sort, ...] = ("relevance", "newest", "oldest")
#: Code points of a passage where no other length is asked for, about three lines of a terminal.
PASSAGE_LENGTH = 240
FACET_ORDERS: tuple[FacetOrder, ...] = ("count", "name", "time")

#: The facets that every record can carry; a source may bring further ones under its own names.
CORE_FACETS = ("period", "agency", "mission", "country")


@dataclass(frozen=True, slots=True)
class Period:
    """An interval of whole months, both ends inclusive.

    ``start`` and ``end`` are ``YYYY-MM``; ``label`` is what the source printed. Two periods are
    the same facet value when their intervals are equal, whatever their labels.
    """

    start: str
    end: str
    label: str

    def overlaps(self, start: str, end: str) -> bool:
        """True where the two intervals share a month."""
        return self.start <= end and start <= self.end

    def to_dict(self) -> dict[str, str]:
        return {"label": self.label, "start": self.start, "end": self.end}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a record was read.

    ``file`` is the path below the PATH that was named, with ``/`` between folders; ``line`` the
    1-based line of the record's header; ``path`` the absolute path on the machine that read it.
    All are ``None`` for a record that was given from Python.
    """

    file: str | None = None
    line: int | None = None
    path: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"file": self.file, "line": self.line}


@dataclass(frozen=True, slots=True)
class Section:
    """A headed part of a record's text: the body is ``text[start:end]``, the heading stands apart.

    ``postal`` marks an address: it is searched like any text, but no country is read from it.
    """

    heading: str
    start: int
    end: int
    postal: bool = False


@dataclass(frozen=True, slots=True)
class Tag:
    """A facet value on a record, and why it is there.

    ``evidence`` is ``stated`` (the text names it), ``implied`` (a mission that the text names
    works there, or a city or region lies there; ``via`` says which) or ``given`` (the source's
    own field says so). ``spans`` lie in the record's ``text``; ``name`` is what stands at the first
    of them; ``row`` is the row of the vocabulary, as ``countries:LBR``.
    """

    value: str
    evidence: Evidence = "given"
    role: Role = "place"
    spans: tuple[Span, ...] = ()
    name: str | None = None
    via: str | None = None
    row: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "value": self.value,
            "evidence": self.evidence,
            "role": self.role,
            "spans": [list(span) for span in self.spans],
            "name": self.name,
            "via": self.via,
            "row": self.row,
        }


@dataclass(frozen=True, slots=True)
class Record:
    """What is indexed and found.

    ``kind`` is ``activity`` (one dated narrative) or ``agency`` (a page's profile). ``title`` is
    shown; it is searched only where the source gave it (``title_given``). ``sections`` are the
    headed parts of ``text``; their headings are searched as a field of their own and are not part
    of ``text``. ``given`` names the facets for which the source had a key of its own, so that
    nothing is read from the text for them. ``extra`` keeps what the source carried besides: shown,
    never searched.
    """

    id: str
    text: str
    kind: str = "activity"
    title: str = ""
    title_given: bool = False
    agencies: tuple[str, ...] = ()
    period: Period | None = None
    missions: tuple[Tag, ...] = ()
    countries: tuple[Tag, ...] = ()
    facets: Mapping[str, tuple[Tag, ...]] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    sections: tuple[Section, ...] = ()
    truncated: bool = False
    url: str | None = None
    source: Source = Source()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": self.kind,
            "title": self.title,
            "text": self.text,
            "agencies": list(self.agencies),
            "period": self.period.to_dict() if self.period else None,
            "missions": [tag.to_dict() for tag in self.missions],
            "countries": [tag.to_dict() for tag in self.countries],
            "facets": {name: [tag.to_dict() for tag in tags] for name, tags in self.facets.items()},
            "sections": [
                {"heading": s.heading, "start": s.start, "end": s.end} for s in self.sections
            ],
            "truncated": self.truncated,
            "url": self.url,
            "source": self.source.to_dict(),
            "extra": dict(self.extra),
        }


@dataclass(frozen=True, slots=True)
class Skip:
    """Something of a source that did not become a record: where it stands and why."""

    file: str | None
    line: int | None
    why: str

    def to_dict(self) -> dict[str, Any]:
        return {"file": self.file, "line": self.line, "why": self.why}


@dataclass(frozen=True, slots=True)
class Report:
    """What an ingest did, in records."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    skipped: tuple[Skip, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "added": self.added,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "removed": self.removed,
            "skipped": [skip.to_dict() for skip in self.skipped],
        }


@dataclass(frozen=True, slots=True)
class Repair:
    """What a repair did, in records: those that were sound, those indexed anew from what the index
    keeps of them, those read again from their sources; and a sentence for each thing that could
    not be brought back or is not certain.
    """

    kept: int = 0
    restored: int = 0
    reread: int = 0
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "kept": self.kept,
            "restored": self.restored,
            "reread": self.reread,
            "notes": list(self.notes),
        }


def strings(value: Strings | None) -> tuple[str, ...]:
    """One string or several as a tuple."""
    return (value,) if isinstance(value, str) else tuple(value or ())


@dataclass(frozen=True, slots=True)
class Search:
    """A search as a value: the query, the filters and what is asked of the answer.

    ``query`` is text, of which all is read that ``docs/query.md`` describes, or a ``Query``.

    A filter is a string or any iterable of strings, kept as a tuple: any of the values of one
    filter, all of the filters together.
    ``facets=()`` counts none, ``snippets=False`` makes none, ``total=False`` allows the engine to
    stop early (``Results.total`` is then a lower bound), ``facet_limit=None`` lists all values.
    ``interval`` says how a record's interval must meet the one asked for: ``touches`` it, lies
    ``within`` it, ``covers`` it or ``starts`` in it, also where the period facet lists that very
    value; ``overlap`` is ``touches``. ``role`` and ``evidence`` are those of the countries that
    filter and facet take, all without them. ``lineage`` lets ``agency`` take the predecessors,
    too. ``exclude`` leaves out, by facet, the records that have any of the values; it is no facet's
    own filter, so that a listed value keeps its count. ``facet_order`` lists the values of a facet
    by ``count``, ``name`` or ``time`` (without it, and where values have no time, as each facet
    does), from ``facet_offset`` on, those alone that ``facet_min`` records have. ``exact`` searches
    for the words as typed, without the acronyms' other forms. ``context`` is the length of a
    passage in code points; ``full`` gives each field whole, with its matches. ``explain`` asks how
    the query was understood and why each hit ranks where it does.
    """

    query: str | Query = ""
    any: bool = False
    period: tuple[str, ...] = ()
    from_: str | None = None
    to: str | None = None
    agency: tuple[str, ...] = ()
    mission: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exclude: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    overlap: bool = False
    interval: Interval | None = None
    role: tuple[Role, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    lineage: bool = False
    exact: bool = False
    limit: int = 10
    offset: int = 0
    sort: Sort = "relevance"
    facets: tuple[str, ...] = CORE_FACETS
    facet_limit: int | None = 10
    facet_offset: int = 0
    facet_min: int = 1
    facet_order: FacetOrder | None = None
    snippets: bool = True
    total: bool = True
    context: int = PASSAGE_LENGTH
    full: bool = False
    explain: bool = False

    def __post_init__(self) -> None:
        for name in (
            "period",
            "agency",
            "mission",
            "country",
            "kind",
            "role",
            "evidence",
            "facets",
        ):
            value = getattr(self, name)
            if type(value) is not tuple:
                object.__setattr__(self, name, strings(value))
        for name in ("where", "exclude"):
            named = getattr(self, name) or {}
            kept = {facet: strings(values) for facet, values in named.items()}
            object.__setattr__(self, name, kept)


def activity_title(agencies: Sequence[str], period: Period | None) -> str:
    """``DPKO, Jul 2007``: the title of a record that has none."""
    return ", ".join(
        [*(["; ".join(agencies)] if agencies else []), *([period.label] if period else [])]
    )
