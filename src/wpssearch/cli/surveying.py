"""The whole picture: tables, gaps, trends, words that set records apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from wpssearch.cli.options import COUNT, TABLE_FORMAT, QueryCommand, filters
from wpssearch.cli.running import blocks, criteria, opened, out, say, terminal
from wpssearch.errors import UsageError

if TYPE_CHECKING:
    from wpssearch.overviews import Crosstab, Gaps, Terms, Trend

__all__ = ["crosstab", "gaps", "terms", "trend"]

_CROSSTAB_EXAMPLES = """
\b
Examples:
  wpssearch crosstab --by country --by year
  wpssearch crosstab --by region --by mission training --role place
  wpssearch crosstab --by country --by year --format csv
"""
_GAPS_EXAMPLES = """
\b
Examples:
  wpssearch gaps --by country --by year
  wpssearch gaps --by mission --by year --rows 10 --limit 5
"""
_TREND_EXAMPLES = """
\b
Examples:
  wpssearch trend training '"gender units"'
  wpssearch trend police --agency DPKO --by decade --format json
"""
_TERMS_EXAMPLES = """
\b
Examples:
  wpssearch terms training
  wpssearch terms --country Haiti --min 1 --limit 5
"""
_ROWS = 20


def _two(by: tuple[str, ...]) -> tuple[str, str]:
    if len(by) != 2:
        raise UsageError("Name two facets: --by country --by year.")
    return by[0], by[1]


def _show(
    made: Crosstab | Gaps | Terms | Trend,
    format_: str,
    csv: Callable[[Any], Iterator[str]],
    text: Callable[..., Iterator[str]],
    **layout: Any,
) -> None:
    """Print an overview; its notes go to stderr."""
    from wpssearch import render

    for note in made.scope.notes:
        say(note)
    if format_ == "json":
        out([render.to_json(made.to_dict())])
    elif format_ == "csv":
        out(csv(made))
    else:
        width, color = terminal()
        out(text(made, width=width, color=color, **layout))


_BY = click.option("--by", multiple=True, required=True, metavar="NAME",
                   help="A facet: that of the rows, then that of the columns.")  # fmt: skip


@click.command(cls=QueryCommand, epilog=_CROSSTAB_EXAMPLES)
@click.argument("query", nargs=-1)
@_BY
@click.option("--rows", type=COUNT, help=f"At most so many rows; {_ROWS}, or all as CSV.")
@click.option("--columns", type=COUNT, help="The same for columns: the latest of times.")
@filters
@TABLE_FORMAT
@click.pass_context
def crosstab(
    ctx: click.Context,
    /,
    query: tuple[str, ...],
    by: tuple[str, ...],
    rows: int | None,
    columns: int | None,
    format_: str,
    **fields: Any,
) -> None:
    """Count the records that have each value of one facet together with each of another."""
    from wpssearch.render.overviews import render_crosstab
    from wpssearch.render.tables import crosstab_csv

    most = None if format_ == "csv" else _ROWS
    with opened(ctx, sample=True) as index:
        made = index.crosstab(
            *_two(by), " ".join(query), row_limit=most if rows is None else rows,
            column_limit=most if columns is None else columns, **criteria(fields),
        )  # fmt: skip
    if format_ == "csv" and any(made.more):
        say(f"Left out: {made.more[0]} rows and {made.more[1]} columns.")
    _show(made, format_, crosstab_csv, render_crosstab)


@click.command(cls=QueryCommand, epilog=_GAPS_EXAMPLES)
@click.argument("query", nargs=-1)
@_BY
@click.option("--rows", type=COUNT, help="Look at so many of the most frequent rows alone.")
@click.option("--columns", type=COUNT, help="The same for columns.")
@click.option("--limit", type=COUNT, default=20, show_default=True)
@filters
@TABLE_FORMAT
@click.pass_context
def gaps(
    ctx: click.Context,
    /,
    query: tuple[str, ...],
    by: tuple[str, ...],
    rows: int | None,
    columns: int | None,
    limit: int,
    format_: str,
    **fields: Any,
) -> None:
    """List pairs of values that no record has together, although records have either.

    The most expected come first. Silence in the records is not absence in the world.
    """
    from wpssearch.render.overviews import render_gaps
    from wpssearch.render.tables import gaps_csv

    with opened(ctx, sample=True) as index:
        made = index.gaps(
            *_two(by), " ".join(query), row_limit=rows, column_limit=columns, gap_limit=limit,
            **criteria(fields),
        )  # fmt: skip
    _show(made, format_, gaps_csv, render_gaps)


@click.command(cls=QueryCommand, epilog=_TREND_EXAMPLES)
@click.argument("query", nargs=-1, required=True, metavar="QUERY...")
@click.option("--by", type=click.Choice(["year", "decade"]), default="year", show_default=True)
@filters
@TABLE_FORMAT
@click.pass_context
def trend(
    ctx: click.Context, /, query: tuple[str, ...], by: str, format_: str, **fields: Any
) -> None:
    """Count by year the records that each QUERY finds, and their share of the year's.

    Each argument is a query; quote one of several words.
    """
    from wpssearch.render.overviews import render_trend
    from wpssearch.render.tables import trend_csv

    with opened(ctx, sample=True) as index:
        made = index.trend(query, by=by, **criteria(fields))
    for series in made.series:
        for note in series.scope.notes:
            say(f"{series.scope.query}: {note}")
    _show(made, format_, trend_csv, render_trend, blocks=blocks())


@click.command(cls=QueryCommand, epilog=_TERMS_EXAMPLES)
@click.argument("query", nargs=-1)
@click.option("--limit", type=COUNT, default=20, show_default=True)
@click.option("--min", "minimum", type=COUNT, default=2, show_default=True,
              help="Words that so many of the records have.")  # fmt: skip
@click.option("--ratio", type=click.FloatRange(min=0), default=1.5, show_default=True,
              help="Words of a share so many times that of the others.")  # fmt: skip
@filters
@TABLE_FORMAT
@click.pass_context
def terms(
    ctx: click.Context,
    /,
    query: tuple[str, ...],
    limit: int,
    minimum: int,
    ratio: float,
    format_: str,
    **fields: Any,
) -> None:
    """List the words that set these records apart from all others (log-likelihood ratio)."""
    from wpssearch.render.overviews import render_terms
    from wpssearch.render.tables import terms_csv

    with opened(ctx, sample=True) as index:
        made = index.terms(
            " ".join(query), term_limit=limit, minimum=minimum, ratio=ratio, **criteria(fields)
        )
    _show(made, format_, terms_csv, render_terms)
