"""The query as a tree: read from any text, printed back, kept as JSON, built in Python."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from trees import any_trees

import wpssearch
from wpssearch import Query
from wpssearch.query import Every, Phrase, Word, Words, parse
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
from wpssearch.query.tree import MOST_NESTED

W = Word
MEASURES = ("measure", "x.y-z")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("police", W("police")),
        ("police desk", Words((W("police"), W("desk")))),
        ('"gender  desk"', Phrase("gender desk")),
        ("\u201cgender desk\u201d", Phrase("gender desk")),
        ('a"b c"d', Words((W("a"), Phrase("b c"), W("d")))),
        ("a AND b", And((W("a"), W("b")))),
        ("a && b || c", Or((And((W("a"), W("b"))), W("c")))),
        ("a OR b c", Words((Or((W("a"), W("b"))), W("c")))),
        ("a b OR c", Words((W("a"), Or((W("b"), W("c")))))),
        ("a AND b OR c AND d", Or((And((W("a"), W("b"))), And((W("c"), W("d")))))),
        ("a or b", Words((W("a"), W("or"), W("b")))),
        ("a NOT b", Words((W("a"), Not(W("b"))))),
        ("a -b", Words((W("a"), Not(W("b"))))),
        ("a AND !b", And((W("a"), Not(W("b"))))),
        ("NOT NOT a", W("a")),
        ("+a b", Words((Required(W("a")), W("b")))),
        ('-"a b"', Not(Phrase("a b"))),
        ("-(a b)", Not(Words((W("a"), W("b"))))),
        ("(a)", W("a")),
        ("((a b))", Words((W("a"), W("b")))),
        ("(a b) c", Words((Words((W("a"), W("b"))), W("c")))),
        ("polic*", Wildcard("polic*")),
        ("wo?an", Wildcard("wo?an")),
        ("*", Every()),
        ("*:*", Every()),
        ("", Every()),
        ("police~", Fuzzy("police", 2)),
        ("desk~", Fuzzy("desk", 1)),
        ("police~1^2", Boost(Fuzzy("police", 1), 2)),
        ("police~0", W("police")),
        ('"police desk"~5', Near("police desk", 5)),
        ('"police desk"~5^.5', Boost(Near("police desk", 5), 0.5)),
        ("desk^2", Boost(W("desk"), 2)),
        ("(a b)^2", Boost(Words((W("a"), W("b"))), 2)),
        ("title:police", Field("title", W("police"))),
        ("Title:police^2", Field("title", Boost(W("police"), 2))),
        ("headings:work", Field("heading", W("work"))),
        ("title:(a b)", Field("title", Words((W("a"), W("b"))))),
        ("-title:polic*", Not(Field("title", Wildcard("polic*")))),
        ("title:text:a", Field("text", W("a"))),
        ("title:*", Field("title", Every())),
        ("country:Haiti", Facet("country", "Haiti")),
        ('country:"Côte d\'Ivoire"', Facet("country", "Côte d'Ivoire")),
        ("country:(Haiti OR Mali)", Or((Facet("country", "Haiti"), Facet("country", "Mali")))),
        ("country:(-Haiti)", Not(Facet("country", "Haiti"))),
        ("-country:Haiti", Not(Facet("country", "Haiti"))),
        ("resolution:S/RES/1325", Facet("resolution", "S/RES/1325")),
        ("period:2007..2008", Facet("period", "2007..2008")),
        ("period:[2007-07 TO *]", Facet("period", "2007-07..")),
        ("measure:Prevention", Facet("measure", "Prevention")),
        # What is text, whatever it looks like.
        ("C++", W("C++")),
        ("AT&T", W("AT&T")),
        ("women's", W("women's")),
        ("1,325", W("1,325")),
        ("(2007)", W("(2007)")),
        ("gender-based", W("gender-based")),
        ("12:30", W("12:30")),
        ("http://un.org/a?b", W("http://un.org/a?b")),
        ("S/RES/1325", W("S/RES/1325")),
        ("-", W("-")),
        ("police - desk", Words((W("police"), W("-"), W("desk")))),
        ("--zebra", W("--zebra")),
        (r"\*", W("*")),
        (r"\AND", W("AND")),
        (r"title\:a", W("title:a")),
    ],
)  # fmt: skip
def test_a_text_is_read_as(text: str, tree: Query) -> None:
    assert parse(text, MEASURES) == (tree, ())


@pytest.mark.parametrize(
    ("text", "printed", "place"),
    [
        ("police OR", r"police \OR", 8),
        ("AND police", r"\AND police", 1),
        ("(OR)", r"\OR", 2),
        ("NOT", r"\NOT", 1),
        ("a AND OR b", r"(a AND \OR) b", 7),
        ('police "gender desks', "police gender desks", 8),
        ("police)", "police", 7),
        ("a (b", "a b", 3),
        ("title: police", r"title\: police", 1),
        ("contry:Haiti", r"contry\:Haiti", 1),
        ("desk^^2^x1 desk^2.", r"desk\^\^2\^x1 desk\^2.", 12),
        ('"a b"~x', r'"a b" \~x', 6),
        ("police~7", "police~2", 1),
        ("pol*ce~", "pol*ce", 1),
    ],
)
def test_what_is_no_syntax_is_words_and_a_note_says_where(
    text: str, printed: str, place: int
) -> None:
    tree, notes = parse(text)
    assert str(tree) == printed
    assert len(notes) == 1
    assert f"(at character {place})" in notes[0]


@settings(max_examples=300, deadline=None)
@given(any_trees)
@example(Word("AND"))
@example(Boost(Word("a"), 5e-324))
@example(Field("title", Facet("country", "*")))
@example(Facet("country", "2007.."))
@example(Facet("country", "title:AND"))
@example(Wildcard("-a*"))
def test_a_tree_is_what_its_text_is_read_as(tree: Query) -> None:
    assert parse(str(tree), MEASURES) == (tree, ())


@given(any_trees)
def test_a_tree_goes_into_json_and_back(tree: Query) -> None:
    assert Query.from_dict(json.loads(json.dumps(tree.to_dict()))) == tree
    assert pickle.loads(pickle.dumps(tree)) == tree
    assert hash(tree) == hash(Query.from_dict(tree.to_dict()))


@pytest.mark.parametrize(
    "data",
    [
        None, [], "word", {}, {"kind": "query"}, {"kind": ["word"]}, {"kind": "word"},
        {"kind": "word", "text": "a b"}, {"kind": "word", "text": 1}, {"kind": "word", "text": ""},
        {"kind": "word", "text": "a", "more": 1}, {"kind": "and", "parts": []},
        {"kind": "and", "parts": "ab"}, {"kind": "not", "part": None},
        {"kind": "phrase", "text": " "}, {"kind": "facet", "name": "title", "value": "c"},
        {"kind": "fuzzy", "text": "a", "edits": True}, {"kind": "fuzzy", "text": "a", "edits": 3},
        {"kind": "boost", "part": {"kind": "every"}, "weight": float("nan")},
        {"kind": "boost", "part": {"kind": "every"}, "weight": -1},
        {"kind": "boost", "part": {"kind": "every"}, "weight": True},
        {"kind": "near", "text": "a b", "distance": -1}, {"kind": "wildcard", "text": "**"},
        {"kind": "facet", "name": "a b", "value": "c"},
        {"kind": "field", "name": "country", "part": {"kind": "every"}},
    ],
)  # fmt: skip
def test_what_is_no_kept_query_is_refused(data: Any) -> None:
    with pytest.raises(wpssearch.UsageError):
        Query.from_dict(data)


def test_nobody_nests_without_end() -> None:
    data: dict[str, Any] = {"kind": "every"}
    for _ in range(100_000):
        data = {"kind": "not", "part": data}
    with pytest.raises(wpssearch.UsageError):
        Query.from_dict(data)
    while data["kind"] == "not":
        # Taken apart piece by piece: Python cannot forget so deep a mapping at once.
        data = data["part"]
    for _ in range(10_000):
        data = {"kind": "words", "parts": [{"kind": "every"}, data]}
    with pytest.raises(wpssearch.UsageError):
        Query.from_dict(data)
    while data["kind"] == "words":
        data = data["parts"][1]
    tree = Query.everything()
    while tree.depth < MOST_NESTED:
        tree = tree.required()
    assert parse(str(tree))
    with pytest.raises(wpssearch.UsageError):
        tree.required()


def test_a_query_that_was_read_is_read_again_however_deep_it_is() -> None:
    """Also where parentheses around all that is joined would be more than are read."""
    for count in range(1, 20):
        for opening, closing in ((" AND (e ", " f)"), (" OR (e ", ") f"), (" (e AND ", ") OR f")):
            tree, notes = parse("a" + opening * count + "b" + closing * count)
            assert notes == ()
            assert parse(str(tree)) == (tree, ())


def test_a_tree_is_built_in_python() -> None:
    tree = Query.phrase("gender desk") & ~Query.term("military")
    assert str(tree) == '"gender desk" AND -military'
    assert str(tree | Query.prefix("polic")) == '("gender desk" AND -military) OR polic*'
    assert str(Query.term("a") & Query.term("b") & Query.term("c")) == "a AND b AND c"
    assert ~~Query.term("a") == Query.term("a")
    assert str(Query.near("police desk", 5).boost(2)) == '"police desk"~5^2'
    assert str(Query.fuzzy("police", 1)) == "police~1"
    assert str(Query.field("country", "Haiti")) == "country:Haiti"
    assert str(Query.field("title", "gender desk")) == "title:(gender desk)"
    assert str(Query.words("a b")) == "a b"
    assert str(Query.wildcard("wo?an").required()) == "+wo?an"
    assert Query.parse("a OR b") == Query.term("a") | Query.term("b")
    wrongs: list[Callable[[], Query]] = [
        lambda: Query.term("a b"),
        lambda: Query.term(""),
        lambda: Query.field("country", Query.term("a")),
        lambda: Query.field("a b", "c"),
        lambda: Query.prefix(""),
        lambda: Query.words(" "),
        lambda: Query.term("a").boost(float("inf")),
        lambda: And((W("a"),)),
        lambda: And((W("a"), "b")),  # type: ignore[arg-type]
    ]
    for wrong in wrongs:
        with pytest.raises(wpssearch.UsageError):
            wrong()
    with pytest.raises(TypeError):
        Query.term("a") & "b"  # type: ignore[operator]
    with pytest.raises(AttributeError):
        tree.parts = ()  # type: ignore[attr-defined]


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(), max_size=60))
def test_any_text_is_a_query_and_is_read_alike_again(text: str) -> None:
    tree, _ = parse(text, MEASURES)
    assert parse(str(tree), MEASURES) == (tree, ())


def test_a_query_without_syntax_loads_no_parser() -> None:
    from test_project import modules_after

    loaded = modules_after("from wpssearch.query import parse; parse('police gender-based desks')")
    assert loaded.isdisjoint({"wpssearch.query.parser", "wpssearch.query.operators"})
