"""A record as it is kept: its JSON, its digest, its columns, its tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from wpssearch.analysis import Analyzer
from wpssearch.backends.whoosh.layout import ABBREVIATION, LONG_FORM
from wpssearch.model import Period, Record, Section, Source, Tag

__all__ = ["acronyms", "content_digest", "decode", "digest", "encode"]


_ENCODER = json.JSONEncoder(separators=(",", ":"))
_SORTED = json.JSONEncoder(separators=(",", ":"), sort_keys=True)


def encode(record: Record) -> str:
    """The record but for its text as JSON, which ``decode`` reads back equal.

    What a record has by default is left out.
    """
    kept = {name: value for name, value in _parts(record).items() if value != _PLAIN[name]}
    return _ENCODER.encode({"id": record.id, **kept})


def _parts(record: Record) -> dict[str, Any]:
    source = record.source
    return {
        "kind": record.kind,
        "title": record.title,
        "title_given": record.title_given,
        "agencies": record.agencies,
        "period": (p.start, p.end, p.label) if (p := record.period) else None,
        "missions": _packed(record.missions),
        "countries": _packed(record.countries),
        "facets": {name: _packed(tags) for name, tags in record.facets.items()},
        "given": sorted(record.given),
        "sections": [(s.heading, s.start, s.end, s.postal) for s in record.sections],
        "truncated": record.truncated,
        "url": record.url,
        "source": (source.file, source.line, source.path),
        "extra": record.extra,
    }


def _packed(tags: tuple[Tag, ...]) -> list[Any]:
    """A tag that the source gave is its value, another the list of all that it holds."""
    return [
        t.value
        if t == Tag(t.value)
        else (t.value, t.evidence, t.role, t.spans, t.name, t.via, t.row)
        for t in tags
    ]


_PLAIN = _parts(Record("", ""))


def _tags(values: list[Any]) -> tuple[Tag, ...]:
    return tuple(
        Tag(value)
        if isinstance(value, str)
        else Tag(value[0], value[1], value[2], tuple((a, b) for a, b in value[3]), *value[4:])
        for value in values
    )


def decode(encoded: str, text: str) -> Record:
    """The record that ``encode`` wrote, with its text."""
    data = json.loads(encoded)
    data["text"] = text
    data["agencies"] = tuple(data.get("agencies", ()))
    if "period" in data:
        data["period"] = Period(*data["period"])
    data["missions"] = _tags(data.get("missions", []))
    data["countries"] = _tags(data.get("countries", []))
    data["facets"] = {name: _tags(tags) for name, tags in data.get("facets", {}).items()}
    data["given"] = frozenset(data.get("given", ()))
    data["sections"] = tuple(Section(*section) for section in data.get("sections", ()))
    data["source"] = Source(*data.get("source", ()))
    record = Record(**data)
    if not all(isinstance(text, str) for text in _strings(record)):
        raise TypeError("a record of other than texts")
    return record


def _strings(record: Record) -> Iterator[object]:
    """All that must be text in a record, what is optional where it is there."""
    yield from (record.id, record.kind, record.title, record.url or "", *record.agencies)
    yield from (section.heading for section in record.sections)
    if record.period:
        yield from (record.period.start, record.period.end, record.period.label)
    yield from (record.source.file or "", record.source.path or "", *record.given)
    for tags in (record.missions, record.countries, *record.facets.values()):
        for tag in tags:
            yield from (tag.value, tag.evidence, tag.role, tag.name or "", tag.via or "")


def content_digest(record: Record) -> bytes:
    """16 bytes that tell two contents apart, wherever they were read."""
    # Here: a search needs no digest.
    from hashlib import blake2b

    out = {"id": record.id, **_parts(record)}
    del out["source"]
    state = blake2b(record.text.encode("utf-8", "surrogatepass"), digest_size=16)
    state.update(b"\0" + _SORTED.encode(out).encode())
    return state.digest()


def digest(record: Record, fingerprint: str) -> bytes:
    """24 bytes: the content's digest, then 8 over its place and the index's ``fingerprint``.

    Taken before tagging, whose result the content and the vocabulary decide.
    """
    from hashlib import blake2b

    place = f"{record.source.file}\n{record.source.line}\n{record.source.path}\n{fingerprint}"
    return (
        content_digest(record) + blake2b(place.encode("utf-8", "replace"), digest_size=8).digest()
    )


def acronyms(record: Record, analyzer: Analyzer) -> list[str]:
    """The words of the column ``acronyms``: what the record's text abbreviates."""
    from wpssearch.definitions import definitions

    out: dict[str, None] = {}
    for found in definitions(record.text):
        long_form = " ".join(record.text[found.start : found.end].split())
        first = analyzer.index_tokens(long_form)[0]
        stem = analyzer.stemmer.stem(first.form)
        pair = f"{found.acronym.upper()}\t{long_form}"
        out[f"{ABBREVIATION}{found.acronym}\t{pair}"] = None
        out[f"{LONG_FORM}{stem}\t{pair}"] = None
    return sorted(out)
