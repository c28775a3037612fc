"""The values of facets with their counts: lists, bars, trees."""

from __future__ import annotations

from typing import Any

import click

from wpssearch.cli.options import COUNT, TABLE_FORMAT, QueryCommand, filters
from wpssearch.cli.running import blocks, criteria, opened, out, request, say, terminal
from wpssearch.model import FACET_ORDERS

__all__ = ["facets"]

_EXAMPLES = """
\b
Examples:
  wpssearch facets
  wpssearch facets training --by country --by mission
  wpssearch facets --by period --bars
  wpssearch facets --by country --tree
  wpssearch facets --by country --order name --min 2 --limit 50 --offset 50
"""
_FIRST = 10


@click.command(cls=QueryCommand, epilog=_EXAMPLES)
@click.argument("query", nargs=-1)
@filters
@click.option("--by", multiple=True, metavar="NAME",
              help="A facet, with all its values; all four without it.")  # fmt: skip
@click.option("--order", "facet_order", type=click.Choice(FACET_ORDERS),
              help="The order of values; without it periods by time, others by count.")  # fmt: skip
@click.option("--min", "facet_min", type=COUNT,
              help="Values that so many records have; 0: all that any has.")  # fmt: skip
@click.option("--limit", type=COUNT, help=f"So many values; {_FIRST} without --by.")
@click.option("--offset", "facet_offset", type=COUNT, default=0, help="From this value on.")
@click.option("--all", "all_", is_flag=True, help="All values, also without --by.")
@click.option("--tree", is_flag=True, help="Periods under years, countries under regions.")
@click.option("--bars", is_flag=True, help="Draw bars; periods stand under their years.")
@TABLE_FORMAT
@click.pass_context
def facets(
    ctx: click.Context,
    /,
    query: tuple[str, ...],
    by: tuple[str, ...],
    facet_min: int | None,
    limit: int | None,
    all_: bool,
    tree: bool,
    bars: bool,
    format_: str,
    **fields: Any,
) -> None:
    """Count the values of facets, over all records or those that match.

    Choosing a listed value gives exactly its count: --period for a period, --where year=2007 for
    a year.
    """
    from wpssearch import render
    from wpssearch.model import CORE_FACETS

    if limit is None and not by and not all_:
        limit = _FIRST
    elif all_:
        limit = None
    if facet_min is None:
        # A histogram of years shows those without a record.
        facet_min = 0 if bars and by and all(name in ("year", "decade") for name in by) else 1
    asked = {**fields, "facet_min": facet_min, "facet_limit": limit}
    if tree or (bars and by == ("period",)):
        _trees(ctx, query, by or ("period", "country"), bars, format_, asked)
        return
    with opened(ctx, sample=True) as index:
        results = index.run(request(query, limit=0, facets=by or CORE_FACETS, **asked))
    for note in results.notes:
        say(note)
    width, color = terminal()
    if format_ == "json":
        out([render.to_json(results.to_dict())])
    elif format_ == "csv":
        from wpssearch.render.tables import facets_csv

        out(facets_csv(results))
    elif bars:
        from wpssearch.render.overviews import render_bars

        out(render_bars(results, width=width, color=color, blocks=blocks()))
    else:
        out(render.render_facets(results, width=width, color=color))


def _trees(
    ctx: click.Context,
    query: tuple[str, ...],
    by: tuple[str, ...],
    bars: bool,
    format_: str,
    asked: dict[str, Any],
) -> None:
    from wpssearch import render
    from wpssearch.render.overviews import render_tree
    from wpssearch.render.tables import tree_csv

    criteria_ = criteria(asked)
    with opened(ctx, sample=True) as index:
        trees = [index.tree(facet, " ".join(query), **criteria_) for facet in by]
    for note in dict.fromkeys(note for tree in trees for note in tree.scope.notes):
        say(note)
    if format_ == "json":
        out([render.to_json({"trees": [tree.to_dict() for tree in trees]})])
    elif format_ == "csv":
        out(tree_csv(trees))
    else:
        width, color = terminal()
        for tree in trees:
            out(render_tree(tree, width=width, color=color, bars=bars, blocks=blocks()))
