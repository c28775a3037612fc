"""What the vocabulary knows, and what it finds in a text. Needs no index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wpssearch.cli.options import FORMAT
from wpssearch.cli.running import out, say

if TYPE_CHECKING:
    from wpssearch.vocab import Vocabulary

__all__ = ["tag", "vocab"]

_TAG_EXAMPLES = """
\b
Examples:
  wpssearch tag report.txt --period 2007
  echo "UNMIL trained police" | wpssearch tag -
"""


@click.command(epilog=_TAG_EXAMPLES)
@click.argument("file", metavar="FILE|-")
@click.option("--period", metavar="PERIOD", help="When it happened: a label, month, year or range.")
@click.pass_context
def tag(ctx: click.Context, /, file: str, period: str | None) -> None:
    """Say as JSON what a text names: missions, countries, further facets. Needs no index."""
    from wpssearch import render
    from wpssearch.engine import load_vocabulary
    from wpssearch.engine import tag as tag_text
    from wpssearch.readers.files import read_text

    text = read_text(file)
    _say_problems(load_vocabulary(ctx.obj["vocab"]))
    out([render.to_json(tag_text(text, period, vocab=ctx.obj["vocab"]))])


@click.command()
@click.argument("name", nargs=-1, required=True)
@FORMAT
@click.pass_context
def vocab(ctx: click.Context, /, name: tuple[str, ...], format_: str) -> None:
    """Show the rows of the vocabulary that have a name, id, code or alias."""
    from wpssearch import render
    from wpssearch.engine import load_vocabulary

    vocabulary = load_vocabulary(ctx.obj["vocab"])
    _say_problems(vocabulary)
    rows = vocabulary.find(" ".join(name))
    if format_ == "json":
        out([render.to_json({"rows": [row.to_dict() for row in rows]})])
    else:
        out(render.render_rows(rows))
    if not rows:
        say(f"The vocabulary has no row named {' '.join(name)!r}.")


def _say_problems(vocabulary: Vocabulary) -> None:
    for file, line, why in vocabulary.problems:
        say(f"skipped {file}:{line}: {why}")
