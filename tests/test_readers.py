"""Reading: printed pages come back equal, nothing is lost, bad input is a plain line."""

from __future__ import annotations

import html
import json
import os
import re
from pathlib import Path
from typing import Any

import pages as grammar
import pytest
from conftest import CORPUS
from hypothesis import given, settings
from hypothesis import strategies as st

from wpssearch import readers
from wpssearch.model import Record, Skip
from wpssearch.periods import label_for, parse_interval, parse_label
from wpssearch.readers.html import visible_text
from wpssearch.readers.page import parse_page


def read(*paths: Path, url: str | None = None) -> list[Record | Skip]:
    out: list[Record | Skip] = []
    for source in readers.walk(paths):
        out.extend([source] if isinstance(source, Skip) else readers.read(source, url=url))
    return out


def records(items: list[Record | Skip]) -> list[Record]:
    return [item for item in items if isinstance(item, Record)]


def skips(items: list[Record | Skip]) -> list[Skip]:
    return [item for item in items if isinstance(item, Skip)]


def seen(items: list[Record]) -> list[grammar.Page]:
    """Records as the pages they came from."""
    out: list[grammar.Page] = []
    for record in items:
        if record.kind == "agency":
            sections = tuple((s.heading, record.text[s.start : s.end]) for s in record.sections)
            out.append(grammar.Page(record.agencies[0], record.title, sections, ()))
        else:
            assert record.period is not None
            period = record.period
            activity = grammar.Activity(
                period.label, period.start, period.end, record.agencies, record.text
            )
            page = out.pop()
            made = (*page.activities, activity)
            out.append(grammar.Page(page.short, page.title, page.sections, made))
    return out


@settings(max_examples=150, deadline=None)
@given(st.data(), st.lists(grammar.pages, min_size=1, max_size=2))
def test_printed_pages_come_back_equal(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, made: list[grammar.Page]
) -> None:
    text = "\n\n".join(data.draw(grammar.printed(page)) for page in made)
    encoding = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
    file = tmp_path_factory.mktemp("page") / "page.txt"
    file.write_bytes(text.encode(encoding))
    items = read(file)
    assert skips(items) == []
    assert seen(records(items)) == made
    assert len({record.id for record in records(items)}) == len(records(items))


@settings(max_examples=60, deadline=None)
@given(st.data(), grammar.pages)
def test_a_page_as_html_reads_the_same(data: st.DataObject, made: grammar.Page) -> None:
    text = re.sub(r"\r\n?", "\n", data.draw(grammar.printed(made)))
    blocks = "".join(
        f"<p>{html.escape(part)}</p>" if part.strip() else "" for part in text.split("\n")
    )
    page = visible_text(
        f"<html><head><title>The page</title><link rel=canonical href='https://example.org/p'>"
        f"</head><body><nav>Home | About</nav>{blocks}<script>x</script></body></html>"
    )
    assert (page.title, page.url) == ("The page", "https://example.org/p")
    found = records(list(parse_page(page.lines, "p.html", "/p.html", page.url)))
    squeezed: list[list[Any]] = [
        [
            *(each.short, each.title),
            *((heading, body.split()) for heading, body in each.sections),
            *(
                (a.label.split(), a.start, a.end, a.agencies, a.text.split())
                for a in each.activities
            ),
        ]
        for each in (made, *seen(found))
    ]
    assert squeezed[1:] == squeezed[:1]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def account(item: Record | Skip) -> str:
    if isinstance(item, Skip):
        return item.why
    parts = [item.title, item.text, *item.agencies, *(s.heading for s in item.sections)]
    parts += [item.period.label if item.period else "", *map(str, item.extra.values())]
    return " ".join(parts)


def test_every_word_of_the_page_is_in_a_record() -> None:
    items = read(CORPUS / "dpko.txt")
    assert skips(items) == []
    labels = {"Item", "ID", "UNAgency", "Agency", "Type", "Title"}
    found = set(words(" ".join(map(account, items)))) | labels
    assert set(words((CORPUS / "dpko.txt").read_text(encoding="utf-8"))) <= found


line_of_a_page = st.one_of(
    st.sampled_from(["DPKO", "Item ID", "Background", "Jul 2007 | DPKO;", "Jul 20 | DPKO", "",
                     "| x", "Jul 2007", "Areas of Work", "Title", "UNAgency ID", "Agency Type"]),
    st.text(max_size=30),
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(line_of_a_page, max_size=25))
def test_any_text_is_read_and_no_line_is_lost(lines: list[str]) -> None:
    """A line is in a record, or a skip names its region: at or after the skip's own line."""
    numbered = [
        (number, line)
        for number, line in enumerate("\n".join(lines).replace("\r", "\n").split("\n"), 1)
    ]
    items = list(parse_page(numbered, "p.txt", "/p.txt"))
    kept = " ".join(map(account, items))
    labels = {"item id", "unagency id", "background", "areas of work", "agency type", "title",
              "mail address"}  # fmt: skip
    skipped = [item.line for item in items if isinstance(item, Skip)]
    for number, line in numbered:
        bare = " ".join(line.replace("\ufeff", " ").split())
        if words(bare) and bare.casefold() not in labels and not bare.startswith("Jul 20"):
            inside = all(word in kept for word in words(bare))
            assert inside or any(first is not None and first <= number for first in skipped)


@settings(max_examples=150)
@given(st.text(max_size=200))
def test_any_html_is_read(text: str) -> None:
    list(parse_page(visible_text(text).lines, "p.html", "/p.html"))
    list(parse_page(visible_text(f"<p>{text}<div hidden>{text}").lines, "p.html", "/p.html"))


@settings(max_examples=300)
@given(grammar.labels())
def test_labels(made: tuple[str, str, str]) -> None:
    label, start, end = made
    period = parse_label(label)
    assert period is not None
    assert (period.start, period.end, period.label) == (start, end, label)
    again = parse_label(label_for(start, end))
    assert again is not None
    assert (again.start, again.end) == (start, end)


@pytest.mark.parametrize(
    ("typed", "interval"),
    [
        ("2007", ("2007-01", "2007-12")),
        ("sept. 2008", ("2008-09", "2008-09")),
        ("2007-07..2008-01", ("2007-07", "2008-01")),
        ("2007..", ("2007-01", "9999-12")),
        ("..2008-03", ("0001-01", "2008-03")),
        ("2008..2007", None),
        ("..", None),
        ("2007-13", None),
        ("Jan 2008 - Jul 2007", None),
        ("x" * 10_000, None),
        ("", None),
    ],
)
def test_typed_intervals(typed: str, interval: tuple[str, str] | None) -> None:
    assert parse_interval(typed) == interval


def write(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_a_header_cut_in_the_middle_is_told_with_its_line(tmp_path: Path) -> None:
    text = "Jul 2007 | DPKO\n\nGood.\n\nJul 20 | DP\n\nLost narrative.\n\n2014 | DPKO"
    items = read(write(tmp_path / "p.txt", text))
    assert [record.text for record in records(items)] == ["Good."]
    assert [(skip.file, skip.line) for skip in skips(items)] == [("p.txt", 5), ("p.txt", 9)]
    assert "Lost narrative" in skips(items)[0].why


def test_a_header_without_agency_is_the_pages_own(tmp_path: Path) -> None:
    text = "DPKO\n\nThe Department\nItem ID\n\nBackground\n\nText.\n\nJul 2007 |\n\nDone.\n"
    profile, activity = records(read(write(tmp_path / "p.txt", text)))
    assert (profile.kind, activity.agencies, activity.title) == (
        "agency",
        ("DPKO",),
        "DPKO, Jul 2007",
    )


def test_cut_off_narratives_are_marked(tmp_path: Path) -> None:
    body = "word " * 119
    texts = [body + "words", body + "end. ", body + "word.", "short"]
    text = "".join(f"Jul 2007 | A{n}\n\n{t}\n\n" for n, t in enumerate(texts))
    assert [record.truncated for record in records(read(write(tmp_path / "p.txt", text)))] == [
        True, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b" \n\n", "empty"),
        ("a.jsonl", b"\n\n", "empty"),
        ("a.csv", b"id,text\n", "empty"),
        ("a.txt", bytes(range(256)) * 8, "binary"),
        ("a.txt", b"\xff\xfe\x00", "encoding"),
        ("a.txt", b"Just some text.\nAnd more.", "no activity"),
        ("a.html", b"<html><script>x</script></html>", "visible"),
        ("a.jsonl", b"", "empty"),
        ("a.jsonl", b'{"id": "1", "text": ', "JSON"),
        ("a.jsonl", b"[1]", "object"),
        ("a.jsonl", b'{"text": "x"}', "id"),
        ("a.jsonl", b'{"id": "1"}', "text"),
        ("a.jsonl", b'{"id": "1", "text": 5.5}', "text"),
        ("a.jsonl", b'{"id": "1", "text": "x", "period": "soon"}', "period"),
        ("a.jsonl", b'{"id": "1", "text": "x", "agencies": 3}', "agencies"),
        ("a.jsonl", b'{"id": "1", "text": "\xff"}', "UTF-8"),
        ("a.jsonl", b'{"id": "1", "text": "x", "n": ' + b"1" * 9000 + b"}", "digits"),
        ("a.jsonl", b'{"id": "1", "text": "x", "n": ' + b"[" * 9000 + b"]" * 9000 + b"}", "deep"),
        ("a.csv", b"name,text\n1,x\n", "columns"),
        ("a.csv", b"id,text\n1\n", "cells"),
        ("a.csv", b'id,text\n"1,x\n', "CSV"),
    ],
)
def test_bad_input_is_one_plain_line(tmp_path: Path, name: str, data: bytes, why: str) -> None:
    items = read(write(tmp_path / name, data))
    assert records(items) == []
    assert len(items) == 1
    assert why in skips(items)[0].why
    assert skips(items)[0].file == name
    assert "\n" not in skips(items)[0].why


def test_a_broken_line_does_not_stop_the_others(tmp_path: Path) -> None:
    data = b'{"id": 1, "text": "one"}\n\n{broken\n{"id": "2", "text": "two", "note": {"a": NaN}}\n'
    items = read(write(tmp_path / "a.jsonl", data))
    assert [(record.id, record.source.line) for record in records(items)] == [("1", 1), ("2", 4)]
    assert records(items)[1].extra == {"note": {"a": None}}
    assert [skip.line for skip in skips(items)] == [3]


def test_what_a_line_carries(tmp_path: Path) -> None:
    row: dict[str, Any] = {
        "id": "x", "text": "In Haiti.", "title": "T", "agencies": ["A", "B"], "kind": "activity",
        "period": {"start": "1946-01", "end": "1946-12"}, "countries": [], "missions": ["M"],
        "url": "https://example.org", "facets": {"measure": ["Prevention"]}, "author": "me",
    }  # fmt: skip
    (record,) = records(read(write(tmp_path / "a.jsonl", json.dumps(row))))
    assert record.period is not None
    assert record.period.label == "1946"
    assert (record.title_given, record.agencies, record.url) == (True, ("A", "B"), row["url"])
    assert record.given == {"country", "mission", "measure"}
    assert [tag.value for tag in record.facets["measure"]] == ["Prevention"]
    assert record.extra == {"author": "me"}
    cells = "id,text,title,agencies,period_start,period_end,countries,missions,url"
    cells += ",facets.measure,author\n"
    cells += "x,In Haiti.,T,A; B,1946-01,1946-12,,M,https://example.org,Prevention,me\n"
    cells += 'y,"two\nlines",,,,,,,,,\n'
    table, second = records(read(write(tmp_path / "a.csv", "\ufeff" + cells)))
    for name in ("text", "title", "agencies", "period", "missions", "given", "facets", "extra"):
        assert getattr(table, name) == getattr(record, name), name
    assert (second.text, second.source.line) == ("two\nlines", 3)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encodings_are_recognised(tmp_path: Path, encoding: str) -> None:
    text = "Jul 2007 | DPKO\n\nLes femmes de Côte d’Ivoire ont été formées à l’école.\n"
    (record,) = records(read(write(tmp_path / "a.txt", text.encode(encoding))))
    assert "Côte d’Ivoire" in record.text


def test_a_folder_is_walked_in_a_stable_order(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl", "sub/c.jsonl", ".hidden/d.jsonl", ".e.jsonl", "f.md"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"id": name, "text": "x"}))
    found = records(read(tmp_path / "in"))
    assert [r.source.file for r in found] == ["a.jsonl", "b.jsonl", "sub/c.jsonl"]
    os.symlink(tmp_path / "in", tmp_path / "in" / "loop")
    os.mkfifo(tmp_path / "in" / "pipe.txt")
    again = read(tmp_path / "in", tmp_path / "in" / "a.jsonl")
    assert [r.source.file for r in records(again)] == ["a.jsonl", "b.jsonl", "sub/c.jsonl"]
    assert [skip.file for skip in skips(again)] == ["pipe.txt"]


def test_paths_that_give_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    items = skips(read(tmp_path / "empty", tmp_path / "nowhere.txt"))
    assert ["no .txt" in items[0].why, "no such file" in items[1].why] == [True, True]


def test_menus_and_footers_of_a_saved_page_are_told(tmp_path: Path) -> None:
    page = """<!-- saved from url=(0030)https://example.org/dpko -->
<html><head><title>DPKO | Inventory</title><style>p {}</style></head><body>
<nav><ul><li>Home</li><li>Agencies</li></ul></nav>
<h1>DPKO</h1><h2>Department of Peacekeeping Operations</h2>
<div>Item ID</div><div>{0D77}</div><h3>Background</h3><p>Plans &amp; manages.</p>
<div>Jul 2007 | DPKO</div>
<p>Trained<br>police.</p><p style="display: none">secret</p>
<footer>Copyright</footer></body></html>"""
    items = read(write(tmp_path / "p.html", page))
    profile, activity = records(items)
    assert (profile.text, profile.title) == (
        "Plans & manages.",
        "Department of Peacekeeping Operations",
    )
    assert profile.extra["page_title"] == "DPKO | Inventory"
    assert (activity.text, activity.source.line) == ("Trained\npolice.", 6)
    assert {record.url for record in records(items)} == {"https://example.org/dpko"}
    assert "menus" in skips(items)[0].why
