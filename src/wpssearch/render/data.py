"""Results for other programs: JSON, JSON Lines, CSV. Always valid UTF-8."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from wpssearch.model import Tag
from wpssearch.render.safe import is_unsafe
from wpssearch.results import Hit

__all__ = ["to_csv", "to_json", "to_jsonl"]

_HEADER = (
    "id", "kind", "title", "score", "period", "period_start", "period_end", "agencies", "missions",
    "countries", "url", "source_file", "source_line", "truncated", "snippets",
)  # fmt: skip
#: A cell that begins so is a formula to a spreadsheet, or looks like one that was made harmless.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
#: Line breaks that spreadsheets write otherwise, or not at all.
_BREAK = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")


def _dumps(value: Any, indent: int | None) -> str:
    import json

    text = json.dumps(value, ensure_ascii=False, indent=indent)
    # JSON may carry any character as an escape: what a terminal would obey, and the lone
    # surrogate that has no UTF-8, is written so. Line breaks outside strings are the layout's.
    return "".join(
        json.dumps(c)[1:-1] if c != "\n" and not c.isprintable() and is_unsafe(c) else c
        for c in text
    )


def to_json(value: Mapping[str, Any] | Sequence[Any]) -> str:
    """A value as JSON for people and programs."""
    return _dumps(value, 2)


def to_jsonl(hits: Iterable[Hit]) -> Iterator[str]:
    """A hit a line."""
    return (_dumps(hit.to_dict(), None) for hit in hits)


def _cell(text: str | None) -> str:
    lines = _BREAK.sub("\n", text or "")
    cell = "".join(c if c in "\n\t" or not is_unsafe(c) else "\ufffd" for c in lines)
    return "'" + cell if _FORMULA.match(cell) else cell


def table(
    header: Sequence[str], rows: Iterable[Sequence[str | int | float | None]]
) -> Iterator[str]:
    """The lines of a CSV table: the header, then a row each.

    Every text is in quotes, so that a spreadsheet can be told to take it as text. One that a
    spreadsheet would run gets an apostrophe before it, and so does one that begins with
    apostrophes and what would be run: taking one apostrophe off such a cell gives the text back.
    A line break is a line feed, whichever it was; control characters other than that and tab are
    replaced. Rows may hold line breaks inside quotes; none has one at its end.
    """
    import csv
    import io

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n", quoting=csv.QUOTE_NONNUMERIC)
    yield ",".join(header)
    for row in rows:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([cell if isinstance(cell, int | float) else _cell(cell) for cell in row])
        yield buffer.getvalue().removesuffix("\r\n")


def to_csv(hits: Iterable[Hit]) -> Iterator[str]:
    """A header row, then a hit a row; lists are joined by ``;``. See ``table`` for the cells."""
    return table(_HEADER, map(_row, hits))


def _row(hit: Hit) -> tuple[str | int | float | None, ...]:
    period = hit.period
    return (
        hit.id,
        hit.kind,
        hit.title,
        hit.score,
        period.label if period else None,
        period.start if period else None,
        period.end if period else None,
        "; ".join(hit.agencies),
        _values(hit.missions),
        _values(hit.countries),
        hit.url,
        hit.source.file,
        hit.source.line,
        "true" if hit.truncated else "false",
        " … ".join(snippet.text for snippet in hit.snippets),
    )


def _values(tags: tuple[Tag, ...]) -> str:
    return "; ".join(tag.value for tag in tags)
