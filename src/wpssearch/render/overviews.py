"""Overviews for people: trees, bars, tables, gaps, trends and words, as wide as there is room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wpssearch.overviews import Crosstab, Gaps, Node, Terms, Tree, Trend
from wpssearch.render.layout import bar, fitted, spark, summary
from wpssearch.render.safe import display_width, neutralise
from wpssearch.render.style import BOLD, DIM, Style, plural
from wpssearch.results import FacetValue, Results

__all__ = ["render_bars", "render_crosstab", "render_gaps", "render_terms", "render_tree",
           "render_trend"]  # fmt: skip

#: The columns of an answer that has no terminal's width.
_PIPE = 80
_LONGEST_LABEL, _LONGEST_HEADING, _SHORTEST = 40, 16, 8
#: Below this width the least needed column gives room.
_NARROW = 50
_TOUCHES = "A record counts in each year that its period touches."
_SEVERAL = (
    "Totals count records. A record that has several values is in several cells, so that cells can "
    "add up to more."
)
_SILENCE = (
    "Expected: how many records would have both if the two had nothing to do with each other. "
    "Silence in the records is not absence in the world: it may be that nothing was done, or that "
    "nobody reported it."
)
_MEASURE = (
    "G2: log-likelihood ratio over numbers of records (Dunning 1993); a word that is spread by "
    "chance passes 3.84, 6.63 and 10.83 once in 20, 100 and 1,000 times. Log ratio: 1 is twice the "
    "others' share."
)
_TIMED = frozenset({"period", "year", "decade", "period:year", "period:decade"})


def render_tree(
    tree: Tree, *, width: int | None, color: bool, bars: bool = False, blocks: bool = True
) -> Iterator[str]:
    """The lines of a tree: a value a line with its count, those below it indented."""
    style = Style(width, color)
    yield from style.lines(summary(tree.scope), "")
    yield ""
    more = f"  (+{tree.more:,} more)" if tree.more else ""
    yield from style.lines(tree.facet + more, "", code=BOLD)
    rows = [(node.value, depth) for top in tree.nodes for node, depth in _flat(top, 0)]
    yield from _rows(rows, style, bars=bars, blocks=blocks)
    if tree.facet in _TIMED and tree.nodes:
        yield ""
        yield from style.lines(_TOUCHES, "", code=DIM)


def _flat(node: Node, depth: int) -> Iterator[tuple[Node, int]]:
    yield node, depth
    if [node.value] == [child.value for child in node.children]:
        # A period that is the year itself: the line would stand there twice.
        return
    for child in node.children:
        yield from _flat(child, depth + 1)


def render_bars(results: Results, *, width: int | None, color: bool, blocks: bool) -> Iterator[str]:
    """The lines of facet counts, each with a bar."""
    style = Style(width, color)
    yield from style.lines(summary(results), "")
    for name, values in results.facets.items():
        if values:
            more = results.more.get(name, 0)
            yield ""
            yield from style.lines(name + (f"  (+{more:,} more)" if more else ""), "", code=BOLD)
            yield from _rows([(value, 0) for value in values], style, bars=True, blocks=blocks)
            if name in _TIMED:
                yield from style.lines(_TOUCHES, "", code=DIM)


def _rows(
    rows: Sequence[tuple[FacetValue, int]], style: Style, *, bars: bool, blocks: bool
) -> Iterator[str]:
    if not rows:
        return
    most = max(value.count for value, _ in rows)
    digits = len(f"{most:,}")
    room = (style.width or _PIPE) - digits - 5
    label = max(2 * depth + display_width(neutralise(value.value)) for value, depth in rows)
    if bars:
        label = min(label, _LONGEST_LABEL, max(_SHORTEST, room // 2))
    elif style.width is not None:
        label = min(label, room)
    for value, depth in rows:
        mark = "*" if value.selected else " "
        name = fitted("  " * depth + value.value, label)
        drawn = bar(value.count, most, room - label - 2, blocks=blocks) if bars else ""
        yield f" {mark} {value.count:>{digits},}  {name}  {drawn}".rstrip()


def render_crosstab(table: Crosstab, *, width: int | None, color: bool) -> Iterator[str]:
    """The lines of a table; where it is too wide, one block of columns below another."""
    style = Style(width, color)
    yield from style.lines(summary(table.scope), "")
    rows, columns = table.by
    if table.rows and table.columns:
        yield ""
        headings = [*(value.value for value in table.columns), "total"]
        body = [
            (row.value, [*cells, row.count])
            for row, cells in zip(table.rows, table.cells, strict=True)
        ]
        body.append(("total", [*(value.count for value in table.columns), table.scope.total]))
        yield from _grid(f"{rows} / {columns}", headings, body, width, style)
    elif not (table.rows or table.more[0]) or not (table.columns or table.more[1]):
        yield from style.lines(f"No record has both a {rows} and a {columns}.", "")
    yield ""
    if any(table.more):
        left = f"{plural(table.more[0], 'more row')}, {plural(table.more[1], 'more column')}"
        yield from style.lines(f"{left}: --rows, --columns", "", code=DIM)
    without = zip(table.by, table.without, strict=True)
    none = "; ".join(f"{plural(n)} without {name}" for name, n in without if n)
    touches = _TOUCHES if _TIMED & {*table.by} else ""
    yield from style.lines(" ".join(filter(None, (none and f"{none}.", _SEVERAL, touches))), "",
                           code=DIM)  # fmt: skip


def _grid(
    corner: str,
    headings: Sequence[str],
    body: Sequence[tuple[str, Sequence[int]]],
    width: int | None,
    style: Style,
) -> Iterator[str]:
    label = max(display_width(neutralise(name)) for name in (corner, *(name for name, _ in body)))
    label = min(label, _LONGEST_LABEL)
    longest = _LONGEST_HEADING
    if width is not None:
        label = min(label, max(_SHORTEST, width // 3))
        longest = min(longest, max(_SHORTEST, width - label - 2))
    widths = [
        max(min(display_width(neutralise(heading)), longest), *(len(f"{n:,}") for n in column))
        for heading, column in zip(headings, zip(*(n for _, n in body), strict=True), strict=True)
    ]
    for block in _blocks(widths, None if width is None else width - label):
        if block.start:
            yield ""
        heads = "".join("  " + fitted(headings[i], widths[i], right=True) for i in block)
        yield style.paint(fitted(corner, label) + heads, BOLD)
        for name, numbers in body:
            cells = "".join(f"  {numbers[i]:>{widths[i]},}" for i in block)
            yield fitted(name, label) + cells


def _blocks(widths: Sequence[int], room: int | None) -> Iterator[range]:
    """Runs of columns that fit into so much room, one at the least."""
    first, used = 0, 0
    for at, width in enumerate(widths):
        used += width + 2
        if room is not None and used > room and at > first:
            yield range(first, at)
            first, used = at, width + 2
    yield range(first, len(widths))


def render_gaps(gaps: Gaps, *, width: int | None, color: bool) -> Iterator[str]:
    """The lines of empty cells: a pair a line, with how many records would be expected."""
    style = Style(width, color)
    yield from style.lines(summary(gaps.scope), "")
    rows, columns = gaps.by
    if not gaps.cells:
        yield from style.lines(f"No record has a {rows}, or none a {columns}.", "")
        return
    pairs = f"{gaps.empty:,} of {plural(gaps.cells, 'pair')} of {rows} and {columns}"
    yield from style.lines(f"{pairs}: no record has both", "")
    yield ""
    shown = [f"{gap.expected:,.2f}" for gap in gaps.gaps]
    digits = max((*map(len, shown), len("expected")))
    if shown:
        yield style.paint(f"{'expected':>{digits}}  {fitted(f'{rows} / {columns}', 30)}".rstrip(),
                          BOLD)  # fmt: skip
    for gap, expected in zip(gaps.gaps, shown, strict=True):
        pair = f"{_counted(gap.row)} / {_counted(gap.column)}"
        first, *rest = [*style.lines(pair, " " * (digits + 2))] or [""]
        yield f"{expected:>{digits}}  {first[digits + 2 :]}"
        yield from rest
    if gaps.empty > len(gaps.gaps):
        yield from style.lines(f"and {gaps.empty - len(gaps.gaps):,} more", " " * (digits + 2))
    yield ""
    yield from style.lines(_SILENCE, "", code=DIM)


def _counted(value: FacetValue) -> str:
    return f"{value.value} ({value.count:,})"


def render_trend(
    trend: Trend, *, width: int | None, color: bool, blocks: bool = True
) -> Iterator[str]:
    """The lines of a trend: the queries, each with its sparks, then a line a year."""
    style = Style(width, color)
    yield from style.lines(f"{summary(trend.scope)}, {trend.undated:,} undated", "")
    yield ""
    most = max((share or 0 for series in trend.series for share in series.shares), default=0)
    for number, series in enumerate(trend.series, 1):
        how = "" if series.scope.match == "all" else ", any word"
        sparks = spark(series.shares, most or 1, blocks=blocks)
        query = series.scope.query or "every record"
        about = f"[{number}] {query} ({plural(series.scope.total)}{how})"
        yield from style.lines(about, "")
        yield from style.lines(sparks, "    ")
    yield ""
    if not trend.times:
        yield from style.lines("No record has a period.", "")
        return
    names = [*("records",), *(f"[{n}]" for n in range(1, len(trend.series) + 1))]
    cells = [
        (
            time.value,
            [f"{time.count:,}"]
            + [f"{s.counts[at]:,} {_percent(s.shares[at])}" for s in trend.series],
        )
        for at, time in enumerate(trend.times)
    ]
    label = max(len(trend.by), *(display_width(name) for name, _ in cells))
    widths = [max(len(name), *(len(row[at]) for _, row in cells)) for at, name in enumerate(names)]
    for block in _blocks(widths, None if width is None else width - label):
        if block.start:
            yield ""
        heads = "".join(f"  {names[at]:>{widths[at]}}" for at in block)
        yield style.paint(f"{fitted(trend.by, label)}{heads}", BOLD)
        for name, row in cells:
            yield fitted(name, label) + "".join(f"  {row[at]:>{widths[at]}}" for at in block)
    yield ""
    about = "Shares are of the year's records that pass the filters."
    yield from style.lines(f"{about} {_TOUCHES}".replace("year", trend.by), "", code=DIM)


def _percent(share: float | None) -> str:
    """A share in five columns; a year without records has none."""
    return f"{'-':>6}" if share is None else f"{share:>6.1%}"


def render_terms(terms: Terms, *, width: int | None, color: bool) -> Iterator[str]:
    """The lines of words: the measure, the records that have each, here and elsewhere."""
    style = Style(width, color)
    others = plural(terms.rest, "other")
    yield from style.lines(f"{summary(terms.scope)}; {others}", "")
    if not terms.terms:
        return
    yield ""
    rows = [("G2", "log ratio", "records", "others")]
    rows += [
        (
            f"{term.score:,.2f}",
            f"{term.log_ratio:.2f}",
            f"{term.count:,} {term.share:>4.0%}",
            f"{term.rest_count:,} {term.rest_share:>4.0%}",
        )
        for term in terms.terms
    ]
    narrow = style.width is not None and style.width < _NARROW
    columns = [column for at, column in enumerate(zip(*rows, strict=True)) if at != 1 or not narrow]
    widths = [max(map(len, column)) for column in columns]
    room = (
        None if style.width is None else max(_SHORTEST, style.width - sum(widths) - 2 * len(widths))
    )
    for at, word in enumerate(("word", *(term.term for term in terms.terms))):
        numbers = "".join(f"{c[at]:>{w}}  " for c, w in zip(columns, widths, strict=True))
        name = neutralise(word) if room is None else fitted(word, room).rstrip()
        yield numbers + name if at else style.paint(numbers + name, BOLD)
    if terms.more:
        yield from style.lines(f"and {plural(terms.more, 'more word')}", "")
    yield ""
    yield from style.lines(_MEASURE, "", code=DIM)
