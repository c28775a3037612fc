"""The query as a frozen tree: parsed from any text, printed back to text, built in Python, kept
as JSON, walked by a backend.

- ``tree``: what a query of words and phrases is made of, and ``Query``, the base of all parts.
- ``operators``: all else that a query can hold; loaded where a query holds it.
- ``lexer``, ``parser``: text to tree. ``printer``: tree to text. ``codec``: tree to JSON and back.
"""

from __future__ import annotations

from collections.abc import Collection

from wpssearch.query.tree import Every, Phrase, Query, Word, Words

__all__ = ["Every", "Phrase", "Query", "Word", "Words", "parse"]

#: What is text wherever it stands has none of these.
_SYNTAX = frozenset('"()*?~^:\\\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02')
_OPERATORS = frozenset(["AND", "OR", "NOT", "&&", "||"])
_PREFIXES = frozenset("+-!")


def parse(text: str, facets: Collection[str] = ()) -> tuple[Query, tuple[str, ...]]:
    """The tree of a query's text, and notes on what could not be read as syntax.

    ``facets`` are the names of the index's own facets, beside those that every index knows.

    Every text is a query. The time taken is linear in its length.
    """
    runs = text.split()
    if not runs:
        return Every(), ()
    plain = _SYNTAX.isdisjoint(text) and not any(
        run in _OPERATORS or run[0] in _PREFIXES for run in runs
    )
    if plain:
        return (Word(runs[0]) if len(runs) == 1 else Words(tuple(map(Word, runs)))), ()
    from wpssearch.query.parser import parsed

    return parsed(text, facets)
