"""Tables opened in LibreOffice, cell by cell."""

from __future__ import annotations

import csv
import io
import itertools
import shutil
import string
import subprocess
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

import wpssearch
from wpssearch import Search, render
from wpssearch.render.readings import kwic_csv
from wpssearch.render.tables import crosstab_csv, facets_csv

TEXTS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "'=1", "''=1", "'x'", "{=1}", "=cmd|' /C calc'!A0",
    "＝1", "－1", "-", "=", "'", 'a "b"', '"', "a,b", "a;b", "a\tb", "a\n\tb", "a\r\nb", "a\rb",
    "a\u2028b", "Côte d'Ivoire", "e\u0301", "مرحبا", "日本語", "\U0001f642", "007", "1e5", "1,325",
    "12345678901234567890", "1-2", "1/2", "2007-07-01", "Jul 2007", "12:30", "TRUE", "50%", "$5",
    "(1)", ".5", "#REF!", "a  b", "<b>&amp;</b>", "\\n", "_x000D_", "https://example.org/?a=1&b",
    "a\x00b", "x" * 32_759,
]  # fmt: skip
#: Commas, double quotes, UTF-8, the first line on, and *Format quoted field as text*.
OPENED = "CSV:44,34,76,1,,0,true"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture(scope="module")
def index() -> Iterable[wpssearch.Index]:
    with wpssearch.open(":memory:") as made:
        made.add(
            {"id": f"{number:03}", "title": text, "text": f"Police. {text}", "url": text,
             "agencies": [text], "countries": [text], "facets": {"measure": [text]},
             "period": {"start": "2007-07", "end": "2007-09", "label": text}}
            for number, text in enumerate(TEXTS)
        )  # fmt: skip
        yield made


def tables(index: wpssearch.Index) -> dict[str, str]:
    every = Search(facet_limit=None, facets=("measure", "agency"))
    made = {
        "search": render.to_csv(index.scan(Search("police", full=True))),
        "facets": facets_csv(index.run(every)),
        "crosstab": crosstab_csv(index.crosstab("measure", "agency", row_limit=None)),
        "kwic": kwic_csv(index.kwic("police", limit=100)),
    }
    return {name: "\n".join(lines) + "\n" for name, lines in made.items()}


def cells(table: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table, newline="")))


def opened(path: Path) -> list[dict[str, str | float]]:
    """The rows of a workbook's first sheet by the columns that hold anything; no formula."""
    book = zipfile.ZipFile(path)
    shared = [
        # A workbook writes so what would be read as an escape.
        "".join(part.text or "" for part in item.iter(f"{SHEET}t")).replace("_x005F_", "_")
        for item in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
    ]
    rows = []
    for row in ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml")).iter(f"{SHEET}row"):
        assert not list(row.iter(f"{SHEET}f"))
        made: dict[str, str | float] = {}
        for cell in row:
            value = cell.findtext(f"{SHEET}v")
            if value is not None:
                column = (cell.get("r") or "").rstrip("0123456789")
                made[column] = shared[int(value)] if cell.get("t") == "s" else float(value)
        rows.append(made)
    return rows


def columns() -> Iterator[str]:
    """A, B, ..., Z, AA, AB, ..."""
    for length in itertools.count(1):
        yield from map("".join, itertools.product(string.ascii_uppercase, repeat=length))


def test_a_line_break_is_one_line_feed(index: wpssearch.Index) -> None:
    titles = {row[0]: row[2] for row in cells(tables(index)["search"])}
    broken = [number for number, text in enumerate(TEXTS) if text[0] == "a" and text[-1] == "b"]
    assert [titles[f"{number:03}"] for number in broken] == [
        "a,b", "a;b", "a\tb", "a\n\tb", "a\nb", "a\nb", "a\nb", "a  b", "a\ufffdb",
    ]  # fmt: skip


@pytest.mark.long
@pytest.mark.skipif(not shutil.which("soffice"), reason="needs LibreOffice")
def test_libreoffice_has_every_cell_as_it_was(index: wpssearch.Index, tmp_path: Path) -> None:
    made = tables(index)
    for name, table in made.items():
        (tmp_path / f"{name}.csv").write_text(table, encoding="utf-8", newline="")
    subprocess.run(
        ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless",
         f"--infilter={OPENED}", "--convert-to", "xlsx", "--outdir", tmp_path,
         *(tmp_path / f"{name}.csv" for name in made)],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    for name, table in made.items():
        found = opened(tmp_path / f"{name}.xlsx")
        assert len(found) == len(cells(table))
        for row, wanted in zip(found, cells(table), strict=True):
            texts = dict(zip(columns(), wanted, strict=False))
            assert row.keys() == {column for column, text in texts.items() if text}
            for column, cell in row.items():
                text = texts[column]
                assert cell == (text if isinstance(cell, str) else pytest.approx(float(text)))
