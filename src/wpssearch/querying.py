"""From a query to the records that match it, and in which mode: all of its words, or any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from wpssearch.analysis import Analyzer
from wpssearch.backends import faceting
from wpssearch.backends.arrays import Array
from wpssearch.backends.evaluator import Evaluation
from wpssearch.backends.lowering import lower
from wpssearch.backends.plan import Any as AnyOf
from wpssearch.backends.plan import Lowered, Plan, Synonyms
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.errors import UsageError
from wpssearch.model import Search
from wpssearch.query import Phrase, Query, Word, Words, parse
from wpssearch.vocab import Vocabulary

__all__ = ["Matched", "match", "unknown_words"]

#: How many words a note names, and how much of each.
_MOST_NAMED, _LONGEST_NAMED = 20, 60


@dataclass(frozen=True, slots=True)
class Matched:
    """A query as it was in the end carried out; ``numbers`` are the records by segment, all that
    match where that is ``exact``.
    """

    tree: Query
    lowered: Lowered
    mode: Literal["all", "any"]
    plan: Plan
    evaluation: Evaluation
    numbers: list[Array]
    notes: tuple[str, ...]
    exact: bool = True

    @property
    def found(self) -> bool:
        return any(map(len, self.numbers))

    @property
    def operators(self) -> bool:
        """Whether the query holds more than words and phrases."""
        parts = self.tree.parts if isinstance(self.tree, Words) else (self.tree,)
        return not all(isinstance(part, Word | Phrase) for part in parts)


def match(
    snapshot: Snapshot,
    analyzer: Analyzer,
    vocabulary: Vocabulary,
    request: Search,
    first: int | None = None,
) -> Matched:
    """The records that match a search's query, or so many of them as are needed for the ``first``
    by score; no query text raises anything.

    All words that blanks join are required first; where no record of the index has them all, any
    of them will do.
    """
    tree, notes = _tree(snapshot, request)
    selecting = _Selecting(snapshot, vocabulary, request)

    def lowered(*, loose: bool) -> Lowered:
        return lower(
            tree, analyzer.query_tokens, snapshot, analyzer.long_forms, selecting,
            exact=request.exact, loose=loose,
        )  # fmt: skip

    strict = lowered(loose=request.any)
    notes = (*notes, *strict.notes, *_widened(strict))
    evaluation = Evaluation(snapshot, strict.terms)
    if strict.plan is None:
        nothing = AnyOf(())
        note = "The query holds no letter and no digit to search for."
        numbers = evaluation.matches(nothing)
        return Matched(tree, strict, "all", nothing, evaluation, numbers, (*notes, note))
    numbers, exact = _numbers(evaluation, strict.plan, first)
    matched = Matched(tree, strict, "all", strict.plan, evaluation, numbers, notes, exact)
    if request.any and strict.terms:
        return replace(matched, mode="any", notes=(*notes, *_unknown(strict)))
    if matched.found or not strict.terms:
        return matched
    loose = lowered(loose=True).plan
    if loose is None or loose == strict.plan or not isinstance(tree, Word | Phrase | Words):
        return replace(matched, notes=(*notes, *_unknown(strict)))
    numbers, exact = _numbers(evaluation, loose, first)
    return _fallen_back(replace(matched, plan=loose, numbers=numbers, exact=exact))


def _numbers(evaluation: Evaluation, plan: Plan, first: int | None) -> tuple[list[Array], bool]:
    if first is None:
        return evaluation.matches(plan), True
    return evaluation.best(plan, first)


def _tree(snapshot: Snapshot, request: Search) -> tuple[Query, tuple[str, ...]]:
    query = request.query
    if isinstance(query, Query):
        return query, ()
    if not isinstance(query, str):
        raise UsageError(f"A query is a text or a wpssearch.Query, not {query!r}.")
    return parse(query, snapshot.facet_names)


class _Selecting:
    """A facet's value in a query selects what the same value would as a filter of this search."""

    def __init__(self, snapshot: Snapshot, vocabulary: Vocabulary, request: Search) -> None:
        self._snapshot = snapshot
        self._vocabulary = vocabulary
        self._request = request
        self._known: dict[tuple[str, str], tuple[Plan | None, tuple[str, ...]]] = {}

    def __call__(self, name: str, value: str) -> tuple[Plan | None, tuple[str, ...]]:
        known = self._known.get((name, value))
        if known is None:
            known = self._known[name, value] = self._selected(name, value)
        return known

    def _selected(self, name: str, value: str) -> tuple[Plan | None, tuple[str, ...]]:
        from wpssearch.backends.kinds.selection import Selected

        def selected(column: str, allowed: Sequence[Array | None]) -> Selected:
            numbers = range(len(self._snapshot.segments))
            return Selected([self._snapshot.column(n, column) for n in numbers], allowed)

        if value == "*":
            return selected(name, self._snapshot.passing(name, lambda _: True)), ()
        alone = replace(
            self._request, query="", period=(), from_=None, to=None, agency=(), mission=(),
            country=(), kind=(), where={name: (value,)}, exclude={},
        )  # fmt: skip
        try:
            made, notes = faceting.compile_filters(alone, self._snapshot, self._vocabulary)
        except UsageError as error:
            return None, (str(error),)
        return selected(made[0].column, made[0].allowed), tuple(notes)


def _widened(query: Lowered) -> tuple[str, ...]:
    return tuple(
        f"{typed!r} also finds {'its other forms' if typed == other else repr(other)}; "
        "an exact search does not."
        for typed, other in query.widened
    )


def unknown_words(query: Lowered) -> list[str]:
    """The words of a query that no live record has."""
    terms = (term for term in query.terms if not isinstance(term, Synonyms) and not term.terms)
    return list(dict.fromkeys(term.word for term in terms))


def _unknown(query: Lowered) -> tuple[str, ...]:
    words = unknown_words(query)
    if not words:
        return ()
    short = (word if len(word) <= _LONGEST_NAMED else f"{word[:_LONGEST_NAMED]}…" for word in words)
    quoted = ", ".join(map(repr, islice(short, _MOST_NAMED)))
    more = f" and {len(words) - _MOST_NAMED:,} more" if len(words) > _MOST_NAMED else ""
    return (f"In no record: {quoted}{more}.",)


def _fallen_back(matched: Matched) -> Matched:
    """The same matches with the note that not all words were required, where that is news."""
    unknown = _unknown(matched.lowered)
    if not isinstance(matched.tree, Words) and not matched.found:
        return replace(matched, notes=(*matched.notes, *unknown))
    note = (
        "No record has all the words; these have any of them."
        if matched.found
        else "No record has any of the words."
    )
    return replace(matched, mode="any", notes=(*matched.notes, note, *unknown))
