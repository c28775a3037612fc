"""Filters and facet counts by set algebra over columns: one pass over the matching records.

A column gives each record the bytes of its facet values; few combinations are distinct, so that
filters are decided and values split once for each combination, not for each record.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from wpssearch.errors import IndexDamaged, UsageError
from wpssearch.model import CORE_FACETS, EVIDENCES, ROLES, Period, Search, Tag
from wpssearch.periods import FIRST, LAST, parse_interval
from wpssearch.results import FacetValue
from wpssearch.vocab import Vocabulary, normal_name

__all__ = [
    "Filter",
    "Selection",
    "columns_of",
    "compile_filters",
    "count",
    "join_tags",
    "join_values",
    "kept_tags",
    "period_of",
    "period_value",
    "select",
    "split_values",
]

_Columns = Callable[[str], Sequence[bytes]]
# Parts the values inside a column value; a blank takes its place inside a value.
_UNIT = "\x1f"
# Parts a country from its role and evidence.
_QUALIFIED = "\x1e"
#: The name of the filter that ``from_`` and ``to`` make: it is not the period facet's own.
_RANGE = "from/to"


def join_values(values: Iterable[str]) -> bytes:
    """The distinct values of a facet as one column value."""
    clean = (value.replace(_UNIT, " ") for value in values)
    return _UNIT.join(dict.fromkeys(clean)).encode("utf-8", "replace")


def join_tags(tags: Iterable[Tag]) -> bytes:
    """The values of tags with their role and evidence as one column value."""
    clean = ((tag, tag.value.replace(_QUALIFIED, " ")) for tag in tags)
    return join_values(f"{value}{_QUALIFIED}{tag.role} {tag.evidence}" for tag, value in clean)


def kept_tags(search: Search) -> frozenset[str] | None:
    """The roles and evidences of countries that a search takes; ``None`` where it takes all."""
    if not search.role and not search.evidence:
        return None
    roles, evidences = search.role or ROLES, search.evidence or EVIDENCES
    return frozenset(f"{role} {evidence}" for role in roles for evidence in evidences)


def split_values(raw: bytes) -> tuple[str, ...]:
    """The values of a facet's column value."""
    return tuple(raw.decode().split(_UNIT)) if raw else ()


def period_value(period: Period) -> bytes:
    """A period as a column value, which ``period_of`` reads."""
    return _UNIT.join((period.start, period.end, period.label)).encode("utf-8", "replace")


def period_of(raw: bytes) -> tuple[str, str, str]:
    """First month, last month and label of a period's column value."""
    try:
        start, end, label = raw.decode().split(_UNIT)
    except ValueError as error:
        raise _damaged() from error
    return start, end, label


@lru_cache(maxsize=1 << 16)
def _values(facet: str, raw: bytes, kept: frozenset[str] | None = None) -> tuple[str, ...]:
    """The values that a column value holds of a facet; a period's is its interval.

    Of countries those alone whose role and evidence are ``kept``.
    """
    if not raw:
        return ()
    if facet == "period":
        start, end, _ = period_of(raw)
        return (f"{start}..{end}",)
    try:
        if facet == "country":
            pairs = [item.rpartition(_QUALIFIED) for item in split_values(raw)]
            return tuple(value for value, _, why in pairs if kept is None or why in kept)
        if facet in CORE_FACETS or facet == "kind":
            return split_values(raw)
        return tuple(json.loads(raw).get(facet, ()))
    except ValueError as error:
        raise _damaged() from error


def _damaged() -> IndexDamaged:
    return IndexDamaged(
        "The index holds facet values that nobody wrote; build it anew with `wpssearch ingest`."
    )


def columns_of(facet: str) -> str:
    """The column that holds a facet."""
    return facet if facet in CORE_FACETS or facet == "kind" else "further"


@dataclass(frozen=True, slots=True)
class Filter:
    """What a record's column value must be one of; ``chosen`` are the facet's own values."""

    facet: str
    column: str
    allowed: frozenset[bytes]
    chosen: frozenset[str]


@dataclass(frozen=True, slots=True)
class Selection:
    """The records that pass all filters, and by facet those that fail its own filter alone."""

    hits: list[int]
    aside: Mapping[str, list[int]]


def compile_filters(
    search: Search, columns: _Columns, live: Sequence[int], vocabulary: Vocabulary
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
    how = search.interval or ("touches" if search.overlap else None)
    if period:
        filters.append(_period_filter(period, how, _distinct("period", columns, live)))
    if search.from_ is not None or search.to is not None:
        filters.append(_range_filter(search, _distinct("period", columns, live)))
    for facet, wanted in asked.items():
        if wanted:
            kept = kept_tags(search) if facet == "country" else None
            distinct = _distinct(facet, columns, live)
            made, why = _value_filter(facet, wanted, distinct, kept, vocabulary)
            notes.extend(why)
            if facet == "agency" and search.lineage:
                before, why = _predecessors(wanted, vocabulary)
                notes.extend(why)
                # That no record has a predecessor is no news.
                made, _ = _value_filter(facet, (*wanted, *before), distinct, kept, vocabulary)
            filters.append(made)
    return filters, notes


def _distinct(facet: str, columns: _Columns, live: Iterable[int]) -> frozenset[bytes]:
    column = columns(columns_of(facet))
    return frozenset(column[number] for number in live)


def _months(text: str, option: str) -> tuple[str, str]:
    interval = parse_interval(text)
    if interval is None:
        raise UsageError(
            f"{option} {text!r} is no period; write a month (2007-07, Jul 2007), a year (2007) "
            "or a range (2007-07..2008-01)."
        )
    return interval


def _meets(how: str | None, start: str, end: str, first: str, last: str) -> bool:
    """Whether a record's interval meets the one asked for, ``first`` to ``last``."""
    if how == "within":
        return first <= start and end <= last
    if how == "covers":
        return start <= first and last <= end
    if how == "starts":
        return first <= start <= last
    return first <= end and start <= last


def _predecessors(
    wanted: tuple[str, ...], vocabulary: Vocabulary
) -> tuple[tuple[str, ...], list[str]]:
    """The agencies that became those asked for, and a note on each."""
    out: dict[str, None] = {}
    notes = []
    for text in wanted:
        agency = vocabulary.canonical("agency", text)
        before = vocabulary.predecessors(agency) if agency else ()
        if before:
            notes.append(f"The agency {agency} includes its predecessors: {', '.join(before)}.")
        elif agency:
            notes.append(f"The vocabulary knows no predecessor of the agency {agency}.")
        out.update(dict.fromkeys(before))
    return tuple(out), notes


def _period_filter(wanted: tuple[str, ...], how: str | None, distinct: frozenset[bytes]) -> Filter:
    by_label: dict[str, set[str]] = {}
    bounds: dict[bytes, tuple[str, str]] = {}
    for raw in distinct:
        if raw:
            start, end, label = period_of(raw)
            bounds[raw] = (start, end)
            by_label.setdefault(label, set()).add(f"{start}..{end}")
    listed = {f"{start}..{end}" for start, end in bounds.values()}
    exact: set[str] = set()
    loose: list[tuple[str, str]] = []
    for text in wanted:
        if how is None and text in by_label:
            exact |= by_label[text]
            continue
        start, end = _months(text, "The period")
        if how is None and f"{start}..{end}" in listed:
            exact.add(f"{start}..{end}")
        else:
            loose.append((start, end))
    allowed = {
        raw
        for raw, (start, end) in bounds.items()
        if f"{start}..{end}" in exact or any(_meets(how, start, end, a, b) for a, b in loose)
    }
    return Filter("period", "period", frozenset(allowed), frozenset(exact))


def _range_filter(search: Search, distinct: frozenset[bytes]) -> Filter:
    first = _months(search.from_, "--from")[0] if search.from_ is not None else FIRST
    last = _months(search.to, "--to")[1] if search.to is not None else LAST
    allowed = set()
    for raw in distinct:
        if raw:
            start, end, _ = period_of(raw)
            if _meets(search.interval, start, end, first, last):
                allowed.add(raw)
    return Filter(_RANGE, "period", frozenset(allowed), frozenset())


def _value_filter(
    facet: str,
    wanted: tuple[str, ...],
    distinct: frozenset[bytes],
    kept: frozenset[str] | None,
    vocabulary: Vocabulary,
) -> tuple[Filter, list[str]]:
    listed = {value for raw in distinct for value in _values(facet, raw, kept)}
    chosen: set[str] = set()
    notes: list[str] = []
    for text in wanted:
        found = _resolve(facet, text, listed, vocabulary)
        chosen |= found
        if not found:
            notes.append(_unknown(facet, text, listed, vocabulary))
    allowed = {raw for raw in distinct if not chosen.isdisjoint(_values(facet, raw, kept))}
    return Filter(facet, columns_of(facet), frozenset(allowed), frozenset(chosen)), notes


def _resolve(facet: str, text: str, listed: set[str], vocabulary: Vocabulary) -> set[str]:
    """The listed values that a typed one names: itself, else its other spellings and names."""
    if text in listed:
        return {text}
    normal, canonical = normal_name(text), vocabulary.canonical(facet, text)
    return {
        value
        for value in listed
        if normal_name(value) == normal
        or (canonical is not None and vocabulary.canonical(facet, value) == canonical)
    }


def _unknown(facet: str, text: str, listed: set[str], vocabulary: Vocabulary) -> str:
    from difflib import get_close_matches

    canonical = vocabulary.canonical(facet, text)
    if canonical is not None:
        return f"No record has the {facet} {canonical!r}."
    # The values that records have come first; a near one that only the vocabulary knows is next.
    for values in (listed, vocabulary.values(facet)):
        by_normal = {normal_name(value): value for value in sorted(values)}
        near = get_close_matches(normal_name(text), by_normal, n=1, cutoff=0.7)
        if near:
            return f"No record has the {facet} {text!r}; did you mean {by_normal[near[0]]!r}?"
    return (
        f"No record has the {facet} {text!r}; `wpssearch facets --by {facet}` lists what there is."
    )


def select(matches: Iterable[int], filters: Sequence[Filter], columns: _Columns) -> Selection:
    """The matching records, parted by the filters that they fail."""
    if not filters:
        return Selection(list(matches), {})
    tests = [(f.facet, columns(f.column), f.allowed) for f in filters]
    hits: list[int] = []
    aside: dict[str, list[int]] = {f.facet: [] for f in filters}
    for number in matches:
        failed = [facet for facet, column, allowed in tests if column[number] not in allowed]
        if not failed:
            hits.append(number)
        elif len(failed) == 1:
            aside[failed[0]].append(number)
    return Selection(hits, aside)


def count(
    facet: str,
    selection: Selection,
    filters: Sequence[Filter],
    columns: _Columns,
    live: Iterable[int],
    limit: int | None,
    kept: frozenset[str] | None = None,
) -> tuple[tuple[FacetValue, ...], int]:
    """The first ``limit`` values of a facet with their counts, and how many values are left.

    The facet's own filter is left aside. Of countries those count whose role and evidence are
    ``kept``. Periods come by start, then end; others by count, then
    name.
    """
    column = columns(columns_of(facet))
    raw: Counter[bytes] = Counter(column[number] for number in selection.hits)
    raw.update(column[number] for number in selection.aside.get(facet, ()))
    counts: Counter[str] = Counter()
    for value, number in raw.items():
        for name in _values(facet, value, kept):
            counts[name] += number
    chosen = frozenset[str]().union(*(f.chosen for f in filters if f.facet == facet))
    if facet == "period":
        order = sorted(counts)
        labels = _labels(column[number] for number in live)
    else:
        order = sorted(counts, key=lambda name: (-counts[name], name))
        labels = {}
    shown = order if limit is None else order[:limit]
    return (
        tuple(_facet_value(name, counts[name], name in chosen, labels) for name in shown),
        len(order) - len(shown),
    )


def _labels(column: Iterable[bytes]) -> dict[str, str]:
    """By interval, the label first met."""
    labels: dict[str, str] = {}
    for raw in dict.fromkeys(column):
        if raw:
            start, end, label = period_of(raw)
            labels.setdefault(f"{start}..{end}", label)
    return labels


def _facet_value(name: str, count: int, selected: bool, labels: Mapping[str, str]) -> FacetValue:
    if not labels:
        return FacetValue(name, count, selected)
    start, _, end = name.partition("..")
    return FacetValue(labels[name], count, selected, start, end)
