"""The command line: arguments in, exit status out. What it says comes from the rooms below."""

from __future__ import annotations

import errno
import gc
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from wpssearch.cli.options import one_line
from wpssearch.errors import Error, UsageError
from wpssearch.version import __version__

__all__ = ["main"]

# numpy's linear algebra, of which nothing is used here, starts its threads when it is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


#: The room of each command: what a command needs is loaded when it is called.
_ROOMS = {
    "check": "maintaining",
    "cite": "quoting",
    "compare": "reading",
    "crosstab": "surveying",
    "facets": "counting",
    "gaps": "surveying",
    "info": "maintaining",
    "ingest": "maintaining",
    "kwic": "reading",
    "remove": "maintaining",
    "replay": "repeating",
    "saved": "repeating",
    "search": "searching",
    "show": "searching",
    "similar": "reading",
    "tag": "vocabulary",
    "terms": "surveying",
    "trend": "surveying",
    "verify": "quoting",
    "vocab": "vocabulary",
}


class Commands(click.Group):
    """The commands. An error that the user can act on is told in one line on stderr, and exits 1;
    wrong usage exits 2.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_ROOMS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        room = _ROOMS.get(cmd_name)
        if room is None:
            return None
        module = import_module(f"wpssearch.cli.{room}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        with _told():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        with _told():
            try:
                return super().invoke(ctx)
            except UsageError as error:
                raise click.UsageError(str(error)) from error
            except Error as error:
                raise click.ClickException(str(error)) from error


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong in the block is told without anything that a terminal obeys: an error quotes
    what was typed. What the system refuses, wherever that was, is one line, too.
    """
    try:
        yield
    except OSError as error:
        if error.errno == errno.EPIPE:
            # A reader that has had enough is no error to click, either.
            raise
        why = error.strerror or error
        raise click.ClickException(f"The system refuses to read or write: {why}.") from error
    except click.ClickException as error:
        message = one_line(error.format_message())
        error.format_message = lambda: message  # type: ignore[method-assign]
        raise
    except MemoryError as error:
        raise click.ClickException("There is not enough memory for this.") from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--index", metavar="DIR", envvar="WPSSEARCH_INDEX",
              help="The index; else $WPSSEARCH_INDEX, ./index or yours.")  # fmt: skip
@click.option("--vocab", metavar="FILE", help="Your own rows for the vocabulary.")
@click.version_option(__version__, prog_name="wpssearch")
@click.pass_context
def main(ctx: click.Context, /, index: str | None, vocab: str | None) -> None:
    """Search records of who did what, where and when, on Women, Peace and Security."""
    # Next to nothing of what a command makes is garbage that holds itself: looking for that after
    # every 700 objects takes a twentieth of a search's time.
    gc.set_threshold(100_000)
    ctx.obj = {"index": index, "vocab": vocab}
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
