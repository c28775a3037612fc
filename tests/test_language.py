"""What the query language finds: fields, facets, patterns, near words, weights, and why."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import oracle
import pytest
from click.testing import CliRunner
from conftest import CORPUS, ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

import wpssearch
from wpssearch import Query
from wpssearch.backends.whoosh import expanding
from wpssearch.backends.whoosh.container import Container, write_container
from wpssearch.backends.whoosh.strings import Strings, columns_of
from wpssearch.cli import main
from wpssearch.model import Role

Page = wpssearch.Index


class Forms(Strings):
    """Sorted strings that stand in no file."""

    __slots__ = ()

    def __init__(self, words: set[str]) -> None:
        made = io.BytesIO()
        write_container(made, columns_of("forms", sorted(word.encode() for word in words)))
        super().__init__(Container(made.getvalue(), "forms"), "forms")

    def named(self, numbers: Any) -> set[str]:
        return {self[number].decode() for number in numbers.tolist()}


letters = st.text(st.sampled_from("abcé日"), min_size=1, max_size=6)
words = st.sets(letters, max_size=12)


@settings(max_examples=300, deadline=None)
@given(words, letters, st.integers(1, 2))
def test_neighbours_are_those_of_the_brute_force(forms: set[str], word: str, edits: int) -> None:
    column = Forms(forms)
    found = column.named(expanding.neighbours(column, word, edits))
    assert found == {form for form in forms if oracle.edits(word, form) <= edits}


@settings(max_examples=300, deadline=None)
@given(words, st.text(st.sampled_from("abcé日**??"), min_size=1, max_size=6))
def test_patterns_match_what_the_brute_force_matches(forms: set[str], pattern: str) -> None:
    column = Forms(forms)

    def fits(pattern: str, word: str) -> bool:
        if not pattern or not word:
            return not word and not pattern.strip("*")
        if pattern[0] == "*":
            return fits(pattern[1:], word) or fits(pattern, word[1:])
        return pattern[0] in ("?", word[0]) and fits(pattern[1:], word[1:])

    found = column.named(expanding.matching(column, pattern))
    assert found == {form for form in forms if fits(pattern, form)}


def test_a_pattern_stands_for_the_most_frequent_words_alone() -> None:
    rows = [{"id": f"r{n}", "text": f"w{n:04d}x common w{n % 7}y"} for n in range(2000)]
    with wpssearch.open(":memory:") as index:
        index.add(rows)
        results = index.search("w*", limit=0)
        assert results.total == 2000
        assert any("2,007 words; the 1,024 most frequent" in note for note in results.notes)
        assert index.search("w00*", limit=0).total == 100
        # Which words they are depends on the records alone: not on dead ones, not on segments.
        index.add({"id": f"gone{n}", "text": "w1999x " * 9} for n in range(3))
        index.remove([f"gone{n}" for n in range(3)])
        again = index.run(wpssearch.Search("w*", explain=True))
        other = index.run(wpssearch.Search("w*x", explain=True))
        assert again.explanation is not None
        assert other.explanation is not None
        assert "w1999x" not in again.explanation.terms[0].forms
        assert len(other.explanation.terms[0].forms) == 1024


def test_a_short_word_has_no_near_ones(page: Page) -> None:
    assert page.search("in~2").total == page.search("in").total
    assert page.search("polise~ zebraa").suggestion is None


def test_a_query_holds_so_many_patterns(page: Page) -> None:
    results = page.search(" OR ".join(f"{'abcdefghij'[n % 10]}{n}*" for n in range(60)))
    assert sum("at most 32 patterns" in note for note in results.notes) == 1


FACETED = {
    "country": ["Haiti", "liberia", "HTI", "Cote d'Ivoire", "Xanadu", "Kosovo"],
    "agency": ["DPKO", "dppa", "UNFPA"],
    "mission": ["BONUCA", "ONUCI", "unmin"],
    "period": ["2007", "Jul 2007", "2007-07..2008-01", "Jul 2007 - Jan 2008", "2008"],
    "kind": ["activity", "agency", "book"],
    "resolution": ["1325", "S/RES/1325", "9"],
    "year": ["2007", "2010"],
    "region": ["Africa", "americas"],
    "subregion": ["Northern Africa"],
    "mentioned_agency": ["UNIFEM", "UN Women"],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in FACETED.items() for value in values]
)
@pytest.mark.parametrize("query", ["", "gender"])
def test_a_facet_in_a_query_selects_what_the_filter_selects(
    page: Page, name: str, value: str, query: str
) -> None:
    filtered = page.search(query, where={name: value}, limit=50)
    asked = page.search(f'{name}:"{value}" {query}', limit=50)
    found = {hit.id: hit.score for hit in asked.hits}
    assert asked.match == "all"
    if asked.total or not query:
        assert found == {hit.id: hit.score for hit in filtered.hits}
        assert [h.snippets for h in asked.hits] == [h.snippets for h in filtered.hits]
    else:
        assert filtered.total == 0
    without = page.search(f'-{name}:"{value}"', limit=50)
    assert without.total == 11 - page.search(where={name: value}).total
    # It is query, not filter: the facet does not leave it aside.
    assert sum(v.count for v in asked.facets["period"]) <= asked.total


def test_an_unknown_value_in_a_query_offers_the_near_one(page: Page) -> None:
    results = page.search("country:Libera police")
    assert results.total == 0
    assert any("did you mean 'Liberia'" in note for note in results.notes)


def test_the_options_of_filters_hold_for_facets_in_a_query(page: Page) -> None:
    roles: list[tuple[Role, int]] = [("partner", 1), ("place", 0)]
    for role, total in roles:
        asked = wpssearch.Search("country:Norway", role=(role,))
        filtered = wpssearch.Search(country=("Norway",), role=(role,))
        assert page.run(asked).total == page.run(filtered).total == total


@pytest.mark.parametrize(
    ("query", "plain"),
    [
        ("AT&T's C++", "AT T C"),
        ("(police)", "police"),
        ("police!", "police"),
        ("gender-based violence (GBV)", "gender-based violence GBV"),
        ("desk - police", "desk police"),
        ("desk + police", "desk police"),
        ("12:30 police", "12 30 police"),
        ("police, desks; units.", "police desks units"),
    ],
)
def test_what_people_paste_finds_what_its_words_find(page: Page, query: str, plain: str) -> None:
    pasted, typed = page.search(query, any=True), page.search(plain, any=True)
    assert {hit.id for hit in pasted.hits} == {hit.id for hit in typed.hits}


def test_the_table_of_the_language_is_read_without_a_doubt(page: Page) -> None:
    table = (ROOT / "docs" / "query.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*?) \| ", table, re.MULTILINE)
    queries = [code.replace("\\|", "|") for row in rows for code in re.findall("`([^`]+)`", row)]
    assert len(queries) >= 25
    for query in queries:
        notes = page.search(query).notes
        assert not any("read as" in note for note in notes), (query, notes)


@pytest.mark.parametrize(
    "query", ['"gender un*"', '"gend* units"', '"*ender units"', '"gender *nit*"', '"gender u?its"']
)
def test_a_phrase_holds_patterns(page: Page, query: str) -> None:
    wanted = page.search('"gender units"')
    found = page.search(query)
    assert wanted.total == 2
    assert {hit.id for hit in found.hits} == {hit.id for hit in wanted.hits}


def test_a_tree_is_searched_like_its_text(page: Page) -> None:
    tree = Query.phrase("gender desks") | Query.prefix("gendarm") & ~Query.field("country", "Haiti")
    by_tree, by_text = page.search(tree), page.search(str(tree))
    assert by_tree.to_dict() == by_text.to_dict()
    assert by_tree.query == str(tree)
    assert page.run(wpssearch.Search(query=tree)).total == by_tree.total
    with pytest.raises(wpssearch.UsageError):
        page.search(7)  # type: ignore[arg-type]


def test_a_weight_of_nothing_leaves_the_matches() -> None:
    with wpssearch.open(":memory:") as index:
        index.add({"id": f"r{n}", "text": "police " * n + "desk"} for n in range(1, 40))
        for any_ in (False, True):
            results = index.search("police^0 desk^0", any=any_, limit=5)
            assert results.total == 39
            assert [hit.score for hit in results.hits] == [0.0] * 5
        assert index.search("police^0 zebra^0", any=True).total == 39


def test_words_of_a_weight_are_words_of_the_score(page: Page) -> None:
    once, twice = page.search("gender^2"), page.search("gender gender")
    assert [(h.id, h.score) for h in once.hits] == [(h.id, h.score) for h in twice.hits]


def explained(index: Page, query: Any, **fields: Any) -> wpssearch.Results:
    return index.run(wpssearch.Search(query=query, explain=True, limit=50, **fields))


@pytest.mark.parametrize(
    "query",
    ["police gender desks Liberia", "CRSV OR gend* text:women^2.5", "gender~ -police",
     "heading:work", '"gender based violence"~3 UNDPKO', "title:zebra police",
     "", "country:Haiti", "police^0"],
)  # fmt: skip
def test_an_explanation_sums_to_the_score(page: Page, query: str) -> None:
    results = explained(page, query, any=True)
    account = results.explanation
    assert account is not None
    assert Query.from_dict(account.tree) == Query.parse(account.query)
    assert [hit.id for hit in account.hits] == [hit.id for hit in results.hits]
    for shown, hit in zip(account.hits, results.hits, strict=True):
        assert shown.score == hit.score
        assert sum(term.score for term in shown.terms) == pytest.approx(hit.score, abs=1e-9)
        for term in shown.terms:
            f = sum(
                field.weight * field.tf
                / (1 - account.b + account.b * field.length / field.average)
                for field in term.fields
            )  # fmt: skip
            assert term.f == pytest.approx(f, abs=1e-9)
            score = term.times * term.idf * f * (account.k1 + 1) / (f + account.k1)
            assert term.score == pytest.approx(score, abs=1e-9)
    assert json.loads(json.dumps(results.to_dict()))["explanation"]["records"] == 11
    assert "explanation" not in page.search(query).to_dict()


def test_an_explanation_says_what_was_widened() -> None:
    with wpssearch.open(":memory:") as index:
        index.add([
            {"id": "a", "text": "Conflict-related sexual violence (CRSV) was reported."},
            {"id": "b", "text": "CRSV in the north."},
        ])  # fmt: skip
        account = explained(index, "CRSV").explanation
        assert account is not None
        assert ("CRSV", "conflict-related sexual violence") in account.widened
        assert "conflict related sexual violence" in account.terms[0].forms


def test_explain_on_the_command_line(tmp_path: Any) -> None:
    folder = str(tmp_path / "index")
    runner = CliRunner()
    assert runner.invoke(main, ["--index", folder, "ingest", str(CORPUS)]).exit_code == 0
    shown = runner.invoke(main, ["--index", folder, "search", "--explain", "polic*", "-training"])
    assert "read as: polic* -training" in shown.stdout
    assert "polic*: police" in shown.stdout
    assert "in all" in shown.stdout
    words = ["--index", folder, "search", "desks", "--explain", "--format=json"]
    data = json.loads(runner.invoke(main, words).stdout)
    assert data["explanation"]["terms"][0]["term"] == "desks"
    excluded = runner.invoke(main, ["--index", folder, "search", "police", "-gendarme"])
    assert "match: police -gendarme" in excluded.stdout
