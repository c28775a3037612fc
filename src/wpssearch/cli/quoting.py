"""Take records away as references, and prove quotations."""

from __future__ import annotations

import click

from wpssearch.cli.options import FORMAT
from wpssearch.cli.running import opened, out, terminal
from wpssearch.errors import UsageError

__all__ = ["cite", "verify"]

_CITE_EXAMPLES = """
\b
Examples:
  wpssearch cite dd160851c22cf4a7
  wpssearch cite dd160851c22cf4a7 3bf6dcb426246062 --style bibtex
"""
_VERIFY_EXAMPLES = """
\b
Examples:
  wpssearch verify quotations.txt
  echo "family support units have been established in Liberia" | wpssearch verify -
"""


@click.command(epilog=_CITE_EXAMPLES)
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option(
    "--style",
    type=click.Choice(["text", "bibtex", "ris", "csl-json"]),
    default="text",
    show_default=True,
)
@click.option("--access-date", metavar="YYYY-MM-DD", help="When you saw the records' addresses.")
@click.pass_context
def cite(ctx: click.Context, /, ids: tuple[str, ...], style: str, access_date: str | None) -> None:
    """Print references to records: agency, period, source and line, id, address."""
    with opened(ctx, sample=True) as index:
        out([index.cite(ids, style=style, access_date=access_date)])


@click.command(epilog=_VERIFY_EXAMPLES)
@click.argument("file", metavar="FILE|-")
@FORMAT
@click.pass_context
def verify(ctx: click.Context, /, file: str, format_: str) -> None:
    """Look for quotations, word for word; exit 1 if one is not there.

    Each paragraph of the file is a quotation; an empty line parts two. Case, accents, blanks,
    quotation marks and other punctuation do not count, nor does a dash between two words or in
    one. Three dots, in brackets or not, leave something out. Of a quotation that is not there the
    nearest passage is shown, and how they differ.
    """
    from wpssearch import render
    from wpssearch.readers.files import read_text
    from wpssearch.render import readings

    text = read_text(file)
    with opened(ctx, sample=True) as index:
        found = index.verify(text)
    if not found:
        raise UsageError(f"{file} holds no quotation: it is empty.")
    if format_ == "json":
        out([render.to_json({"quotations": [quotation.to_dict() for quotation in found]})])
    else:
        width, color = terminal()
        out(readings.render_quotations(found, width=width, color=color))
    missing = sum(not quotation.found for quotation in found)
    if missing:
        raise click.ClickException(
            f"Not in the corpus word for word: {missing} of {len(found)}; compare the passages."
        )
