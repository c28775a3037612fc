"""Words of a record or of a quotation as query terms: what is taken as text is never syntax."""

from __future__ import annotations

from collections.abc import Iterable

from wpssearch.analysis import Analyzer
from wpssearch.backends.evaluator import Evaluation
from wpssearch.backends.lowering import lower
from wpssearch.backends.plan import Lowered, QueryTerm
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.query import Phrase, Word

__all__ = ["evaluation_of", "lowered"]

# What would make a pattern of a word.
_MARKS = str.maketrans("*?", "  ")


def lowered(text: str, snapshot: Snapshot, analyzer: Analyzer) -> Lowered:
    """A word, or the words of a text in a row, each as it is written."""
    words = text.translate(_MARKS).split()
    if not words:
        return Lowered(None, {}, ())
    node = Phrase(" ".join(words)) if len(words) > 1 else Word(words[0])
    return lower(node, analyzer.query_tokens, snapshot, analyzer.long_forms, exact=True)


def evaluation_of(snapshot: Snapshot, terms: Iterable[QueryTerm] = ()) -> Evaluation:
    """What weighs and scores these terms, each once."""
    return Evaluation(snapshot, dict.fromkeys(terms, 1.0))
