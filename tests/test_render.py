"""Output bytes are the contract: golden files, and nothing raw from a corpus on a terminal.

`UPDATE_GOLDEN=1 pytest tests/test_render.py` writes the golden files anew; read their diff.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wpssearch
from wpssearch import render
from wpssearch.render.safe import display_width

GOLDEN = Path(__file__).with_name("golden")
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def same_as_golden(name: str, lines: Iterable[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    file = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "width", "color"),
    [("pipe.txt", None, False), ("wide.txt", 100, True), ("narrow.txt", 30, True),
     ("no-color.txt", 72, False)],
)  # fmt: skip
def test_answers(page: wpssearch.Index, name: str, width: int | None, color: bool) -> None:
    results = page.search("gender violence training", country=["Haiti", "CAF"], limit=2, any=True)
    same_as_golden(
        name, render.render_results(results, width=width, color=color, hints=width is not None)
    )


def test_data_formats(page: wpssearch.Index) -> None:
    results = page.search("police gender desks Liberia")
    same_as_golden("search.json", [render.to_json(results.to_dict())])
    same_as_golden("search.jsonl", render.to_jsonl(results.hits))
    same_as_golden("search.csv", render.to_csv(results.hits))


def test_one_record(page: wpssearch.Index) -> None:
    record = page.search("Nepal").hits[0].record
    same_as_golden("show.txt", render.render_record(record, None, width=80, color=False))


@st.composite
def answers(draw: st.DrawFn) -> wpssearch.Results:
    text = draw(st.text(st.characters(exclude_categories=[]), max_size=120))
    length = len(text)
    a = draw(st.integers(0, length))
    b = draw(st.integers(a, length))
    record = wpssearch.Record(
        id=draw(st.text(min_size=1, max_size=8)),
        text=text,
        title=draw(st.text(max_size=30)),
        title_given=draw(st.booleans()),
        agencies=(draw(st.text(min_size=1, max_size=40)),),
        countries=(wpssearch.Tag(draw(st.text(min_size=1, max_size=30))),),
    )
    matches = ((a, b),) if a < b else ()
    hit = wpssearch.Hit(record, 1.5, (wpssearch.Snippet("text", text, matches),))
    value = wpssearch.FacetValue(draw(st.text(min_size=1, max_size=30)), 1)
    return wpssearch.Results(
        query=draw(st.text(max_size=20)), match="all", total=3, hits=(hit,),
        facets={draw(st.text(min_size=1, max_size=12)): (value,), "country": (value,)},
        more={},
    )  # fmt: skip


@settings(max_examples=200)
@given(answers(), st.sampled_from([None, 20, 33, 80]), st.booleans())
def test_nothing_raw_reaches_a_terminal(
    results: wpssearch.Results, width: int | None, color: bool
) -> None:
    for line in render.render_results(results, width=width, color=color, hints=True):
        plain = ANSI.sub("", line) if color else line
        for char in plain:
            assert unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")
            assert char not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
        if width is not None:
            assert display_width(plain) <= width
    for line in render.render_record(results.hits[0].record, None, width=width, color=False):
        assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in line)
        line.encode("utf-8")


def as_it_was(cell: str) -> str:
    """The rule by which a reader of the table gets a text back."""
    return cell[1:] if re.match(r"'+[=+\-@\t\r\n＝＋－＠]", cell) else cell


@settings(max_examples=200)
@given(answers())
def test_data_reads_back(results: wpssearch.Results) -> None:
    text = render.to_json(results.to_dict())
    text.encode("utf-8")
    assert json.loads(text) == results.to_dict()
    (line,) = render.to_jsonl(results.hits)
    for out in (*text.split("\n"), line):
        assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in out)
        assert not set(out) & set("\u202a\u202e\u2066\u2069\u200e\u200f")
    assert json.loads(line) == results.to_dict()["hits"][0]
    table = "\n".join(render.to_csv(results.hits))
    header, *rows = csv.reader(io.StringIO(table, newline=""))
    (row,) = rows
    hit = results.hits[0]
    cell = row[header.index("title")]
    if hit.title.isprintable():
        assert as_it_was(cell) == hit.title
    assert not any(value.startswith(tuple("=+-@\t\r\n＝＋－＠")) for value in row)
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in "".join(row) if c not in "\n\t")


def test_a_report() -> None:
    report = wpssearch.Report(added=1, skipped=(wpssearch.Skip("a\x1b.txt", 3, "broken"),))
    assert list(render.render_report(report)) == [
        "1 added, 0 updated, 0 unchanged, 0 removed, 1 skipped",
        "skipped a\ufffd.txt:3: broken",
    ]


def test_a_hint_can_be_typed() -> None:
    with wpssearch.open(":memory:") as index:
        index.add([
            {"id": "a", "text": "Police", "facets": {"measure": ["It's x"], "me\x1b[31m": ["P"]}},
            {"id": "b", "text": "Police", "facets": {"measure": ["Other"]}},
        ])  # fmt: skip
        results = index.search("police", facets=("measure", "me\x1b[31m"))
        lines = list(render.render_results(results, width=80, color=False, hints=True))
        assert not any("\x1b" in line for line in lines)
        (hint,) = (line for line in lines if "narrow" in line)
        words = shlex.split(hint.partition(": ")[2])
        assert words[0] == "--where"
        name, _, value = words[1].partition("=")
        assert index.search("police", where={name: value}).total == 1
        assert len(words) == 2
