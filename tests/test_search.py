"""Searches through the public face: what is found, in which order, marked how, counted how."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wpssearch
from wpssearch.model import PASSAGE_LENGTH


def marked(results: wpssearch.Results) -> list[str]:
    return [
        snippet.text[a:b]
        for hit in results.hits
        for snippet in hit.snippets
        for a, b in snippet.matches
    ]


def test_the_question_that_the_project_exists_for(page: wpssearch.Index) -> None:
    results = page.search("police gender desks Liberia")
    assert results.match == "all"
    assert results.total == 1
    hit = results.hits[0]
    assert hit.title == "DPKO, Jul 2007"
    assert "Liberia" in [tag.value for tag in hit.countries]
    assert {"police", "gender", "desks", "Liberia"} <= set(marked(results))
    assert (hit.source.file, hit.source.line) == ("dpko.txt", 48)


def test_to_dict_has_the_contracts_keys(page: wpssearch.Index) -> None:
    data = page.search("police gender desks Liberia", country=["Liberia"]).to_dict()
    assert list(data) == [
        "query", "match", "total", "total_exact", "offset", "limit", "filters", "suggestion",
        "notes", "hits", "facets", "more",
    ]  # fmt: skip
    assert list(data["hits"][0]) == [
        "id", "kind", "title", "score", "agencies", "period", "missions", "countries", "facets",
        "truncated", "url", "snippets", "source",
    ]  # fmt: skip
    assert list(data["facets"]) == list(data["more"]) == ["period", "agency", "mission", "country"]
    assert data["filters"] == {"country": ["Liberia"]}
    assert data["facets"]["period"] == [
        {"value": "Jul 2007", "count": 1, "selected": False, "start": "2007-07", "end": "2007-07"}
    ]
    liberia = next(v for v in data["facets"]["country"] if v["value"] == "Liberia")
    assert liberia == {"value": "Liberia", "count": 1, "selected": True}


def test_all_words_first_then_any_and_it_says_so(page: wpssearch.Index) -> None:
    results = page.search("gendarme Liberia zebra")
    assert results.match == "any"
    assert results.total == 2
    assert any("any of them" in note for note in results.notes)
    assert any("zebra" in note for note in results.notes)
    assert page.search("gendarme", any=True).match == "any"
    assert page.search("zebra").total == 0


def test_an_empty_query_is_every_record(page: wpssearch.Index) -> None:
    assert page.search().total == 11
    assert page.search("   ").total == 11
    assert page.search("?!").total == 0
    assert page.search(mission="BONUCA").total == 2


def test_filters(page: wpssearch.Index) -> None:
    assert page.search(period="Jul 2007").total == 2
    assert page.search(period="2007-07").total == 2
    assert page.search(period="2007").total == 5
    assert page.search(period="2007-07..2008-01").total == 3
    assert page.run(wpssearch.Search(period=("2007-07",), overlap=True)).total == 5
    assert page.search(from_="2010").total == 2
    assert page.search(to="2007-12").total == 5
    assert page.search(agency="dppa").total == 1
    assert page.search(country=["HTI", "liberia"]).total == 3
    assert page.search(country="Haiti", period="2007").total == 1
    assert page.search(kind="agency").total == 1
    assert page.search(where={"country": "Haiti"}).total == page.search(country="Haiti").total


def test_an_unknown_value_offers_the_near_one(page: wpssearch.Index) -> None:
    results = page.search("police", country="Libera")
    assert results.total == 0
    assert any("did you mean 'Liberia'" in note for note in results.notes)
    # A facet's own filter is left aside: the other choices stay visible.
    assert "Liberia" in [value.value for value in results.facets["country"]]


def test_an_unreadable_period_is_a_usage_error(page: wpssearch.Index) -> None:
    with pytest.raises(wpssearch.UsageError):
        page.search(period="the other day")
    with pytest.raises(wpssearch.UsageError):
        page.search(from_="soon")


def test_facets_leave_their_own_filter_aside(page: wpssearch.Index) -> None:
    open_, chosen = page.search("gender"), page.search("gender", period="Jul 2007")
    assert [(v.value, v.count) for v in chosen.facets["period"]] == [
        (v.value, v.count) for v in open_.facets["period"]
    ]
    assert [v.value for v in chosen.facets["period"] if v.selected] == ["Jul 2007"]
    assert sum(v.count for v in chosen.facets["agency"]) == chosen.total


def test_facet_limit_says_how_many_are_left(page: wpssearch.Index) -> None:
    results = page.search(facet_limit=2)
    assert len(results.facets["country"]) == 2
    everything = page.search(facet_limit=None)
    assert results.more["country"] == len(everything.facets["country"]) - 2
    assert everything.more["country"] == 0
    assert page.search(facets=()).facets == {}
    assert page.facets("training", by=["period"])["period"]


def test_sort_and_paging(page: wpssearch.Index) -> None:
    newest = [hit.period for hit in page.search(sort="newest", limit=20).hits]
    assert newest[-1] is None
    ends = [(period.end, period.start) for period in newest if period]
    assert ends == sorted(ends, reverse=True)
    oldest = [hit.period for hit in page.search(sort="oldest", limit=20).hits]
    assert oldest[-1] is None
    assert [p.end for p in oldest if p] == sorted(p.end for p in oldest if p)
    for sort in ("relevance", "newest", "oldest"):
        whole = [hit.id for hit in page.search("gender", sort=sort, limit=20).hits]
        paged = [
            hit.id
            for offset in range(0, 12, 3)
            for hit in page.search("gender", sort=sort, limit=3, offset=offset).hits
        ]
        assert paged == whole
    assert page.search("gender", limit=0).hits == ()


def test_a_phrase_marks_the_phrase_and_nothing_else() -> None:
    with wpssearch.open(":memory:") as index:
        index.add([{"id": "a", "text": "A desk. Gender, and a gender desk; the gender-desk."}])
        assert marked(index.search('"gender desk"')) == ["gender desk", "gender-desk"]
        assert index.search('"desk gender"', any=True).total == 1
        assert index.search('"police desk"').total == 0


def test_an_unclosed_quote_is_words_and_a_note(page: wpssearch.Index) -> None:
    results = page.search('police "gender desks')
    assert results.total == page.search("police gender desks").total
    assert any("quotation mark" in note for note in results.notes)


def test_titles_and_headings_are_searched(page: wpssearch.Index) -> None:
    results = page.search("areas of work", kind="agency")
    assert "headings" in [snippet.field for snippet in results.hits[0].snippets]
    with wpssearch.open(":memory:") as index:
        index.add([
            {"id": "t", "title": "Police desks", "text": "nothing of it"},
            {"id": "x", "text": "police desks nothing of it"},
        ])  # fmt: skip
        results = index.search("police")
        assert [hit.id for hit in results.hits] == ["t", "x"]
        assert results.hits[0].snippets[0].field == "title"


def test_an_activitys_made_title_is_not_searched(page: wpssearch.Index) -> None:
    assert all("2007" in hit.record.text for hit in page.search("2007").hits)


def test_the_best_passage_is_shown_not_the_first() -> None:
    filler = "The police met again to speak of other things. " * 20
    text = filler + "A police gender desk was set up in Liberia last year. " + filler
    with wpssearch.open(":memory:") as index:
        index.add([{"id": "a", "text": text}])
        snippet = index.search("police gender desk Liberia").hits[0].snippets[0]
        assert "A police gender desk was set up in Liberia" in snippet.text
        assert len(snippet.text) <= PASSAGE_LENGTH
        assert snippet.text[0].isupper()
        assert snippet.text.endswith((".", "things"))


def test_passages_are_cut_at_words() -> None:
    text = " ".join(f"train-the-trainer{n} gender-based" for n in range(60))
    with wpssearch.open(":memory:") as index:
        index.add([{"id": "a", "text": text}])
        for query in ("based", "trainer30 based", "trainer1 trainer20 trainer40", "the"):
            for snippet in index.search(query, any=True).hits[0].snippets:
                assert set(snippet.text.split()) <= set(text.split())
                assert len(snippet.text) <= PASSAGE_LENGTH + 80


words = st.sampled_from(
    ["police", "désk", "Gender-Based", "ﬁne", "naïve", "co\u0302te", "日本", "🙂", "x" * 90]
)
blanks = st.sampled_from([" ", "\n", "\u00a0", ". ", ", ", "\u2028", "\r\n"])


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(words, blanks), min_size=1, max_size=120),
    st.lists(words, min_size=1, max_size=3),
)
def test_snippets_are_slices_of_the_text(pieces: list[tuple[str, str]], query: list[str]) -> None:
    text = "".join(word + blank for word, blank in pieces)
    with wpssearch.open(":memory:") as index:
        index.add([{"id": "a", "text": text}])
        found = {word for word, _ in pieces}
        for hit in index.search(" ".join(query), any=True).hits:
            stored = hit.record.text
            for snippet in hit.snippets:
                assert stored[snippet.start : snippet.start + len(snippet.text)] == snippet.text
                assert snippet.matches == tuple(sorted(snippet.matches))
                for a, b in snippet.matches:
                    assert 0 <= a < b <= len(snippet.text)
                    whole = snippet.text[a:b]
                    assert any(whole in word for word in found)
            searchable = [word for word in query if word in found and word != "🙂"]
            if searchable:
                assert any(snippet.matches for snippet in hit.snippets)


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=[]), max_size=60))
def test_no_query_raises(page: wpssearch.Index, query: str) -> None:
    results = page.search(query, facet_limit=3)
    assert results.total >= len(results.hits)
    page.search(query, any=True, sort="newest")


@pytest.mark.parametrize(
    "query",
    ['"', '""', '" "', '"a" "', "((((", "AND OR NOT", "*", "a*" * 500, "\x00", "\ud800", "-" * 99,
     "-police", "police~5^2", "x:y", "\u202e police", "'", "a'" * 200, "1,2,3", "." * 50],
)  # fmt: skip
def test_hostile_queries(page: wpssearch.Index, query: str) -> None:
    page.search(query).to_dict()
