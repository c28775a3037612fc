"""Filters and facet counts by set algebra over columns: one pass over the matching records.

A column gives each record the number of its combination of values. A filter is decided once for
each combination; a count is one of combinations, then of their values.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wpssearch import derived, facets
from wpssearch.backends.arrays import Array, nth_greatest
from wpssearch.backends.whoosh.segment import MAKING
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.folding import fold
from wpssearch.model import CORE_FACETS, Search
from wpssearch.results import FacetValue
from wpssearch.vocab import Vocabulary

__all__ = [
    "Filter",
    "Selection",
    "compile_filters",
    "count",
    "count_all",
    "in_years",
    "kept_marks",
    "select",
    "unknown_facets",
    "value_of",
    "without_own",
]

#: From so many values on the first are parted from the rest before they are put in order.
_MANY = 64


@dataclass(frozen=True, slots=True)
class Filter:
    """Which combinations of a column's values pass, by segment; ``None`` where a segment has no
    such column. ``chosen`` are the values of the facet whose own filter it is, ``None``: of none.
    ``negated`` keeps the records whose combination does not pass.
    """

    facet: str | None
    column: str
    allowed: list[Array | None]
    chosen: frozenset[str]
    negated: bool = False


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
        "period": search.period,
        "agency": search.agency,
        "mission": search.mission,
        "country": search.country,
        "kind": search.kind,
    }
    for name, values in search.where.items():
        asked[name] = (*asked.get(name, ()), *values)
    if search.from_ is not None or search.to is not None:
        first, last = facets.range_of(search)

        def inside(value: str) -> bool:
            start, end, _ = facets.period_of(value)
            return facets.meets(search.interval, start, end, first, last)

        # It is a filter of its own, not the period facet's.
        filters.append(_filter(None, "period", inside, frozenset(), snapshot))
    for named, excluded in ((asked, False), (search.exclude, True)):
        for facet, wanted in named.items():
            if wanted:
                made, why = _facet_filter(facet, wanted, search, snapshot, vocabulary)
                filters.append(replace(made, facet=None, negated=True) if excluded else made)
                notes.extend(why)
    return filters, list(dict.fromkeys(notes))


def _facet_filter(
    facet: str, wanted: tuple[str, ...], search: Search, snapshot: Snapshot, vocabulary: Vocabulary
) -> tuple[Filter, list[str]]:
    if facet == "period":
        how = search.interval or ("touches" if search.overlap else None)
        return _period_filter(wanted, how, snapshot), []
    marks = kept_marks(facet, search, snapshot)
    made, notes = _value_filter(facet, wanted, marks, snapshot, vocabulary)
    if facet == "agency" and search.lineage:
        before, why = facets.predecessors(wanted, vocabulary)
        notes = [*notes, *why]
        # That no record has a predecessor is no news.
        everyone = (*wanted, *before)
        made, _ = _value_filter(facet, everyone, marks, snapshot, vocabulary)
    return made, notes


def unknown_facets(asked: Sequence[str], snapshot: Snapshot) -> list[str]:
    """A note on each facet asked for that no record has and nobody knows."""
    further = {*asked} - {*CORE_FACETS, "kind"}
    if not further:
        return []
    further -= snapshot.facet_names
    strange = sorted(n for n in further if snapshot.derivation(n) is None)
    if not strange:
        return []
    known = {*CORE_FACETS, "kind", *derived.names(), *snapshot.facet_names}
    # The path of a record's file is a facet, too, but not one to offer.
    return [facets.unknown_facet(name, known - {"path", MAKING}) for name in strange]


def _filter(
    facet: str | None,
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
    notes = unknown_facets([facet], snapshot)
    for text in wanted:
        names = derived.spelled_out(facet, text) if snapshot.derivation(facet) else (text,)
        found = {v for name in names for v in facets.resolve(facet, name, listed, vocabulary)}
        chosen |= found
        if not found and not notes:
            notes.append(facets.unknown(facet, text, listed, vocabulary))
    made = _filter(facet, facet, chosen.__contains__, frozenset(chosen), snapshot, marks)
    return made, notes


def _listed(facet: str, marks: frozenset[str] | None, snapshot: Snapshot) -> list[str]:
    """The values that live records have, in order."""
    values = snapshot.facet(facet).values
    if marks is None and all(segment.live is None for segment in snapshot.segments):
        return values
    numbers = np.flatnonzero(_live_counts(facet, marks, snapshot))
    return [values[number] for number in numbers]


def _live_counts(facet: str, marks: frozenset[str] | None, snapshot: Snapshot) -> Array:
    everything = [segment.live_numbers for segment in snapshot.segments]
    return snapshot.count_in(facet, everything, marks)


def select(matches: Sequence[Array], filters: Sequence[Filter], snapshot: Snapshot) -> Selection:
    """The matching records, parted by the filters that they fail."""
    if not filters:
        return Selection(list(matches), {})
    hits: list[Array] = []
    aside: dict[str, list[Array]] = {f.facet: [] for f in filters if f.facet}
    for number, records in enumerate(matches):
        passed = [_passed(f, number, records, snapshot) for f in filters]
        failures = np.zeros(len(records), np.uint32)
        for flags in passed:
            failures += ~flags
        hits.append(records.compress(failures == 0))
        one = failures == 1
        for made, flags in zip(filters, passed, strict=True):
            if made.facet:
                aside[made.facet].append(records.compress(one & ~flags))
    return Selection(hits, aside)


def _passed(made: Filter, number: int, records: Array, snapshot: Snapshot) -> Array:
    allowed = made.allowed[number]
    column = snapshot.column(number, made.column)
    if allowed is None or column is None:
        return np.full(len(records), made.negated)
    flags: Array = allowed.take(column.records.take(records))
    return ~flags if made.negated else flags


def count(
    facet: str, selection: Selection, filters: Sequence[Filter], snapshot: Snapshot, search: Search
) -> tuple[tuple[FacetValue, ...], int]:
    """The values of a facet with their counts, in the order and the part that the search asks
    for, and how many values are left after them.

    The facet's own filter is left aside. Periods, years and decades come by start, then end;
    others by count, then name. A least count of 0 lists the values of all live records, and the
    years between.
    """
    return count_all((facet,), selection, filters, snapshot, search)[facet]


def count_all(
    facets: Sequence[str],
    selection: Selection,
    filters: Sequence[Filter],
    snapshot: Snapshot,
    search: Search,
) -> dict[str, tuple[tuple[FacetValue, ...], int]]:
    """The same of several facets."""
    marks = {facet: kept_marks(facet, search, snapshot) for facet in facets}
    unfiltered = {facet: kept for facet, kept in marks.items() if facet not in selection.aside}
    counts = snapshot.counts_in(unfiltered, selection.hits)
    for facet in marks.keys() - unfiltered.keys():
        counts[facet] = snapshot.count_in(facet, without_own(facet, selection), marks[facet])
    return {
        facet: _page(facet, counts[facet], marks[facet], filters, snapshot, search)
        for facet in facets
    }


def _page(
    facet: str,
    counts: Array,
    marks: frozenset[str] | None,
    filters: Sequence[Filter],
    snapshot: Snapshot,
    search: Search,
) -> tuple[tuple[FacetValue, ...], int]:
    chosen = frozenset[str]().union(*[f.chosen for f in filters if f.facet == facet])
    values: Sequence[str] = snapshot.facet(facet).values
    shown = _live_counts(facet, marks, snapshot) if search.facet_min < 1 else counts
    # Of booleans, numpy finds the true ones several times faster than other numbers than 0.
    there = (shown != 0).nonzero()[0]
    if facet == "period":
        values, counts = _by_interval(values, counts, there)
        there = np.arange(len(values))
    elif search.facet_min < 1 and len(there) and in_years(facet, snapshot):
        known = dict(zip(values, counts.tolist(), strict=True))
        values = derived.through(facet, values[there[0]], values[there[-1]])
        counts = np.asarray([known.get(value, 0) for value in values])
        there = np.arange(len(values))
    if search.facet_min > 1:
        there = there[counts[there] >= search.facet_min]
    size = len(there)
    last = size if search.facet_limit is None else search.facet_offset + search.facet_limit
    by = search.facet_order or "time"
    timed = snapshot.base(facet) == "period"
    if by == "name":
        names = {n: value_of(facet, values[n], 0, snapshot).value for n in there.tolist()}
        there = np.asarray(sorted(names, key=lambda n: (fold(names[n]), names[n])), np.int64)
    elif by == "count" or not timed:
        there = _most(there, counts, last)
    page = there[search.facet_offset : last]
    listed = map(values.__getitem__, page.tolist())
    pairs = zip(listed, counts[page].tolist(), strict=True)
    if facet in ("period", derived.INTERVAL) or snapshot.derivation(facet):
        made = (value_of(facet, name, n, snapshot, selected=name in chosen) for name, n in pairs)
    else:
        made = (FacetValue(name, n, name in chosen) for name, n in pairs)
    entries = tuple(made)
    return entries, max(0, size - search.facet_offset - len(entries))


def kept_marks(facet: str, search: Search, snapshot: Snapshot) -> frozenset[str] | None:
    """The roles and evidences that a search takes of a facet; ``None`` where it takes all."""
    return facets.kept_marks(search, snapshot.base(facet))


def without_own(facet: str, selection: Selection) -> Sequence[Array]:
    """By segment the records that pass all filters but the facet's own."""
    aside = selection.aside.get(facet)
    if aside is None:
        return selection.hits
    return [np.concatenate(both) for both in zip(selection.hits, aside, strict=True)]


def _most(there: Array, counts: Array, last: int) -> Array:
    """The first of some values by count, in their order where that is equal."""
    first = there
    if last and len(there) > max(_MANY, last):
        # Ties with the last of the first are put in order, too.
        first = there[counts[there] >= nth_greatest(counts[there], last)]
    ordered: Array = first[np.argsort(-counts[first], kind="stable")]
    return ordered


def in_years(facet: str, snapshot: Snapshot) -> bool:
    """Whether the values of a facet are years or decades, which follow one another."""
    known = snapshot.derivation(facet)
    return known is not None and known.base == "period" and facet != derived.INTERVAL


def value_of(
    facet: str, value: str, total: int, snapshot: Snapshot, *, selected: bool = False
) -> FacetValue:
    """A value as it is shown; that of ``period`` is an interval here."""
    if facet in ("period", derived.INTERVAL):
        start, end, name = facets.period_of(_first_met(value, snapshot))
        return FacetValue(name, total, selected, start, end)
    if snapshot.derivation(facet) is None:
        return FacetValue(value, total, selected)
    return FacetValue(value, total, selected, *derived.months_of(facet, value))


def _by_interval(values: Sequence[str], counts: Array, numbers: Array) -> tuple[list[str], Array]:
    """The intervals of some periods, in their order, and how many records have each."""
    totals: dict[str, int] = {}
    for number in numbers.tolist():
        interval = facets.interval_of(values[number])
        totals[interval] = totals.get(interval, 0) + int(counts[number])
    return list(totals), np.fromiter(totals.values(), np.int64, len(totals))


def _first_met(interval: str, snapshot: Snapshot) -> str:
    """Of the periods of one interval the one that the first live record has."""
    values = snapshot.facet("period").values
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
