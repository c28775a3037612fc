"""Words in context, records like one, two searches side by side."""

from __future__ import annotations

from typing import Any

import click

from wpssearch.cli.options import FORMAT, QueryCommand, filters, record_filters
from wpssearch.cli.running import criteria, opened, out, say, terminal
from wpssearch.model import SORTS

__all__ = ["compare", "kwic", "similar"]

_KWIC_EXAMPLES = """
\b
Examples:
  wpssearch kwic police --sort right
  wpssearch kwic '"gender units"' --words 5
  wpssearch kwic training --country Haiti --context 60 --format csv
"""
_SIMILAR_EXAMPLES = """
\b
Examples:
  wpssearch similar dd160851c22cf4a7
  wpssearch similar dd160851c22cf4a7 --country Haiti --format json
"""
_COMPARE_EXAMPLES = """
\b
Examples:
  wpssearch compare police training
  wpssearch compare '"gender units"' 'gender advisers' --period 2007 --limit 3
"""


@click.command(cls=QueryCommand, epilog=_KWIC_EXAMPLES)
@click.argument("query", nargs=-1, required=True)
@filters
@click.option(
    "--context",
    "--width",
    type=click.IntRange(min=0),
    default=40,
    metavar="N",
    show_default=True,
    help="How many characters stand on each side.",
)
@click.option("--words", type=click.IntRange(min=0), metavar="N", help="So many words instead.")
@click.option(
    "--sort",
    "order",
    type=click.Choice([*SORTS, "record", "left", "right"]),
    default="relevance",
    show_default=True,
    help="As a search sorts records, by record, or by what stands beside.",
)
@click.option(
    "--limit", type=click.IntRange(min=0), default=20, show_default=True, help="How many lines."
)
@click.option("--offset", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--format", "format_", type=click.Choice(["text", "json", "csv"]), default="text",
              show_default=True)  # fmt: skip
@click.pass_context
def kwic(
    ctx: click.Context,
    /,
    query: tuple[str, ...],
    context: int,
    words: int | None,
    order: str,
    format_: str,
    **fields: Any,
) -> None:
    """A concordance: each place of the query's words, in context, below one another."""
    from wpssearch import render
    from wpssearch.render import readings

    text = " ".join(query)
    with opened(ctx, sample=True) as index:
        found = index.kwic(text, context=context, words=words, order=order, **criteria(fields))
    for note in found.notes:
        say(note)
    if format_ == "json":
        out([render.to_json(found.to_dict())])
    elif format_ == "csv":
        out(readings.kwic_csv(found))
    else:
        width, color = terminal()
        out(readings.render_kwic(found, width=width, color=color))


@click.command(epilog=_SIMILAR_EXAMPLES)
@click.argument("id_", metavar="ID")
@record_filters
@click.option(
    "--words",
    type=click.IntRange(min=1),
    default=25,
    metavar="N",
    show_default=True,
    help="How many of the record's words are searched for.",
)
@click.option("--limit", type=click.IntRange(min=0), default=10, show_default=True)
@click.option("--offset", type=click.IntRange(min=0), default=0, show_default=True)
@FORMAT
@click.pass_context
def similar(ctx: click.Context, /, id_: str, words: int, format_: str, **fields: Any) -> None:
    """Find the records most like one, and say which words make them so."""
    from wpssearch import render
    from wpssearch.render import readings

    with opened(ctx, sample=True) as index:
        found = index.similar(id_, words=words, **criteria(fields))
    for note in found.results.notes:
        say(note)
    if format_ == "json":
        out([render.to_json(found.to_dict())])
    else:
        width, color = terminal()
        out(readings.render_similar(found, width=width, color=color))


@click.command(epilog=_COMPARE_EXAMPLES)
@click.argument("a")
@click.argument("b")
@filters
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    help="How many records of each part are named.",
)
@click.option("--offset", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--sort", type=click.Choice(SORTS), default="relevance", show_default=True)
@FORMAT
@click.pass_context
def compare(ctx: click.Context, /, a: str, b: str, format_: str, **fields: Any) -> None:
    """Compare what two queries find: only A, both, only B. A query of several words is quoted."""
    from wpssearch import render
    from wpssearch.render import readings

    with opened(ctx, sample=True) as index:
        found = index.compare(a, b, **criteria(fields))
    for note in found.notes:
        say(note)
    if format_ == "json":
        out([render.to_json(found.to_dict())])
    else:
        width, color = terminal()
        out(readings.render_comparison(found, width=width, color=color))
