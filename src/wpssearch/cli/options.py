"""What the commands share: the options that keep records, and query text."""

from __future__ import annotations

from typing import Any

import click

from wpssearch.model import EVIDENCES, INTERVALS, ROLES

__all__ = [
    "COUNT",
    "FORMAT",
    "TABLE_FORMAT",
    "QueryCommand",
    "filters",
    "one_line",
    "record_filters",
]


class QueryCommand(click.Command):
    """A command whose query may hold words that begin with a dash.

    An argument that begins with a dash and is no option is query text; click would refuse it.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        flags: dict[str, bool] = {}
        for parameter in self.get_params(ctx):
            if isinstance(parameter, click.Option):
                for name in (*parameter.opts, *parameter.secondary_opts):
                    flags[name] = parameter.is_flag or parameter.count
        options: list[str] = []
        words: list[str] = []
        rest = iter(args)
        for arg in rest:
            name = arg.partition("=")[0]
            if arg == "--":
                words.extend(rest)
            elif name in flags and (arg == name or name.startswith("--")):
                options.append(arg)
                if arg == name and not flags[name]:
                    options.extend([value for value in [next(rest, None)] if value is not None])
            else:
                words.append(arg)
        return super().parse_args(ctx, [*options, "--", *words])


def one_line(text: str) -> str:
    from wpssearch.render import neutralise

    return neutralise(" ".join(text.split()))


def filters(command: Any) -> Any:
    """The options that keep records, for every command that takes a query."""
    exact = click.option("--exact", is_flag=True,
                         help="Leave acronyms and their long forms apart.")  # fmt: skip
    any_ = click.option("--any", "any_", is_flag=True, help="Rank by any word, not all.")
    return record_filters(any_(exact(command)))


def record_filters(command: Any) -> Any:
    """The options that keep records, for a command without a query."""
    for option in reversed(
        [
            click.option("--period", multiple=True, metavar="PERIOD",
                         help="A label (Jul 2007), month, year or range (2007-07..2008-01)."),
            click.option("--from", "from_", metavar="MONTH", help="Nothing that ended before."),
            click.option("--to", metavar="MONTH", help="Nothing that began after."),
            click.option("--overlap", is_flag=True,
                         help="Let --period keep whatever touches it, also a listed label."),
            click.option("--interval", type=click.Choice(INTERVALS),
                         help="How a record's period must meet the one asked for."),
            click.option("--agency", multiple=True, metavar="NAME", help="Reporting agency."),
            click.option("--lineage", is_flag=True, help="Take an agency's predecessors, too."),
            click.option("--mission", multiple=True, metavar="NAME", help="Mission named."),
            click.option("--country", multiple=True, metavar="NAME",
                         help="Country, by any name, spelling or ISO code."),
            click.option("--role", multiple=True, type=click.Choice(ROLES),
                         help="Countries where it happened, or that gave or sent."),
            click.option("--evidence", multiple=True, type=click.Choice(EVIDENCES),
                         help="Countries that the text states, that a mission or city implies, "
                              "or that the source gave."),
            click.option("--kind", multiple=True, metavar="KIND", help="activity or agency."),
            click.option("--where", multiple=True, metavar="NAME=VALUE",
                         help="A further facet: year, decade, region, subregion, or a source's."),
            click.option("--not-period", multiple=True, metavar="PERIOD", help="Leave these out."),
            click.option("--not-agency", multiple=True, metavar="NAME"),
            click.option("--not-mission", multiple=True, metavar="NAME"),
            click.option("--not-country", multiple=True, metavar="NAME"),
            click.option("--not-where", multiple=True, metavar="NAME=VALUE"),
        ]
    ):  # fmt: skip
        command = option(command)
    return command


FORMAT = click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True
)
TABLE_FORMAT = click.option(
    "--format", "format_", type=click.Choice(["text", "json", "csv"]), default="text",
    show_default=True,
)  # fmt: skip
#: How many of something: none, or more.
COUNT = click.IntRange(min=0)
