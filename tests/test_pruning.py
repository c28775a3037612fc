"""A search that need not count may look at fewer records; what it shows stays what it was."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wpssearch

#: Words whose frequencies fall as they do in language.
WORDS = [f"{a}{b}" for a in ("ba", "ce", "di", "fo", "gu", "ka") for b in ("lo", "mi", "nu", "ra")]
WEIGHTS = [1 / (n + 1) ** 1.5 for n in range(len(WORDS))]


@pytest.fixture(scope="module")
def index() -> Iterator[wpssearch.Index]:
    pick = random.Random(11)
    with wpssearch.open(":memory:") as made:
        for segment, count in enumerate((1200, 300, 700)):
            made.add(
                {
                    "id": f"{segment}-{n:04d}",
                    "text": " ".join(pick.choices(WORDS, WEIGHTS, k=pick.randint(2, 30))),
                    "title": pick.choice(WORDS) if n % 5 == 0 else "",
                }
                for n in range(count)
            )
        made.remove([f"0-{n:04d}" for n in range(0, 1200, 9)])
        yield made


@settings(max_examples=200, deadline=None)
@given(
    words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=5),
    any_=st.booleans(),
    limit=st.integers(1, 40),
    offset=st.integers(0, 30),
)
def test_the_first_hits_are_the_same(
    index: wpssearch.Index, words: list[str], any_: bool, limit: int, offset: int
) -> None:
    query = " ".join(words)
    whole = index.search(query, any=any_, limit=limit, offset=offset, facets=())
    early = index.search(query, any=any_, limit=limit, offset=offset, facets=(), total=False)
    assert [hit.id for hit in early.hits] == [hit.id for hit in whole.hits]
    assert [hit.score for hit in early.hits] == pytest.approx([h.score for h in whole.hits])
    assert [hit.snippets for hit in early.hits] == [hit.snippets for hit in whole.hits]
    assert len(early.hits) + offset <= early.total <= whole.total or not early.hits
    assert early.total_exact <= (early.total == whole.total)


def test_records_of_common_words_alone_are_left_aside(index: wpssearch.Index) -> None:
    query = f"{WORDS[-1]} {WORDS[0]} {WORDS[1]}"
    early = index.search(query, any=True, limit=5, facets=(), total=False)
    assert not early.total_exact
    assert early.total < index.search(query, any=True, limit=0).total / 2
    assert early.to_dict()["total_exact"] is False


@pytest.mark.parametrize(
    "asked", [{"facets": ("agency",)}, {"sort": "newest"}, {"kind": "activity"}]
)
def test_what_needs_all_records_looks_at_all(index: wpssearch.Index, asked: dict[str, Any]) -> None:
    query = f"{WORDS[-1]} {WORDS[0]}"
    found = index.search(query, any=True, total=False, **{"facets": (), **asked})
    assert found.total_exact
    assert found.total == index.search(query, any=True, limit=0).total
