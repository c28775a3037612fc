"""Overviews as CSV: a header row, then a row a line; see ``render.data.table`` for the cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from wpssearch.overviews import Crosstab, Gaps, Node, Terms, Tree, Trend
from wpssearch.render.data import table
from wpssearch.results import FacetValue, Results

__all__ = ["crosstab_csv", "facets_csv", "gaps_csv", "terms_csv", "tree_csv", "trend_csv"]

_Row = Sequence[str | int | float | None]


def _lines(rows: Iterable[_Row]) -> Iterator[str]:
    """The lines of a table whose header holds names of the corpus, to be made harmless, too."""
    return islice(table((), rows), 1, None)


def facets_csv(results: Results) -> Iterator[str]:
    """A value a line, facet by facet."""
    return table(
        ("facet", "value", "start", "end", "records", "selected"),
        (
            (name, *_value(value), "true" if value.selected else "false")
            for name, values in results.facets.items()
            for value in values
        ),
    )


def _value(value: FacetValue) -> tuple[str, str | None, str | None, int]:
    return value.value, value.start, value.end, value.count


def tree_csv(trees: Iterable[Tree]) -> Iterator[str]:
    """A value a line, after the one that it is below: ``depth`` is 0 at the top."""

    def rows(node: Node, depth: int) -> Iterator[_Row]:
        yield depth, node.facet, *_value(node.value), "true" if node.value.selected else "false"
        for child in node.children:
            yield from rows(child, depth + 1)

    return table(
        ("depth", "facet", "value", "start", "end", "records", "selected"),
        (row for tree in trees for node in tree.nodes for row in rows(node, 0)),
    )


def crosstab_csv(crosstab: Crosstab) -> Iterator[str]:
    """A line for each row; totals, in records, are the last column and the last line."""

    def rows() -> Iterator[_Row]:
        columns = crosstab.columns
        yield " / ".join(crosstab.by), *(value.value for value in columns), "total"
        for row, cells in zip(crosstab.rows, crosstab.cells, strict=True):
            yield row.value, *cells, row.count
        yield "total", *(value.count for value in columns), crosstab.scope.total

    return _lines(rows())


def gaps_csv(gaps: Gaps) -> Iterator[str]:
    """A line for each pair of values."""

    def rows() -> Iterator[_Row]:
        row, column = gaps.by
        yield row, f"{row} records", column, f"{column} records", "expected"
        for gap in gaps.gaps:
            yield gap.row.value, gap.row.count, gap.column.value, gap.column.count, gap.expected

    return _lines(rows())


def trend_csv(trend: Trend) -> Iterator[str]:
    """A line for each year and query; the share of a year without records is empty."""
    return table(
        ("query", trend.by, "records", "matching", "share"),
        (
            (series.scope.query, time.value, time.count, count, share)
            for series in trend.series
            for time, count, share in zip(trend.times, series.counts, series.shares, strict=True)
        ),
    )


def terms_csv(terms: Terms) -> Iterator[str]:
    """A line for each word."""
    return table(
        ("word", "g2", "log_ratio", "records", "share", "other_records", "other_share"),
        (
            (t.term, t.score, t.log_ratio, t.count, t.share, t.rest_count, t.rest_share)
            for t in terms.terms
        ),
    )
