"""Matches, scores, order and counts equal a brute force's, whatever segments hold the records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import oracle
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wpssearch

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
queries = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(tuple), min_size=1, max_size=3
)


def typed(parts: Sequence[Sequence[str]]) -> str:
    return " ".join(part[0] if len(part) == 1 else f'"{" ".join(part)}"' for part in parts)


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


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(corpora, queries, st.sampled_from([1, 3, 12]), st.integers(0, 4), st.booleans())
def test_equals_the_brute_force(
    corpus: list[dict[str, Any]],
    parts: list[tuple[str, ...]],
    segments: int,
    dead: int,
    any_: bool,
) -> None:
    words = [word for part in parts for word in part]
    strict = oracle.matches(corpus, parts, any=False)
    wanted = oracle.matches(corpus, parts, any=True) if any_ or not strict else strict
    with build(corpus, segments, dead) as index:
        results = index.search(typed(parts), any=any_, limit=100, facet_limit=None)
        expected = oracle.ranked(wanted, corpus, words)
        assert results.total == len(wanted)
        assert [hit.id for hit in results.hits] == [id_ for id_, _ in expected] or pytest.approx(
            [score for _, score in expected], abs=1e-9
        ) == [hit.score for hit in results.hits]
        for hit, (_, score) in zip(results.hits, expected, strict=True):
            assert hit.score == pytest.approx(score, abs=1e-9)
        for facet, key in (("country", "countries"), ("agency", "agencies")):
            counted = {value.value: value.count for value in results.facets[facet]}
            assert counted == dict(oracle.counts(wanted, key))
        assert index.check() == []


def test_generated_queries_do_match() -> None:
    """Half of the queries must find something, or the property above proves little."""
    found: list[bool] = []

    @settings(max_examples=100, deadline=None, database=None, derandomize=True)
    @given(corpora, queries)
    def sample(corpus: list[dict[str, Any]], parts: list[tuple[str, ...]]) -> None:
        found.append(bool(oracle.matches(corpus, parts, any=True)))

    sample()
    assert sum(found) >= len(found) / 2


@settings(max_examples=40, deadline=None)
@given(corpora, queries, st.data())
def test_choosing_a_listed_value_gives_exactly_its_count(
    corpus: list[dict[str, Any]], parts: list[tuple[str, ...]], data: st.DataObject
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
