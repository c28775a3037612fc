"""Find and show."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from wpssearch.cli.options import FORMAT, QueryCommand, filters
from wpssearch.cli.running import opened, out, request, say, terminal
from wpssearch.errors import UsageError
from wpssearch.model import PASSAGE_LENGTH, SORTS

if TYPE_CHECKING:
    from wpssearch.model import Search

__all__ = ["search", "show"]

_SEARCH_EXAMPLES = """
\b
Examples:
  wpssearch search police gender desks Liberia
  wpssearch search '"gender units"' --country Haiti
  wpssearch search '"police desks"~3 OR polic*' -military country:Liberia
  wpssearch search sensitisation --period 2007 --format json
  wpssearch search --agency DPKO --sort newest --limit 3
  wpssearch search police --full --limit 1
  wpssearch search violence --all --format csv
  wpssearch search gender --country Haiti --save haiti
  wpssearch search gender --country Haiti --methods
"""


@click.command(cls=QueryCommand, epilog=_SEARCH_EXAMPLES)
@click.argument("query", nargs=-1)
@filters
@click.option("--limit", type=click.IntRange(min=0), default=10, show_default=True)
@click.option("--offset", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--all",
    "all_",
    is_flag=True,
    help="Every hit, streamed, whatever the limit; as text, jsonl or csv.",
)
@click.option("--sort", type=click.Choice(SORTS), default="relevance", show_default=True)
@click.option(
    "--context",
    type=click.IntRange(min=1),
    default=PASSAGE_LENGTH,
    metavar="N",
    show_default=True,
    help="How long a passage is, in characters.",
)
@click.option("--explain", is_flag=True, help="Say how the query was read and why hits rank.")
@click.option("--full", is_flag=True, help="The whole text with its matches marked.")
@click.option("--save", metavar="NAME", help="Keep the search and what it finds; see replay.")
@click.option(
    "--methods",
    is_flag=True,
    help="Print what a paper's methods section says of the search instead.",
)
@click.option(
    "--bom", is_flag=True, help="Begin a csv with a byte order mark, by which Excel knows UTF-8."
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "jsonl", "csv"]),
    default="text",
    show_default=True,
)
@click.pass_context
def search(
    ctx: click.Context,
    /,
    query: tuple[str, ...],
    format_: str,
    all_: bool,
    save: str | None,
    methods: bool,
    bom: bool,
    **fields: Any,
) -> None:
    """Find records: ranked and highlighted, then the facets."""
    from wpssearch import render

    if all_ and format_ == "json":
        raise UsageError("With --all the format is text, jsonl or csv: JSON is not streamed.")
    if bom and format_ != "csv":
        raise UsageError("A byte order mark is for --format csv alone.")
    asked = request(query, **fields)
    with opened(ctx, sample=True) as index:
        if save is not None:
            kept = index.save(save, asked)
            say(f"Kept as {kept.name!r}; `wpssearch replay {kept.name}` runs it again.")
        if methods:
            said = index.methods(asked)
            out(
                [
                    render.to_json(said.to_dict())
                    if format_ == "json"
                    else render.neutralise(said.text)
                ]
            )
            return
        results = index.run(_counts_alone(asked, format_) if all_ else asked)
        hits = index.scan(asked) if all_ else iter(results.hits)
    for note in results.notes:
        say(note)
    if format_ == "json":
        out([render.to_json(results.to_dict())])
    elif format_ == "jsonl":
        out(render.to_jsonl(hits))
    elif format_ == "csv":
        header = "\ufeff" if bom else ""
        rows = render.to_csv(hits)
        out(chain([header + next(rows)], rows))
    else:
        width, color = terminal()
        hints = width is not None and not all_
        out(render.render_results(results, width=width, color=color, hints=hints, hits=hits))


def _counts_alone(asked: Search, format_: str) -> Search:
    """The same search without its page, and without the facets where they are not shown."""
    from dataclasses import replace

    return replace(asked, limit=0, facets=asked.facets if format_ == "text" else ())


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
