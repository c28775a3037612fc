"""Matches, scores, order and counts equal a brute force's, whatever segments hold the records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import oracle
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trees import trees_of

import wpssearch
from wpssearch.query import Words

# The oracle knows no irregular plurals and no spellings; the analyzer's own tests do.
WORDS = (
    "train training police gender desk desks border meeting radio camp school visit visits plan"
).split()
COUNTRIES = ("Haiti", "Liberia", "Nepal", "Chad")
AGENCIES = ("DPKO", "UNFPA")

texts = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
rows = st.fixed_dictionaries(
    {
        "title": texts,
        "text": st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(" ".join),
        "countries": st.lists(st.sampled_from(COUNTRIES), max_size=2, unique=True),
        "agencies": st.lists(st.sampled_from(AGENCIES), min_size=1, max_size=2, unique=True),
        "missions": st.just([]),
    }
)
corpora = st.lists(rows, min_size=1, max_size=14).map(
    lambda made: [{"id": f"r{number:02d}", **row} for number, row in enumerate(made)]
)
words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=2)
queries = st.lists(words, min_size=1, max_size=3)
trees = trees_of(WORDS, {"country": COUNTRIES, "agency": AGENCIES})


def typed(parts: Sequence[Sequence[str]]) -> str:
    return " ".join(part[0] if len(part) == 1 else f'"{" ".join(part)}"' for part in parts)


def wanted(corpus: list[dict[str, Any]], tree: wpssearch.Query, any_: bool) -> list[oracle.Row]:
    """The rows that a search must find, with its fallback to any of the words."""
    found = oracle.matches(corpus, oracle.loose(tree) if any_ else tree)
    falls_back = isinstance(tree, Words) and oracle.terms(tree)
    return found if found or any_ or not falls_back else oracle.matches(corpus, oracle.loose(tree))


def build(corpus: list[dict[str, Any]], segments: int, dead: int) -> wpssearch.Index:
    """The corpus over several commits, with records that were replaced or removed again."""
    index = wpssearch.open(":memory:")
    gone = [{**row, "id": f"x{n}"} for n, row in enumerate(corpus[:dead])]
    old = [{**row, "text": "another text altogether"} for row in corpus[:dead]]
    index.add([*gone, *old])
    for start in range(segments):
        index.add(corpus[start::segments])
    index.remove([row["id"] for row in gone])
    return index


def compare(
    index: wpssearch.Index, corpus: list[dict[str, Any]], tree: wpssearch.Query, any_: bool
) -> None:
    """Set, order, scores, counts and marks of a search are the oracle's."""
    found = wanted(corpus, tree, any_)
    results = index.search(tree, any=any_, limit=100, facet_limit=None)
    expected = oracle.ranked(found, corpus, tree)
    assert {hit.id for hit in results.hits} == {row["id"] for row in found}
    assert [hit.score for hit in results.hits] == pytest.approx(
        [score for _, score in expected], abs=1e-9
    )
    by_id = dict(expected)
    for hit, (id_, score) in zip(results.hits, expected, strict=True):
        # Equal scores may differ in their last bit, and so in their order.
        assert hit.id == id_ or by_id[hit.id] == pytest.approx(score, abs=1e-12)
    for facet, key in (("country", "countries"), ("agency", "agencies")):
        counted = {value.value: value.count for value in results.facets[facet]}
        assert counted == dict(oracle.counts(found, key))
    matched = oracle.loose(tree) if any_ or not oracle.matches(corpus, tree) else tree
    rows = {row["id"]: row for row in corpus}
    for hit in results.hits:
        assert marked(hit, rows[hit.id]) == oracle.look(rows[hit.id], matched)[1]


def marked(hit: wpssearch.Hit, row: oracle.Row) -> oracle.Marks:
    """The words that a hit's snippets mark; the texts are short enough to be shown whole."""
    out: oracle.Marks = set()
    for snippet in hit.snippets:
        assert snippet.text == row[snippet.field].strip()
        at = 0
        for place, word in enumerate(snippet.text.split()):
            if any(a <= at and at + len(word) <= b for a, b in snippet.matches):
                out.add((snippet.field, place))
            at += len(word) + 1
    return out


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(corpora, st.lists(trees, min_size=3, max_size=6), st.sampled_from([1, 3, 12]),
       st.integers(0, 4), st.booleans())  # fmt: skip
def test_equals_the_brute_force(
    corpus: list[dict[str, Any]],
    asked: list[wpssearch.Query],
    segments: int,
    dead: int,
    any_: bool,
) -> None:
    with build(corpus, segments, dead) as index:
        for tree in asked:
            compare(index, corpus, tree, any_)
        assert index.check() == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(corpora, queries, st.sampled_from([1, 3, 12]), st.integers(0, 4), st.booleans())
def test_words_and_phrases_equal_the_brute_force(
    corpus: list[dict[str, Any]], parts: list[list[str]], segments: int, dead: int, any_: bool
) -> None:
    with build(corpus, segments, dead) as index:
        compare(index, corpus, wpssearch.Query.parse(typed(parts)), any_)


def test_generated_queries_do_match() -> None:
    """Half of the queries must find something, or the properties above prove little."""
    found: list[bool] = []

    @settings(max_examples=200, deadline=None, database=None, derandomize=True)
    @given(corpora, st.one_of(queries.map(typed).map(wpssearch.Query.parse), trees))
    def sample(corpus: list[dict[str, Any]], tree: wpssearch.Query) -> None:
        found.append(bool(oracle.matches(corpus, oracle.loose(tree))))

    sample()
    assert sum(found) >= len(found) / 2


@settings(max_examples=40, deadline=None)
@given(corpora, queries, st.data())
def test_choosing_a_listed_value_gives_exactly_its_count(
    corpus: list[dict[str, Any]], parts: list[list[str]], data: st.DataObject
) -> None:
    with build(corpus, 3, 2) as index:
        filters: dict[str, Any] = {}
        for _ in range(2):
            results = index.search(typed(parts), facet_limit=None, **filters)
            choices = [(f, value) for f, values in results.facets.items() for value in values]
            if not choices:
                break
            facet, value = data.draw(st.sampled_from(choices))
            chosen = index.search(typed(parts), **{**filters, facet: value.value})
            assert chosen.total == value.count
            assert chosen.match == results.match
            filters[facet] = value.value


def test_scores_do_not_depend_on_the_order_of_ingest() -> None:
    rows = [{"id": f"r{n}", "text": f"police training {'desk ' * n}"} for n in range(9)]
    with wpssearch.open(":memory:") as one, wpssearch.open(":memory:") as other:
        one.add(rows)
        for row in reversed(rows):
            other.add([row])
        first, second = (
            [(hit.id, hit.score) for hit in index.search("police desk", any=True).hits]
            for index in (one, other)
        )
        assert first == second
        assert one.info()["fingerprint"] == other.info()["fingerprint"]
