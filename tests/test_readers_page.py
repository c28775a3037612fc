"""The saved page: the gold table, pages cut short, and what only looks like a header."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pages as grammar
import pytest
from conftest import CORPUS
from hypothesis import given, settings
from hypothesis import strategies as st

from wpssearch.model import Record, Skip
from wpssearch.readers.html import visible_text
from wpssearch.readers.page import parse_page

GOLD = Path(__file__).parent / "gold" / "dpko.tsv"
PAGE = (CORPUS / "dpko.txt").read_text(encoding="utf-8")
HEAD = "DPKO\n\nThe Department\nItem ID\n{1}\nBackground\n\nIt plans.\n\n"


def parse(text: str) -> list[Record | Skip]:
    return list(parse_page(list(enumerate(text.split("\n"), 1)), "p.txt", "/p.txt"))


def activities(text: str) -> list[tuple[tuple[str, ...], str]]:
    """Agencies and text of each activity."""
    return [
        (item.agencies, item.text)
        for item in parse(text)
        if isinstance(item, Record) and item.kind == "activity"
    ]


def skips(text: str) -> list[Skip]:
    return [item for item in parse(text) if isinstance(item, Skip)]


def test_the_gold_table() -> None:
    profile, *found = [item for item in parse(PAGE) if isinstance(item, Record)]
    with GOLD.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert profile.kind == "agency"
    assert len(found) == len(rows) == 10
    for record, row in zip(found, rows, strict=True):
        assert record.period is not None
        assert record.period.to_dict() == {
            "label": row["period_label"], "start": row["start"], "end": row["end"],
        }  # fmt: skip
        assert "; ".join(record.agencies) == row["agencies"]
        assert record.text.startswith(row["first_words"])
    assert [record.truncated for record in found] == [n == 9 for n in range(1, 11)]
    assert found[5].source.line == 48


def test_every_line_of_the_page_is_in_a_record() -> None:
    items = parse(PAGE)
    kept = {"Item ID", "UNAgency ID", "Background", "Mail Address", "Areas of Work"}
    # An empty section leaves no trace but its heading, which says nothing.
    kept |= {"Agency Type", "Title"}
    for item in items:
        assert isinstance(item, Record)
        label = item.period.label if item.period else ""
        agencies = ";\n".join(item.agencies)
        header = f"{label} | {agencies}" if label else agencies
        parts = (item.title, item.text, header, *map(str, item.extra.values()))
        kept |= {line.strip() for part in parts for line in part.split("\n")}
    assert {line.strip() for line in PAGE.split("\n")} <= kept


def headers() -> list[tuple[int, int]]:
    """Where each header of the page begins and where its narrative does."""
    lines = PAGE.split("\n")
    starts = [sum(len(line) + 1 for line in lines[:at]) for at in range(len(lines) + 1)]
    bars = [at for at, line in enumerate(lines) if "|" in line]
    return [(starts[at], starts[next(i for i in range(at, len(lines)) if not lines[i]) + 1])
            for at in bars]  # fmt: skip


@pytest.mark.parametrize("number", range(10))
def test_a_page_cut_anywhere_in_a_header_keeps_what_stands_before(number: int) -> None:
    whole = [item for item in parse(PAGE) if isinstance(item, Record)]
    start, stop = headers()[number]
    for cut in range(start + 1, stop):
        *found, last = parse(PAGE[:cut])
        assert found == whole[: number + 1], PAGE[start:cut]
        assert isinstance(last, Skip), PAGE[start:cut]
        assert last.line == PAGE[:start].count("\n") + 1


@pytest.mark.parametrize(
    "header",
    ["Jul 20 | DPKO", "Jul | DPKO", "Jan 2008 - Jul 2007 | DPKO", "2007-13 | DPKO",
     "Spring 2007 | UN Women; DPKO", "- Sept 2008 | DPKO"],
)  # fmt: skip
def test_a_header_without_a_readable_period_takes_its_narrative_along(header: str) -> None:
    text = f"2014 | A\n\nGood.\n\n{header}\n\nLost words.\n\n2015 | B\n\nGood too."
    assert activities(text) == [(("A",), "Good."), (("B",), "Good too.")]
    (skip,) = skips(text)
    assert skip.line == 5
    assert header in skip.why
    assert "Lost words." in skip.why


@pytest.mark.parametrize(
    "line",
    ["In June 2008 | they met.", "2008 desks | police were trained", "May the | be read",
     "A table: 2008 | of desks and police", "Resolution 1325 | and others, in 2008"],
)  # fmt: skip
def test_a_bar_in_a_narrative_makes_no_header(line: str) -> None:
    assert activities(f"2014 | A\n\nBegun.\n{line}") == [(("A",), f"Begun.\n{line}")]


@pytest.mark.parametrize(
    ("header", "agencies"),
    [
        ("2014 | DPPA;\nDPKO", ("DPPA", "DPKO")),
        ("2014 | DPPA\n; DPKO", ("DPPA", "DPKO")),
        ("2014 |\nDPKO", ("DPKO",)),
        ("2014\n| DPKO", ("DPKO",)),
        ("2014 | DPKO;", ("DPKO",)),
        ("2014 | DPPA;\n\nDPKO;\n\nUN Women", ("DPPA", "DPKO", "UN Women")),
        ("2014 | DPKO; DPKO", ("DPKO",)),
        (
            "2014 | UN Women; Office of the High Commissioner for Human Rights",
            ("UN Women", "Office of the High Commissioner for Human Rights"),
        ),
    ],
)
def test_agencies_over_several_lines(header: str, agencies: tuple[str, ...]) -> None:
    assert activities(f"{header}\n\nDone.") == [(agencies, "Done.")]


def test_a_narrative_below_an_unfinished_list_is_no_agency() -> None:
    text = "2014 | DPKO;\n\nTrained the police in May\n\nAnd more."
    assert activities(text) == [(("DPKO",), "Trained the police in May\n\nAnd more.")]


@pytest.mark.parametrize("heading", ["Policy Framework", "Policy framework", "Mandate of the Fund"])
def test_other_sections_stand_under_their_own_heading(heading: str) -> None:
    """An address above does not swallow them: no country is read from an address."""
    profile = parse(f"{HEAD}Mail Address\nNew York\n\n{heading}\n\nIt is the frame.\n")[0]
    assert isinstance(profile, Record)
    assert [(s.heading, profile.text[s.start : s.end], s.postal) for s in profile.sections] == [
        ("Background", "It plans.", False),
        ("Mail Address", "New York", True),
        (heading, "It is the frame.", False),
    ]


def test_a_short_paragraph_is_no_heading() -> None:
    profile = parse(f"{HEAD}trained many police officers here\n\nAnd more.\n")[0]
    assert isinstance(profile, Record)
    assert profile.text == "It plans.\n\ntrained many police officers here\n\nAnd more."


def test_equal_narratives_are_two_records_wherever_the_file_stands() -> None:
    text = "2014 | A\n\nSame.\n\n2014 | A\n\nSame."
    lines = list(enumerate(text.split("\n"), 1))
    first, again = ([item.id for item in parse_page(lines, file, f"/{file}") if
                     isinstance(item, Record)] for file in ("a", "b"))  # fmt: skip
    assert first == again
    assert len({*first}) == 2


@settings(max_examples=100, deadline=None)
@given(st.data(), grammar.pages)
def test_a_printed_page_cut_anywhere_keeps_its_finished_activities(
    data: st.DataObject, made: grammar.Page
) -> None:
    text = data.draw(grammar.printed(made)).replace("\r\n", "\n").replace("\r", "\n")
    cut = data.draw(st.integers(0, len(text)))
    found = activities(text[:cut])
    expected = [(each.agencies, each.text) for each in made.activities]
    assert found[:-1] == expected[: len(found) - 1] if found else True


@pytest.mark.parametrize(
    "html",
    [
        "<html><head><title>T</title><body><p>2014 | A<p>Done.<p>More.",
        "<title>T</title><p>2014 | A</p><p>Done.</p><p>More.</p>",
        "<head><title>T</title><div>2014 | A</div><p>Done.</p>More.",
        "<title>T</title><pre>2014 | A\n\nDone.\n\nMore.</pre>",
        "<title>T</title>2014 | A<br><br>Done.<br><br>More.",
        "<title>T</title><p>2014 | A<p hidden>secret<p>Done.<p>More.",
        "<title>T</title><p>2014 | A<ul><li>Done.<li style='display: none'>secret<li>More.</ul>",
    ],
)
def test_html_with_tags_left_out(html: str) -> None:
    page = visible_text(html)
    (record,) = parse_page(page.lines, "p.html", "/p.html")
    assert isinstance(record, Record)
    assert page.title == "T"
    assert record.text.split() == ["Done.", "More."]


def test_an_address_is_taken_from_the_surest_place() -> None:
    base = "<base href='https://example.org/'>"
    canonical = "<link rel=canonical href='https://example.org/p'>"
    assert visible_text(f"{base}<p>x").url == "https://example.org/"
    assert visible_text(f"{base}{canonical}<p>x").url == "https://example.org/p"


def test_a_hostile_page_takes_time_in_proportion() -> None:
    """No step looks again at all that stood before it: a second, with room for slow machines."""
    many = 20_000
    begun = time.process_time()
    for html in ("<b>a</b> " * many, "<p>a <b>b</b></i>" * many, "<li><i>a" * many):
        assert visible_text(f"<body>{html}").lines
    assert parse(HEAD + "Policy Framework\n\n" * many)
    assert parse("2014 | A;\n" + "\n" * many + "Done.")
    assert time.process_time() - begun < 10
