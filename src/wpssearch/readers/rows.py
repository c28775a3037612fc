"""Records a line: ``.jsonl``, and the mapping form that it shares with ``.csv`` and Python."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from wpssearch.model import Period, Record, Skip, Source, Tag, activity_title
from wpssearch.periods import FIRST, LAST, label_for, parse_interval, parse_label
from wpssearch.readers.files import MOST_BYTES, Unreadable, is_binary, opened
from wpssearch.readers.profile import beginning
from wpssearch.readers.streams import TooLong, lines_of

__all__ = ["read_jsonl", "record_from_mapping", "why"]

_KEYS = frozenset(
    {"id", "text", "kind", "title", "agencies", "period", "missions", "countries", "url", "facets"}
)
_MAX_DEPTH = 50
# A value takes a hundred bytes of memory, and may take two of a line.
_MOST_VALUES = 2_000_000
# What tells a binary file from text.
_SAMPLE = 64 * 1024
_RESERVED_FACETS = frozenset({"period", "agency", "mission", "country", "kind"})


def _clean(text: str) -> str:
    """Text with U+FFFD for lone surrogates, which no encoding can carry."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _string(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if value is None:
        return ""
    if isinstance(value, bool | float) or not isinstance(value, str | int):
        raise ValueError(f"the {key} is no text")
    return _clean(str(value)).strip() if key != "text" else _clean(str(value))


def _strings(value: Any, key: str) -> tuple[str, ...]:
    if value is None:
        return ()
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple) or not all(isinstance(v, str) for v in values):
        raise ValueError(f"the {key} are no list of texts")
    return tuple(dict.fromkeys(v for v in (_clean(v).strip() for v in values) if v))


def _period(value: Any) -> Period | None:
    if value is None or value == "":
        return None
    if isinstance(value, str | int) and not isinstance(value, bool):
        text = _clean(str(value))
        period = parse_label(text)
        interval = None if period else _bounded(text)
        if interval is not None:
            return Period(*interval, label_for(*interval))
        if period is None:
            raise ValueError(f"the period {beginning(text)} cannot be read")
        return period
    if isinstance(value, Mapping):
        start = value.get("start") or value.get("end")
        end = value.get("end") or value.get("start")
        first = _bounded(str(start)) if start else None
        last = _bounded(str(end)) if end else None
        if first is None or last is None or first[0] > last[1]:
            ends = f"from {beginning(str(start))} to {beginning(str(end))}"
            raise ValueError(f"the period {ends} cannot be read")
        label = value.get("label")
        printed = parse_label(_clean(label)) if isinstance(label, str) else None
        # A label that names other months, or none, could stand for two intervals: choosing it
        # would then not give the count that was listed.
        if printed is not None and (printed.start, printed.end) == (first[0], last[1]):
            return printed
        return Period(first[0], last[1], label_for(first[0], last[1]))
    raise ValueError("the period is neither a label nor a start and an end")


def _bounded(text: str) -> tuple[str, str] | None:
    """The months of an interval with two ends: an open one is a filter, no record's period."""
    interval = parse_interval(text)
    return None if interval is None or {FIRST, LAST} & {*interval} else interval


def _plain(value: Any, depth: int = 0) -> Any:
    """A value of an unknown key as JSON can carry it."""
    if depth > _MAX_DEPTH:
        raise ValueError("it is nested too deeply")
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Mapping):
        return {_clean(str(k)): _plain(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v, depth + 1) for v in value]
    return _clean(str(value))


def record_from_mapping(row: Mapping[str, Any], source: Source) -> Record:
    """The record of a mapping in the ``.jsonl`` form.

    Raises ``ValueError`` with the reason where ``id`` or ``text`` is missing or a value is not of
    its form: a record is read whole or not at all.
    """
    id_, text, kind = _string(row, "id"), _string(row, "text"), _string(row, "kind") or "activity"
    if not id_:
        raise ValueError("it has no id")
    if "text" not in row or row["text"] is None:
        raise ValueError("it has no text")
    period = _period(row.get("period"))
    agencies = _strings(row.get("agencies"), "agencies")
    title = _string(row, "title")
    further = row.get("facets")
    if further is None:
        further = {}
    if not isinstance(further, Mapping):
        raise ValueError("the facets are no mapping from name to values")
    facets = {
        _clean(str(name)): tuple(map(Tag, _strings(values, f"facet {beginning(str(name))}")))
        for name, values in further.items()
    }
    if not all(name.strip() for name in facets):
        raise ValueError("a facet has no name")
    taken = sorted(_RESERVED_FACETS & facets.keys())
    if taken:
        raise ValueError(f"the facet {taken[0]!r} has a key of its own")
    given = {
        name for key, name in (("missions", "mission"), ("countries", "country")) if key in row
    }
    return Record(
        id=id_,
        text=text,
        kind=kind,
        title=title or activity_title(agencies, period) or id_,
        title_given=bool(title),
        agencies=agencies,
        period=period,
        missions=tuple(map(Tag, _strings(row.get("missions"), "missions"))),
        countries=tuple(map(Tag, _strings(row.get("countries"), "countries"))),
        facets=facets,
        given=frozenset(given | facets.keys()),
        url=_string(row, "url") or None,
        source=source,
        extra={_clean(str(k)): _plain(v) for k, v in row.items() if k not in _KEYS},
    )


def read_jsonl(path: str, file: str) -> Iterator[Record | Skip]:
    """The records of a ``.jsonl`` file, a line at a time."""
    for number, line in enumerate(_lines(path), 1):
        if line is not None and not line.strip():
            continue
        try:
            if line is None:
                raise TooLong("line")
            yield record_from_mapping(_object(line), Source(file, number, path))
        except (ValueError, RecursionError) as error:
            yield Skip(file, number, why(error))


def why(error: Exception) -> str:
    """What is wrong with a line, in plain words."""
    if isinstance(error, json.JSONDecodeError):
        return (
            f"the line is no JSON ({error.msg.lower().removesuffix(' at')} at column {error.colno})"
        )
    if isinstance(error, UnicodeDecodeError):
        return "the line is not in UTF-8"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if "integer string conversion" in str(error):
        return "it holds a number of too many digits"
    return str(error)


def _object(line: str | bytes) -> Mapping[str, Any]:
    text = line.decode("utf-8") if isinstance(line, bytes) else line
    if len(text) > _MOST_VALUES and sum(map(text.count, ",[{")) > _MOST_VALUES:
        raise ValueError(f"it holds more than {_MOST_VALUES:,} values")
    value = json.loads(text)
    if not isinstance(value, Mapping):
        raise ValueError("the line is no JSON object")
    return value


def _lines(path: str) -> Iterator[str | bytes | None]:
    """The lines of a file; bytes where it is UTF-8, ``None`` for one that is too long to hold."""
    with opened(path, _SAMPLE) as file:
        try:
            start = file.peek(_SAMPLE)
            wide = start[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in start[:4]
            if not wide:
                if is_binary(start):
                    raise Unreadable("it is a binary file, not text")
                if start.startswith(b"\xef\xbb\xbf"):
                    file.read(3)
                yield from _short(file)
                return
        except OSError:
            raise Unreadable("the disk or system cannot read it") from None
    # UTF-16 and UTF-32 have no line end that could be looked for in bytes.
    yield from lines_of(path, "\n").short()


def _short(file: io.BufferedReader) -> Iterator[bytes | None]:
    while line := file.readline(MOST_BYTES):
        if len(line) < MOST_BYTES or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(MOST_BYTES)
        yield None
