"""A tree as values that JSON knows, and back; whatever is not exactly that is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from wpssearch.errors import UsageError
from wpssearch.query.operators import (
    And,
    Boost,
    Facet,
    Field,
    Fuzzy,
    Near,
    Not,
    Or,
    Required,
    Wildcard,
)
from wpssearch.query.tree import MOST_NESTED, Every, Phrase, Query, Word, Words

__all__ = ["decoded", "encoded"]

_KINDS: dict[str, Any] = {
    kind.__name__.lower(): kind
    for kind in (And, Boost, Every, Facet, Field, Fuzzy, Near, Not, Or, Phrase, Required, Wildcard,
                 Word, Words)
}  # fmt: skip


def encoded(tree: Query) -> dict[str, Any]:
    """The tree as mappings, lists, texts and numbers; ``kind`` says what each part is."""
    out: dict[str, Any] = {"kind": type(tree).__name__.lower()}
    for name in _names(type(tree)):
        value = getattr(tree, name)
        if name == "parts":
            value = [encoded(part) for part in value]
        out[name] = encoded(value) if isinstance(value, Query) else value
    return out


def decoded(data: Any, depth: int = MOST_NESTED) -> Query:
    """The tree that ``encoded`` has made so; ``UsageError`` for anything else."""
    if not isinstance(data, Mapping):
        raise UsageError(f"A query is kept as a mapping, not as {data!r}.")
    kind = _KINDS.get(data["kind"]) if isinstance(data.get("kind"), str) else None
    if kind is None:
        raise UsageError(f"There is no kind of query called {data.get('kind')!r}.")
    names = _names(kind)
    if set(data) != {"kind", *names}:
        raise UsageError(f"A query of kind {data['kind']!r} has {', '.join(names) or 'no more'}.")
    if not depth:
        raise UsageError(f"A query holds at most {MOST_NESTED} parts inside one another.")
    values = {name: data[name] for name in names}
    if "parts" in values:
        if not isinstance(values["parts"], list | tuple):
            raise UsageError("The parts of a query are a list.")
        values["parts"] = tuple(decoded(part, depth - 1) for part in values["parts"])
    if "part" in values:
        values["part"] = decoded(values["part"], depth - 1)
    query: Query = kind(**values)
    return query


def _names(kind: Any) -> list[str]:
    return [each.name for each in fields(kind) if each.init]
