"""A search carried out on one snapshot: text to plan, plan to matches, matches to results."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from wpssearch import facets as facetting
from wpssearch import highlight
from wpssearch.analysis import Analyzer
from wpssearch.backends.evaluator import Evaluation
from wpssearch.backends.plan import All, Any, Group, Plan, lower
from wpssearch.backends.plan import Sequence as Row
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.errors import UsageError
from wpssearch.model import Hit, Record, Results, Search, Snippet
from wpssearch.query import And, parse, relaxed

__all__ = ["search"]

_SORTS = ("relevance", "newest", "oldest")


@dataclass(frozen=True, slots=True)
class _Matched:
    """A query as it was in the end carried out."""

    mode: Literal["all", "any"]
    plan: Plan
    evaluation: Evaluation
    numbers: Iterable[int]
    notes: tuple[str, ...]


def search(snapshot: Snapshot, analyzer: Analyzer, request: Search) -> Results:
    """The answer to a search.

    Raises ``UsageError`` where a period cannot be read, or a number or sort makes no sense; no
    query text raises anything.
    """
    _check(request)
    matched = _match(snapshot, analyzer, request)
    live = snapshot.live()
    filters, filter_notes = facetting.compile_filters(request, snapshot.column, live)
    selection = facetting.select(matched.numbers, filters, snapshot.column)
    page, scores = _page(snapshot, matched, selection.hits, request)
    notes = [*matched.notes, *filter_notes]
    if matched.numbers and not selection.hits and filters and not filter_notes:
        notes.append("Records match the query, but none of them passes the filters.")
    counted = {
        facet: facetting.count(
            facet, selection, filters, snapshot.column, live, request.facet_limit
        )
        for facet in request.facets
    }
    return Results(
        query=request.query,
        match=matched.mode,
        total=len(selection.hits),
        hits=tuple(
            _hit(snapshot, matched, number, scores.get(number, 0.0), request) for number in page
        ),
        facets={facet: values for facet, (values, _) in counted.items()},
        more={facet: more for facet, (_, more) in counted.items()},
        filters=_named_filters(request),
        offset=request.offset,
        limit=request.limit,
        notes=tuple(notes),
    )


def _check(request: Search) -> None:
    if request.sort not in _SORTS:
        raise UsageError(f"The sort is one of {', '.join(_SORTS)}, not {request.sort!r}.")
    if request.limit < 0 or request.offset < 0 or (request.facet_limit or 0) < 0:
        raise UsageError("A limit or offset is 0 or more.")


def _named_filters(request: Search) -> dict[str, tuple[str, ...]]:
    named = {
        "period": request.period,
        "from": (request.from_,) if request.from_ is not None else (),
        "to": (request.to,) if request.to is not None else (),
        "agency": request.agency,
        "mission": request.mission,
        "country": request.country,
        "kind": request.kind,
    }
    out = {name: values for name, values in named.items() if values}
    for name, values in request.where.items():
        out[name] = (*out.get(name, ()), *values)
    return out


def _match(snapshot: Snapshot, analyzer: Analyzer, request: Search) -> _Matched:
    tree, notes = parse(request.query)
    strict, groups = lower(tree, analyzer.query_tokens, snapshot)
    evaluation = Evaluation(snapshot, groups)
    if not groups and tree.parts:
        nothing = Any(())
        note = "The query holds no letter and no digit to search for."
        return _Matched("all", nothing, evaluation, (), (*notes, note))
    if not groups:
        return _Matched("all", strict, evaluation, snapshot.live(), notes)
    if not request.any:
        numbers = evaluation.matches(strict)
        if numbers:
            return _Matched("all", strict, evaluation, numbers, notes)
    loose, _ = lower(relaxed(tree), analyzer.query_tokens, snapshot)
    numbers = evaluation.matches(loose)
    if request.any:
        return _Matched("any", loose, evaluation, numbers, (*notes, *_unknown(groups)))
    return _fallen_back(tree, _Matched("any", loose, evaluation, numbers, notes), groups)


def _unknown(groups: Sequence[Group]) -> tuple[str, ...]:
    words = list(dict.fromkeys(group.word for group in groups if not group.terms))
    if not words:
        return ()
    quoted = ", ".join(f"{word!r}" for word in words)
    return (f"In no record: {quoted}.",)


def _fallen_back(tree: And, matched: _Matched, groups: Sequence[Group]) -> _Matched:
    """The same matches with the note that not all words were required, where that is news."""
    if len(tree.parts) == 1 and not matched.numbers:
        return _Matched(
            "all", matched.plan, matched.evaluation, (), (*matched.notes, *_unknown(groups))
        )
    note = (
        "No record has all the words; these have any of them."
        if matched.numbers
        else "No record has any of the words."
    )
    return _Matched(
        "any",
        matched.plan,
        matched.evaluation,
        matched.numbers,
        (*matched.notes, note, *_unknown(groups)),
    )


def _page(
    snapshot: Snapshot, matched: _Matched, hits: list[int], request: Search
) -> tuple[list[int], dict[int, float]]:
    """The numbers of the records on the page asked for, and scores: at least those records'."""
    last = request.offset + request.limit
    if not request.limit:
        return [], {}
    ids = snapshot.column("id")
    if request.sort == "relevance":
        scores = matched.evaluation.scores(hits)
        page = heapq.nsmallest(last, hits, key=lambda n: (-scores[n], ids[n]))
        return page[request.offset :], scores
    periods = snapshot.column("period")

    def bounds(number: int) -> tuple[int, ...]:
        start, end = facetting.period_of(periods[number])[:2]
        order = (int(end.replace("-", "")), int(start.replace("-", "")))
        return order if request.sort == "oldest" else tuple(-part for part in order)

    dated = [number for number in hits if periods[number]]
    undated = [number for number in hits if not periods[number]]
    page = heapq.nsmallest(last, dated, key=lambda n: (bounds(n), ids[n]))
    page += heapq.nsmallest(last - len(page), undated, key=lambda n: ids[n])
    page = page[request.offset :]
    return page, matched.evaluation.scores(page)


def _hit(snapshot: Snapshot, matched: _Matched, number: int, score: float, request: Search) -> Hit:
    record = snapshot.record(number)
    snippets = _snippets(record, matched, number) if request.snippets else ()
    return Hit(record, score, snippets)


def _parts(plan: Plan) -> list[Group | Row]:
    """The parts of a plan that are marked each for itself: words and rows of words."""
    if isinstance(plan, All | Any):
        return list(dict.fromkeys(part for each in plan.parts for part in _parts(each)))
    return [plan]


def _weight(part: Plan, evaluation: Evaluation) -> float:
    if isinstance(part, Group):
        return evaluation.weight(part)
    return sum(_weight(inner, evaluation) for inner in part.parts)


def _snippets(record: Record, matched: _Matched, number: int) -> tuple[Snippet, ...]:
    evaluation = matched.evaluation
    weighted = [(part, _weight(part, evaluation)) for part in _parts(matched.plan)]
    texts: Mapping[str, str] = {
        "title": record.title,
        "headings": "\n".join(section.heading for section in record.sections),
        "text": record.text,
    }
    out: list[Snippet] = []
    for field, text in texts.items():
        marks = [
            highlight.Mark(start, end, index, weight)
            for index, (part, weight) in enumerate(weighted)
            for _, _, start, end in evaluation.occurrences(part, number, field)
        ]
        # A title is shown anyway; it is a passage where it is why the record was found.
        if marks or field == "text":
            out.extend(highlight.passages(field, text, marks))
    return tuple(out)
