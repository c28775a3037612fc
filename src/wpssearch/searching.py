"""A search carried out on one snapshot: text to plan, plan to matches, matches to results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache, partial
from itertools import islice

import numpy as np

from wpssearch import highlight
from wpssearch.analysis import Analyzer
from wpssearch.backends import faceting
from wpssearch.backends.arrays import Array
from wpssearch.backends.evaluator import Evaluation, Occurrences
from wpssearch.backends.plan import Group, Kind, Plan
from wpssearch.backends.scoring import FIELDS
from wpssearch.backends.whoosh.segment import Segment
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.errors import UsageError
from wpssearch.model import EVIDENCES, FACET_ORDERS, INTERVALS, ROLES, SORTS, Search
from wpssearch.querying import Matched, match, unknown_words
from wpssearch.ranking import Place, first, ordered
from wpssearch.results import Hit, Results, Snippet
from wpssearch.vocab import Vocabulary

__all__ = [
    "Selected",
    "answer",
    "field_of",
    "hits_of",
    "marked",
    "named_filters",
    "scan",
    "search",
    "select",
]

#: How many hits of a stream are made at once: few first, so that the first come at once.
_FIRST_BATCH, _BATCH = 64, 1024
_PLAIN = Search()
_NEEDING_FIRST = frozenset(["query", "any", "exact", "limit", "offset", "facets", "facet_limit",
                            "snippets", "context", "full", "total"])  # fmt: skip
#: What an answer needs all matches for where it is other than by default.
_NEEDING_ALL = [
    (each.name, getattr(_PLAIN, each.name))
    for each in fields(Search)
    if each.name not in _NEEDING_FIRST
]


@dataclass(frozen=True, slots=True)
class Selected:
    """The records that a search selects, before one of them is ranked or read.

    ``selection.hits`` are their numbers by segment of the snapshot.
    """

    matched: Matched
    filters: list[faceting.Filter]
    selection: faceting.Selection
    notes: tuple[str, ...]

    @property
    def total(self) -> int:
        return sum(map(len, self.selection.hits))


def search(
    snapshot: Snapshot,
    analyzer: Analyzer,
    vocabulary: Vocabulary,
    request: Search,
    *,
    suggest: bool = True,
) -> Results:
    """The answer to a search; ``suggest`` respells words that no record has.

    Raises ``UsageError`` where a period cannot be read, or a number or sort makes no sense; no
    query text raises anything.
    """
    selected = select(snapshot, analyzer, vocabulary, request, first=_needed(request))
    results = answer(snapshot, selected, request)
    evaluation = selected.matched.evaluation
    lowered = selected.matched.lowered
    # Who asks for patterns and near spellings does so on purpose, and the answer costs more.
    if not suggest or lowered.expanded or not unknown_words(lowered):
        return results

    @cache
    def suggestion() -> str | None:
        # Here: only a search for an unknown word needs it.
        from wpssearch import suggesting

        again = partial(search, snapshot, analyzer, vocabulary, suggest=False)
        return suggesting.suggestion(snapshot, analyzer, request, results, evaluation, again)

    return replace(results, suggest=suggestion)


def answer(snapshot: Snapshot, selected: Selected, request: Search) -> Results:
    """The page of the selected records that a search asks for, with their counts."""
    matched, filters, selection = selected.matched, selected.filters, selected.selection
    page = first(snapshot, matched.evaluation, selection.hits, request) if request.limit else []
    counted = faceting.count_all(request.facets, selection, filters, snapshot, request)
    explanation = None
    if request.explain:
        from wpssearch.backends.explaining import explain

        explanation = explain(snapshot, matched.evaluation, matched.tree, matched.lowered, page)
    return Results(
        query=str(request.query),
        match=matched.mode,
        total=selected.total,
        total_exact=matched.exact,
        hits=hits_of(snapshot, matched, page, request),
        facets={facet: values for facet, (values, _) in counted.items()},
        more={facet: more for facet, (_, more) in counted.items()},
        filters=named_filters(request),
        offset=request.offset,
        limit=request.limit,
        notes=(*selected.notes, *faceting.unknown_facets(request.facets, snapshot)),
        operators=matched.operators,
        explanation=explanation,
    )


def scan(
    snapshot: Snapshot, analyzer: Analyzer, vocabulary: Vocabulary, request: Search
) -> Iterator[Hit]:
    """Every hit from ``offset`` on, in order, whatever ``limit`` says; raises as ``search`` does.

    A number and a score are held for each; the hits themselves are made some at a time.
    """
    selected = select(snapshot, analyzer, vocabulary, request)
    matched = selected.matched
    places = ordered(snapshot, matched.evaluation, selected.selection.hits, request.sort)
    waiting = islice(places, request.offset, None)

    def hits() -> Iterator[Hit]:
        size = _FIRST_BATCH
        while batch := tuple(islice(waiting, size)):
            yield from hits_of(snapshot, matched, batch, request)
            size = min(2 * size, _BATCH)

    return hits()


def select(
    snapshot: Snapshot,
    analyzer: Analyzer,
    vocabulary: Vocabulary,
    request: Search,
    *,
    without: int | None = None,
    first: int | None = None,
) -> Selected:
    """The records that a search selects, but one number, or those of them that are needed for the
    ``first`` by score; raises as ``search`` does.
    """
    _check(request)
    matched = match(snapshot, analyzer, vocabulary, request, first)
    if without is not None:
        segment, number = snapshot.place(without)
        numbers = list(matched.numbers)
        numbers[segment] = numbers[segment][numbers[segment] != number]
        matched = replace(matched, numbers=numbers)
    filters, filter_notes = faceting.compile_filters(request, snapshot, vocabulary)
    selection = faceting.select(matched.numbers, filters, snapshot)
    notes = [*matched.notes, *filter_notes]
    if matched.found and not any(map(len, selection.hits)) and filters and not filter_notes:
        notes.append("Records match the query, but none of them passes the filters.")
    return Selected(matched, filters, selection, tuple(notes))


def _needed(request: Search) -> int | None:
    """How many of the first by score an answer needs, ``None`` where it needs all that match."""
    if request.total or not request.limit:
        return None
    asked = any(getattr(request, name) != value for name, value in _NEEDING_ALL)
    return None if asked or request.facets else request.offset + request.limit


def _check(request: Search) -> None:
    if request.sort not in SORTS:
        raise UsageError(f"The sort is one of {', '.join(SORTS)}, not {request.sort!r}.")
    for name, values, known in (
        ("role", request.role, ROLES),
        ("evidence", request.evidence, EVIDENCES),
        ("interval", (request.interval,) if request.interval else (), INTERVALS),
        ("order of values", (request.facet_order,) if request.facet_order else (), FACET_ORDERS),
    ):
        for value in values:
            if value not in known:
                raise UsageError(f"The {name} is one of {', '.join(known)}, not {value!r}.")
    numbers = request.limit, request.offset, request.facet_limit or 0, request.facet_offset
    if min(numbers) < 0:
        raise UsageError("A limit or offset is 0 or more.")
    if request.context < 1:
        raise UsageError("The context is 1 character or more.")


def named_filters(request: Search) -> dict[str, tuple[str, ...]]:
    """The filters of a search by the names of their options."""
    named = {
        "period": request.period,
        "from": (request.from_,) if request.from_ is not None else (),
        "to": (request.to,) if request.to is not None else (),
        "agency": request.agency,
        "mission": request.mission,
        "country": request.country,
        "kind": request.kind,
        "role": request.role,
        "evidence": request.evidence,
        "interval": (request.interval,) if request.interval else (),
    }
    out = {name: values for name, values in named.items() if values}
    for name, values in request.where.items():
        out[name] = (*out.get(name, ()), *values)
    out.update({f"not-{name}": values for name, values in request.exclude.items() if values})
    return out


def hits_of(
    snapshot: Snapshot, matched: Matched, page: Sequence[Place], request: Search
) -> tuple[Hit, ...]:
    """The hits at some places, in the order of these, with the passages that are asked for."""
    snippets: dict[Place, tuple[Snippet, ...]] = {}
    if request.snippets:
        for segment in {place.segment for place in page}:
            mine = sorted((p for p in page if p.segment == segment), key=lambda p: p.number)
            reader = snapshot.segments[segment]
            snippets.update(_snippets(reader, matched, segment, mine, request))
    out = []
    for place in page:
        reader = snapshot.segments[place.segment]
        id_ = reader.ids[place.number].decode()
        load = partial(reader.record, place.number)
        out.append(Hit(None, place.score, snippets.get(place, ()), id_, load))
    return tuple(out)


def marked(matched: Matched, segment: int, records: Array) -> list[tuple[Plan, Occurrences]]:
    """The words that made some ascending records match, each part of the query with its places."""
    return matched.evaluation.marked(matched.plan, segment, records)[1]


def _weight(part: Plan, evaluation: Evaluation) -> float:
    """How much a passage with this part of a query is worth."""
    if isinstance(part, Group):
        return evaluation.weight(part)
    inner = part.weighed() if isinstance(part, Kind) else part.parts
    if isinstance(part, Kind) and inner is None:
        return evaluation.weight(part)
    return sum(_weight(each, evaluation) for each in inner or ())


def _snippets(
    reader: Segment, matched: Matched, segment: int, places: Sequence[Place], request: Search
) -> dict[Place, tuple[Snippet, ...]]:
    """The passages of some records of a segment, which are in its order."""
    evaluation = matched.evaluation
    numbers = np.asarray([place.number for place in places], np.int64)
    marks: list[list[highlight.Mark]] = [[] for _ in range(len(places) * len(FIELDS))]
    parts: dict[Plan, tuple[int, float]] = {}
    for part, found in marked(matched, segment, numbers):
        if part not in parts:
            parts[part] = len(parts), _weight(part, evaluation)
        index, weight = parts[part]
        columns = (found.row * len(FIELDS) + found.field, found.start, found.end)
        for at, start, end in zip(*(column.tolist() for column in columns), strict=True):
            marks[at].append((start, end, index, weight))
    out: dict[Place, tuple[Snippet, ...]] = {}
    for row, place in enumerate(places):
        passages: list[Snippet] = []
        for number, field in enumerate(FIELDS):
            mine = marks[row * len(FIELDS) + number]
            # A title is shown anyway; it is a passage where it is why the record was found.
            if mine or field == "text":
                text = field_of(reader, place.number, field)
                if request.full:
                    passages.extend(highlight.whole(field, text, mine))
                else:
                    passages.extend(highlight.passages(field, text, mine, request.context))
        out[place] = tuple(passages)
    return out


def field_of(reader: Segment, number: int, field: str) -> str:
    """A searched field of a record of a segment: that in which places are counted."""
    if field == "text":
        return reader.text(number)
    record = reader.record(number)
    if field == "headings":
        return "\n".join(section.heading for section in record.sections)
    return record.title
