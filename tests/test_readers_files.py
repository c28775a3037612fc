"""Which files are read, in which order and encoding, and what cannot be read."""

from __future__ import annotations

import builtins
import os
from pathlib import Path

import pytest

from wpssearch import readers
from wpssearch.model import Record, Skip
from wpssearch.readers.files import SourceFile, decode

PAGE = "2014 | A\n\nLes femmes de Côte d’Ivoire, formées à l’école.\n"


def listed(*paths: Path) -> list[tuple[str | None, str]]:
    return [
        (item.file, item.why if isinstance(item, Skip) else item.format)
        for item in readers.walk(paths)
    ]


def read(path: Path, data: bytes) -> list[Record | Skip]:
    path.write_bytes(data)
    return [item for source in readers.walk([path]) if isinstance(source, SourceFile)
            for item in readers.read(source)]  # fmt: skip


def test_suffixes_of_any_case_and_named_files_of_any_suffix(tmp_path: Path) -> None:
    for name in ("a.TXT", "b.HTM", "c.JsonL", "d.csv", "e.md", "sub/a.txt", "sub-1/a.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    found = [("a.TXT", "txt"), ("b.HTM", "html"), ("c.JsonL", "jsonl"), ("d.csv", "csv"),
             ("sub/a.txt", "txt"), ("sub-1/a.txt", "txt")]  # fmt: skip
    assert listed(tmp_path) == found
    assert listed(tmp_path / "e.md", tmp_path / "d.csv", tmp_path / "d.csv") == [
        ("e.md", "txt"),
        ("d.csv", "csv"),
    ]


def test_what_is_no_file_is_told_and_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    os.symlink(tmp_path / "nowhere", tmp_path / "b.txt")
    os.symlink(tmp_path, tmp_path / "loop")
    assert listed(tmp_path)[:2] == [
        ("a.txt", "it is neither a file nor a folder"),
        ("b.txt", "there is no such file or folder"),
    ]
    assert listed(tmp_path / "nul\0.txt")[0][1] == "the path cannot be followed"


def test_a_file_that_goes_away_is_told_in_plain_words(tmp_path: Path) -> None:
    (item,) = readers.read(SourceFile(str(tmp_path / "gone.txt"), "gone.txt", "txt"))
    assert item == Skip("gone.txt", None, "there is no such file or folder")


@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.csv", "a.jsonl"])
def test_what_may_not_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    # The mode of a file keeps nobody out who runs the tests as root.
    monkeypatch.setattr(builtins, "open", refuse)
    (item,) = readers.read(SourceFile(str(tmp_path / name), name, name.partition(".")[2]))
    assert item == Skip(name, None, "there is no permission to read it")


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "mac_roman"]
)
def test_encodings(encoding: str) -> None:
    decoded = decode(PAGE.encode(encoding))
    assert (decoded.text, decoded.broken_line) == (PAGE, None)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("damage", ["’".encode()[:2], b"\xe9t", b"\xff"])
def test_damaged_utf8_costs_its_own_bytes_alone(tmp_path: Path, mark: bytes, damage: bytes) -> None:
    record, skip = read(tmp_path / "a.txt", mark + PAGE.encode() + damage)
    assert isinstance(record, Record)
    assert record.text.startswith(PAGE.split("\n")[2])
    assert "\ufffd" in record.text
    assert isinstance(skip, Skip)
    assert (skip.file, skip.line) == ("a.txt", 4)


@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.csv", "a.jsonl"])
def test_a_binary_file_is_one_line(tmp_path: Path, name: str) -> None:
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 40
    assert read(tmp_path / name, png) == [Skip(name, None, "it is a binary file, not text")]
