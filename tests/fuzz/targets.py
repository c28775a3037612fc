"""What is fuzzed: plain functions that take bytes and raise where a promise is broken.

A promise is the same everywhere: a plain reason or an answer in its form, whatever the bytes. Both
drivers, coverage-guided (``run.py``) and hypothesis (``test_fuzz.py``), call these.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

import wpssearch
from wpssearch import readers, render
from wpssearch.backends.whoosh.container import Container, write_container
from wpssearch.backends.whoosh.toc import Toc
from wpssearch.errors import IndexDamaged, SavedSearchError, UsageError
from wpssearch.model import Record, Skip
from wpssearch.query import parse
from wpssearch.query.codec import decoded, encoded
from wpssearch.readers.files import SourceFile
from wpssearch.reading import saved
from wpssearch.validation import load

__all__ = ["CORPUS", "TARGETS", "seeds"]

#: Inputs for each target, in a folder of its name: where to begin, and what was once found.
CORPUS = Path(__file__).with_name("corpus")
_LONGEST_REASON = 1_500
_QUERIES = ("police desk", '"gender desks"', "polise", "UNMIL -police", "")
RECORDS: list[dict[str, Any]] = [
    {"id": "a", "text": "UNMIL's gender desks (WPAs) in Liberia trained police.", "title": "Desks"},
    {"id": "b", "text": "Police in Haiti, 2007.", "period": "2007", "agencies": ["DPKO"]},
    {"id": "c", "text": "Gender desk officers met the police.", "facets": {"measure": ["x", "y"]}},
]


def seeds(target: str) -> list[bytes]:
    """The inputs that are kept for a target."""
    return [path.read_bytes() for path in sorted((CORPUS / target).iterdir())]


@cache
def _room() -> Path:
    """A folder that is gone with the process."""
    room = tempfile.TemporaryDirectory(prefix="wpssearch-fuzz-")
    _kept.append(room)
    return Path(room.name)


_kept: list[tempfile.TemporaryDirectory[str]] = []


@cache
def _index() -> wpssearch.Index:
    index = wpssearch.open(":memory:")
    index.add(RECORDS)
    return index


def _text(data: bytes) -> str:
    """Any text, lone surrogates too."""
    return data.decode("utf-8", "surrogateescape")


# Readers


def _read(kind: str, data: bytes) -> None:
    path = _room() / f"source.{kind}"
    path.write_bytes(data)
    items = list(readers.read(SourceFile(str(path), path.name, kind)))
    assert items, "a file of which nothing is said"
    for item in items:
        if isinstance(item, Skip):
            assert item.why
            assert item.why.isprintable() or kind in ("txt", "html"), item.why
            assert len(item.why) <= _LONGEST_REASON
            assert item.line is None or item.line >= 1
        else:
            _sound(item)


def _sound(record: Record) -> None:
    """What every reader promises of a record."""
    assert record.id
    assert record.title
    json.dumps(record.to_dict(), ensure_ascii=False, allow_nan=False).encode()
    for section in record.sections:
        assert 0 <= section.start <= section.end <= len(record.text)


def page(data: bytes) -> None:
    """An inventory page as text."""
    _read("txt", data)


def html(data: bytes) -> None:
    """An inventory page as HTML."""
    _read("html", data)


def jsonl(data: bytes) -> None:
    """Records a line."""
    _read("jsonl", data)


def csv(data: bytes) -> None:
    """Records a row."""
    _read("csv", data)


def vocabulary(data: bytes) -> None:
    """A user's rows for the vocabulary: all are read or told."""
    path = _room() / "rows.tsv"
    path.write_bytes(data)
    try:
        made = load(path)
    except UsageError:
        return
    for file, line, why in made.problems:
        assert file == path.name
        assert why
        assert line is None or line >= 1


def saved_search(data: bytes) -> None:
    """A kept search: read as one or refused; what is read can be run."""
    (_room() / "kept.json").write_bytes(data)
    try:
        kept = saved.read(_room(), "kept")
        json.dumps(kept.to_dict())
        _index().run(wpssearch.Search(**kept.search))
    except (SavedSearchError, UsageError):
        return


# Texts


def query(data: bytes) -> None:
    """A query's text: it has a tree, which reads alike when printed, and an answer."""
    text = _text(data)
    tree, _ = parse(text)
    assert parse(str(tree))[0] == tree
    results = _index().search(text)
    render.to_json(results.to_dict()).encode()
    for hit in results.hits:
        for snippet in hit.snippets:
            assert all(0 <= a < b <= len(snippet.text) for a, b in snippet.matches)


def tree(data: bytes) -> None:
    """A query as JSON: a tree that goes through its own form, or a plain refusal."""
    try:
        made = decoded(json.loads(data))
    except (ValueError, RecursionError):
        return
    assert decoded(json.loads(json.dumps(encoded(made)))) == made
    with suppress(UsageError):
        _index().search(str(made))


def record(data: bytes) -> None:
    """A record of any text: tagged, indexed, sound, found by what stands in it, and shown."""
    text = _text(data)
    with wpssearch.open(":memory:") as index:
        index.add([{"id": text.strip() or "x", "text": text, "title": text[:50]}])
        assert index.check() == []
        (hit,) = index.search().hits
        for tag in (*hit.record.missions, *hit.record.countries):
            assert all(0 <= a < b <= len(hit.record.text) for a, b in tag.spans)
        found = index.search(" ".join(text.split()[:5]), any=True)
        lines = [*render.render_results(found, width=40, color=False, hints=True)]
        lines += render.render_record(hit.record, None, width=40, color=False)
        assert all(line.isprintable() or "\u00ad" in line for line in lines) or _joined(lines)


def _joined(lines: list[str]) -> bool:
    """Whether all that is not printable is part of words, or of no use to a terminal."""
    return not any(render.safe.is_unsafe(char) for line in lines for char in line)


# The files of an index


def container(data: bytes) -> None:
    """A file of columns: each is read or refused. The directory's checksum is right, so that what
    it says is looked at: two bytes give the length of the columns, then they come, then it.
    """
    length = int.from_bytes(data[:2], "little")
    body, listing = data[2 : 2 + length], data[2 + length :]
    stream = io.BytesIO()
    write_container(stream, ())
    empty = stream.getvalue()
    magic = empty[-8:]
    footer = np.array([len(magic) + len(body), len(listing)], "<u8").tobytes()
    footer += np.array([crc32(listing)], "<u4").tobytes() + magic
    for file in (data, magic + body + listing + footer):
        with suppress(IndexDamaged):
            box = Container(file, "fuzz")
            list(box.changed())
            for name in box.names():
                for read in (box.raw, box.array, box.ints):
                    with suppress(IndexDamaged):
                        len(read(name))


def toc(data: bytes) -> None:
    """A table of contents, with the right checksum, too: decoded or refused."""
    magic = Toc().encode().split(b" ")[0]
    content = data.split(b"\n")[0]
    for whole in (data, magic + b" %08x\n" % crc32(content) + content + b"\n"):
        with suppress(IndexDamaged):
            made = Toc.decode(whole, Toc.file(1))
            assert Toc.decode(made.encode(), Toc.file(1)) == made


@cache
def _sound_index() -> tuple[Path, tuple[Path, ...], tuple[bytes, ...]]:
    """An index with dead records, and its files of columns as they were."""
    folder = _room() / "index"
    with wpssearch.open(folder) as index:
        index.add(RECORDS)
        index.remove(["b"])
    files = tuple(sorted([*folder.glob("*.seg"), *folder.glob("*.del")]))
    return folder, files, tuple(file.read_bytes() for file in files)


def columns(data: bytes) -> None:
    """Segments and deletions whose checksums are right and whose numbers are not: opening,
    searching and checking answer or refuse. Four bytes an edit: column, place (two), byte.
    """
    folder, files, before = _sound_index()
    edits = [data[at : at + 4] for at in range(1, len(data) - 3, 4)]
    chosen = data[0] % len(files) if data else 0
    box = Container(before[chosen], "fuzz")
    names = list(box.names())
    raw = {name: bytearray(box.raw(name)) for name in names}
    for edit in edits:
        column = raw[names[edit[0] % len(names)]]
        if column:
            column[int.from_bytes(edit[1:3], "little") % len(column)] = edit[3]
    kinds = {name: box.array(name).dtype if _is_array(box, name) else None for name in names}
    stream = io.BytesIO()
    write_container(
        stream,
        [
            (name, bytes(raw[name]) if kind is None else np.frombuffer(bytes(raw[name]), kind))
            for name, kind in kinds.items()
        ],
    )
    files[chosen].write_bytes(stream.getvalue())
    try:
        with wpssearch.open(folder, create=False) as index:
            for text in _QUERIES:
                with suppress(wpssearch.Error):
                    index.search(text, limit=100).to_dict()
            index.check()
    except wpssearch.Error:
        return
    finally:
        files[chosen].write_bytes(before[chosen])


def _is_array(box: Container, name: str) -> bool:
    try:
        box.array(name)
    except IndexDamaged:
        return False
    return True


TARGETS: dict[str, Callable[[bytes], None]] = {
    each.__name__: each
    for each in (page, html, jsonl, csv, vocabulary, saved_search, query, tree, record, container,
                 toc, columns)
}  # fmt: skip
