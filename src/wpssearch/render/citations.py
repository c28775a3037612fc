"""A record as a reference: in words, for BibTeX, in RIS and as CSL-JSON.

What is not known is left out: no year is made up, no page, no day of access.

- BibTeX: entries as of BibTeX 0.99d; ``date`` and ``urldate`` are biblatex's.
- RIS: a tag of two characters, two blanks, a hyphen and a blank on each line, ``ER`` last
  (https://en.wikipedia.org/wiki/RIS_(file_format)).
- CSL-JSON: https://citeproc-js.readthedocs.io/en/latest/csl-json/markup.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from hashlib import blake2b
from typing import Any

from wpssearch.errors import UsageError
from wpssearch.model import Period, Record
from wpssearch.render.data import to_json
from wpssearch.render.safe import neutralise

__all__ = ["CITATION_STYLES", "citations"]

_LATEX = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    **{char: f"\\{char}" for char in "{}$&#%_"},
}  # fmt: skip
_NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9.:/+-]+")
_LONGEST_KEY = 60
_TITLE_WORDS, _LONGEST_TITLE = 12, 200


def citations(records: Sequence[Record], style: str, access_date: str | None) -> Iterator[str]:
    """The lines of the records' references in one of ``CITATION_STYLES``.

    ``access_date`` is ``YYYY-MM-DD``; it is given where a record has an address. ``UsageError``
    where it is no date, or the style none of these.
    """
    if style not in CITATION_STYLES:
        raise UsageError(f"The style is one of {', '.join(CITATION_STYLES)}, not {style!r}.")
    if access_date is not None and not _is_date(access_date):
        raise UsageError(f"The day of access is written YYYY-MM-DD, not {access_date!r}.")
    if style == "csl-json":
        yield to_json([_csl(record, access_date) for record in records])
        return
    made = _STYLES[style]
    for number, record in enumerate(records):
        if number:
            yield ""
        yield from made(record, access_date)


def _line(text: str) -> str:
    """A text on one line, with nothing in it that a terminal obeys."""
    return " ".join(neutralise(text).split())


def _is_date(text: str) -> bool:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        return False
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def _title(record: Record) -> str:
    """The title, or of an activity that has none the words with which it begins."""
    if record.kind == "activity" and not record.title_given:
        words = _line(record.text[:_LONGEST_TITLE]).split(" ")
        if len(words) > _TITLE_WORDS:
            return f"{' '.join(words[:_TITLE_WORDS])} …"
        return " ".join(words) or _line(record.id)
    return _line(record.title or record.id)


def _authors(record: Record) -> list[str]:
    return [author for author in map(_line, record.agencies) if author]


def _place(record: Record) -> str:
    """Where the record stands in its source."""
    source = record.source
    if not source.file:
        return ""
    line = "" if source.line is None else f", line {source.line}"
    return _line(f"{source.file}{line}")


def _months(period: Period) -> str:
    """``2007-07`` or, as ISO 8601 writes an interval, ``2007-07/2008-01``."""
    if period.start == period.end:
        return period.start
    return f"{period.start}/{period.end}"


def _years(period: Period) -> str:
    start, end = period.start[:4], period.end[:4]
    return start if start == end else f"{start}--{end}"


def _text(record: Record, access_date: str | None) -> Iterator[str]:
    parts = ["; ".join(_authors(record)), f"“{_title(record)}”"]
    if record.period:
        period = record.period
        months = period.start if period.start == period.end else f"{period.start} to {period.end}"
        parts.append(f"{_line(period.label)} ({months})")
    parts += [_place(record), f"Record {_line(record.id)}"]
    if record.url:
        # No full stop: it would be taken for a part of the address.
        parts.append(_line(record.url))
        if access_date:
            parts.append(f"Accessed {access_date}")
    yield ". ".join(filter(None, parts)) + ("" if record.url and not access_date else ".")


def _bibtex(record: Record, access_date: str | None) -> Iterator[str]:
    fields = {"title": f"{{{_latex(_title(record))}}}"}
    authors = _authors(record)
    if authors:
        # In braces of its own, a body's name is not taken apart as a person's.
        fields["author"] = " and ".join(f"{{{_latex(author)}}}" for author in authors)
    if record.period:
        fields["date"] = _months(record.period)
        fields["year"] = _years(record.period)
        fields["note"] = _latex(_line(f"{record.period.label}. Record {record.id}"))
    else:
        fields["note"] = _latex(_line(f"Record {record.id}"))
    if _place(record):
        fields["howpublished"] = _latex(_place(record))
    if record.url:
        fields["url"] = _url(record.url)
        if access_date:
            fields["urldate"] = access_date
    yield f"@misc{{{_key(record)},"
    for name, value in fields.items():
        yield f"  {name} = {{{value}}},"
    yield "}"


def _latex(text: str) -> str:
    r"""The text with LaTeX's own characters escaped.

    BibTeX counts the braces of ``\{``, too: where a text's are not in pairs they go by their names.
    """
    escaped = "".join(_LATEX.get(char, char) for char in text)
    if _paired(text):
        return escaped
    return escaped.replace(r"\{", r"\textbraceleft{}").replace(r"\}", r"\textbraceright{}")


def _paired(text: str) -> bool:
    depth = 0
    for char in text:
        depth += (char == "{") - (char == "}")
        if depth < 0:
            return False
    return not depth


def _url(url: str) -> str:
    """The address as it goes into ``\\url``: what would end the field is percent-encoded."""
    escaped = {"{": "%7B", "}": "%7D", "\\": "%5C", " ": "%20"}
    return "".join(escaped.get(char, char) for char in _line(url))


def _key(record: Record) -> str:
    """The id as a key: with a hash where not every character of it may stand in one."""
    key = _NOT_IN_KEYS.sub("-", record.id).strip("-")[:_LONGEST_KEY]
    if key == record.id:
        return key
    digest = blake2b(record.id.encode("utf-8", "replace"), digest_size=4).hexdigest()
    return f"{key}-{digest}" if key else digest


def _ris(record: Record, access_date: str | None) -> Iterator[str]:
    lines = [("TY", "GEN"), ("ID", _line(record.id)), ("TI", _title(record))]
    lines += [("AU", author) for author in _authors(record)]
    if record.period:
        lines.append(("PY", record.period.end[:4]))
        lines.append(("DA", f"{record.period.end.replace('-', '/')}//"))
        months = _months(record.period)
        lines.append(("N1", _line(f"Period: {record.period.label} ({months})")))
    if _place(record):
        lines.append(("N1", f"Source: {_place(record)}"))
    if record.url:
        lines.append(("UR", _line(record.url)))
        if access_date:
            lines.append(("Y2", f"{access_date.replace('-', '/')}/"))
    for tag, value in (*lines, ("ER", "")):
        yield f"{tag}  - {value}"


def _csl(record: Record, access_date: str | None) -> dict[str, Any]:
    out: dict[str, Any] = {"id": record.id, "type": "document", "title": _title(record)}
    authors = _authors(record)
    if authors:
        out["author"] = [{"literal": author} for author in authors]
    if record.period:
        bounds = dict.fromkeys([record.period.start, record.period.end])
        out["issued"] = {"date-parts": [list(map(int, bound.split("-"))) for bound in bounds]}
    if _place(record):
        out["archive_location"] = _place(record)
    label = f"{_line(record.period.label)}. " if record.period else ""
    out["note"] = f"{label}Record {_line(record.id)}"
    if record.url:
        out["URL"] = _line(record.url)
        if access_date:
            parts = [list(map(int, access_date.split("-")))]
            out["accessed"] = {"date-parts": parts}
    return out


_STYLES: dict[str, Callable[[Record, str | None], Iterator[str]]] = {
    "text": _text,
    "bibtex": _bibtex,
    "ris": _ris,
}
CITATION_STYLES = (*_STYLES, "csl-json")
