"""Files to records: pages as saved from the web, and records a line.

Nothing of a source is dropped in silence: what becomes no record is a ``Skip`` with file, line
and reason, the first ten thousand of a file one by one. A bad file or line never stops the others.
What is held of a file is bounded, whatever stands in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from wpssearch.model import Record, Skip
from wpssearch.readers.csv import read_csv
from wpssearch.readers.files import (
    Decoded,
    SourceFile,
    Unreadable,
    decode,
    opened,
    read_bytes,
    walk,
)
from wpssearch.readers.page import parse_page
from wpssearch.readers.profile import beginning
from wpssearch.readers.rows import read_jsonl, record_from_mapping

__all__ = ["SourceFile", "Unreadable", "beginning", "opened", "read", "record_from_mapping", "walk"]

_MOST_SKIPS = 10_000
_MOST_LINES = 2_000_000


def read(source: SourceFile, *, url: str | None = None) -> Iterator[Record | Skip]:
    """The records of a file and what it holds besides; ``url`` is the page's address.

    A skip without a line says that the file could not be read, or not to its end.
    """
    found = False
    left: list[Skip] = []
    skips = 0
    try:
        for item in _items(source, url):
            found = True
            if isinstance(item, Skip):
                skips += 1
                if skips > _MOST_SKIPS:
                    left = [left[0] if left else item, item]
                    continue
            yield item
    except Unreadable as error:
        found = True
        yield Skip(source.file, None, str(error))
    if left:
        first, last = left
        count = skips - _MOST_SKIPS
        yield Skip(
            source.file, first.line, f"so were {count:,} parts from here to line {last.line}"
        )
    if not found:
        yield Skip(source.file, 1, "the file is empty")


def _items(source: SourceFile, url: str | None) -> Iterator[Record | Skip]:
    match source.format:
        case "jsonl":
            return read_jsonl(source.path, source.file)
        case "csv":
            return read_csv(source.path, source.file)
        case _:
            return _page(decode(read_bytes(source.path)), source, url)


def _page(decoded: Decoded, source: SourceFile, url: str | None) -> Iterator[Record | Skip]:
    reader = _html if source.format == "html" else _text
    yield from reader(decoded.text, source, url)
    if decoded.broken_line is not None:
        why = "from here on, bytes that are no UTF-8 stand as U+FFFD"
        yield Skip(source.file, decoded.broken_line, why)


def _count(text: str) -> None:
    if max(text.count("\n"), text.count("\r")) > _MOST_LINES:
        raise Unreadable(f"it has more than {_MOST_LINES:,} lines; part it into several files")


def _text(text: str, source: SourceFile, url: str | None) -> Iterator[Record | Skip]:
    _count(text)
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = list(enumerate(plain.split("\n"), 1))
    yield from parse_page(lines, source.file, source.path, url)


def _html(html: str, source: SourceFile, url: str | None) -> Iterator[Record | Skip]:
    from wpssearch.readers.html import visible_text

    _count(html)
    page = visible_text(html)
    if not page.lines:
        yield Skip(source.file, 1, "the page has no visible text")
    for item in parse_page(page.lines, source.file, source.path, url or page.url):
        if isinstance(item, Record) and page.title:
            item = replace(item, extra={**item.extra, "page_title": page.title})
        yield item
    if page.furniture:
        number, first = page.furniture[0]
        why = f"{len(page.furniture)} lines of menus and footers are no part of the page"
        yield Skip(source.file, number, f"{why}: {first[:57]!r}")
