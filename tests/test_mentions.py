"""Resolutions, dates and acronyms as texts write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wpssearch
from wpssearch.definitions import definitions
from wpssearch.resolutions import canonical


def read(facet: str, text: str) -> list[tuple[str, str]]:
    return [(tag["value"], tag["name"]) for tag in wpssearch.tag(text)["facets"][facet]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("resolution 1325 (2000)", [("S/RES/1325", "resolution 1325 (2000)")]),
        ("SCR 1325", [("S/RES/1325", "SCR 1325")]),
        ("UNSCR1325", [("S/RES/1325", "UNSCR1325")]),
        ("S/RES/1325 (2000)", [("S/RES/1325", "S/RES/1325 (2000)")]),
        ("Resolution\n1325 (2000)", [("S/RES/1325", "Resolution\n1325 (2000)")]),
        ("resolutions 1325, 1820 and 1888",
         [("S/RES/1325", "resolutions 1325"), ("S/RES/1820", "1820"), ("S/RES/1888", "1888")]),
        ("SCRs 1325/1820", [("S/RES/1325", "SCRs 1325"), ("S/RES/1820", "1820")]),
        ("resolutions 1325 (2000) on women, 1820 (2008) and 1888 (2009).",
         [("S/RES/1325", "resolutions 1325 (2000)"), ("S/RES/1820", "1820 (2008)"),
          ("S/RES/1888", "1888 (2009)")]),
        ("resolutions 242 (1967) of 22 November 1967 and 338 (1973)",
         [("S/RES/242", "resolutions 242 (1967)"), ("S/RES/338", "338 (1973)")]),
        ("General Assembly resolution 61/143", [("A/RES/61/143", "resolution 61/143")]),
        ("A/RES/61/143", [("A/RES/61/143", "A/RES/61/143")]),
        ("General Assembly resolution 217 A (III)",
         [("A/RES/217 A (III)", "resolution 217 A (III)")]),
        ("Human Rights Council resolution 17/11", [("A/HRC/RES/17/11", "resolution 17/11")]),
        ("Economic and Social Council resolution 2005/31",
         [("E/RES/2005/31", "resolution 2005/31")]),
        ("Commission on Human Rights resolution 2005/41", []),
        ("Parliamentary Assembly resolution 1385 (2004)", []),
        ("the resolution. 300 people came", []),
        ("a resolution 1,325 times", []),
    ],
)  # fmt: skip
def test_resolutions(text: str, found: list[tuple[str, str]]) -> None:
    assert read("resolution", text) == found


@pytest.mark.parametrize(
    "typed",
    ["1325", "1325 (2000)", "SCR 1325", "unscr1325", "s/res/1325", "resolution 1325",
     "Security Council resolution 1325 (2000)", "UN Security Council Resolution 1325"],
)  # fmt: skip
def test_any_typed_form_names_a_resolution(typed: str) -> None:
    assert canonical(typed) == "S/RES/1325"


def test_a_resolution_is_found_by_any_form(page: wpssearch.Index) -> None:
    counts = {v.value: v.count for v in page.facets(by="resolution")["resolution"]}
    assert counts["S/RES/1325"] == 2
    for typed in ("SCR 1325", "1325 (2000)", "S/RES/1325", "resolution 1325"):
        assert page.search(where={"resolution": typed}).total == 2
    assert canonical("61/143") == canonical("A/RES/61/143") == "A/RES/61/143"
    assert canonical("gibberish") is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("In June 2008, and", [("2008-06", "June 2008")]),
        ("November/December 2007", [("2007-11/2007-12", "November/December 2007")]),
        ("from 3 to 8 March", [("XXXX-03-03/XXXX-03-08", "3 to 8 March")]),
        ("on 8 March 2009", [("2009-03-08", "8 March 2009")]),
        ("March 8, 2010", [("2010-03-08", "March 8, 2010")]),
        ("between March and June 2008", [("2008-03/2008-06", "March and June 2008")]),
        ("June and August 2008", [("2008-06", "June"), ("2008-08", "August 2008")]),
        ("12-14 Sept. 2009", [("2009-09-12/2009-09-14", "12-14 Sept. 2009")]),
        ("3 March to 8 April 2009", [("2009-03-03/2009-04-08", "3 March to 8 April 2009")]),
        ("from 2005 to 2007", [("2005/2007", "2005 to 2007")]),
        ("the 2007 open debate", [("2007", "2007")]),
        ("since August", [("XXXX-08", "August")]),
        ("It may meet. May it pass. Women March on; April Smith spoke.", []),
        ("resolution 1325 (2000), 2,008 women", []),
    ],
)
def test_dates(text: str, found: list[tuple[str, str]]) -> None:
    assert read("date", text) == found


def test_a_text_gives_no_period() -> None:
    with wpssearch.open(":memory:") as index:
        index.add([{"id": "a", "text": "In June 2008 they met."}])
        assert index.get("a").period is None
        assert index.search(period="2008").total == 0
        assert index.search(where={"date": "2008-06"}).total == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("women's protection advisers (WPAs)", ("wpa", "women's protection advisers")),
        ("of sexual and gender-based violence (SGBV)",
         ("sgbv", "sexual and gender-based violence")),
        ("the protection of civilians (PoC)", ("poc", "protection of civilians")),
        ("United Nations Mission in Liberia (UNMIL)",
         ("unmil", "United Nations Mission in Liberia")),
        ("the Mission (UNMIN)", None),
        ("It ended. Bad things happen (IBTH)", None),
        ("as set out (November 2006)", None),
    ],
)  # fmt: skip
def test_definitions(text: str, found: tuple[str, str] | None) -> None:
    made = [(d.acronym, text[d.start : d.end]) for d in definitions(text)]
    assert made == ([found] if found else [])


@given(st.text(max_size=200))
def test_any_text_can_be_read_for_definitions(text: str) -> None:
    for made in definitions(f"{text} (ABC) {text} (WPAs)"):
        assert made.acronym
        assert 0 <= made.start < made.end


ROWS = [
    {"id": "short", "text": "CRSV was reported."},
    {"id": "long", "text": "Cases of conflict-related sexual violence were reported."},
    {"id": "words", "text": "Sexual violence is conflict; it is related."},
    {"id": "mine", "text": "Zonal village observers (ZVOs) came."},
    {"id": "zvo", "text": "A ZVO came."},
    {"id": "zvo2", "text": "Each zonal village observer came."},
    {"id": "sea", "text": "By the sea."},
    {"id": "abuse", "text": "Sexual exploitation and abuse."},
]


@pytest.fixture(scope="module")
def acronyms() -> wpssearch.Index:
    index = wpssearch.open(":memory:")
    index.add([{"missions": [], "countries": [], **row} for row in ROWS])
    return index


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("CRSV", {"short", "long"}),
        ("crsv", {"short", "long"}),
        ("conflict-related sexual violence", {"short", "long"}),
        ("sexual violence conflict related", {"long", "words"}),
        ('"conflict-related sexual violence"', {"short", "long"}),
        ('"CRSV reported"', set()),
        ("ZVO", {"mine", "zvo", "zvo2"}),
        ('"zonal village observer"', {"mine", "zvo", "zvo2"}),
        ("SEA", {"sea", "abuse"}),
        ("sea", {"sea"}),
        ("sexual exploitation and abuse", {"abuse"}),
    ],
)
def test_acronyms_and_long_forms_find_each_other(
    acronyms: wpssearch.Index, query: str, ids: set[str]
) -> None:
    results = acronyms.search(query, limit=20)
    found = {hit.id for hit in results.hits} if results.match == "all" else set()
    assert found == ids


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("S/RES/1325", {"a", "b", "c", "d"}),
        ("SCR 1325", {"a", "b", "c", "d"}),
        ("resolution 1325 (2000)", {"a", "b", "c", "d"}),
        ("UNSCR1325 desks", {"b"}),
        ("A/RES/61/143", {"e", "f"}),
        ("General Assembly resolution 61/143", {"e"}),
        ("resolution desks", {"b"}),
    ],
)
def test_a_resolution_is_found_by_what_is_typed(query: str, ids: set[str]) -> None:
    texts = {
        "a": "under resolution 1325 (2000)", "b": "resolutions 1325, 1820 on desks",
        "c": "S/RES/1325 (2000)", "d": "UNSCR1325 and SCR 1888", "n": "1325 of them",
        "e": "General Assembly resolution 61/143", "f": "A/RES/61/143", "g": "61 and 143",
    }  # fmt: skip
    with wpssearch.open(":memory:") as index:
        index.add({"id": id_, "text": text} for id_, text in texts.items())
        results = index.search(query, limit=20)
        assert {hit.id for hit in results.hits} == ids
        assert results.match == "all"
        assert all(hit.score > 0 for hit in results.hits)
        assert all(hit.snippets[0].matches for hit in results.hits)


def test_widening_is_told_marked_and_can_be_stopped(acronyms: wpssearch.Index) -> None:
    results = acronyms.search("CRSV")
    assert "'CRSV' also finds 'conflict-related sexual violence'" in results.notes[0]
    marks = {
        hit.id: [s.text[a:b] for s in hit.snippets for a, b in s.matches] for hit in results.hits
    }
    assert marks == {"short": ["CRSV"], "long": ["conflict-related sexual violence"]}
    exact = acronyms.run(wpssearch.Search("CRSV", exact=True))
    assert ([hit.id for hit in exact.hits], exact.notes) == (["short"], ())


def test_a_definition_goes_with_its_record() -> None:
    with wpssearch.open(":memory:") as index:
        index.add([{"id": "a", "text": "Zonal village observers (ZVOs)"},
                   {"id": "b", "text": "zonal village observers"}])  # fmt: skip
        assert index.search("ZVO", limit=0).total == 2
        index.remove(["a"])
        assert index.search("ZVO", limit=0).total == 0
