"""The analyzer: what finds what, where it is marked, and that offsets hold for any text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wpssearch
from wpssearch.analysis import tokenize


def marks(text: str, query: str) -> list[str]:
    """What a query marks in a text; empty where it does not find it."""
    with wpssearch.open(":memory:") as index:
        index.add([{"id": "a", "text": text}])
        results = index.search(query)
        if results.match != "all":
            return []
        return [
            snippet.text[start:end]
            for hit in results.hits
            for snippet in hit.snippets
            for start, end in snippet.matches
        ]


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("They work in Côte d’Ivoire.", "cote d'ivoire", ["Côte", "d’Ivoire"]),
        ("They work in Cote d'Ivoire.", "Côte d’Ivoire", ["Cote", "d'Ivoire"]),
        ("They work in Côte d’Ivoire.", "Ivoire", ["Ivoire"]),
        ("women’s rights", "women", ["women"]),
        ("women's rights", "woman's", ["women"]),
        ("DPKO/DFS sent a cable", "dfs", ["DFS"]),
        ("DPKO/DFS sent a cable", "DPKO/DFS", ["DPKO", "DFS"]),
        ("gender-based violence", "gender", ["gender"]),
        ("gender-based violence", "gender-based", ["gender-based"]),
        ("gender based violence", "gender-based", ["gender based"]),
        ("gender-based violence", '"gender based violence"', ["gender-based violence"]),
        ("peace-keeping operations", "peacekeeping", ["peace-keeping"]),
        ("peacekeeping operations", "peace-keeping", ["peacekeeping"]),
        ("peace-keeping operations", '"peacekeeping operations"', ["peace-keeping operations"]),
        ("peacekeeping operations", '"peace-keeping operations"', ["peacekeeping operations"]),
        ("resolution 1325 (2000)", "1325", ["1325"]),
        ("some 1,325 women", "1325", ["1,325"]),
        ("the U.N. police", "UN", ["U.N"]),
        ("several NGOs met", "ngo", ["NGOs"]),
        ("an NGO met", "NGOs", ["NGO"]),
        ("an NGO met", "ngos", ["NGO"]),
        ("UNMIS trained", "unmis", ["UNMIS"]),
        ("UNMIS trained", "unmi", []),
        ("the XYZTS trained", "xyzts", ["XYZTS"]),
        ("the XYZTS trained", "xyzt", []),
        ("the XYZT and an xyzts", "xyzts", ["xyzts"]),
        ("sensitisation sessions", "sensitization", ["sensitisation"]),
        ("it was organized", "organise", ["organized"]),
        ("police advisers", "advisor", ["advisers"]),
        ("two programmes", "program", ["programmes"]),
        ("policewomen and men", "policewoman man", ["policewomen", "men"]),
        ("children", "child", ["children"]),
        ("international law", "internal", []),
        ("the university", "universal", []),
        ("an organ", "organisation", []),
        ("the united front", "unit", []),
        ("training of trainers", "train", ["training"]),
        ("the of and a", "the", ["the"]),
        ("ＰＯＬＩＣＥ full width", "police", ["ＰＯＬＩＣＥ"]),
        ("Lib\u00aderia, Co\u0302te", "Liberia Côte", ["Lib\u00aderia", "Co\u0302te"]),
        ("Łódź and Ørsted", "lodz orsted", ["Łódź", "Ørsted"]),
    ],
)  # fmt: skip
def test_what_people_type_finds_and_marks(text: str, query: str, marked: list[str]) -> None:
    assert marks(text, query) == marked


def test_a_shouted_line_makes_no_acronyms() -> None:
    assert marks("POLICE TRAINING WORKSHOPS HELD", "workshop") == ["WORKSHOPS"]


def test_lengths_count_the_parts_of_a_hyphenated_word() -> None:
    tokens = list(tokenize("gender-based violence"))
    assert [(t.form, t.position, t.width) for t in tokens] == [
        ("gender", 0, 1), ("based", 1, 1), ("genderbased", 0, 2), ("violence", 2, 1),
    ]  # fmt: skip


@given(st.text(st.characters(), max_size=80))
def test_offsets_are_those_of_the_original(text: str) -> None:
    last = 0
    for token in tokenize(text):
        assert 0 <= token.start < token.end <= len(text)
        assert any(
            char.isalnum() for char in unicodedata.normalize("NFKD", text[token.start : token.end])
        )
        if token.width == 1:
            assert token.position >= last
            last = token.position


@given(st.text(st.characters(), max_size=80))
def test_ingest_and_query_cut_alike(text: str) -> None:
    """NLTK's tokenizer at ingest, its pattern alone at query: the same tokens."""
    assert list(tokenize(text, bulk=True)) == list(tokenize(text))


@given(st.text(st.characters(), min_size=1, max_size=40))
def test_a_text_is_found_by_its_own_words(text: str) -> None:
    with wpssearch.open(":memory:") as index:
        report = index.add([{"id": "a", "text": text}, {"id": "b", "text": "other"}])
        if report.added == 2 and list(tokenize(text)):
            assert "a" in [hit.id for hit in index.search(wpssearch.Query.words(text)).hits]
