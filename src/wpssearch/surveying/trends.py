"""Queries over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wpssearch import derived
from wpssearch.analysis import Analyzer
from wpssearch.backends.pairs import Side, having_any
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.errors import UsageError
from wpssearch.model import Search
from wpssearch.overviews import Series, Trend
from wpssearch.searching import select
from wpssearch.surveying.axes import Axis
from wpssearch.surveying.scope import scope
from wpssearch.vocab import Vocabulary

__all__ = ["trend"]

_TIMES = {"year": derived.YEAR, "decade": derived.DECADE}


def trend(
    snapshot: Snapshot,
    analyzer: Analyzer,
    vocabulary: Vocabulary,
    request: Search,
    queries: Sequence[str],
    *,
    by: str,
) -> Trend:
    """How often each query finds records, by year or decade, among those that pass the filters.

    Raises ``UsageError`` where there is no query, or another ``by``.
    """
    if by not in _TIMES:
        raise UsageError(f"A trend is by {' or '.join(_TIMES)}, not by {by!r}.")
    if not queries:
        raise UsageError("A trend takes one query or more.")
    time = Side(_TIMES[by])
    everything = replace(request, query="")
    selected = select(snapshot, analyzer, vocabulary, everything)
    axis = Axis(time, selected.selection.hits, snapshot)
    numbers, times = axis.shown(None)
    series = []
    for query in queries:
        asked = replace(request, query=query)
        found = select(snapshot, analyzer, vocabulary, asked)
        by_value = snapshot.count_in(time.facet, found.selection.hits)
        counts = tuple(int(by_value[n]) if n >= 0 else 0 for n in numbers)
        shares = tuple(
            count / whole.count if whole.count else None
            for count, whole in zip(counts, times, strict=True)
        )
        series.append(Series(scope(asked, found), counts, shares))
    undated = selected.total - having_any(snapshot, time, selected.selection.hits)
    return Trend(by, scope(everything, selected), undated, tuple(times), tuple(series))
