"""Query trees as hypothesis draws them: any that can be made, or of the words of a corpus."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from wpssearch.query import Every, Phrase, Query, Word, Words
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

__all__ = ["any_trees", "trees_of"]

Trees = st.SearchStrategy[Query]

# What a query's text could be misread by.
_ODD = st.sampled_from(
    ['"', "\u201c", "\\", "(", ")", "*", "?", "~", "~2", "^", "^2", ":", "title:", "country:", "+",
     "-", "!", "&&", "||", "AND", "OR", "NOT", "[", "]", "a", "1", "é", "日", "\u202e", "\x00", "'",
     "’", "/", ".", "..", "_", "period:[", "(2007)"]
)  # fmt: skip
_texts = st.lists(st.one_of(_ODD, st.text(max_size=2)), min_size=1, max_size=5).map("".join)
_words = _texts.map(lambda text: "".join(text.split())).filter(bool)
_phrases = _texts.filter(lambda text: bool(text.split()))
_weights = st.floats(0, 9999.99, allow_nan=False)


def _above(leaves: Trees, fields: Sequence[str], weights: st.SearchStrategy[float]) -> Trees:
    def joined(inner: Trees) -> Trees:
        several = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return st.one_of(
            several.map(And),
            several.map(Or),
            several.map(Words),
            inner.map(Not),
            inner.map(Required),
            st.builds(Boost, inner, weights),
            st.builds(Field, st.sampled_from(fields), inner),
        )

    return st.recursive(leaves, joined, max_leaves=6)


any_trees: Trees = _above(
    st.one_of(
        _words.map(Word),
        _phrases.map(Phrase),
        st.builds(Near, _phrases, st.integers(0, 99_999)),
        st.builds(Fuzzy, _words, st.integers(1, 2)),
        st.builds("{}{}{}".format, _words, st.sampled_from("*?"), st.sampled_from("a1é"))
        .filter(lambda text: "://" not in text)
        .map(Wildcard),
        st.builds(Facet, st.sampled_from(["country", "measure", "x.y-z"]), _phrases),
        st.just(Every()),
    ),
    ("title", "heading", "text"),
    _weights,
)


def trees_of(words: Sequence[str], facets: dict[str, Sequence[str]]) -> Trees:
    """Trees over a corpus's own words and facet values."""
    word = st.sampled_from(words)
    row = st.lists(word, min_size=2, max_size=3).map(" ".join)
    pattern = st.one_of(
        st.builds(lambda w, n: w[:n] + "*", word, st.integers(1, 4)),
        st.builds(lambda w, n: "*" + w[n:], word, st.integers(1, 2)),
        st.builds(lambda w, n: w[:n] + "?" + w[n + 1 :], word, st.integers(1, 3)),
        st.builds(lambda w: w + "?", word),
        st.builds(lambda w, n: w[:n] + "*" + w[-1] + "*", word, st.integers(0, 2)),
    )
    spelt = st.one_of(
        st.builds(lambda w, n: w[:n] + w[n + 1 :], word, st.integers(0, 3)),
        st.builds(lambda w, n: w[:n] + w[n : n + 2][::-1] + w[n + 2 :], word, st.integers(0, 2)),
    )
    leaves: list[Trees] = [
        word.map(Word), word.map(Word), row.map(Phrase),
        st.tuples(row, pattern, st.booleans()).map(
            lambda made: Phrase(" ".join(made[1::-1] if made[2] else made[:2]))
        ),
        st.builds(Near, row, st.integers(0, 4)),
        pattern.map(Wildcard),
        st.builds(Fuzzy, st.one_of(word, spelt), st.integers(1, 2)),
        *(
            st.builds(Facet, st.just(name), st.sampled_from([*values, "*"]))
            for name, values in facets.items()
        ),
        st.just(Every()),
    ]  # fmt: skip
    return _above(st.one_of(leaves), ("title", "text"), st.sampled_from([0.0, 0.5, 1.0, 2.5]))
