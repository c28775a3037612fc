"""Searches that were kept: list them, drop them, run them again."""

from __future__ import annotations

import click

from wpssearch.cli.options import FORMAT
from wpssearch.cli.running import opened, out, say, terminal

__all__ = ["replay", "saved"]

_REPLAY_EXAMPLES = """
\b
Examples:
  wpssearch replay liberia
  wpssearch replay liberia --format json
"""
_SAVED_EXAMPLES = """
\b
Examples:
  wpssearch saved
  wpssearch saved --remove liberia
"""


@click.command(epilog=_REPLAY_EXAMPLES)
@click.argument("name")
@FORMAT
@click.pass_context
def replay(ctx: click.Context, /, name: str, format_: str) -> None:
    """Run a kept search again: what came, what went, what moved in rank."""
    from wpssearch import render
    from wpssearch.render import readings

    with opened(ctx) as index:
        found = index.replay(name)
    for note in found.notes:
        say(note)
    if format_ == "json":
        out([render.to_json(found.to_dict())])
    else:
        width, color = terminal()
        out(readings.render_replay(found, width=width, color=color))


@click.command(epilog=_SAVED_EXAMPLES)
@click.option("--remove", metavar="NAME", multiple=True, help="Drop a search.")
@FORMAT
@click.pass_context
def saved(ctx: click.Context, /, remove: tuple[str, ...], format_: str) -> None:
    """List the searches that were kept with --save, or drop some."""
    from wpssearch import render
    from wpssearch.model import Skip
    from wpssearch.render import readings

    with opened(ctx) as index:
        for name in remove:
            index.forget(name)
            say(f"Dropped {name!r}.")
        listed = index.saved()
    kept = [item for item in listed if not isinstance(item, Skip)]
    for item in listed:
        if isinstance(item, Skip):
            say(f"skipped {item.file}: {item.why}")
    if format_ == "json":
        out([render.to_json({"searches": [search.to_dict() for search in kept]})])
    else:
        width, color = terminal()
        out(readings.render_saved(kept, width=width, color=color))
