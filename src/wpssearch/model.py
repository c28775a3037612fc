"""The data that travels through wpssearch: frozen values, no behaviour beyond their own form.

Every offset in this module counts Unicode code points (Python's string index) and every span is
half open: ``text[start:end]`` is what the span names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = [
    "CORE_FACETS",
    "FacetValue",
    "Hit",
    "Period",
    "Record",
    "Report",
    "Results",
    "Search",
    "Section",
    "Skip",
    "Snippet",
    "Source",
    "Span",
    "Tag",
]

Span = tuple[int, int]
Strings = str | Iterable[str]
Evidence = Literal["stated", "implied", "given"]
Role = Literal["place", "partner"]

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
    works there; ``via`` says which) or ``given`` (the source's own field says so). ``spans`` lie
    in the record's ``text``; ``name`` is what stands at the first of them; ``row`` is the row of
    the vocabulary, as ``countries:LBR``.
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


def strings(value: Strings | None) -> tuple[str, ...]:
    """One string or several as a tuple."""
    return (value,) if isinstance(value, str) else tuple(value or ())


@dataclass(frozen=True, slots=True)
class Search:
    """A search as a value: the query, the filters and what is asked of the answer.

    A filter is a string or any iterable of strings, kept as a tuple: any of the values of one
    filter, all of the filters together.
    ``facets=()`` counts none, ``snippets=False`` makes none, ``total=False`` allows the engine to
    stop early (``Results.total`` is then a lower bound), ``facet_limit=None`` lists all values.
    ``overlap`` makes ``period`` keep every record whose interval meets the one asked for, also
    where the facet lists that very value.
    """

    query: str = ""
    any: bool = False
    period: tuple[str, ...] = ()
    from_: str | None = None
    to: str | None = None
    agency: tuple[str, ...] = ()
    mission: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    overlap: bool = False
    limit: int = 10
    offset: int = 0
    sort: Literal["relevance", "newest", "oldest"] = "relevance"
    facets: tuple[str, ...] = CORE_FACETS
    facet_limit: int | None = 10
    snippets: bool = True
    total: bool = True

    def __post_init__(self) -> None:
        for name in ("period", "agency", "mission", "country", "kind", "facets"):
            object.__setattr__(self, name, strings(getattr(self, name)))
        where = {name: strings(values) for name, values in (self.where or {}).items()}
        object.__setattr__(self, "where", where)


@dataclass(frozen=True, slots=True)
class Snippet:
    """A passage of a field, with the matches inside it.

    ``matches`` lie in this snippet's own ``text``; ``start`` is where it begins in the field.
    ``clipped_left`` and ``clipped_right`` say that the field goes on before or after it.
    """

    field: str
    text: str
    matches: tuple[Span, ...]
    start: int = 0
    clipped_left: bool = False
    clipped_right: bool = False

    def to_dict(self) -> dict[str, Any]:
        return {
            "field": self.field,
            "text": self.text,
            "matches": [list(span) for span in self.matches],
        }


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that was found: how well it answers, and the passages that show why."""

    record: Record
    score: float
    snippets: tuple[Snippet, ...] = ()

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def kind(self) -> str:
        return self.record.kind

    @property
    def title(self) -> str:
        return self.record.title

    @property
    def agencies(self) -> tuple[str, ...]:
        return self.record.agencies

    @property
    def period(self) -> Period | None:
        return self.record.period

    @property
    def missions(self) -> tuple[Tag, ...]:
        return self.record.missions

    @property
    def countries(self) -> tuple[Tag, ...]:
        return self.record.countries

    @property
    def facets(self) -> Mapping[str, tuple[Tag, ...]]:
        return self.record.facets

    @property
    def truncated(self) -> bool:
        return self.record.truncated

    @property
    def url(self) -> str | None:
        return self.record.url

    @property
    def source(self) -> Source:
        return self.record.source

    def to_dict(self) -> dict[str, Any]:
        record = self.record
        return {
            "id": record.id,
            "kind": record.kind,
            "title": record.title,
            "score": self.score,
            "agencies": list(record.agencies),
            "period": record.period.to_dict() if record.period else None,
            "missions": [tag.to_dict() for tag in record.missions],
            "countries": [tag.to_dict() for tag in record.countries],
            "facets": {
                name: [tag.to_dict() for tag in tags] for name, tags in record.facets.items()
            },
            "truncated": record.truncated,
            "url": record.url,
            "snippets": [snippet.to_dict() for snippet in self.snippets],
            "source": record.source.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value of a facet, how many of the matching records have it, and whether it is chosen.

    ``start`` and ``end`` are there for periods alone.
    """

    value: str
    count: int
    selected: bool = False
    start: str | None = None
    end: str | None = None

    def to_dict(self) -> dict[str, Any]:
        out: dict[str, Any] = {
            "value": self.value,
            "count": self.count,
            "selected": self.selected,
        }
        if self.start is not None:
            out["start"], out["end"] = self.start, self.end
        return out


@dataclass(frozen=True, slots=True)
class Results:
    """The answer to a search; ``match`` is how it was in the end carried out."""

    query: str
    match: Literal["all", "any"]
    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[FacetValue, ...]]
    more: Mapping[str, int]
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    total_exact: bool = True
    offset: int = 0
    limit: int = 10
    suggestion: str | None = None
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "query": self.query,
            "match": self.match,
            "total": self.total,
            "total_exact": self.total_exact,
            "offset": self.offset,
            "limit": self.limit,
            "filters": {name: list(values) for name, values in self.filters.items()},
            "suggestion": self.suggestion,
            "notes": list(self.notes),
            "hits": [hit.to_dict() for hit in self.hits],
            "facets": {
                name: [value.to_dict() for value in values] for name, values in self.facets.items()
            },
            "more": dict(self.more),
        }
