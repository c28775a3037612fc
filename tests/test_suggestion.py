"""What is suggested where a word is in no record: the right word, in the query as it was typed."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
from click.testing import CliRunner
from conftest import CORPUS
from hypothesis import example, given, settings
from hypothesis import strategies as st

import wpssearch
from wpssearch.cli import main
from wpssearch.spelling import MOST_EDITS, costs


def better(one: wpssearch.Results, other: wpssearch.Results) -> bool:
    """Whether one answer has records, and all words where the other has not, or more records, or
    a better first one.
    """
    return (one.total > 0, one.match == "all", one.total, one.hits[:1] and one.hits[0].score) > (
        other.total > 0, other.match == "all", other.total, other.hits[:1] and other.hits[0].score
    )  # fmt: skip


def index_of(*texts: str) -> wpssearch.Index:
    index = wpssearch.open(":memory:")
    index.add([{"id": f"r{number}", "text": text} for number, text in enumerate(texts)])
    return index


def test_the_example(page: wpssearch.Index) -> None:
    results = page.search("polise gendr desk")
    assert results.suggestion == "police gender desk"
    assert results.to_dict()["suggestion"] == "police gender desk"
    assert page.search("police gender desk").match == "all"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ('"polise  gendr" (desk)!', '"police  gender" (desk)!'),
        ("POLISE Gendr-basd desk", "POLICE Gender-based desk"),
        ("«polise» \u201cgendr desk\u201d", "«police» \u201cgender desk\u201d"),
        ("Libera", "Liberia"),
        ("pólise", "police"),
        ("violance aganst wimen", "violence against women"),
        ("women's polise's", "women's police's"),
        ("po lice", "police"),
        ("resoluton 1325", "resolution 1325"),
        ("polise^2 desk", "police^2 desk"),
        ("zzzzzzzz polise", "zzzzzzzz police"),
        ("polise\u00a0polise\n", "police\u00a0police\n"),
    ],
)
def test_the_unknown_words_alone_are_replaced(
    page: wpssearch.Index, typed: str, meant: str
) -> None:
    assert page.search(typed).suggestion == meant


@pytest.mark.parametrize(
    "query",
    ["", "police", "police gender desks Liberia", "peace-keeping", "genderbased", "zzzzzzzz",
     "S/RES/13255", "A/RES/61/1433", "13255", "polise1", "po", "ld", "x", "UNMEE", "unmee",
     "zzzzzzzz qqqqqqq", "?!", "desk-1234x"],
)  # fmt: skip
def test_nothing_is_suggested(page: wpssearch.Index, query: str) -> None:
    assert page.search(query).suggestion is None


def test_an_acronym_that_finds_its_long_form_is_not_respelled() -> None:
    with index_of("conflict-related sexual violence was reported", "the crsx of it") as index:
        assert index.search("CRSV").total == 1
        assert index.search("CRSV").suggestion is None
        assert index.search("crsy").suggestion == "crsx"


def test_the_words_around_decide() -> None:
    with index_of(*["the disk drive of a computer"] * 9, "a gender desk of the police") as index:
        assert index.search("dosk").suggestion == "disk"
        assert index.search("dosk drive").suggestion == "disk drive"
        assert index.search("gender dosk").suggestion == "gender desk"
        assert index.search("dosk gendre").suggestion == "desk gender"


def test_the_nearer_word_then_the_commoner_one() -> None:
    with index_of("training", "braining", "training") as index:
        assert index.search("draining").suggestion == "training"
        assert index.search("brainin").suggestion == "braining"
        assert index.search("trianing").suggestion == "training"


def test_words_typed_as_one_and_one_typed_as_two() -> None:
    with index_of("women of the police station", "peacekeeping station police women") as index:
        assert index.search("policestation").suggestion == "police station"
        assert index.search('"policestation"').suggestion == '"police station"'
        # Two words would not both be in what stands around them.
        assert index.search("title:policestation").suggestion is None
        assert index.search("policewomen").suggestion == "police women"
        assert index.search("peace keeping station").suggestion == "peacekeeping station"
        # They stand in no record one after the other.
        assert index.search("stationpeacekeeping").suggestion is None


def test_a_suggestion_passes_the_filters() -> None:
    with wpssearch.open(":memory:") as index:
        index.add([
            {"id": "a", "text": "police desk", "countries": ["Liberia"], "period": "2007"},
            {"id": "b", "text": "a desk alone", "countries": ["Haiti"], "period": "2008"},
        ])  # fmt: skip
        assert index.search("polise").suggestion == "police"
        assert index.search("polise", country="Liberia", period="2007").suggestion == "police"
        assert index.search("polise", country="Haiti").suggestion is None
        assert index.search("polise", period="2009").suggestion is None
        assert index.search("polise desk", country="Haiti").suggestion is None
        assert index.search("polise desk", country="Haiti", any=True).suggestion is None
        # As many records, but a better one.
        assert index.search("polise desk", country="Liberia", any=True).suggestion == "police desk"
        for fewer in ({"limit": 0}, {"offset": 5}, {"sort": "newest"}, {"facets": ()}):
            assert index.search("polise", **fewer).suggestion == "police"


def test_only_live_records_count() -> None:
    with index_of("the police", "the polite") as index:
        assert index.search("police").suggestion is None
        assert index.search("polise").suggestion == "police"
        index.remove(["r0"])
        assert index.search("police").suggestion == "polite"
        assert index.search("polise").suggestion == "polite"
        index.add([{"id": "r1", "text": "nothing"}])
        assert index.search("police").suggestion is None
        index.add([{"id": "r2", "text": "our police"}])
        assert index.search("polise").suggestion == "police"


def test_several_segments_are_one_dictionary() -> None:
    with wpssearch.open(":memory:") as index:
        for number, text in enumerate(["braining", "training", "training", "draining x"]):
            index.add([{"id": f"r{number}", "text": text}])
        index.remove(["r3"])
        assert index.search("draining").suggestion == "training"
        assert index.search("trainingg").total == 0
        assert index.search("grainingg").suggestion == "training"


def test_many_unknown_words_are_no_slip(page: wpssearch.Index) -> None:
    assert page.search("polise " * 50).suggestion == "police " * 50
    words = [f"polis{a}{b}" for a in "abcd" for b in "xyz"]
    assert page.search(" ".join(words)).suggestion is None


def test_other_scripts_are_words_too() -> None:
    with index_of("полиция в Либерии", "警察 と 女性", "gendarmerie nationale à Côte") as index:
        assert index.search("полицея").suggestion == "полиция"
        assert index.search("gendarmarie").suggestion == "gendarmerie"
        assert index.search("警官").suggestion is None


def test_the_terminal_shows_one_line(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WPSSEARCH_INDEX", f"{tmp_path}/index")
    run = CliRunner().invoke
    assert run(main, ["ingest", str(CORPUS)]).exit_code == 0
    for command in ("search", "facets"):
        lines = run(main, [command, "polise", "gendr", "desk"]).stdout.splitlines()
        assert lines.count("Did you mean: police gender desk") == 1
        assert "Did you mean" not in run(main, [command, "police"]).stdout
    hostile = run(main, ["search", "polise\x1b[31m desk"]).stdout
    assert "Did you mean: police" in hostile
    assert "\x1b" not in hostile
    data = json.loads(run(main, ["search", "polise", "--format", "json"]).stdout)
    assert data["suggestion"] == "police"


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_slip_in_a_word_of_the_page_is_seen(page: wpssearch.Index, data: st.DataObject) -> None:
    text = " ".join(hit.record.text for hit in page.search(limit=20).hits)
    words = sorted({word for word in text.lower().split() if word.isalpha() and len(word) > 6})
    word = data.draw(st.sampled_from(words))
    at = data.draw(st.integers(0, len(word) - 2))
    letter = data.draw(st.sampled_from("aekmxz"))
    slip = data.draw(
        st.sampled_from([
            word[:at] + letter + word[at + 1 :],
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        ])
    )  # fmt: skip
    suggestion = page.search(slip).suggestion
    assert (suggestion is None) == bool(page.search(slip).total)
    assert suggestion is None or page.search(suggestion).total


fragments = st.sampled_from(
    ["polise", "gendr", "desk", "Libera", "wimen", "police", "S/RES/1325", '"', "(", ")", " ", "-",
     "AND", "*", "~", ":", "1325", "UNMIX", "é", "\u00ad", "\x00", "İ", "ß", "ﬁ", "\ud800",
     "trainning"]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.lists(fragments, max_size=8).map("".join) | st.lists(fragments, max_size=6).map(" ".join),
    st.booleans(),
    st.sampled_from([(), ("Liberia",), ("Haiti",)]),
)
@example("polise desk", False, ("Haiti",))
def test_a_suggestion_is_never_to_a_worse_result(
    page: wpssearch.Index, query: str, any_: bool, country: tuple[str, ...]
) -> None:
    found = page.search(query, any=any_, country=country)
    if found.suggestion is None:
        return
    instead = page.search(found.suggestion, any=any_, country=country)
    assert any("In no record" in note for note in page.search(query, any=True).notes)
    assert instead.total > 0
    assert better(instead, found)


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=[]), max_size=40))
def test_any_text_has_a_suggestion_or_none(page: wpssearch.Index, query: str) -> None:
    suggestion = page.search(f"polise {query}").suggestion
    assert suggestion is None or page.search(suggestion).total


def distance(one: bytes, other: bytes) -> int:
    """The restricted Damerau-Levenshtein distance, by its definition."""

    @cache
    def upto(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        best = min(
            upto(i - 1, j) + 1,
            upto(i, j - 1) + 1,
            upto(i - 1, j - 1) + (one[i - 1] != other[j - 1]),
        )
        if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
            best = min(best, upto(i - 2, j - 2) + 1)
        return best

    return upto(len(one), len(other))


letters = st.text("abcé", min_size=3, max_size=9).map(str.encode)


@settings(max_examples=300, deadline=None)
@given(letters, st.lists(letters, min_size=1, max_size=8))
def test_costs_follow_the_distance(typed: bytes, words: list[bytes]) -> None:
    words = [w for w in words if abs(len(w) - len(typed)) <= MOST_EDITS] or [typed]
    most = len(typed) + MOST_EDITS
    padded = np.stack([np.frombuffer(w.ljust(most, b"\0"), np.uint8) for w in words], axis=1)
    found = costs(typed, padded, np.asarray([len(w) for w in words]))
    for word, cost in zip(words, found.tolist(), strict=True):
        edits = distance(typed, word)
        if edits <= MOST_EDITS:
            assert 0.75 * edits <= cost <= 1.25 * edits
        else:
            assert cost >= 0.75 * (MOST_EDITS + 1)
