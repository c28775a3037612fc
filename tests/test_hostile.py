"""No query text raises anything, whatever it holds, and each is read alike from its own print."""

from __future__ import annotations

import hostile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wpssearch
from wpssearch.query import parse


def ask(index: wpssearch.Index, text: str) -> None:
    tree, notes = parse(text)
    assert parse(str(tree))[0] == tree
    results = index.search(text, facet_limit=3)
    assert results.total >= len(results.hits)
    assert all((*notes, *results.notes))
    for hit in results.hits:
        for snippet in hit.snippets:
            assert all(0 <= a < b <= len(snippet.text) for a, b in snippet.matches)


def test_a_grammar_of_fragments(page: wpssearch.Index) -> None:
    for text in hostile.texts(600, seed=7):
        ask(page, text)


@pytest.mark.long
def test_a_hundred_thousand_texts(page: wpssearch.Index) -> None:
    for text in hostile.texts(100_000, seed=8):
        ask(page, text)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(hostile.fragments), st.text(max_size=4))).map("".join))
def test_fragments_and_any_text(page: wpssearch.Index, text: str) -> None:
    ask(page, text)


@pytest.mark.parametrize(
    "text",
    ["(" * 10_000 + "a" + ")" * 10_000, "-(" * 10_000 + "a" + ")" * 10_000, "NOT " * 10_000 + "a",
     "title:" * 10_000 + "a", "a OR " * 10_000, "+" * 10_000 + "a", '"' * 9_999, "a* " * 10_000,
     "a~ " * 10_000, "*" * 10_000, "?" * 10_000 + "a", "a*" * 5_000, "\\" * 9_999, "^1" * 10_000,
     '"a b"~5 ' * 2_000, "police " * 10_000, '"' + "police " * 5_000 + '"~9',
     "a b c d e f g h " * 1_000, "country:x " * 5_000, "x" * 100_000, "-a " * 10_000],
)  # fmt: skip
def test_long_texts(page: wpssearch.Index, text: str) -> None:
    ask(page, text)
