"""Find and show."""

from __future__ import annotations

from typing import Any

import click

from wpssearch.cli.options import FORMAT, QueryCommand, filters
from wpssearch.cli.running import opened, out, run, terminal

__all__ = ["search", "show"]

_SEARCH_EXAMPLES = """
\b
Examples:
  wpssearch search police gender desks Liberia
  wpssearch search '"gender units"' --country Haiti
  wpssearch search sensitisation --period 2007 --format json
  wpssearch search --agency DPKO --sort newest --limit 3
"""


@click.command(cls=QueryCommand, epilog=_SEARCH_EXAMPLES)
@click.argument("query", nargs=-1)
@filters
@click.option("--limit", type=click.IntRange(min=0), default=10, show_default=True)
@click.option("--offset", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--sort", type=click.Choice(["relevance", "newest", "oldest"]), default="relevance",
              show_default=True)  # fmt: skip
@click.option("--format", "format_", type=click.Choice(["text", "json", "jsonl", "csv"]),
              default="text", show_default=True)  # fmt: skip
@click.pass_context
def search(ctx: click.Context, /, query: tuple[str, ...], format_: str, **fields: Any) -> None:
    """Find records: ranked and highlighted, then the facets."""
    from wpssearch import render

    results = run(ctx, query, **fields)
    if format_ == "json":
        out([render.to_json(results.to_dict())])
    elif format_ == "jsonl":
        out(render.to_jsonl(results.hits))
    elif format_ == "csv":
        out(render.to_csv(results.hits))
    else:
        width, color = terminal()
        out(render.render_results(results, width=width, color=color, hints=width is not None))


@click.command()
@click.argument("id_", metavar="ID")
@FORMAT
@click.pass_context
def show(ctx: click.Context, /, id_: str, format_: str) -> None:
    """Show one whole record: its text, its tags' evidence, its source, its agency's profile."""
    from wpssearch import render

    with opened(ctx, sample=True) as index:
        record = index.get(id_)
        profile = index.profile(record)
    if format_ == "json":
        shown = {**record.to_dict(), "profile": profile.to_dict() if profile else None}
        out([render.to_json(shown)])
    else:
        width, color = terminal()
        out(render.render_record(record, profile, width=width, color=color))
