"""What the commands do alike: open the index, search it, write to stdout and stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import IO, TYPE_CHECKING, Any

import click

from wpssearch.cli.options import one_line
from wpssearch.errors import Error, UsageError
from wpssearch.model import CORE_FACETS

if TYPE_CHECKING:
    from wpssearch.engine import Index
    from wpssearch.model import Search
    from wpssearch.results import Results

__all__ = ["blocks", "criteria", "opened", "out", "request", "run", "say", "terminal"]


def say(text: str) -> None:
    """Tell the user something, on stderr."""
    click.echo(one_line(text), err=True)


def out(lines: Iterable[str]) -> None:
    """Write lines to stdout; a reader that has had enough (`| head`) is no error.

    ``Error`` where the system refuses to write them.
    """
    stream: IO[str] | None = sys.stdout
    if stream is None:
        return
    try:
        for line in lines:
            stream.write(line.encode("utf-8", "replace").decode() + "\n")
        stream.flush()
    except OSError as error:
        # Python flushes stdout once more at exit; let that go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if not isinstance(error, BrokenPipeError):
            why = error.strerror or error
            raise Error(f"The answer cannot be written ({why}): write it elsewhere.") from error


def terminal() -> tuple[int | None, bool]:
    """The width of the terminal and whether to colour; no width where stdout is no terminal."""
    if sys.stdout is None or not sys.stdout.isatty():
        return None, False
    import shutil

    color = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return shutil.get_terminal_size().columns, color


def blocks() -> bool:
    """Whether bars are drawn in Unicode's blocks; a locale that is not UTF-8's gets ASCII."""
    named = (os.environ.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    locale = next(filter(None, named), "utf-8").lower()
    return "utf8" in locale.replace("-", "")


def opened(ctx: click.Context, *, create: bool = False, sample: bool = False) -> Index:
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
    say(f"There is no index yet: building one of the sample page in {path}.")
    index.ingest([shipped_corpus()])
    sample_path().with_name("sample").touch()
    return index


def _where(pairs: tuple[str, ...], option: str) -> dict[str, tuple[str, ...]]:
    where: dict[str, tuple[str, ...]] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UsageError(f"{option} takes NAME=VALUE, not {pair!r}.")
        where[name] = (*where.get(name, ()), value)
    return where


def criteria(options: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a search that the options of ``options.filters`` stand for, and all others."""
    fields = {"any" if name == "any_" else name: value for name, value in options.items()}
    fields["where"] = _where(fields["where"], "--where")
    exclude = _where(fields.pop("not_where"), "--not-where")
    for facet in CORE_FACETS:
        exclude[facet] = (*fields.pop(f"not_{facet}"), *exclude.get(facet, ()))
    fields["exclude"] = {facet: values for facet, values in exclude.items() if values}
    return fields


def request(query: tuple[str, ...], **options: Any) -> Search:
    """The search that a command's words and options ask for."""
    from wpssearch.model import Search

    return Search(query=" ".join(query), **criteria(options))


def run(ctx: click.Context, query: tuple[str, ...], **fields: Any) -> Results:
    """Carry out a search; its notes go to stderr."""
    with opened(ctx, sample=True) as index:
        results = index.run(request(query, **fields))
    for note in results.notes:
        say(note)
    return results
