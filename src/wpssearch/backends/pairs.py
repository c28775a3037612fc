"""How many records have each pair of values of two facets: one count over pairs of combinations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from wpssearch.backends.arrays import Array, ranges, slices
from wpssearch.backends.whoosh.facetcolumns import FacetColumn
from wpssearch.backends.whoosh.snapshot import Snapshot

__all__ = ["Cells", "Side", "count_pairs", "having_any"]

#: Up to so many cells are counted in a table of all, more by sorting those that there are.
_DENSE = 1 << 22
#: How many pairs of values are written out at a time.
_AT_ONCE = 1 << 22


class Side(NamedTuple):
    """A facet as one side of a table: its name, and the roles and evidences that count."""

    facet: str
    marks: frozenset[str] | None = None


class Cells(NamedTuple):
    """The cells that any record is in, by row, then column: the numbers of the two values among
    those of the snapshot's facets, and the records in the cell.
    """

    row: Array
    column: Array
    records: Array


class _Lists(NamedTuple):
    """By combination where its values begin, and how many they are; the values one after another,
    by their numbers in the snapshot.
    """

    begins: Array
    counts: Array
    values: Array


def count_pairs(snapshot: Snapshot, rows: Side, columns: Side, records: Sequence[Array]) -> Cells:
    """The cells of two facets over some records, given by segment.

    A record is in each cell of one of its values in either facet.
    """
    width = max(len(snapshot.facet(columns.facet).values), 1)
    size = len(snapshot.facet(rows.facet).values) * width
    found = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for number, mine in enumerate(records):
        one, other = (snapshot.column(number, side.facet) for side in (rows, columns))
        if one is None or other is None or not len(mine):
            continue
        there, times = _counted(
            one.records[mine].astype(np.int64) * other.combinations + other.records[mine],
            None,
            one.combinations * other.combinations,
        )
        left, right = np.divmod(there, other.combinations)
        a, b = _lists(snapshot, number, one, rows), _lists(snapshot, number, other, columns)
        ends = np.append(0, np.cumsum(a.counts[left] * b.counts[right]))
        for first, stop in slices(ends, _AT_ONCE):
            some = slice(first, stop)
            keys, pairs = _products(a, b, left[some], right[some], width)
            keys, counts = _counted(keys, np.repeat(times[some], pairs), size)
            found[0].append(keys)
            found[1].append(counts)
    keys, counts = _counted(np.concatenate(found[0]), np.concatenate(found[1]), size)
    row, column = np.divmod(keys, width)
    return Cells(row, column, counts)


def _products(a: _Lists, b: _Lists, left: Array, right: Array, width: int) -> tuple[Array, Array]:
    """The cells of pairs of combinations, one after another, and how many each pair has."""
    pairs = a.counts[left] * b.counts[right]
    within = ranges(np.zeros(len(pairs), np.int64), pairs)
    of_row, of_column = np.divmod(within, np.repeat(b.counts[right], pairs))
    row = a.values[np.repeat(a.begins[left], pairs) + of_row]
    column = b.values[np.repeat(b.begins[right], pairs) + of_column]
    return row * width + column, pairs


def _lists(snapshot: Snapshot, segment: int, column: FacetColumn, side: Side) -> _Lists:
    owner, value = column.pairs(side.marks)
    place = snapshot.facet(side.facet).places[segment]
    counts = np.bincount(owner, minlength=column.combinations)
    values = value.astype(np.int64) if place is None else place[value]
    return _Lists(np.cumsum(counts) - counts, counts, values)


def _counted(keys: Array, weights: Array | None, size: int) -> tuple[Array, Array]:
    """Each key once, ascending, and the sum of its weights, 1 without; keys are below ``size``."""
    if size <= _DENSE:
        # Sums of whole numbers below 2^53 are exact.
        sums = np.bincount(keys, weights=weights, minlength=size).astype(np.int64)
        there = np.flatnonzero(sums)
        return there, sums[there]
    if weights is None:
        return np.unique(keys, return_counts=True)
    there, place = np.unique(keys, return_inverse=True)
    return there, np.bincount(place, weights=weights).astype(np.int64)


def having_any(snapshot: Snapshot, side: Side, records: Sequence[Array]) -> int:
    """How many of the records, given by segment, have any value of a facet."""
    total = 0
    for number, mine in enumerate(records):
        column = snapshot.column(number, side.facet)
        if column is not None and len(mine):
            some = np.zeros(column.combinations, bool)
            some[column.pairs(side.marks)[0]] = True
            total += int(np.count_nonzero(some[column.records[mine]]))
    return total
