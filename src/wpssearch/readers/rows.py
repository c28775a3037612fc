"""Records a line: ``.jsonl`` and ``.csv``, and the mapping form that both share with Python."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from wpssearch.model import Period, Record, Skip, Source, Tag, activity_title
from wpssearch.periods import FIRST, LAST, label_for, parse_interval, parse_label
from wpssearch.readers.files import Decoded, Unreadable, decode, is_binary, read_bytes

__all__ = ["read_csv", "read_jsonl", "record_from_mapping"]

_KEYS = frozenset(
    {"id", "text", "kind", "title", "agencies", "period", "missions", "countries", "url", "facets"}
)
_MAX_LINE = 64 * 1024 * 1024
_MAX_DEPTH = 50
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
            raise ValueError(f"the period {text!r} cannot be read")
        return period
    if isinstance(value, Mapping):
        start = value.get("start") or value.get("end")
        end = value.get("end") or value.get("start")
        first = _bounded(str(start)) if start else None
        last = _bounded(str(end)) if end else None
        if first is None or last is None or first[0] > last[1]:
            raise ValueError(f"the period from {start!r} to {end!r} cannot be read")
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
        _clean(str(name)): tuple(map(Tag, _strings(values, f"facet {name}")))
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
                raise ValueError("the line is longer than 64 MiB")
            yield record_from_mapping(_object(line), Source(file, number, path))
        except (ValueError, RecursionError) as error:
            yield Skip(file, number, _why(error))


def _why(error: Exception) -> str:
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
    value = json.loads(line.decode("utf-8") if isinstance(line, bytes) else line)
    if not isinstance(value, Mapping):
        raise ValueError("the line is no JSON object")
    return value


def _lines(path: str) -> Iterator[str | bytes | None]:
    """The lines of a file; bytes where it is UTF-8, ``None`` for one that is too long to hold."""
    try:
        file = open(path, "rb")  # noqa: SIM115
    except PermissionError:
        raise Unreadable("there is no permission to read it") from None
    except OSError:
        raise Unreadable("it cannot be read") from None
    with file:
        start = file.read(_SAMPLE)
        if start[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in start[:4]:
            # UTF-16 and UTF-32 have no line end that could be looked for in bytes.
            yield from decode(read_bytes(path)).text.split("\n")
            return
        if is_binary(start):
            raise Unreadable("it is a binary file, not text")
        file.seek(3 if start.startswith(b"\xef\xbb\xbf") else 0)
        while line := file.readline(_MAX_LINE):
            if len(line) == _MAX_LINE and not line.endswith(b"\n"):
                while line and not line.endswith(b"\n"):
                    line = file.readline(_MAX_LINE)
                yield None
            else:
                yield line


def read_csv(decoded: Decoded, path: str, file: str) -> Iterator[Record | Skip]:
    """The records of a ``.csv`` with a header row; lists are split at ``;``.

    A cell under a column without a name is kept as ``column N``. A row that holds damaged UTF-8
    is skipped, as a line of ``.jsonl`` is.
    """
    if not decoded.text.strip():
        return
    csv.field_size_limit(_MAX_LINE)
    rows = csv.reader(io.StringIO(decoded.text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(rows)]
    except (StopIteration, csv.Error):
        header = []
    if not {"id", "text"} <= set(header):
        yield Skip(file, 1, "the header row names no columns id and text")
        return
    twice = sorted(name for name in {*header} if name and header.count(name) > 1)
    if twice:
        yield Skip(file, 1, f"the header row names the column {twice[0]!r} twice")
        return
    names = [name or f"column {number}" for number, name in enumerate(header, 1)]
    while True:
        number = rows.line_num + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Skip(file, number, f"the row is no CSV ({error})")
            continue
        if not cells:
            continue
        try:
            if len(cells) != len(header):
                raise ValueError(f"the row has {len(cells)} cells, the header {len(header)}")
            if decoded.broken_line is not None and any("\ufffd" in cell for cell in cells):
                raise ValueError("the row is not in UTF-8")
            kept = [pair for pair in zip(names, header, cells, strict=True) if pair[1] or pair[2]]
            row = _from_cells({name: cell for name, _, cell in kept})
            yield record_from_mapping(row, Source(file, number, path))
        except ValueError as error:
            yield Skip(file, number, _why(error))


def _from_cells(cells: Mapping[str, str]) -> dict[str, Any]:
    """A row as the mapping that a line of ``.jsonl`` would hold."""
    row: dict[str, Any] = {}
    facets: dict[str, list[str]] = {}
    bounds: dict[str, str] = {}
    for name, cell in cells.items():
        if name in ("agencies", "missions", "countries"):
            row[name] = cell.split(";")
        elif name.startswith("facets."):
            facets[name.removeprefix("facets.")] = cell.split(";")
        elif name in ("period_start", "period_end"):
            if cell.strip():
                bounds[name.removeprefix("period_")] = cell
        else:
            row[name] = cell
    if bounds and not row.get("period"):
        row["period"] = bounds
    if facets:
        row["facets"] = facets
    return row
