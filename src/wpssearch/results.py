"""The answer to a search: hits with their passages, and counts. Frozen values, no behaviour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from wpssearch.model import Period, Record, Source, Span, Tag

if TYPE_CHECKING:
    from wpssearch.explanation import Explanation

__all__ = ["FacetValue", "Hit", "Results", "Snippet"]


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


class Hit:
    """A record that was found: how well it answers, and the passages that show why.

    The record itself is read when something of it is first asked for.
    """

    __slots__ = ("_load", "_record", "id", "score", "snippets")

    def __init__(
        self,
        record: Record | None,
        score: float,
        snippets: tuple[Snippet, ...] = (),
        id: str = "",
        load: Callable[[], Record] | None = None,
    ) -> None:
        self.id = record.id if record is not None else id
        self.score = score
        self.snippets = snippets
        self._record = record
        self._load = load

    @property
    def record(self) -> Record:
        if self._record is None:
            assert self._load is not None
            self._record = self._load()
        return self._record

    def __repr__(self) -> str:
        return f"Hit(id={self.id!r}, score={self.score!r})"

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


class FacetValue(NamedTuple):
    """A value of a facet, how many of the matching records have it, and whether it is chosen.

    ``start`` and ``end`` are there for periods, years and decades alone.
    """

    value: str
    count: int  # type: ignore[assignment]
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
    """The answer to a search; ``match`` is how it was in the end carried out.

    ``query`` is its text. ``operators`` says that it held more than words and phrases.
    ``explanation`` is there where it was asked for.
    """

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
    notes: tuple[str, ...] = ()
    operators: bool = False
    explanation: Explanation | None = None
    #: Looks for the suggestion; ``None`` where there is nothing to look for.
    suggest: Callable[[], str | None] | None = field(default=None, repr=False, compare=False)

    @property
    def suggestion(self) -> str | None:
        """The query spelled otherwise, where a word is in no record and that finds more.

        It is looked for when it is asked for.
        """
        return self.suggest() if self.suggest is not None else None

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
            **({"explanation": self.explanation.to_dict()} if self.explanation else {}),
        }
