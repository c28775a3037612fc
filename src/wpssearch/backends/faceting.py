"""Filters and facet counts by set algebra over columns: one pass over the matching records.

A column gives each record the number of its combination of values. A filter is decided once for
each combination; a count is one of combinations, then of their values.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wpssearch import facets
from wpssearch.backends.arrays import Array
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.model import Search
from wpssearch.results import FacetValue
from wpssearch.vocab import Vocabulary

__all__ = ["Filter", "Selection", "compile_filters", "count", "select"]

#: The name of the filter that ``from_`` and ``to`` make: it is not the period facet's own.
_RANGE = "from/to"
#: From so many values on the first are parted from the rest before they are put in order.
_MANY = 64


@dataclass(frozen=True, slots=True)
class Filter:
    """Which combinations of a facet's values pass, by segment; ``None`` where a segment has no
    such facet. ``chosen`` are the facet's own values.
    """

    facet: str
    column: str
    allowed: list[Array | None]
    chosen: frozenset[str]


@dataclass(frozen=True, slots=True)
class Selection:
    """By segment the records that pass all filters, and by facet those that fail its own alone."""

    hits: list[Array]
    aside: Mapping[str, list[Array]]


def compile_filters(
    search: Search, snapshot: Snapshot, vocabulary: Vocabulary
) -> tuple[list[Filter], list[str]]:
    """The filters of a search, and notes on values that no record has."""
    filters: list[Filter] = []
    notes: list[str] = []
    asked: dict[str, tuple[str, ...]] = {
        "agency": search.agency,
        "mission": search.mission,
        "country": search.country,
        "kind": search.kind,
    }
    period = search.period
    for name, values in search.where.items():
        if name == "period":
            period = (*period, *values)
        else:
            asked[name] = (*asked.get(name, ()), *values)
    if period:
        how = search.interval or ("touches" if search.overlap else None)
        filters.append(_period_filter(period, how, snapshot))
    if search.from_ is not None or search.to is not None:
        first, last = facets.range_of(search)

        def inside(value: str) -> bool:
            start, end, _ = facets.period_of(value)
            return facets.meets(search.interval, start, end, first, last)

        filters.append(_filter(_RANGE, "period", inside, frozenset(), snapshot))
    for facet, wanted in asked.items():
        if wanted:
            marks = facets.kept_marks(search, facet)
            made, why = _value_filter(facet, wanted, marks, snapshot, vocabulary)
            notes.extend(why)
            if facet == "agency" and search.lineage:
                before, why = facets.predecessors(wanted, vocabulary)
                notes.extend(why)
                # That no record has a predecessor is no news.
                everyone = (*wanted, *before)
                made, _ = _value_filter(facet, everyone, marks, snapshot, vocabulary)
            filters.append(made)
    return filters, notes


def _filter(
    facet: str,
    column: str,
    passes: Callable[[str], bool],
    chosen: frozenset[str],
    snapshot: Snapshot,
    marks: frozenset[str] | None = None,
) -> Filter:
    return Filter(facet, column, snapshot.passing(column, passes, marks), chosen)


def _period_filter(wanted: Sequence[str], how: str | None, snapshot: Snapshot) -> Filter:
    listed = _listed("period", None, snapshot)
    labels: dict[str, set[str]] = {}
    intervals = {facets.interval_of(value) for value in listed}
    for value in listed:
        labels.setdefault(facets.period_of(value)[2], set()).add(facets.interval_of(value))
    exact: set[str] = set()
    loose: list[tuple[str, str]] = []
    for text in wanted:
        if how is None and text in labels:
            exact |= labels[text]
            continue
        start, end = facets.months(text, "The period")
        interval = facets.interval_of(f"{start}\x1f{end}\x1f")
        if how is None and interval in intervals:
            exact.add(interval)
        else:
            loose.append((start, end))

    def passes(value: str) -> bool:
        start, end, _ = facets.period_of(value)
        return facets.interval_of(value) in exact or any(
            facets.meets(how, start, end, first, last) for first, last in loose
        )

    return _filter("period", "period", passes, frozenset(exact), snapshot)


def _value_filter(
    facet: str,
    wanted: Sequence[str],
    marks: frozenset[str] | None,
    snapshot: Snapshot,
    vocabulary: Vocabulary,
) -> tuple[Filter, list[str]]:
    listed = _listed(facet, marks, snapshot)
    chosen: set[str] = set()
    notes: list[str] = []
    for text in wanted:
        found = facets.resolve(facet, text, listed, vocabulary)
        chosen |= found
        if not found:
            notes.append(facets.unknown(facet, text, listed, vocabulary))
    made = _filter(facet, facet, chosen.__contains__, frozenset(chosen), snapshot, marks)
    return made, notes


def _listed(facet: str, marks: frozenset[str] | None, snapshot: Snapshot) -> list[str]:
    """The values that live records have, in order."""
    values = snapshot.facet(facet).values
    if marks is None and all(segment.live is None for segment in snapshot.segments):
        return values
    everything = [segment.live_numbers for segment in snapshot.segments]
    numbers = np.flatnonzero(snapshot.count_in(facet, everything, marks))
    return [values[number] for number in numbers]


def select(matches: Sequence[Array], filters: Sequence[Filter], snapshot: Snapshot) -> Selection:
    """The matching records, parted by the filters that they fail."""
    if not filters:
        return Selection(list(matches), {})
    hits: list[Array] = []
    aside: dict[str, list[Array]] = {f.facet: [] for f in filters}
    for number, records in enumerate(matches):
        passed = [_passed(f, number, records, snapshot) for f in filters]
        failures = len(filters) - np.sum(passed, axis=0, dtype=np.int64)
        hits.append(records[failures == 0])
        one = failures == 1
        for made, flags in zip(filters, passed, strict=True):
            aside[made.facet].append(records[one & ~flags])
    return Selection(hits, aside)


def _passed(made: Filter, number: int, records: Array, snapshot: Snapshot) -> Array:
    allowed = made.allowed[number]
    column = snapshot.column(number, made.column)
    if allowed is None or column is None:
        return np.zeros(len(records), bool)
    flags: Array = allowed[column.records[records]]
    return flags


def count(
    facet: str, selection: Selection, filters: Sequence[Filter], snapshot: Snapshot, search: Search
) -> tuple[tuple[FacetValue, ...], int]:
    """The first values of a facet with their counts, and how many values are left.

    The facet's own filter is left aside. Periods come by start, then end; others by count, then
    name.
    """
    aside = selection.aside.get(facet)
    records = (
        selection.hits
        if aside is None
        else [np.concatenate(both) for both in zip(selection.hits, aside, strict=True)]
    )
    counts = snapshot.count_in(facet, records, facets.kept_marks(search, facet))
    chosen = frozenset[str]().union(*(f.chosen for f in filters if f.facet == facet))
    if facet == "period":
        return _periods(counts, chosen, snapshot, search.facet_limit)
    values = snapshot.facet(facet).values
    there = np.flatnonzero(counts)
    limit = len(there) if search.facet_limit is None else search.facet_limit
    first = there
    if limit and len(there) > max(_MANY, limit):
        # Ties with the last of the first are put in order, too.
        least = np.partition(counts[there], len(there) - limit)[len(there) - limit]
        first = there[counts[there] >= least]
    first = first[np.argsort(-counts[first], kind="stable")][:limit]
    shown = [
        FacetValue(values[number], total, values[number] in chosen)
        for number, total in zip(first.tolist(), counts[first].tolist(), strict=True)
    ]
    return tuple(shown), len(there) - len(shown)


def _periods(
    counts: Array, chosen: frozenset[str], snapshot: Snapshot, limit: int | None
) -> tuple[tuple[FacetValue, ...], int]:
    values = snapshot.facet("period").values
    totals: dict[str, int] = {}
    named: dict[str, list[int]] = {}
    for number in np.flatnonzero(counts).tolist():
        interval = facets.interval_of(values[number])
        totals[interval] = totals.get(interval, 0) + int(counts[number])
        named.setdefault(interval, []).append(number)
    shown = list(totals)[:limit]
    out = []
    for interval in shown:
        start, end, label = facets.period_of(_first_met(interval, values, snapshot))
        out.append(FacetValue(label, totals[interval], interval in chosen, start, end))
    return tuple(out), len(totals) - len(shown)


def _first_met(interval: str, values: Sequence[str], snapshot: Snapshot) -> str:
    """Of the periods of one interval the one that the first live record has."""
    at = bisect_left(values, f"{interval}\x1f")
    same = []
    while at < len(values) and values[at].startswith(f"{interval}\x1f"):
        same.append(values[at])
        at += 1
    if len(same) > 1:
        for number, records in snapshot.having("period", same.__contains__):
            column = snapshot.column(number, "period")
            if column is not None and len(records):
                return column.of(int(records[0]))[0][0]
    return same[0]
