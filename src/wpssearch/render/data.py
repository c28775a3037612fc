"""Results for other programs: JSON, JSON Lines, CSV. Always valid UTF-8."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wpssearch.model import Tag
from wpssearch.render.safe import is_unsafe
from wpssearch.results import Results

__all__ = ["to_csv", "to_json", "to_jsonl"]

_HEADER = (
    "id", "kind", "title", "score", "period", "period_start", "period_end", "agencies", "missions",
    "countries", "url", "source_file", "source_line", "truncated", "snippets",
)  # fmt: skip
#: A cell that begins with one of these is a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def _dumps(value: Any, indent: int | None) -> str:
    import json

    text = json.dumps(value, ensure_ascii=False, indent=indent)
    # JSON may carry any character as an escape: what a terminal would obey, and the lone
    # surrogate that has no UTF-8, is written so. Line breaks outside strings are the layout's.
    return "".join(
        json.dumps(c)[1:-1] if c != "\n" and not c.isprintable() and is_unsafe(c) else c
        for c in text
    )


def to_json(value: Mapping[str, Any]) -> str:
    """A value as JSON for people and programs."""
    return _dumps(value, 2)


def to_jsonl(results: Results) -> Iterator[str]:
    """A hit a line."""
    return (_dumps(hit.to_dict(), None) for hit in results.hits)


def _cell(text: str | None) -> str:
    cell = "".join(c if c in "\n\t" or not is_unsafe(c) else "\ufffd" for c in text or "")
    return "'" + cell if cell.startswith(_FORMULA) else cell


def _values(tags: tuple[Tag, ...]) -> str:
    return _cell("; ".join(tag.value for tag in tags))


def to_csv(results: Results) -> Iterator[str]:
    """A header row, then a hit a row; lists are joined by ``;``.

    A cell that a spreadsheet would run gets an apostrophe before it; control characters other
    than tab and line feed are replaced. Rows may hold line breaks
    inside quotes; none has one at its end.
    """
    import csv
    import io

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")

    def row(cells: tuple[object, ...]) -> str:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow(cells)
        return buffer.getvalue().removesuffix("\r\n")

    yield row(_HEADER)
    for hit in results.hits:
        period = hit.period
        yield row(
            (
                _cell(hit.id),
                _cell(hit.kind),
                _cell(hit.title),
                hit.score,
                _cell(period.label) if period else "",
                period.start if period else "",
                period.end if period else "",
                _cell("; ".join(hit.agencies)),
                _values(hit.missions),
                _values(hit.countries),
                _cell(hit.url),
                _cell(hit.source.file),
                "" if hit.source.line is None else hit.source.line,
                "true" if hit.truncated else "false",
                _cell(" … ".join(snippet.text for snippet in hit.snippets)),
            )
        )
