"""Two facets together: the table, and the cells of it that are empty."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wpssearch.analysis import Analyzer
from wpssearch.backends import faceting
from wpssearch.backends.arrays import Array
from wpssearch.backends.pairs import Cells, count_pairs, having_any
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.errors import UsageError
from wpssearch.model import Search
from wpssearch.overviews import Crosstab, Gap, Gaps
from wpssearch.searching import select
from wpssearch.surveying.axes import Axis, side
from wpssearch.surveying.scope import check, scope
from wpssearch.vocab import Vocabulary

__all__ = ["crosstab", "gaps"]

#: How many cells of a table are looked at for gaps at a time.
_BLOCK = 1 << 22
#: The largest table that is made.
_MOST_CELLS = 1 << 22


def crosstab(
    snapshot: Snapshot,
    analyzer: Analyzer,
    vocabulary: Vocabulary,
    request: Search,
    by: tuple[str, str],
    *,
    row_limit: int | None,
    column_limit: int | None,
) -> Crosstab:
    """How many of the selected records have each value of one facet together with each of another.

    The first rows and columns are shown, by count, then name; of times the latest.
    """
    check(row_limit, column_limit)
    selected = select(snapshot, analyzer, vocabulary, request)
    records = selected.selection.hits
    sides = side(by[0], request, snapshot), side(by[1], request, snapshot)
    rows, columns = (Axis(side, records, snapshot) for side in sides)
    row_numbers, row_values = rows.shown(row_limit)
    column_numbers, column_values = columns.shown(column_limit)
    if len(row_numbers) * len(column_numbers) > _MOST_CELLS:
        raise UsageError(
            f"The table would have {len(row_numbers):,} rows and {len(column_numbers):,} columns; "
            "ask for fewer (--rows, --columns)."
        )
    cells = count_pairs(snapshot, *sides, records)
    table = _table(
        cells, _places(rows, row_numbers), _places(columns, column_numbers),
        (len(row_numbers), len(column_numbers)),
    )  # fmt: skip
    return Crosstab(
        by,
        scope(request, selected, faceting.unknown_facets(by, snapshot)),
        tuple(row_values),
        tuple(column_values),
        tuple(tuple(row) for row in table.tolist()),
        (
            selected.total - having_any(snapshot, sides[0], records),
            selected.total - having_any(snapshot, sides[1], records),
        ),
        (rows.length - len(row_values), columns.length - len(column_values)),
    )


def _places(axis: Axis, numbers: Sequence[int]) -> Array:
    """By value of an axis its place among some, -1 for the others."""
    places = np.full(len(axis.values), -1)
    for place, number in enumerate(numbers):
        if number >= 0:
            places[number] = place
    return places


def _table(cells: Cells, rows: Array, columns: Array, shape: tuple[int, int]) -> Array:
    """The cells whose row and column have a place, as a table."""
    table = np.zeros(shape, np.int64)
    row, column = rows[cells.row], columns[cells.column]
    some = (row >= 0) & (column >= 0)
    table[row[some], column[some]] = cells.records[some]
    return table


def gaps(
    snapshot: Snapshot,
    analyzer: Analyzer,
    vocabulary: Vocabulary,
    request: Search,
    by: tuple[str, str],
    *,
    row_limit: int | None,
    column_limit: int | None,
    limit: int,
) -> Gaps:
    """The pairs of values that no selected record has together, although records have either.

    The most expected come first: those of the greatest product of row and column; where that is
    equal, as rows and then columns come, by count and name. ``row_limit`` and ``column_limit``
    look at the most frequent values alone. Where both facets are the same each pair is there once.
    """
    check(row_limit, column_limit, limit)
    selected = select(snapshot, analyzer, vocabulary, request)
    records = selected.selection.hits
    sides = side(by[0], request, snapshot), side(by[1], request, snapshot)
    rows, columns = (Axis(side, records, snapshot) for side in sides)
    row_numbers, column_numbers = rows.by_count[:row_limit], columns.by_count[:column_limit]
    once = sides[0] == sides[1]
    if once:
        # Of a pair the row is the value that comes first.
        row_numbers, column_numbers = sorted((row_numbers, column_numbers), key=len)
    cells = count_pairs(snapshot, *sides, records)
    row = _places(rows, row_numbers.tolist())[cells.row]
    column = _places(columns, column_numbers.tolist())[cells.column]
    some = (row >= 0) & (column > (row if once else -1))
    filled = np.sort(row[some] * len(column_numbers) + column[some])
    first = _emptiest(
        rows.counts[row_numbers], columns.counts[column_numbers], filled, limit, once=once
    )
    found = tuple(
        Gap(
            (r := rows.value(int(row_numbers[a]))),
            (c := columns.value(int(column_numbers[b]))),
            r.count * c.count / selected.total,
        )
        for a, b in first
    )
    total = len(row_numbers) * len(column_numbers)
    if once:
        total -= len(row_numbers) * (len(row_numbers) + 1) // 2
    return Gaps(
        by,
        scope(request, selected, faceting.unknown_facets(by, snapshot)),
        found,
        total - len(filled),
        total,
    )


def _emptiest(
    rows: Array, columns: Array, filled: Array, limit: int, *, once: bool
) -> list[tuple[int, int]]:
    """The places of the empty cells with the greatest products, given descending counts of rows
    and columns, and the ascending numbers of the cells that are not empty; with ``once`` those
    cells alone whose column is after the row.
    """
    width = len(columns)
    best = np.zeros(0, np.int64), np.zeros(0, np.int64)
    step = max(1, _BLOCK // max(width, 1))
    for begin in range(0, len(rows) if width and limit else 0, step):
        if len(best[0]) == limit and rows[begin] * columns[0] <= best[0][-1]:
            # What comes from here on is expected less, or as much and later.
            break
        stop = min(begin + step, len(rows))
        table = np.outer(rows[begin:stop], columns)
        products = (np.triu(table, begin + 1) if once else table).ravel()
        a, b = np.searchsorted(filled, (begin * width, stop * width))
        products[filled[a:b] - begin * width] = 0
        there = np.flatnonzero(products)
        if len(there) > limit:
            least = np.partition(products[there], len(there) - limit)[len(there) - limit]
            more, same = there[products[there] > least], there[products[there] == least]
            there = np.sort(np.append(more, same[: limit - len(more)]))
        merged = np.append(best[0], products[there]), np.append(best[1], there + begin * width)
        order = np.argsort(-merged[0], kind="stable")[:limit]
        best = merged[0][order], merged[1][order]
    return [divmod(cell, width) for cell in best[1].tolist()]
