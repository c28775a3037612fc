"""Fill the index, drop records from it, say what it holds, prove it sound."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from wpssearch.cli.options import FORMAT
from wpssearch.cli.running import opened, out, say
from wpssearch.errors import REBUILD, UsageError

if TYPE_CHECKING:
    from wpssearch.engine import Index

__all__ = ["check", "info", "ingest", "remove"]

_INGEST_EXAMPLES = """
\b
Examples:
  wpssearch ingest corpus
  wpssearch --index index ingest unfpa.html --url https://example.org/unfpa
"""


def _replace_sample(index: Index, named: tuple[str, ...]) -> None:
    """Drop the sample that a search has built, now that the user's own records are there."""
    from wpssearch.engine import sample_path, shipped_corpus

    marker = sample_path().with_name("sample")
    if index.path != sample_path() or not marker.exists():
        return
    marker.unlink()
    pages = {str(page.resolve()) for page in shipped_corpus().glob("*.txt")}
    if not any(page.startswith(os.path.realpath(path)) for page in pages for path in named):
        for page in sorted(pages):
            index.remove(source=page)
        say("The sample page was replaced by what you ingest.")


@click.command(epilog=_INGEST_EXAMPLES)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--prune", is_flag=True, help="Also drop records whose file is gone from disk.")
@click.option("--url", metavar="URL", help="The address of the page that is read.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, metavar="N",
              help="Let N further processes tag and invert: for large sources.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_context
def ingest(
    ctx: click.Context,
    /,
    paths: tuple[str, ...],
    prune: bool,
    url: str | None,
    jobs: int,
    as_json: bool,
) -> None:
    """Read files and folders into the index, as one commit."""
    from wpssearch import render

    with opened(ctx, create=True) as index:
        show = sys.stderr.isatty()

        def progress(read: int) -> None:
            if show and read % 100 == 0:
                click.echo(f"\r{read:,} records read", nl=False, err=True)

        report = index.ingest(paths, url=url, prune=prune, jobs=jobs, progress=progress)
        if show:
            click.echo("\r\x1b[K", nl=False, err=True)
        read = report.added + report.updated + report.unchanged
        if read:
            _replace_sample(index, paths)
    if as_json:
        out([render.to_json(report.to_dict())])
    else:
        out(render.render_report(report))
    if report.skipped and not read and not report.removed:
        raise click.ClickException("Nothing could be read from what was named.")


@click.command()
@FORMAT
@click.pass_context
def info(ctx: click.Context, /, format_: str) -> None:
    """Say what the index holds."""
    from wpssearch import render

    with opened(ctx, sample=True) as index:
        account = index.info()
    out([render.to_json(account)] if format_ == "json" else render.render_info(account))


@click.command()
@click.option("--repair", "repairs", is_flag=True,
              help="Make it sound: from what can be read of it, and from its sources.")  # fmt: skip
@FORMAT
@click.pass_context
def check(ctx: click.Context, /, repairs: bool, format_: str) -> None:
    """Prove the index sound, or say what is wrong and exit 1."""
    from wpssearch import engine, render

    path, vocab = ctx.obj["index"], ctx.obj["vocab"]
    found = engine.check(path, vocab=vocab)
    repair = engine.repair(path, vocab=vocab) if repairs and found else None
    problems = engine.check(path, vocab=vocab) if repair else found
    if format_ == "json":
        done = {"found": found, "repair": repair.to_dict()} if repair else {}
        out([render.to_json({"ok": not problems, "problems": problems, **done})])
    elif repair:
        out([*render.render_check(found), *render.render_repair(repair)])
        out(render.render_check(problems))
    else:
        out(render.render_check(problems))
    if problems:
        raise click.ClickException(f"The index is not sound: {REBUILD}")
    if repair and repair.notes:
        raise click.ClickException("Not all could be brought back.")


@click.command()
@click.argument("ids", nargs=-1, metavar="ID...")
@click.option("--source", metavar="FILE", help="All records of one source.")
@click.pass_context
def remove(ctx: click.Context, /, ids: tuple[str, ...], source: str | None) -> None:
    """Drop records from the index."""
    if not ids and source is None:
        raise UsageError("Name the ids to remove, or a --source.")
    with opened(ctx) as index:
        removed = index.remove(ids, source=source)
    out([f"{removed} removed"])
