"""The command line: arguments in, exit status out. What it says comes from the rooms below."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Any

import click

from wpssearch import __version__
from wpssearch.errors import UsageError
from wpssearch.options import FORMAT, OneLineErrors, QueryCommand, filters, one_line

if TYPE_CHECKING:
    from wpssearch.engine import Index
    from wpssearch.results import Results
    from wpssearch.vocab import Vocabulary

__all__ = ["main"]

# numpy's linear algebra, of which nothing is used here, starts its threads when it is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

_SEARCH_EXAMPLES = """
\b
Examples:
  wpssearch search police gender desks Liberia
  wpssearch search '"gender units"' --country Haiti
  wpssearch search sensitisation --period 2007 --format json
  wpssearch search --agency DPKO --sort newest --limit 3
"""
_FACETS_EXAMPLES = """
\b
Examples:
  wpssearch facets
  wpssearch facets training --by country --by mission
"""
_TAG_EXAMPLES = """
\b
Examples:
  wpssearch tag report.txt --period 2007
  echo "UNMIL trained police" | wpssearch tag -
"""
_INGEST_EXAMPLES = """
\b
Examples:
  wpssearch ingest corpus
  wpssearch --index index ingest unfpa.html --url https://example.org/unfpa
"""


def _say(text: str) -> None:
    click.echo(one_line(text), err=True)


def _out(lines: Iterable[str]) -> None:
    """Write lines to stdout; a reader that has had enough (`| head`) is no error."""
    stream: IO[str] | None = sys.stdout
    if stream is None:
        return
    try:
        for line in lines:
            stream.write(line.encode("utf-8", "replace").decode() + "\n")
        stream.flush()
    except BrokenPipeError:
        # Python flushes stdout once more at exit; let that go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _terminal() -> tuple[int | None, bool]:
    """The width of the terminal and whether to colour; no width where stdout is no terminal."""
    if sys.stdout is None or not sys.stdout.isatty():
        return None, False
    import shutil

    color = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return shutil.get_terminal_size().columns, color


def _open(ctx: click.Context, *, create: bool = False, sample: bool = False) -> Index:
    """The index that the command works on; ``sample`` builds the shipped corpus where none is."""
    from wpssearch.backends.whoosh.store import holds_index
    from wpssearch.engine import default_path, open_index, sample_path, shipped_corpus

    vocab = ctx.obj["vocab"]
    if ctx.obj["index"]:
        return open_index(ctx.obj["index"], create=create, vocab=vocab)
    path = default_path()
    if not sample or holds_index(path):
        return open_index(path, create=create, vocab=vocab)
    # A marker tells the sample from an index that a user has built there.
    index = open_index(path, create=True, vocab=vocab)
    _say(f"There is no index yet: building one of the sample page in {path}.")
    index.ingest([shipped_corpus()])
    sample_path().with_name("sample").touch()
    return index


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
        _say("The sample page was replaced by what you ingest.")


def _where(pairs: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    where: dict[str, tuple[str, ...]] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UsageError(f"--where takes NAME=VALUE, not {pair!r}.")
        where[name] = (*where.get(name, ()), value)
    return where


def _run(ctx: click.Context, query: tuple[str, ...], **fields: Any) -> Results:
    from wpssearch.model import Search

    fields["any"] = fields.pop("any_")
    fields["where"] = _where(fields["where"])
    with _open(ctx, sample=True) as index:
        results = index.run(Search(query=" ".join(query), **fields))
    for note in results.notes:
        _say(note)
    return results


@click.group(cls=OneLineErrors, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--index", metavar="DIR", envvar="WPSSEARCH_INDEX",
              help="The index; else $WPSSEARCH_INDEX, ./index or yours.")  # fmt: skip
@click.option("--vocab", metavar="FILE", help="Your own rows for the vocabulary.")
@click.version_option(__version__, prog_name="wpssearch")
@click.pass_context
def main(ctx: click.Context, /, index: str | None, vocab: str | None) -> None:
    """Search records of who did what, where and when, on Women, Peace and Security."""
    ctx.obj = {"index": index, "vocab": vocab}
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


@main.command(epilog=_INGEST_EXAMPLES)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--prune", is_flag=True, help="Also drop records whose file is gone from disk.")
@click.option("--url", metavar="URL", help="The address of the page that is read.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_context
def ingest(
    ctx: click.Context, /, paths: tuple[str, ...], prune: bool, url: str | None, as_json: bool
) -> None:
    """Read files and folders into the index, as one commit."""
    from wpssearch import render

    with _open(ctx, create=True) as index:
        show = sys.stderr.isatty()

        def progress(read: int) -> None:
            if show and read % 100 == 0:
                click.echo(f"\r{read:,} records read", nl=False, err=True)

        report = index.ingest(paths, url=url, prune=prune, progress=progress)
        if show:
            click.echo("\r\x1b[K", nl=False, err=True)
        read = report.added + report.updated + report.unchanged
        if read:
            _replace_sample(index, paths)
    if as_json:
        _out([render.to_json(report.to_dict())])
    else:
        _out(render.render_report(report))
    if report.skipped and not read and not report.removed:
        raise click.ClickException("Nothing could be read from what was named.")


@main.command(cls=QueryCommand, epilog=_SEARCH_EXAMPLES)
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

    results = _run(ctx, query, **fields)
    if format_ == "json":
        _out([render.to_json(results.to_dict())])
    elif format_ == "jsonl":
        _out(render.to_jsonl(results))
    elif format_ == "csv":
        _out(render.to_csv(results))
    else:
        width, color = _terminal()
        _out(render.render_results(results, width=width, color=color, hints=width is not None))


@main.command(cls=QueryCommand, epilog=_FACETS_EXAMPLES)
@click.argument("query", nargs=-1)
@filters
@click.option("--by", multiple=True, metavar="NAME", help="A facet; all four without it.")
@FORMAT
@click.pass_context
def facets(
    ctx: click.Context, /, query: tuple[str, ...], by: tuple[str, ...], format_: str, **fields: Any
) -> None:
    """Count the values of facets, over all records or those that match."""
    from wpssearch import render
    from wpssearch.model import CORE_FACETS

    results = _run(
        ctx, query, limit=0, facets=by or CORE_FACETS, facet_limit=None if by else 10, **fields
    )
    if format_ == "json":
        _out([render.to_json(results.to_dict())])
    else:
        width, color = _terminal()
        _out(render.render_facets(results, width=width, color=color))


@main.command()
@click.argument("id_", metavar="ID")
@FORMAT
@click.pass_context
def show(ctx: click.Context, /, id_: str, format_: str) -> None:
    """Show one whole record: its text, its tags' evidence, its source, its agency's profile."""
    from wpssearch import render

    with _open(ctx, sample=True) as index:
        record = index.get(id_)
        profile = index.profile(record)
    if format_ == "json":
        shown = {**record.to_dict(), "profile": profile.to_dict() if profile else None}
        _out([render.to_json(shown)])
    else:
        width, color = _terminal()
        _out(render.render_record(record, profile, width=width, color=color))


@main.command()
@FORMAT
@click.pass_context
def info(ctx: click.Context, /, format_: str) -> None:
    """Say what the index holds."""
    from wpssearch import render

    with _open(ctx, sample=True) as index:
        account = index.info()
    _out([render.to_json(account)] if format_ == "json" else render.render_info(account))


@main.command()
@FORMAT
@click.pass_context
def check(ctx: click.Context, /, format_: str) -> None:
    """Prove the index sound, or say what is wrong and exit 1."""
    from wpssearch import render

    with _open(ctx) as index:
        problems = index.check()
    if format_ == "json":
        _out([render.to_json({"ok": not problems, "problems": problems})])
    else:
        _out(render.render_check(problems))
    if problems:
        raise click.ClickException("The index is not sound; build it anew from its sources.")


@main.command(epilog=_TAG_EXAMPLES)
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
    _out([render.to_json(tag_text(text, period, vocab=ctx.obj["vocab"]))])


@main.command()
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
        _out([render.to_json({"rows": [row.to_dict() for row in rows]})])
    else:
        _out(render.render_rows(rows))
    if not rows:
        _say(f"The vocabulary has no row named {' '.join(name)!r}.")


def _say_problems(vocabulary: Vocabulary) -> None:
    for file, line, why in vocabulary.problems:
        _say(f"skipped {file}:{line}: {why}")


@main.command()
@click.argument("ids", nargs=-1, metavar="ID...")
@click.option("--source", metavar="FILE", help="All records of one source.")
@click.pass_context
def remove(ctx: click.Context, /, ids: tuple[str, ...], source: str | None) -> None:
    """Drop records from the index."""
    if not ids and source is None:
        raise UsageError("Name the ids to remove, or a --source.")
    with _open(ctx) as index:
        removed = index.remove(ids, source=source)
    _out([f"{removed} removed"])


if __name__ == "__main__":
    main()
