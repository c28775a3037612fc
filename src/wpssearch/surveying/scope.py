"""Which records an overview is of, and what all overviews refuse."""

from __future__ import annotations

from collections.abc import Iterable

from wpssearch.errors import UsageError
from wpssearch.model import Search
from wpssearch.overviews import Scope
from wpssearch.searching import Selected, named_filters

__all__ = ["check", "scope"]


def scope(request: Search, selected: Selected, notes: Iterable[str] = ()) -> Scope:
    """The records that a search has selected, with its notes and further ones."""
    return Scope(
        str(request.query),
        selected.matched.mode,
        named_filters(request),
        selected.total,
        tuple(dict.fromkeys((*selected.notes, *notes))),
        selected.matched.operators,
    )


def check(*limits: int | None) -> None:
    """Raise ``UsageError`` where a number of things to be shown is less than none."""
    if any(limit is not None and limit < 0 for limit in limits):
        raise UsageError("A number of rows, columns, values or words is 0 or more.")
