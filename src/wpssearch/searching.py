"""A search carried out on one snapshot: text to plan, plan to matches, matches to results."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from wpssearch import facets as facetting
from wpssearch import highlight
from wpssearch.analysis import Analyzer
from wpssearch.backends.evaluator import Evaluation
from wpssearch.backends.plan import All, Any, Group, Lowered, Plan, Synonyms, lower
from wpssearch.backends.plan import Sequence as Row
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.errors import UsageError
from wpssearch.model import EVIDENCES, INTERVALS, ROLES, Record, Search
from wpssearch.query import And, Or, parse, relaxed
from wpssearch.results import Hit, Results, Snippet
from wpssearch.vocab import Vocabulary

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


def search(
    snapshot: Snapshot, analyzer: Analyzer, vocabulary: Vocabulary, request: Search
) -> Results:
    """The answer to a search.

    Raises ``UsageError`` where a period cannot be read, or a number or sort makes no sense; no
    query text raises anything.
    """
    _check(request)
    matched = _match(snapshot, analyzer, vocabulary, request)
    live = snapshot.live()
    filters, filter_notes = facetting.compile_filters(request, snapshot.column, live, vocabulary)
    selection = facetting.select(matched.numbers, filters, snapshot.column)
    page, scores = _page(snapshot, matched, selection.hits, request)
    notes = [*matched.notes, *filter_notes]
    if matched.numbers and not selection.hits and filters and not filter_notes:
        notes.append("Records match the query, but none of them passes the filters.")
    counted = {
        facet: facetting.count(
            facet,
            selection,
            filters,
            snapshot.column,
            live,
            request.facet_limit,
            facetting.kept_tags(request) if facet == "country" else None,
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
    for name, values, known in (
        ("role", request.role, ROLES),
        ("evidence", request.evidence, EVIDENCES),
        ("interval", (request.interval,) if request.interval else (), INTERVALS),
    ):
        for value in values:
            if value not in known:
                raise UsageError(f"The {name} is one of {', '.join(known)}, not {value!r}.")
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
        "role": request.role,
        "evidence": request.evidence,
        "interval": (request.interval,) if request.interval else (),
    }
    out = {name: values for name, values in named.items() if values}
    for name, values in request.where.items():
        out[name] = (*out.get(name, ()), *values)
    return out


def _match(
    snapshot: Snapshot, analyzer: Analyzer, vocabulary: Vocabulary, request: Search
) -> _Matched:
    tree, notes = parse(request.query)

    def lowered(node: And | Or) -> Lowered:
        return lower(
            node, analyzer.query_tokens, snapshot, vocabulary.long_forms, exact=request.exact
        )

    strict = lowered(tree)
    notes = (*notes, *_widened(strict))
    evaluation = Evaluation(snapshot, strict.terms)
    if not strict.terms and tree.parts:
        nothing = Any(())
        note = "The query holds no letter and no digit to search for."
        return _Matched("all", nothing, evaluation, (), (*notes, note))
    if not strict.terms:
        return _Matched("all", strict.plan, evaluation, snapshot.live(), notes)
    if not request.any:
        numbers = evaluation.matches(strict.plan)
        if numbers:
            return _Matched("all", strict.plan, evaluation, numbers, notes)
    loose = lowered(relaxed(tree)).plan
    numbers = evaluation.matches(loose)
    matched = _Matched("any", loose, evaluation, numbers, notes)
    if request.any:
        return replace(matched, notes=(*notes, *_unknown(strict.terms)))
    return _fallen_back(tree, matched, strict.terms)


def _widened(query: Lowered) -> tuple[str, ...]:
    return tuple(
        f"{typed!r} also finds {other!r}; an exact search does not."
        for typed, other in query.widened
    )


def _unknown(terms: Sequence[Group | Synonyms]) -> tuple[str, ...]:
    groups = (term for term in terms if isinstance(term, Group))
    words = list(dict.fromkeys(group.word for group in groups if not group.terms))
    if not words:
        return ()
    quoted = ", ".join(f"{word!r}" for word in words)
    return (f"In no record: {quoted}.",)


def _fallen_back(tree: And, matched: _Matched, terms: Sequence[Group | Synonyms]) -> _Matched:
    """The same matches with the note that not all words were required, where that is news."""
    if len(tree.parts) == 1 and not matched.numbers:
        return replace(matched, mode="all", notes=(*matched.notes, *_unknown(terms)))
    note = (
        "No record has all the words; these have any of them."
        if matched.numbers
        else "No record has any of the words."
    )
    return replace(matched, notes=(*matched.notes, note, *_unknown(terms)))


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
    if isinstance(plan, All | Any | Synonyms):
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
