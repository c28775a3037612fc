"""Quotations: found however they are written, and what differs where they are not there."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from test_render import same_as_golden

import wpssearch
from wpssearch import render
from wpssearch.quoting import Written, aligned, may_stand_in, paragraphs, places, runs
from wpssearch.render import readings

PLAIN = "the police and women of peace units report office final field in it its".split()
WRITTEN = (
    "the police women's d’Ivoire Côte gender-based peace-keeping office final ﬁeld DPKO/DFS "
    "“units” 'desks' — – U.N. 1,325 (2000), NGOs it's its said: resumé re-\nport"
).split(" ")

plain = st.lists(st.sampled_from(PLAIN), min_size=1, max_size=12)
written = st.lists(st.sampled_from(WRITTEN), min_size=1, max_size=14)


def corpus_of(texts: list[str], segments: int) -> wpssearch.Index:
    index = wpssearch.open(":memory:")
    rows = [{"id": f"r{n}", "text": text} for n, text in enumerate(texts)]
    index.add([{"id": "gone", "text": " ".join(texts)}, *({**row, "text": "x"} for row in rows)])
    for start in range(segments):
        index.add(rows[start::segments])
    index.remove(["gone"])
    return index


@st.composite
def rewritten(draw: st.DrawFn, text: str) -> str:
    """The same words with blanks, quotes, dashes and ligatures written otherwise."""
    any_of = {
        " ": [" ", "  ", "\n", "\u00a0", "\t", "\u2009"],
        "\n": [" ", "\n"],
        '"': list('"“”„«»'), "“": list('"“„«'), "”": list('"”»'),
        "'": list("'’‘ʼ"), "’": list("'’ʼ"),
        "-": ["-", "\u2010", "\u2011", "–", "\u00ad", "-\n", "— ", " - "],
        "—": ["—", "–", "-", "--", "―"], "–": ["–", "—", "-", "\u2212"],
        "fi": ["fi", "ﬁ"], "ﬁ": ["fi", "ﬁ"],
        "é": ["é", "e\u0301"], "ô": ["ô", "o\u0302"],
    }  # fmt: skip
    pieces = re.split(f"({'|'.join(map(re.escape, any_of))})", text)
    out = [draw(st.sampled_from(any_of[piece])) if piece in any_of else piece for piece in pieces]
    return draw(st.sampled_from(["{}", "“{}”", "> {}", "'{}'", '"{}."'])).format("".join(out))


def has_a_word(text: str) -> bool:
    return any(char.isalnum() for char in text)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(written, min_size=1, max_size=5), st.sampled_from([1, 3]), st.data())
def test_every_passage_is_found_however_it_is_written(
    texts: list[list[str]], segments: int, data: st.DataObject
) -> None:
    row = data.draw(st.integers(0, len(texts) - 1))
    begin = data.draw(st.integers(0, len(texts[row]) - 1))
    stop = data.draw(st.integers(begin + 1, len(texts[row])))
    passage = " ".join(texts[row][begin:stop])
    assume(has_a_word(passage))
    quotation = re.sub(r"\n\s*\n", "\n", data.draw(rewritten(passage)))
    with corpus_of([" ".join(text) for text in texts], segments) as index:
        (found,) = index.verify(quotation)
        assert found.found, quotation
        assert found.more or any(place.id == f"r{row}" for place in found.places)
        for place in found.places:
            text = index.get(place.id).text
            letters = Written.of(" ".join(text[a:b] for a, b in place.spans)).letters
            assert letters == Written.of(passage).letters


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(plain, min_size=1, max_size=5), plain, st.sampled_from([1, 3]), st.data())
def test_a_quotation_is_found_exactly_where_its_words_stand(
    texts: list[list[str]], other: list[str], segments: int, data: st.DataObject
) -> None:
    """Against searching for the words in plain text; a changed word is always told."""
    words = data.draw(st.sampled_from([*texts, other]))
    begin = data.draw(st.integers(0, len(words) - 1))
    quoted = words[begin : begin + data.draw(st.integers(1, 8))]
    changed = data.draw(st.integers(0, len(quoted) - 1))
    quoted[changed : changed + 1] = [data.draw(st.sampled_from([*PLAIN, "zebra"]))]
    with corpus_of([" ".join(text) for text in texts], segments) as index:
        (found,) = index.verify(" ".join(quoted))
        wanted = {
            f"r{n}" for n, text in enumerate(texts)
            if f" {' '.join(quoted)} " in f" {' '.join(text)} "
        }  # fmt: skip
        assert {place.id for place in found.places} == wanted
        assert all(place.exact for place in found.places)
        if wanted:
            return
        shared = any(set(quoted) & set(text) for text in texts)
        assert (found.nearest is not None) == shared
        if found.nearest is None:
            return
        near = found.nearest
        text = index.get(near.id).text
        differing = " ".join(run.quoted for run in near.differences if not run.same).split()
        if "zebra" in quoted:
            assert "zebra" in differing
        assert near.changed >= 1
        # The runs, read one after another, are the quotation and the passage.
        assert " ".join(r.quoted for r in near.differences if r.quoted) == " ".join(quoted)
        assert " ".join(r.corpus for r in near.differences if r.corpus) == near.text
        assert " ".join(text[slice(*near.span)].split()) == near.text
        assert near.changed == min(distance(quoted, t) for t in texts if set(quoted) & set(t))


def distance(quoted: list[str], text: list[str]) -> int:
    """The fewest changes that make some run of a text the quotation: by the plain table."""
    row = [0] * (len(text) + 1)
    for number, word in enumerate(quoted, 1):
        before, row = row, [number]
        for at, other in enumerate(text, 1):
            row.append(min(before[at - 1] + (word != other), before[at] + 1, row[at - 1] + 1))
    return min(row)


@settings(max_examples=100, deadline=None)
@given(plain, st.data())
def test_what_is_left_out_is_a_gap(words: list[str], data: st.DataObject) -> None:
    bounds = sorted(data.draw(st.lists(st.integers(0, len(words)), min_size=4, max_size=4)))
    first, second = words[bounds[0] : bounds[1]], words[bounds[2] : bounds[3]]
    assume(first and second)
    mark = data.draw(st.sampled_from(["…", "...", "[...]", "[…]", ". . .", "(…)"]))
    with corpus_of([" ".join(words)], 1) as index:
        (found,) = index.verify(f"… {' '.join(first)} {mark} {' '.join(second)} …")
        assert found.found
        text = index.get("r0").text
        assert [text[a:b] for a, b in found.places[0].spans] == [" ".join(first), " ".join(second)]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), st.text(max_size=80))
def test_any_text_is_compared_with_any(quotation: str, text: str) -> None:
    quoted = runs(quotation)
    one = Written.of(text)
    for place in places(quoted, one) if quoted else ():
        assert len(place) == len(quoted)
    laid = aligned(quoted, one) if quoted and one.letters else None
    if laid is not None:
        assert 0 <= laid.span[0] <= laid.span[1] <= len(text)
    for line, paragraph in paragraphs(text):
        assert line >= 1
        assert paragraph.strip()


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_a_text_has_itself(text: str) -> None:
    whole = Written.of(text)
    if whole.letters:
        assert next(places([whole], whole)) == ((0, len(whole.begins)),)
        for start, end in whole.spans:
            assert any(unicodedata.normalize("NFKD", c).casefold() for c in text[start:end])


@given(
    st.text(st.sampled_from("aB1 -_.é²\x00"), max_size=12),
    st.text(st.sampled_from("Ab1 -_.é²\x1f")),
)
def test_what_is_passed_over_at_once_does_not_have_the_quotation(quoted: str, text: str) -> None:
    run, written = Written.of(quoted), Written.of(text)
    if run.letters and next(places([run], written), None):
        assert may_stand_in([run], text)
    if text.isascii():
        assert may_stand_in([run], text) == (run.letters in written.letters)


PAGE = [
    # Quotation, found, written the same.
    ("family support units have been established in Liberia", True, True),
    ("“Family support units have been established in Liberia.”", True, False),
    ("family support units\nhave been established in Liberia.", True, True),
    ("16 days of activism against gender violence", True, True),
    ('the campaign "16 days of activism against gender violence", in', True, False),
    ("sexual and gender based violence against women in post—conflict contexts", True, False),
    ("women's civil society organizations and networks", True, False),
    ("Code Cable to all DPKO / DFS Field Offices", True, True),
    ("family support unit have been established in Liberia", False, False),
    ("units have been established in Liberia family support", False, False),
    ("amily support units", False, False),
    ("—", False, False),
]


@pytest.mark.parametrize(("quotation", "found", "exact"), PAGE)
def test_the_page(page: wpssearch.Index, quotation: str, found: bool, exact: bool) -> None:
    (told,) = page.verify(quotation)
    assert told.found == found
    if found:
        assert any(place.exact for place in told.places) == exact


def test_a_word_that_the_corpus_breaks_at_a_line_is_found() -> None:
    with wpssearch.open(":memory:") as index:
        index.add([{"id": "a", "text": "Sexual vio-\nlence in con\u00ad\nflict rose again."}])
        (told,) = index.verify("sexual violence in conflict rose")
        assert told.found
        (told,) = index.verify("violence")
        assert told.nearest is None


def test_titles_and_headings_are_searched_and_made_titles_are_not() -> None:
    with wpssearch.open(":memory:") as index:
        index.add(
            [
                {"id": "a", "title": "On the desks of police", "text": "Nothing."},
                {"id": "b", "text": "Else.", "agencies": ["DPKO"], "period": "2007"},
            ]
        )
        (told,) = index.verify("the desks of police")
        assert [(place.id, place.field) for place in told.places] == [("a", "title")]
        (told,) = index.verify("DPKO, 2007")
        assert not told.found


def test_many_places_are_told_to_be_many() -> None:
    with wpssearch.open(":memory:") as index:
        index.add({"id": f"r{n:02d}", "text": "Police trained."} for n in range(30))
        (told,) = index.verify("police trained")
        assert len(told.places) == 10
        assert told.more


def test_a_long_quotation_and_a_long_text() -> None:
    words = [f"w{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{chr(97 + n // 676)}"
             for n in range(9000)]  # fmt: skip
    with wpssearch.open(":memory:") as index:
        index.add([{"id": "a", "text": " ".join(words)}])
        assert index.verify(" ".join(words[200:8000]))[0].found
        quoted = words[4000:5000]
        quoted[500] = "zebra"
        (told,) = index.verify(" ".join(quoted))
        assert told.nearest is not None
        assert told.nearest.changed == 1


TEXT = """\
“Drawing from the experience in Sierra Leone, family support units
have been established in Liberia.”

> family support units […] such as police gender-
> desks

Drawing upon the experience in Sierra Leone, family aid units have
been established in Liberia

Zyx wvu.
"""


def test_quotations_are_shown(page: wpssearch.Index) -> None:
    told = page.verify(TEXT)
    assert [(q.line, q.found) for q in told] == [(1, True), (4, True), (7, False), (10, False)]
    same_as_golden("verify.txt", readings.render_quotations(told, width=80, color=False))
    data: dict[str, Any] = {"quotations": [quotation.to_dict() for quotation in told]}
    same_as_golden("verify.json", [render.to_json(data)])
