"""Concordances, similar records, comparisons, streams and whole texts, against plain lists."""

from __future__ import annotations

import csv
import io
import re
import tracemalloc
from collections import Counter
from itertools import islice
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nltk.stem.snowball import EnglishStemmer
from test_oracle import WORDS, build, corpora, typed
from test_render import ANSI, same_as_golden

import wpssearch
from wpssearch import Search, render
from wpssearch.render import readings
from wpssearch.render.safe import display_width

queries = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(tuple), min_size=1, max_size=2
)
_stems = {word: EnglishStemmer().stem(word) for word in WORDS}
shapes = (corpora, st.sampled_from([1, 3]), st.integers(0, 3))


def places(row: dict[str, Any], parts: list[tuple[str, ...]]) -> set[tuple[str, int, int]]:
    """By field, the first and last code points of the words that a query marks in a row."""
    out: set[tuple[str, int, int]] = set()
    for field in ("title", "text"):
        words = [(m.start(), m.end(), m.group()) for m in re.finditer(r"\S+", row[field])]
        taken: list[list[int]] = []
        for part in parts:
            stems = [_stems[word] for word in part]
            for at in range(len(words) - len(part) + 1):
                run = words[at : at + len(part)]
                if [_stems[word] for _, _, word in run] == stems:
                    taken.append([run[0][0], run[-1][1]])
        merged: list[list[int]] = []
        for start, end in sorted(taken):
            if merged and start < merged[-1][1]:
                merged[-1][1] = max(end, merged[-1][1])
            else:
                merged.append([start, end])
        out |= {(field, start, end) for start, end in merged}
    return out


def rows_with(
    corpus: list[dict[str, Any]], parts: list[tuple[str, ...]], *, any_: bool = False
) -> list[dict[str, Any]]:
    """The rows that have all parts, or where none has and with ``any_`` those that have one."""
    has = {row["id"]: [bool(places(row, [part])) for part in parts] for row in corpus}
    strict = [] if any_ else [row for row in corpus if all(has[row["id"]])]
    return strict or [row for row in corpus if any(has[row["id"]])]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(*shapes, queries, st.sampled_from(["relevance", "record", "left", "right", "oldest"]),
       st.integers(0, 5), st.integers(0, 9))  # fmt: skip
def test_a_concordance_has_each_place_once(
    corpus: list[dict[str, Any]],
    segments: int,
    dead: int,
    parts: list[tuple[str, ...]],
    order: str,
    offset: int,
    limit: int,
) -> None:
    rows = rows_with(corpus, parts)
    wanted = {(row["id"], *place) for row in rows for place in places(row, parts)}
    with build(corpus, segments, dead) as index:
        found = index.kwic(typed(parts), order=order, limit=1000, words=3)
        lines = [(line.id, line.field, line.start, line.end) for line in found.lines]
        assert set(lines) == wanted
        assert len(lines) == len(wanted) == found.total
        assert found.records == len({id_ for id_, *_ in wanted})
        for line in found.lines:
            text = next(row for row in corpus if row["id"] == line.id)[line.field]
            assert text[line.start : line.end] == line.match
            assert text[: line.start].endswith(line.left)
            assert text[line.end :].startswith(line.right)
            assert len(line.right.split()) == min(3, len(text[line.end :].split()))
            assert len(line.left.split()) == min(3, len(text[: line.start].split()))
        if order == "record":
            assert lines == sorted(lines, key=lambda line: (line[0], line[1] == "text", line[2]))
        if order == "right":
            keys = [line.right.split() for line in found.lines]
            assert keys == sorted(keys)
        if order == "left":
            keys = [line.left.split()[::-1] for line in found.lines]
            assert keys == sorted(keys)
        page = index.kwic(typed(parts), order=order, limit=limit, offset=offset, words=3)
        assert page.lines == found.lines[offset : offset + limit]
        assert page.total == found.total


def test_a_concordance_takes_filters_and_says_what_it_cannot_do(page: wpssearch.Index) -> None:
    everywhere = page.kwic("violence", limit=100)
    there = page.kwic("violence", limit=100, country=["Haiti"])
    assert 0 < there.total < everywhere.total
    assert {line.id for line in there.lines} == {
        hit.id for hit in page.search("violence", country="Haiti").hits
    }
    assert page.kwic("").lines == ()
    assert page.kwic("").notes
    assert page.kwic("violence", limit=0).total == everywhere.total
    for wrong in ({"order": "length"}, {"context": -1}, {"words": -1}, {"limit": -1}):
        with pytest.raises(wpssearch.UsageError):
            page.kwic("violence", **wrong)


@pytest.mark.parametrize("query", ["", "*", "-police", "country:Haiti"])
def test_a_concordance_says_that_it_needs_a_word(page: wpssearch.Index, query: str) -> None:
    found = page.kwic(query)
    assert (found.total, found.lines) == (0, ())
    assert found.notes == ("A concordance needs a word to stand in the middle.",)


def test_a_phrase_is_one_line_and_its_words_elsewhere_are_none(page: wpssearch.Index) -> None:
    found = page.kwic('"gender units"', context=20)
    assert {line.match for line in found.lines} == {"gender units"}
    assert all(len(line.left) <= 20 and len(line.right) <= 20 for line in found.lines)


@pytest.mark.parametrize(
    ("name", "width", "color"),
    [("kwic-pipe.txt", None, False), ("kwic-wide.txt", 140, True), ("kwic-narrow.txt", 48, False)],
)
def test_concordances(page: wpssearch.Index, name: str, width: int | None, color: bool) -> None:
    found = page.kwic("gender", order="right", limit=6)
    same_as_golden(name, readings.render_kwic(found, width=width, color=color))


def test_concordances_for_programs(page: wpssearch.Index) -> None:
    found = page.kwic("police advisers", limit=3, words=4)
    same_as_golden("kwic.json", [render.to_json(found.to_dict())])
    same_as_golden("kwic.csv", readings.kwic_csv(found))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text("ab é漢字ｗ́\n\t\x1b\u202e", max_size=30), min_size=1, max_size=4),
    st.sampled_from([None, 20, 47, 130]),
)
def test_lines_are_aligned_and_harmless(texts: list[str], width: int | None) -> None:
    with wpssearch.open(":memory:") as index:
        index.add([{"id": f"r{n}", "text": f"{text} key {text}"} for n, text in enumerate(texts)])
        found = index.kwic("key")
        assert found.total == len(texts)
        lines = list(readings.render_kwic(found, width=width, color=False))[2:]
        starts = {display_width(line[: line.index("*key*")]) for line in lines if "*key*" in line}
        assert len(starts) == 1
        for line in lines:
            assert "\x1b" not in line
            assert "\u202e" not in line
            assert width is None or display_width(line) <= width
        colored = readings.render_kwic(found, width=width, color=True)
        assert all("\x1b" not in ANSI.sub("", line) for line in colored)


# More like this


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(*shapes, st.data())
def test_similar_is_a_search_for_the_words_of_the_record(
    corpus: list[dict[str, Any]], segments: int, dead: int, data: st.DataObject
) -> None:
    row = data.draw(st.sampled_from(corpus))
    with build(corpus, segments, dead) as index:
        found = index.similar(row["id"], limit=100)
        stems = {
            other["id"]: {_stems[word] for word in f"{other['title']} {other['text']}".split()}
            for other in corpus
        }
        own = stems.pop(row["id"])
        words = [shared.word for shared in found.words]
        assert {_stems[word] for word in words} == own & set().union(*stems.values())
        found_by_words = rows_with(corpus, [(word,) for word in words], any_=True)
        assert {hit.id for hit in found.results.hits} == {r["id"] for r in found_by_words} - {
            row["id"]
        }
        if words:
            searched = index.run(Search(" ".join(words), any=True, exact=True, limit=100)).hits
            ranked = [(hit.id, hit.score) for hit in searched if hit.id != row["id"]]
            assert [(hit.id, hit.score) for hit in found.results.hits] == ranked
        for hit, why in zip(found.results.hits, found.why, strict=True):
            assert sum(word.score for word in why) == pytest.approx(hit.score)
            assert why


def test_similar_leaves_out_function_words_and_takes_filters(page: wpssearch.Index) -> None:
    found = page.similar("dd160851c22cf4a7", country=["Haiti"])
    assert "dd160851c22cf4a7" not in {hit.id for hit in found.results.hits}
    assert {"the", "and", "has", "also"}.isdisjoint(word.word for word in found.words)
    assert all(any(tag.value == "Haiti" for tag in hit.countries) for hit in found.results.hits)
    with pytest.raises(wpssearch.UnknownRecord):
        page.similar("no such record")


def test_a_record_that_shares_nothing_is_like_none() -> None:
    with wpssearch.open(":memory:") as index:
        index.add([{"id": "a", "text": "alpha beta"}, {"id": "b", "text": "gamma"},
                   {"id": "c", "text": "—"}])  # fmt: skip
        for id_ in "abc":
            found = index.similar(id_)
            assert found.results.total == 0
            assert found.words == ()
            assert found.results.notes
            assert list(readings.render_similar(found, width=60, color=False))


def test_similar_records_are_shown(page: wpssearch.Index) -> None:
    found = page.similar("dd160851c22cf4a7", limit=2, words=8)
    same_as_golden("similar.txt", readings.render_similar(found, width=80, color=False))
    same_as_golden("similar.json", [render.to_json(page.similar("dd160851c22cf4a7", limit=1,
                                                                words=3).to_dict())])  # fmt: skip


# Comparisons


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(*shapes, queries, queries)
def test_a_comparison_is_set_algebra(
    corpus: list[dict[str, Any]],
    segments: int,
    dead: int,
    one: list[tuple[str, ...]],
    other: list[tuple[str, ...]],
) -> None:
    def ids(parts: list[tuple[str, ...]]) -> set[str]:
        return {row["id"] for row in rows_with(corpus, parts)}

    a, b = ids(one), ids(other)
    parts = {"only_a": a - b, "both": a & b, "only_b": b - a}
    with build(corpus, segments, dead) as index:
        found = index.compare(typed(one), typed(other), limit=100, facet_limit=None)
        for part, wanted in parts.items():
            assert {record.id for record in found.records[part]} == wanted
            assert found.totals[part] == len(wanted)
            counts = Counter(
                value for row in corpus if row["id"] in wanted for value in set(row["countries"])
            )
            mine = {share.value: getattr(share, part) for share in found.facets["country"]}
            assert {value: count for value, count in mine.items() if count} == dict(counts)
        ranked = [hit.id for hit in index.search(typed(one), limit=100).hits]
        assert [record.id for record in found.records["both"]] == [
            id_ for id_ in ranked if id_ in parts["both"]
        ]


def test_a_comparison_is_shown(page: wpssearch.Index) -> None:
    found = page.compare("police", "training", limit=2, facet_limit=3)
    same_as_golden("compare.txt", readings.render_comparison(found, width=72, color=False))
    same_as_golden("compare.json", [render.to_json(found.to_dict())])
    filtered = page.compare("police", "training", country=["Haiti"])
    assert filtered.filters == {"country": ("Haiti",)}
    assert sum(filtered.totals.values()) == 1


# All hits, whole texts


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(*shapes, queries, st.sampled_from(["relevance", "newest", "oldest"]), st.integers(0, 3))
def test_a_scan_is_every_page_of_a_search(
    corpus: list[dict[str, Any]],
    segments: int,
    dead: int,
    parts: list[tuple[str, ...]],
    sort: Any,
    offset: int,
) -> None:
    dated = [{**row, "period": str(2000 + n % 3)} if n % 4 else row
             for n, row in enumerate(corpus)]  # fmt: skip
    with build(dated, segments, dead) as index:
        request = Search(typed(parts), any=True, sort=sort, offset=offset, limit=1000)
        hits = [hit.to_dict() for hit in index.scan(request)]
        assert hits == [hit.to_dict() for hit in index.run(request).hits]
        assert hits == [
            hit.to_dict()
            for hit in index.scan(Search(typed(parts), any=True, sort=sort, offset=offset))
        ]


def test_a_scan_takes_no_more_memory_for_more_hits() -> None:
    with wpssearch.open(":memory:") as index:
        index.add({"id": f"r{n:05d}", "text": f"police desk {n}"} for n in range(8000))
        request = Search("police", sort="oldest")
        scanned = index.scan(request)
        assert [hit.id for hit in islice(scanned, 3)] == ["r00000", "r00001", "r00002"]
        tracemalloc.start()
        try:
            for hit in islice(scanned, 3000):
                assert hit.title
            first = tracemalloc.get_traced_memory()[1]
            tracemalloc.reset_peak()
            for hit in scanned:
                assert hit.title
            assert tracemalloc.get_traced_memory()[1] < first * 1.5
        finally:
            tracemalloc.stop()


def test_a_scan_refuses_at_once_what_a_search_refuses(page: wpssearch.Index) -> None:
    with pytest.raises(wpssearch.UsageError):
        page.scan(Search(period=("soon",)))
    with pytest.raises(wpssearch.UsageError):
        page.run(Search(context=0))


def test_a_whole_text_and_a_longer_passage(page: wpssearch.Index) -> None:
    whole = page.run(Search("police", full=True)).hits[0]
    (snippet,) = whole.snippets
    assert snippet.text == page.get(whole.id).text
    assert {snippet.text[a:b] for a, b in snippet.matches} == {"police"}
    assert len(snippet.matches) == 3
    for context in (40, 240, 500):
        hits = page.run(Search("gender violence", context=context, any=True)).hits
        assert all(len(s.text) <= context + 80 for hit in hits for s in hit.snippets)
    short, long = (
        sum(len(s.text) for hit in page.run(Search("women", context=n)).hits for s in hit.snippets)
        for n in (100, 600)
    )
    assert short < long


def test_a_whole_text_keeps_its_lines() -> None:
    with wpssearch.open(":memory:") as index:
        index.add([{"id": "a", "text": "One police.\n\nTwo\npolice."}])
        results = index.run(Search("police", full=True))
        lines = list(render.render_results(results, width=60, color=False, hints=False))
        assert lines[3:6] == ["   One *police*.", "   Two", "   *police*."]


def test_a_table_of_all_hits_reads_back(page: wpssearch.Index) -> None:
    table = "\n".join(render.to_csv(page.scan(Search("violence"))))
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    assert [row["id"] for row in rows] == [
        hit.id for hit in page.search("violence", limit=100).hits
    ]


def test_an_empty_index_answers() -> None:
    with wpssearch.open(":memory:") as index:
        assert index.kwic("police").total == 0
        assert list(index.scan(Search("police"))) == []
        assert index.compare("police", "desk").totals == {"only_a": 0, "both": 0, "only_b": 0}
        assert [q.found for q in index.verify("A quotation.")] == [False]
        assert "0 records" in index.methods(Search("police")).text


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_a_query_and_a_quotation(one: str, other: str) -> None:
    with wpssearch.open(":memory:") as index:
        index.add([{"id": "a", "title": other, "text": f"{one} police {other}"},
                   {"id": "b", "text": other}])  # fmt: skip
        found = index.kwic(one, order="left", context=5)
        assert found.total >= len(found.lines)
        sum(index.compare(one, other).totals.values())
        list(index.scan(Search(one, full=True)))
        assert index.methods(Search(one)).text
        assert index.similar("a").results.total <= 1
        for quotation in index.verify(one):
            assert quotation.found or not any(char.isalnum() for char in quotation.text)


def test_long_texts_and_many_words_take_no_long_time() -> None:
    with wpssearch.open(":memory:") as index:
        text = " ".join(f"{word}{number}" for number in range(4000) for word in ("ab", "cd", "ef"))
        index.add(
            [
                {"id": "a", "text": text},
                {"id": "b", "text": text[: len(text) // 2]},
                {"id": "c", "text": "a " * 50_000},
                {"id": "d", "text": "-" * 100_000},
            ]
        )
        assert index.similar("a").results.hits[0].id == "b"
        assert index.verify("a " * 2000)[0].found
        assert not index.verify("a " * 2000 + "b")[0].found
        assert index.kwic("a", order="left", limit=2, offset=49_990).total == 50_000
        assert [q.found for q in index.verify("(" * 50_000 + "x" * 50_000)] == [False]
