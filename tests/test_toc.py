"""The table of contents by itself: what is written is read, and nothing that is not sensible."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from wpssearch.backends.whoosh.toc import (
    NAME,
    Entry,
    KnownSource,
    Toc,
    generations,
    holds_index,
    is_ours,
    remains,
)
from wpssearch.errors import IndexDamaged

WHOLE = Entry("a1", 5, 0, None, (1, 2, 3))
CUT = Entry("b2", 4, 4, f"{NAME}_b2.7.del", (0, 0, 0))
SOURCE = KnownSource("k", 3, "dpko.txt", "txt", "https://example.org/é")
TOC = Toc(12, (WHOLE, CUT), {"/a/é.txt": SOURCE, "/b": KnownSource("", 0, "b", "jsonl", None)})


def test_a_table_is_read_as_it_was_written() -> None:
    for toc in (TOC, Toc()):
        assert Toc.decode(toc.encode(), toc.file(toc.generation)) == toc
    assert TOC.encode().isascii()
    head, content, rest = TOC.encode().decode().split("\n")
    assert head == f"WPSTOC2 {crc32(content.encode()):08x}"
    assert rest == ""
    assert " " not in content.replace("/a/", "")


def test_the_files_that_a_table_needs() -> None:
    assert TOC.file(12) == f"_{NAME}_12.toc"
    assert (WHOLE.file, WHOLE.live, WHOLE.files) == (f"{NAME}_a1.seg", 5, [f"{NAME}_a1.seg"])
    assert (CUT.live, CUT.files) == (0, [f"{NAME}_b2.seg", f"{NAME}_b2.7.del"])
    assert TOC.needs() == {f"_{NAME}_12.toc", *WHOLE.files, *CUT.files}
    assert Toc().needs() == {f"_{NAME}_0.toc"}


def refused(data: bytes, name: str = TOC.file(12)) -> None:
    with pytest.raises(IndexDamaged, match=f"table of contents {name} is cut off or changed"):
        Toc.decode(data, name)


def sealed(content: bytes) -> bytes:
    """Any content under a checksum that is right."""
    return b"WPSTOC2 %08x\n%s\n" % (crc32(content), content)


def test_any_changed_or_missing_byte_is_told() -> None:
    data = TOC.encode()
    refused(data, TOC.file(13))
    for at in range(len(data)):
        refused(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        refused(data[:at])
    refused(data + b"\n")
    refused(data + b"x")


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"1", b"null", b"[" * 100_000, b"\xc3\xa9", b'{"generation": 12}'],
)
def test_content_of_another_shape_is_told(content: bytes) -> None:
    refused(sealed(content))


Change = Callable[[dict[str, Any]], Any]


def changed(change: Change) -> bytes:
    whole = json.loads(TOC.encode().decode().split("\n")[1])
    change(whole)
    return sealed(json.dumps(whole).encode())


@pytest.mark.parametrize(
    "change",
    [
        lambda w: w.update(generation=11),
        lambda w: w.update(generation="12"),
        lambda w: w.pop("segments"),
        lambda w: w.update(segments={}) or w["segments"].update(a=1),
        lambda w: w["segments"][0].pop(),
        lambda w: w["segments"][0].append(1),
        lambda w: w["segments"].append(w["segments"][0]),
        lambda w: w["sources"].update(a=[]),
        lambda w: w["sources"].update(a=["k", 3, "f", "txt", None, 1]),
        lambda w: w["sources"].update(a=["k", "3", "f", "txt", None]),
        lambda w: w["sources"].update(a=["k", True, "f", "txt", None]),
        lambda w: w["sources"].update(a=[1, 3, "f", "txt", None]),
        lambda w: w["sources"].update(a=["k", 3, 1, "txt", None]),
        lambda w: w["sources"].update(a=["k", 3, "f", None, None]),
        lambda w: w["sources"].update(a=["k", 3, "f", "txt", 5]),
    ],
)
def test_a_field_of_another_type_is_told(change: Change) -> None:
    refused(changed(change))


def test_what_is_not_changed_is_taken() -> None:
    assert Toc.decode(changed(lambda _: None), TOC.file(12)) == TOC


Fields = dict[str, Any]


@pytest.mark.parametrize(
    ("entry", "fields"),
    [
        (WHOLE, {"count": -1}), (WHOLE, {"count": True}), (WHOLE, {"count": 1.0}),
        (WHOLE, {"count": "5"}), (WHOLE, {"dead": 6}), (WHOLE, {"dead": 1}),
        (WHOLE, {"lengths": (1, 2)}), (WHOLE, {"lengths": (1, 2, 3, 4)}),
        (WHOLE, {"lengths": (1, 2, -3)}), (WHOLE, {"lengths": (1, 2, None)}),
        (WHOLE, {"deletions": CUT.deletions}), (WHOLE, {"id": "../a"}), (WHOLE, {"id": "A"}),
        (WHOLE, {"id": ""}), (WHOLE, {"id": "a\n"}), (CUT, {"deletions": None}),
        (CUT, {"dead": 5}), (CUT, {"dead": 0}), (CUT, {"deletions": f"../{NAME}_b2.7.del"}),
        (CUT, {"deletions": f"{NAME}_b2.x.del"}),
    ],
)  # fmt: skip
def test_an_entry_that_no_index_writes_is_told(entry: Entry, fields: Fields) -> None:
    other = replace(entry, **fields)
    assert not other.sensible
    refused(replace(TOC, segments=(other,)).encode())


@pytest.mark.parametrize(
    "entry",
    [WHOLE, CUT, replace(WHOLE, count=0, lengths=(0, 0, 0)), replace(CUT, dead=1)],
)
def test_an_entry_that_an_index_writes_is_sensible(entry: Entry) -> None:
    assert entry.sensible


FILES = [f"_{NAME}_2.toc", f"_{NAME}_10.toc", f"{NAME}_a1.seg", f"{NAME}_b2.seg",
         f"{NAME}_b2.9.del", f"{NAME}_b2.10.del", f"{NAME}_c3.4.del", f"_{NAME}_3.toc.new",
         f"{NAME}_x_y.tmp"]  # fmt: skip
OTHERS = ["README", f"_{NAME}_02.toc", f"_{NAME}_x.toc", f"x_{NAME}_2.toc",
          f"{NAME}_a1.seg.damaged", f"{NAME}_A.seg", f"{NAME}_a1.del", "_wps3_1.toc",
          "wps3_a.seg"]  # fmt: skip


def test_what_is_in_a_folder() -> None:
    assert generations([*FILES, *OTHERS]) == [2, 10]
    assert list(remains([*FILES, *OTHERS])) == [("a1", None), ("b2", f"{NAME}_b2.10.del")]
    assert list(remains(FILES[::-1])) == list(remains(FILES))
    assert [name for name in (*FILES, *OTHERS) if is_ours(name)] == FILES


@pytest.mark.parametrize(
    ("name", "holds"),
    [(FILES[0], True), (FILES[2], True), ("_wps3_1.toc", True), ("wps77_a.seg", True),
     (FILES[4], False), ("README", False), ("wps_a.seg", False), ("_wps3_.toc", False)],
)  # fmt: skip
def test_a_folder_holds_an_index_of_any_version(name: str, holds: bool, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    assert holds_index(tmp_path) == holds
    assert not holds_index(tmp_path / "none")
    assert not holds_index(tmp_path / name)
