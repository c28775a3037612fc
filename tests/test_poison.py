"""Nothing of a hostile corpus, name or argument reaches a terminal, a spreadsheet or a JSON reader
as what it is not: through every command, on both streams.
"""

from __future__ import annotations

import csv
import importlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import wpssearch
from wpssearch.cli import _ROOMS, main, running
from wpssearch.render.safe import is_unsafe

#: Sets a terminal's title, colours it, turns text round, ends a line, hides in C1 and as a tag.
POISON = "\x1b]0;owned\x07\x1b[31m\u202e\u2066\u200f\r\x9b31m\u2028\x08\x7f\U000e0041\ufeff"
#: What a spreadsheet would run.
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "'=1")
OURS = re.compile(r"\x1b\[[0-9;]*m")


def poisoned(text: str) -> str:
    return f"{text}{POISON}x"


def rows() -> Iterator[dict[str, Any]]:
    for number, formula in enumerate(FORMULAS):
        yield {
            "id": f"{formula}{number}{POISON}", "title": f"{formula} police {POISON}",
            "text": poisoned(f"{formula} police in Liberia trained UNMIL (WPAs). "),
            "agencies": [poisoned(formula), "DPKO"], "kind": "activity",
            "period": {"start": "2007", "end": "2008"}, "missions": [poisoned("=UNMIL")],
            "countries": ["Liberia", poisoned("=x")], "url": poisoned("=http://a.example/"),
            "facets": {poisoned("=measure"): [poisoned("=x")], "measure": ["=y", f"y{POISON}"]},
            poisoned("other"): {poisoned("k"): [poisoned("v")]},
        }  # fmt: skip


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of hostile files with hostile names, and what else commands are given."""
    room = tmp_path_factory.mktemp("poison")
    sources = room / "sources"
    sources.mkdir()
    name = os.fsdecode(b"\x1b[31m\xff\n\xe2\x80\xae=") + "{}"
    lines = [json.dumps(row) for row in rows()] + ['{"id": "\x1b[31m', f'{{"{POISON}']
    (sources / name.format("a.jsonl")).write_text("\n".join([*lines, ""]))
    page = f"Item ID\nDPKO{POISON}\nJan 2007 | DPKO{POISON}\n\nPolice.\n\n2007x{POISON} | A\n\nx\n"
    (sources / name.format("b.txt")).write_text(page.replace("\r", " ").replace("\x08", ""))
    page = f"<title>{POISON}</title><base href='{POISON}'><nav>{POISON}</nav>2007 | A<p>Police"
    (sources / name.format("c.html")).write_text(page)
    (sources / name.format("d.csv")).write_text(f'id,text,{POISON!r}\n=1,"{POISON}"\n"x,{POISON}\n')
    (room / f"rows{POISON}.tsv").write_text(
        f"table\tid\tname\tnames\ncountries\tLBR\t\t{POISON}Lib\nnone\t{POISON}\nplaces\t\x1b[31mP\n"
    )
    with wpssearch.open(room / "index") as index:
        report = index.ingest([sources])
        assert report.added >= len(FORMULAS) + 2
        assert len(report.skipped) >= 4
        index.save("kept", wpssearch.Search(query=f"police {POISON}", any=True))
    (room / "index.searches" / "bad.json").write_text(f'{{"format": "{POISON}"}}')
    return room


def commands(room: Path) -> dict[str, list[list[str]]]:
    with wpssearch.open(room / "index") as index:
        ids = [hit.id for hit in index.search("police", limit=3).hits]
    formats = [["--format", name] for name in ("text", "json", "csv")]
    two = formats[:2]
    bad = poisoned("nothing")
    (room / f"text{POISON}").write_text(poisoned("UNMIL police in Liberia trained"))
    file = str(room / f"text{POISON}")
    facet = poisoned("=measure")
    return {
        "check": [["check", *f] for f in two],
        "cite": [["cite", ids[0], "--style", s] for s in ("text", "bibtex", "ris", "csl-json")]
        + [["cite", bad]],
        "compare": [["compare", f"police {POISON}", bad, *f] for f in two],
        "crosstab": [["crosstab", "agency", facet, *f] for f in formats],
        "facets": [["facets", "police", "--by", facet, "--by", "agency", *f] for f in formats]
        + [["facets", "--by", bad]],
        "gaps": [["gaps", "agency", facet, *f] for f in formats] + [["gaps", bad, bad]],
        "info": [["info", *f] for f in two],
        "ingest": [["ingest", str(room / "sources")], ["ingest", "--json", str(room / "sources")],
                   ["ingest", str(room / bad)]],
        "kwic": [["kwic", "police", *f] for f in formats] + [["kwic", bad]],
        "remove": [["remove", bad], ["remove", "--source", bad], ["remove"]],
        "replay": [["replay", "kept", *f] for f in two] + [["replay", bad], ["replay", "bad"]],
        "saved": [["saved", *f] for f in two] + [["saved", "--remove", bad]],
        "search": [["search", "police", *f] for f in [*formats, ["--format", "jsonl"]]]
        + [["search", "police", "--full", "--explain"], ["search", "police", "--methods"],
           ["search", f"police {bad}"], ["search", "--country", bad], ["search", "--where", bad],
           ["search", "--period", bad], ["search", "--where", f"{facet}={poisoned('=x')}"],
           ["search", "--save", bad], ["search", f"police {POISON}:x", "--all", "--format", "csv"],
           ["search", "--not-country", bad, f"title:({POISON}"]],
        "show": [["show", id_, *f] for id_ in ids for f in two] + [["show", bad]],
        "similar": [["similar", ids[0], *f] for f in two] + [["similar", bad]],
        "tag": [["tag", file], ["tag", bad], ["tag", file, "--period", bad]],
        "terms": [["terms", "police", *f] for f in formats],
        "tree": [["tree", *f] for f in formats],
        "trend": [["trend", f"police {POISON}", *f] for f in formats],
        "verify": [["verify", file, *f] for f in two] + [["verify", bad]],
        "vocab": [["vocab", "Liberia", *f] for f in two] + [["vocab", bad]],
        "": [["--vocab", str(room / f"rows{POISON}.tsv"), "vocab", "Liberia"],
             ["--vocab", bad, "vocab", "x"], [bad], ["search", f"--{bad}"],
             ["--index", bad, "info"], ["search", "--limit", bad], ["search", "--sort", bad]],
    }  # fmt: skip


def test_every_command_is_tried(room: Path) -> None:
    tried = {call[0] for calls in commands(room).values() for call in calls}
    assert set(_ROOMS) <= tried


@pytest.mark.parametrize("on_terminal", [False, True])
@pytest.mark.parametrize("command", [*sorted(_ROOMS), ""])
def test_nothing_raw_comes_out(
    room: Path, command: str, on_terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if on_terminal:
        for room_ in set(_ROOMS.values()):
            importlib.import_module(f"wpssearch.cli.{room_}")
        for module in list(sys.modules.values()):
            if getattr(module, "terminal", None) is running.terminal:
                monkeypatch.setattr(module, "terminal", lambda: (60, True))
    for call in commands(room)[command]:
        result = CliRunner().invoke(main, ["--index", str(room / "index"), *call])
        assert result.exit_code in (0, 1, 2), result.output
        assert isinstance(result.exception, SystemExit | None), (call, result.exception)
        harmless(result, call, colored=on_terminal)


def harmless(result: Result, call: list[str], *, colored: bool) -> None:
    out, err = result.stdout_bytes.decode(), result.stderr_bytes.decode()
    kind = call[call.index("--format") + 1] if "--format" in call else "text"
    if result.exit_code == 1:
        assert err.count("\n") >= 1
        assert "Traceback" not in err
    for text in (out, err):
        seen = OURS.sub("", text) if colored else text
        raw = {char for char in seen if is_unsafe(char) and char != "\n"}
        # A cell may hold tabs; its rows end as the standard says.
        assert raw <= ({"\t", "\r"} if kind == "csv" else set()), call
    if kind == "json" and result.exit_code == 0:
        json.loads(out)
    if kind == "csv" and result.exit_code == 0:
        for row in csv.reader(io.StringIO(out, newline="")):
            for cell in row:
                number = re.fullmatch(r"-?[\d.]+(e-?\d+)?", cell)
                assert number or not cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝")), cell


ARGUMENTS: list[list[str | bytes]] = [
    ["search", b"\xff\xfe police"], ["search", b"\xed\xa0\x80"], ["facets", b"\x80\x1b[31m"],
    ["search", b"--country", b"\xff"], ["search", b"--where", b"\xff=\xfe"], ["show", b"\xff\n"],
    ["kwic", b"\xff"], ["cite", b"\xff"], ["remove", b"\xff"], ["replay", b"\xff"],
    ["saved", b"--remove", b"\xff"], ["vocab", b"\xff"], ["tag", b"\xff"], ["verify", b"\xff"],
    ["ingest", b"\xff"], ["ingest", b"--url", b"\xff", b"x\xfe"], ["search", b"--period", b"\xff"],
    ["search", b"--save", b"\xff"], ["compare", b"\xff", b"\xfe"], [b"\xff"], ["terms", b"\xff"],
    ["search", b"\x01\x02\x1b\x7f\xc2\x9b" * 20], ["trend", b"\xff"], ["similar", b"\xff"],
]  # fmt: skip


@pytest.mark.parametrize("call", ARGUMENTS, ids=range(len(ARGUMENTS)))
def test_bytes_that_are_no_text_in_the_arguments(room: Path, call: list[str | bytes]) -> None:
    """As Python gives them: a byte that is no UTF-8 is a lone surrogate."""
    given = [os.fsdecode(argument) for argument in call]
    result = CliRunner().invoke(main, ["--index", str(room / "index"), *given])
    assert result.exit_code in (0, 1, 2)
    assert isinstance(result.exception, SystemExit | None), result.exception
    harmless(result, given, colored=False)


def test_bytes_that_are_no_text_in_a_process(room: Path) -> None:
    command = [sys.executable, "-m", "wpssearch.cli", "--index", str(room / "index"), "search"]
    done = subprocess.run([*command, b"\xff police \x1b\xc2\x9b"], check=False, capture_output=True)
    assert done.returncode == 0
    assert not {c for c in (done.stdout + done.stderr).decode() if is_unsafe(c) and c != "\n"}


@pytest.mark.parametrize(
    "query",
    ["police " * 10_000, "x" * 1_000_000, " ".join(f"w{n}" for n in range(10_000)),
     "".join(map(chr, range(32))) * 1_000, "\ud800" * 10_000, "Liberia UNMIL (WPAs) " * 2_000,
     "(" * 200_000, '"' * 100_001, "a" * 500_000 + "*", "-x " * 10_000],
    ids=["repeated", "one word", "many words", "controls", "surrogates", "names", "parentheses",
         "quotation marks", "pattern", "exclusions"],
)  # fmt: skip
def test_a_long_query_has_an_answer(page: wpssearch.Index, query: str) -> None:
    results = page.search(query)
    json.dumps(results.to_dict())
    assert all(len(note) < 2_000 for note in results.notes)
