"""Words of a record or of a quotation as query terms: what is taken as text is never syntax."""

from __future__ import annotations

from collections.abc import Iterable

from wpssearch.analysis import Analyzer
from wpssearch.backends.evaluator import Evaluation
from wpssearch.backends.plan import Group, Lowered, Synonyms, lower
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.query import Phrase, Word

__all__ = ["evaluation_of", "lowered"]


def lowered(text: str, snapshot: Snapshot, analyzer: Analyzer) -> Lowered:
    """A word, or the words of a text in a row, each as it is written."""
    node = Phrase(text) if len(text.split()) > 1 else Word(text.strip())
    return lower(node, analyzer.query_tokens, snapshot, analyzer.long_forms, exact=True)


def evaluation_of(snapshot: Snapshot, terms: Iterable[Group | Synonyms] = ()) -> Evaluation:
    """What weighs and scores these terms, each once."""
    return Evaluation(snapshot, tuple(terms))
