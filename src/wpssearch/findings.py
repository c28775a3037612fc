"""What the commands beside a search answer: frozen values, no behaviour beyond their own form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from wpssearch.model import Period, Source, Span
from wpssearch.results import Results

__all__ = [
    "Comparison",
    "Concordance",
    "Difference",
    "FacetShare",
    "KwicLine",
    "Methods",
    "NearestPassage",
    "Passage",
    "Quotation",
    "RankChange",
    "RecordTitle",
    "Replay",
    "SavedSearch",
    "SharedWord",
    "Similar",
]


@dataclass(frozen=True, slots=True)
class KwicLine:
    """A place where a query's word stands, with what stands to its left and right.

    ``start`` and ``end`` are code points of the record's ``field``. Blanks and line breaks are
    single blanks in ``left``, ``match`` and ``right``, which are one run of text.
    """

    id: str
    title: str
    agencies: tuple[str, ...]
    period: Period | None
    field: str
    start: int
    end: int
    left: str
    match: str
    right: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "title": self.title,
            "agencies": list(self.agencies),
            "period": self.period.to_dict() if self.period else None,
            "field": self.field,
            "span": [self.start, self.end],
            "left": self.left,
            "match": self.match,
            "right": self.right,
        }


@dataclass(frozen=True, slots=True)
class Concordance:
    """Key words in context; ``total`` counts lines, ``records`` the records that have them."""

    query: str
    match: Literal["all", "any"]
    total: int
    records: int
    lines: tuple[KwicLine, ...]
    sort: str
    offset: int
    limit: int
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "query": self.query,
            "match": self.match,
            "total": self.total,
            "records": self.records,
            "sort": self.sort,
            "offset": self.offset,
            "limit": self.limit,
            "filters": {name: list(values) for name, values in self.filters.items()},
            "notes": list(self.notes),
            "lines": [line.to_dict() for line in self.lines],
        }


@dataclass(frozen=True, slots=True)
class SharedWord:
    """A word that two records share, and how much it brings to a score."""

    word: str
    score: float

    def to_dict(self) -> dict[str, Any]:
        return {"word": self.word, "score": self.score}


@dataclass(frozen=True, slots=True)
class Similar:
    """Records like one record: the words of it that were searched for, and what they found.

    ``words`` have the scores that they give to the record itself; ``why`` has, by hit of
    ``results``, the words that it shares, which sum to its score.
    """

    id: str
    title: str
    words: tuple[SharedWord, ...]
    results: Results
    why: tuple[tuple[SharedWord, ...], ...]

    def to_dict(self) -> dict[str, Any]:
        out = self.results.to_dict()
        for hit, shared in zip(out["hits"], self.why, strict=True):
            hit["why"] = [word.to_dict() for word in shared]
        words = [word.to_dict() for word in self.words]
        return {"id": self.id, "title": self.title, "words": words, **out}


@dataclass(frozen=True, slots=True)
class RecordTitle:
    """A record by its id and title."""

    id: str
    title: str

    def to_dict(self) -> dict[str, str]:
        return {"id": self.id, "title": self.title}


@dataclass(frozen=True, slots=True)
class FacetShare:
    """How many of a comparison's records have a facet's value: only the first search's, both
    searches', only the second's. ``start`` and ``end`` are there for periods alone.
    """

    value: str
    only_a: int
    both: int
    only_b: int
    start: str | None = None
    end: str | None = None

    def to_dict(self) -> dict[str, Any]:
        out: dict[str, Any] = {
            "value": self.value,
            "only_a": self.only_a,
            "both": self.both,
            "only_b": self.only_b,
        }
        if self.start is not None:
            out["start"], out["end"] = self.start, self.end
        return out


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two searches side by side: ``totals`` and ``records`` of ``only_a``, ``both`` and ``only_b``.

    ``records`` are the first of each, as the search that found them ranks them (``both``: the
    first search). ``facets`` have the values whose counts differ most between the searches first.
    """

    queries: tuple[str, str]
    matches: tuple[Literal["all", "any"], Literal["all", "any"]]
    totals: Mapping[str, int]
    records: Mapping[str, tuple[RecordTitle, ...]]
    facets: Mapping[str, tuple[FacetShare, ...]]
    more: Mapping[str, int]
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        a, b = (
            {"query": query, "match": match}
            for query, match in zip(self.queries, self.matches, strict=True)
        )
        return {
            "a": a,
            "b": b,
            "filters": {name: list(values) for name, values in self.filters.items()},
            "notes": list(self.notes),
            **{
                part: {"total": total, "records": [r.to_dict() for r in self.records[part]]}
                for part, total in self.totals.items()
            },
            "facets": {
                name: [value.to_dict() for value in values] for name, values in self.facets.items()
            },
            "more": dict(self.more),
        }


@dataclass(frozen=True, slots=True)
class Passage:
    """Where a quotation stands word for word.

    ``spans`` are code points of the record's ``field``, one for each run of words between
    omissions, ``text`` what stands there. ``exact`` says that it is written the same, too: blanks
    aside, every character.
    """

    id: str
    title: str
    field: str
    spans: tuple[Span, ...]
    text: str
    exact: bool
    source: Source

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "title": self.title,
            "field": self.field,
            "spans": [list(span) for span in self.spans],
            "text": self.text,
            "exact": self.exact,
            "source": self.source.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """A run of words: as quoted, and as the corpus has it; the same words where ``same``."""

    quoted: str
    corpus: str
    same: bool

    def to_dict(self) -> dict[str, Any]:
        return {"quoted": self.quoted, "corpus": self.corpus, "same": self.same}


@dataclass(frozen=True, slots=True)
class NearestPassage:
    """The passage that is most like a quotation, and how they differ.

    ``words`` counts those of the quotation, ``changed`` those that have to be replaced, put in or
    left out to make one of the other.
    """

    id: str
    title: str
    field: str
    span: Span
    text: str
    words: int
    changed: int
    differences: tuple[Difference, ...]
    source: Source

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "title": self.title,
            "field": self.field,
            "span": list(self.span),
            "text": self.text,
            "words": self.words,
            "changed": self.changed,
            "differences": [difference.to_dict() for difference in self.differences],
            "source": self.source.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Quotation:
    """A quotation looked for: where it stands, or what is nearest to it.

    ``line`` is the 1-based line of the given text on which it begins. ``places`` are the first
    that were found, ``more`` says that there may be others.
    """

    text: str
    line: int
    places: tuple[Passage, ...]
    more: bool = False
    nearest: NearestPassage | None = None

    @property
    def found(self) -> bool:
        return bool(self.places)

    def to_dict(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "line": self.line,
            "found": self.found,
            "places": [place.to_dict() for place in self.places],
            "more": self.more,
            "nearest": self.nearest.to_dict() if self.nearest else None,
        }


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search that was kept: what was asked (``search``, the fields of a ``Search`` that differ
    from its defaults), of which index, when, and the ids that were found, in their order.

    ``total`` is how many records were found; ``ids`` may be the first of these alone.
    """

    name: str
    date: str
    version: str
    fingerprint: str
    search: Mapping[str, Any]
    match: Literal["all", "any"]
    total: int
    ids: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "date": self.date,
            "version": self.version,
            "fingerprint": self.fingerprint,
            "search": dict(self.search),
            "match": self.match,
            "total": self.total,
            "ids": list(self.ids),
        }


@dataclass(frozen=True, slots=True)
class RankChange:
    """A record whose place among the records of both runs is another; ranks count from 1."""

    id: str
    title: str
    before: int
    after: int

    def to_dict(self) -> dict[str, Any]:
        return {"id": self.id, "title": self.title, "before": self.before, "after": self.after}


@dataclass(frozen=True, slots=True)
class Replay:
    """A kept search run again: what came, what went, what moved in rank.

    ``went`` has ids alone where the index no longer has the record (its title is empty then).
    ``same_index`` says that the index holds what it held. ``complete`` is false where more records
    were found than a kept search lists: only those listed are compared.
    """

    saved: SavedSearch
    fingerprint: str
    match: Literal["all", "any"]
    total: int
    came: tuple[RecordTitle, ...]
    went: tuple[RecordTitle, ...]
    moved: tuple[RankChange, ...]
    complete: bool
    notes: tuple[str, ...] = ()

    @property
    def same_index(self) -> bool:
        return self.fingerprint == self.saved.fingerprint

    def to_dict(self) -> dict[str, Any]:
        saved = self.saved.to_dict()
        del saved["ids"]
        return {
            "saved": saved,
            "fingerprint": self.fingerprint,
            "same_index": self.same_index,
            "match": self.match,
            "total": self.total,
            "came": [record.to_dict() for record in self.came],
            "went": [record.to_dict() for record in self.went],
            "moved": [record.to_dict() for record in self.moved],
            "complete": self.complete,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Methods:
    """What a paper says of a search, as a paragraph, and the facts in it."""

    text: str
    facts: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return {"text": self.text, **self.facts}
