"""Files that nobody means well with: each is read right or skipped with its reason, in bounded
memory, and none stops the others.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from measuring import run

import wpssearch
from wpssearch import ingest as ingesting
from wpssearch import readers
from wpssearch.model import Record, Skip
from wpssearch.readers import csv as tables
from wpssearch.readers import files, rows, streams
from wpssearch.readers.files import SourceFile
from wpssearch.readers.html import visible_text

GOOD = '{"id": "good", "text": "police"}\n'
#: What an ingest of a hostile file may take, in MiB: an ingest of one short record takes 60.
MOST = 600
MIB = 1 << 20


def read(path: Path, kind: str) -> list[Record | Skip]:
    return list(readers.read(SourceFile(str(path), path.name, kind)))


def ingest(tmp_path: Path, *sources: Path, limit: float = 60.0) -> tuple[list[Skip], float]:
    """Ingest files beside a good one, which must get in; what was skipped, and the memory."""
    good = tmp_path / "good.jsonl"
    good.write_text(GOOD)
    index = tmp_path / "index"
    shutil.rmtree(index, ignore_errors=True)
    done = run("--index", index, "ingest", "--json", *sources, good, limit=limit)
    assert (done.status, done.err) == (0, "")
    with wpssearch.open(index, create=False) as opened:
        assert opened.get("good").text == "police"
    return [Skip(**skip) for skip in json.loads(done.out)["skipped"]], done.memory


# Large files


@dataclass(frozen=True)
class Large:
    """A file of one piece again and again, after a beginning; the first thing said of it."""

    name: str
    piece: bytes
    line: int | None
    why: str
    head: bytes = b""

    def write(self, folder: Path, size: int) -> Path:
        path = folder / self.name
        with path.open("wb") as file:
            file.write(self.head)
            block = self.piece * (MIB // 64 // len(self.piece))
            for _ in range(size // len(block) + 1):
                file.write(block)
        return path


ROW = b"id,text\n"
ONE_LINE = [
    Large("a.txt", b"word ", None, "larger than"),
    Large("a.html", b"<b>", None, "larger than"),
    Large("a.jsonl", b"word ", 1, "the line is longer than"),
    Large("b.jsonl", b"[", 1, "the line is longer than", b'{"id": "a", "text": "x", "k": '),
    Large("a.csv", b"word ", 1, "the line is longer than"),
    Large("b.csv", b"word ", 2, "the line is longer than", ROW + b'a,"'),
    Large("c.csv", b",", 2, "the line is longer than", ROW),
    Large("d.csv", b"\0", None, "binary", ROW),
    Large("c.jsonl", b"\0", None, "binary"),
]
MANY_LINES = [
    Large("a.txt", b"word\n", None, "more than"),
    Large("a.html", b"word\n", None, "more than"),
    Large("a.jsonl", b"word\n", 1, "no JSON"),
    Large("b.jsonl", b"\n", 1, "the file is empty"),
    Large("c.jsonl", b'{"id":\xe9}\n', 1, "not in UTF-8"),
    Large("a.csv", b"word\n", 2, "the row has 1 cells, the header 2", ROW),
    Large("b.csv", b"a word\n", 2, "the row is longer than", ROW + b'a,"'),
    Large("c.csv", b'","\n', 2, "the row is longer than", ROW + b'"a'),
    Large("d.csv", b"caf\xe9 in 2007\n", None, "not in UTF-8", ROW),
]


@pytest.mark.parametrize("large", ONE_LINE + MANY_LINES, ids=lambda each: each.name)
def test_large_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: Large) -> None:
    """With bounds a hundred times lower than they are."""
    for module in (files, streams, rows, tables):
        monkeypatch.setattr(module, "MOST_BYTES", MIB // 2)
    monkeypatch.setattr(readers, "_MOST_LINES", 20_000)
    monkeypatch.setattr(readers, "_MOST_SKIPS", 100)
    monkeypatch.setattr(streams, "_AT_ONCE", 1 << 16)
    path = large.write(tmp_path, MIB // 4 if large.why == "more than" else MIB)
    found = read(path, path.suffix[1:])
    assert isinstance(found[0], Skip)
    assert found[0].line == large.line
    assert large.why in found[0].why
    assert len(found) <= 102


def test_memory_is_bounded(tmp_path: Path) -> None:
    path = ONE_LINE[2].write(tmp_path, 80 * MIB)
    found, memory = ingest(tmp_path, path)
    assert found == [Skip("a.jsonl", 1, "the line is longer than 64 MiB")]
    assert memory < MOST


@pytest.mark.long
@pytest.mark.parametrize("large", ONE_LINE + MANY_LINES, ids=lambda each: each.name)
def test_a_gigabyte_and_ten_million_lines(tmp_path: Path, large: Large) -> None:
    size = 10_000_000 * len(large.piece) if b"\n" in large.piece else 1 << 30
    path = large.write(tmp_path, size)
    found, memory = ingest(tmp_path, path, limit=1200)
    print(f"{large.name} {large.piece!r}: {memory:.0f} MiB: {found[0].why}")
    assert found[0].line == large.line
    assert large.why in found[0].why
    assert len(found) <= 10_001
    assert memory < MOST


def test_what_is_not_told_one_by_one_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("x\n" * 10_050 + GOOD + "x\n" * 3)
    found = read(path, "jsonl")
    assert len(found) == 10_002
    assert found[-1] == Skip("a.jsonl", 10_001, "so were 53 parts from here to line 10054")


def test_ids_that_come_again_and_again_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingesting, "_MOST_REPEATED", 10)
    path = tmp_path / "a.jsonl"
    path.write_text(GOOD * 50)
    with wpssearch.open(":memory:") as index:
        report = index.ingest([path])
        assert (report.added, index.search().total) == (1, 1)
    assert len(report.skipped) == 11
    assert "39 further records" in report.skipped[-1].why


# What one line may hold


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"id": "a", "text": "x", "k": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"id": "a", "text": "x", "k": ' + b'{"a":' * 100_000, "nested too deeply"),
        (b'{"id": "a", "text": "x", "k": ' + b"[" * 60 + b"]" * 60 + b"}", "nested too deeply"),
        (b'{"id": "a", "text": "x", "k": ' + b"9" * 1_000_000 + b"}", "too many digits"),
        (b'{"id": ' + b"9" * 1_000_000 + b', "text": "x"}', "too many digits"),
        (b'{"id": "a", "text": "x", "k": [' + b"0," * 2_100_000 + b"0]}", "more than 2,000,000"),
        (b'{"id": "a", "text": "x", "period": "' + b"2007" * 9_000 + b'"}', "cannot be read"),
        (b'{"id": "a", "text": "x\0y"}', "no JSON"),
        (b'{"id": "a", "text": "\xff\xfe"}', "not in UTF-8"),
        (b'{"id": "a", "text": "\xed\xa0\x80"}', "not in UTF-8"),
        (b'{"id": "a", "text": 1e999}', "the text is no text"),
        (b"[" * 9, "no JSON"), (b"NaN", "no JSON object"), (b"\xef\xbb\xbf", "no JSON"),
    ],
    ids=range(14),
)  # fmt: skip
def test_a_line_that_cannot_be_read_is_told_and_the_next_is_read(
    tmp_path: Path, line: bytes, why: str
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n" + line + b"\n" + GOOD.encode())
    skip, record = read(path, "jsonl")
    assert isinstance(skip, Skip)
    assert isinstance(record, Record)
    assert (skip.line, record.id) == (2, "good")
    assert why in skip.why
    assert len(skip.why) < 200


def test_lines_that_can_be_read(tmp_path: Path) -> None:
    """The last of two equal keys counts, as in Python and in JavaScript."""
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"id": "a", "id": "b", "text": "x", "text": "y"}\n'
        '{"id": "c\\ud800", "text": "x\\udfffy\\u0000", "k\\ud800": ["\\udc00", NaN, 1e999]}\n'
        '{"id": "d", "text": "x", "k": ' + "9" * 4_000 + "}\n"
    )
    with wpssearch.open(":memory:") as index:
        assert index.ingest([path]).skipped == ()
        assert index.get("b").text == "y"
        assert index.get("c\ufffd").text == "x\ufffdy\0"
        assert index.get("c\ufffd").extra == {"k\ufffd": ["\ufffd", None, None]}
        assert index.get("d").extra == {"k": int("9" * 4_000)}
        assert index.check() == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize(
    ("kind", "text"),
    [("jsonl", GOOD), ("csv", "id,text\ngood,police\n"), ("txt", "2007 | A\n\npolice\n"),
     ("html", "<p>2007 | A<p>police")],
)  # fmt: skip
def test_wide_encodings(tmp_path: Path, encoding: str, kind: str, text: str) -> None:
    path = tmp_path / f"a.{kind}"
    path.write_bytes(text.encode(encoding))
    (record,) = read(path, kind)
    assert isinstance(record, Record)
    assert record.text == "police"
    if encoding in ("utf-16", "utf-32"):
        path.write_bytes(text.encode(encoding) + b"x")
        assert any(
            isinstance(item, Skip) and "do not agree" in item.why for item in read(path, kind)
        )


def test_tables(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"

    def told(text: str) -> list[str | tuple[int | None, str]]:
        path.write_text(text)
        return [i.id if isinstance(i, Record) else (i.line, i.why) for i in read(path, "csv")]

    many = ",".join(f"c{n}" for n in range(1_000_000))
    assert told(f"id,text,{many}\n") == [(1, "the header row names more than 16,384 columns")]
    assert told("id,text" + "," * 10_000 + "\na,b" + "," * 10_000 + "\n") == ["a"]
    # A stray quotation mark costs its own line alone.
    open_ = "a quotation mark is not closed in its line"
    assert told('id,text\na,b\nc,"open\nd,e\nf,g\n') == ["a", (3, open_), "d", "f"]
    assert told('id,text\nc,"open\nd,e\n"f,g\nh,i\n') == [(2, open_), "d", (4, open_), "h"]
    # A cell that is cut off is one cell, whatever its lines look like.
    cut = "a quotation mark is not closed; with it 2 lines below were skipped"
    assert told('id,text\na,b\nc,"It goes on\nand on\nand, so, on\n') == ["a", (3, cut)]


# Pages


PAGES = {
    "nested": b"<div>" * 30_000 + b"2007 | A<p>police" + b"</div>" * 30_000,
    "lists": b"<ul><li>" * 50_000 + b"2007 | A<p>police",
    "attribute": b"<p title='" + b"x" * 10_000_000 + b"'>2007 | A<p>police",
    "attributes": b"<p " + b"a=b " * 500_000 + b">2007 | A<p>police",
    "comments": b"2007 | A<p>police" + b"<!--" * 100_000,
    "declarations": b"2007 | A<p>police" + b"<!" * 100_000,
    "instructions": b"2007 | A<p>police" + b"<?" * 100_000,
    "sections": b"2007 | A<p>police" + b"<![CDATA[" * 100_000,
    "tags": b"2007 | A<p>police" + b"<a " * 100_000,
    "tags with quotation marks": b"2007 | A<p>police" + b"<a b='" * 100_001,
    "tags in quotation marks": b"2007 | A<p>police<p>" + b"<a b='>' " * 50_000,
    "ends": b"2007 | A<p>police" + b"</" * 100_000,
    "titles": b"2007 | A<p>police<p>" + b"<title>a <b>" * 50_000,
    "scripts": b"2007 | A<p>police<p>" + b"<script></scrip" * 50_000,
    "references": b"2007 | A<p>police &#" + b"9" * 100_000 + b"; &#x" + b"f" * 100_000 + b" &#" +
    b"0" * 9_000 + b"65;" + b"&" * 100_000,
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_pages(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(PAGES[name])
    record = next(item for item in read(path, "html") if isinstance(item, Record))
    assert record.text.startswith("police")


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("a<!-- open <b>b</b>", "ab"), ("a<!-->b", "ab"), ("a<!--->b", "ab"),
        ("a<!-- x --!>b", "ab"), ("a</>b</ x>c<?d?>e", "abce"), ("a < b", "a < b"),
        ("a<b", "a<b"), ("a<b title='>c</b>", "ac"),
        ("<p hidden=>a</p>b", "b"), ("<p style=\"display:none\">a</p>b", "b"),
        ("<p a='1' A=2 b = c hidden>a</p>b", "b"), ("<p a=\">\">b", "b"), ("<p a=b/>c", "c"),
        ("<script>a</b></SCRIPT >b", "b"), ("<iframe>a<p>b</iframe>c", "c"), ("<B/ x>a", "a"),
        ("<textarea>a<p></textarea>b", "b"), ("&#0;&#x110000;&#65&lt;b&gt;", "\ufffd\ufffdA<b>"),
        ("<a\0b>c", "c"), ("a\u2028b", "a\u2028b"), ("<title>t", ""), ("a<![CDATA[b]]>c", "ac"),
    ],
)  # fmt: skip
def test_what_is_visible(page: str, text: str) -> None:
    assert "".join(line for _, line in visible_text(page).lines if line) == text


TEXTS = {
    "agencies": "Jan 2007 | A;\n" + "Bcd;\n" * 50_000 + "\npolice\n",
    "headings": "Item ID\nBackground\n\n" + "Some Heading\n\nA police sentence.\n\n" * 20_000,
    "labels": "Item ID\n" * 20_000 + "Background\npolice\n",
    "blanks": "Jan 2007 | A;\n" + "\n" * 200_000 + "police\n",
    "headers": "Jan 2007 | A;\n" * 12_000 + "\npolice\n",
    "halves": "Jan 2007\n|" * 50_000 + "A\n\npolice\n",
    "cut": "Jan 2007 | A\n\npolice\n" + "2007\n\n" * 20_000,
    "bars": "Jan 2007 | A\n\npolice\n" + "|" * 500_000,
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(TEXTS[name])
    found = read(path, "txt")
    assert any(isinstance(item, Record) and "police" in item.text for item in found)
    assert all(len(item.why) < 400 for item in found if isinstance(item, Skip))


# Places in a folder


def test_a_folder_of_traps(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "good.jsonl").write_text(GOOD)
    os.symlink(folder, folder / "sub" / "loop")
    os.symlink("self.txt", folder / "self.txt")
    os.mkfifo(folder / "pipe.txt")
    os.symlink("/dev/zero", folder / "zero.txt")
    (folder / "folder.txt").mkdir()
    strange = os.fsdecode(b"\xff\n\x1b[31m.jsonl")
    (folder / strange).write_text('{"id": "strange", "text": "police"}\n')
    done = run("--index", tmp_path / "index", "ingest", "--json", folder)
    assert (done.status, done.err) == (0, "")
    report = json.loads(done.out)
    assert report["added"] == 2
    neither = "it is neither a file nor a folder"
    assert [(skip["file"], skip["why"]) for skip in report["skipped"]] == [
        ("pipe.txt", neither),
        ("self.txt", "the path cannot be followed"),
        ("zero.txt", neither),
    ]
    with wpssearch.open(tmp_path / "index") as index:
        assert index.get("strange").source.file == "\ufffd\n\x1b[31m.jsonl"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_a_folder_without_permission() -> None:
    """As another user: root may read whatever its mode is."""
    code = (
        "import os, sys; from wpssearch import readers\n"
        "os.setuid(65534)\n"
        "for s in readers.walk([sys.argv[1]]):\n"
        "    for i in [s] if hasattr(s, 'why') else readers.read(s):\n"
        "        print(i.why if hasattr(i, 'why') else i.id)\n"
    )
    # Another user cannot write where coverage, which a process starts for these, keeps its data.
    unmeasured = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}
    # Nor can it reach the folders of pytest.
    with tempfile.TemporaryDirectory() as room:
        folder = Path(room)
        folder.chmod(0o755)
        (folder / "closed").mkdir(mode=0)
        (folder / "closed.txt").write_text("2007 | A\n\nx\n")
        (folder / "closed.txt").chmod(0)
        (folder / "good.jsonl").write_text(GOOD)
        done = subprocess.run([sys.executable, "-c", code, room], check=False,
                              capture_output=True, text=True, env=unmeasured)  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "there is no permission to read it",
        "good",
        "there is no permission to read the folder",
    ]


def test_a_pipe_that_takes_the_place_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    os.mkfifo(path)
    for kind in ("jsonl", "csv", "txt", "html"):
        assert read(path, kind) == [Skip("a.jsonl", None, "it is neither a file nor a folder")]


def test_a_file_that_changes_while_it_is_read_is_told(tmp_path: Path) -> None:
    """What it gave before stands until it is read as a whole."""
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f'{{"id": "r{n}", "text": "police"}}\n' for n in range(300)))
    with wpssearch.open(":memory:") as index:
        assert index.ingest([path]).added == 300
        path.write_text("".join(f'{{"id": "s{n}", "text": "police"}}\n' for n in range(300)))

        def cut(read: int) -> None:
            if read == 10:
                path.write_text('{"id": "s0", "text": "police"}\n')

        report = index.ingest([path], progress=cut)
        assert [skip.why for skip in report.skipped][-1:] == [
            "it changed while it was read; ingest it again"
        ]
        assert report.removed == 0
        assert index.ingest([path]).skipped == ()
        assert [hit.id for hit in index.search("police").hits] == ["s0"]


def test_a_file_that_vanishes_while_it_is_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f'{{"id": "r{n}", "text": "police"}}\n' for n in range(300)))
    with wpssearch.open(":memory:") as index:
        report = index.ingest([path], progress=lambda _: path.unlink(missing_ok=True))
        assert report.added == 300
        assert [skip.why for skip in report.skipped] == [
            "it changed while it was read; ingest it again"
        ]


def test_a_file_that_grows_while_it_is_read_has_an_end(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(GOOD * 2)
    seen = 0
    for item in readers.read(SourceFile(str(path), "a.jsonl", "jsonl")):
        assert isinstance(item, Record)
        with path.open("a") as file:
            file.write(GOOD * 3)
        seen += 1
        assert seen < 10
    assert seen == 2


def test_a_disk_that_fails_in_the_middle_keeps_what_the_source_gave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f'{{"id": "r{n}", "text": "police"}}\n' for n in range(5_000)))
    with wpssearch.open(":memory:") as index:
        index.ingest([path])
        path.write_text(path.read_text().replace("police", "officers"))
        whole = files.opened

        class Failing(io.BufferedReader):
            def readline(self, size: int | None = -1, /) -> bytes:
                if self.tell() > 100_000:
                    raise OSError(5, "Input/output error")
                return super().readline(size)

        def failing(path: str, buffer: int) -> io.BufferedReader:
            return Failing(whole(path, buffer).detach(), buffer)

        monkeypatch.setattr(rows, "opened", failing)
        report = index.ingest([path])
        assert [skip.why for skip in report.skipped] == ["the disk or system cannot read it"]
        assert report.removed == 0
        assert index.search().total == 5_000
