"""A record as it is kept: its JSON, its digest, its columns, its tokens."""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from wpssearch.analysis import Analyzer
from wpssearch.backends.whoosh.fields import (
    ABBREVIATION,
    LONG_FORM,
    FieldTokens,
    field_tokens,
)
from wpssearch.facets import join_tags, join_values, period_value, split_values
from wpssearch.model import Period, Record, Section, Source, Tag

__all__ = ["acronyms", "columns", "content_digest", "decode", "digest", "encode", "searched"]

_HEADING_GAP = 10


def encode(record: Record) -> str:
    """The record as JSON, which ``decode`` reads back equal."""
    out = record.to_dict()
    out["title_given"] = record.title_given
    out["given"] = sorted(record.given)
    out["sections"] = [[s.heading, s.start, s.end, s.postal] for s in record.sections]
    out["source"]["path"] = record.source.path
    return json.dumps(out, ensure_ascii=True, separators=(",", ":"))


def _tags(values: list[dict[str, Any]]) -> tuple[Tag, ...]:
    return tuple(
        Tag(**{**value, "spans": tuple((a, b) for a, b in value["spans"])}) for value in values
    )


def decode(text: str) -> Record:
    """The record that ``encode`` wrote."""
    data = json.loads(text)
    data["agencies"] = tuple(data["agencies"])
    data["period"] = Period(**data["period"]) if data["period"] else None
    data["missions"] = _tags(data["missions"])
    data["countries"] = _tags(data["countries"])
    data["facets"] = {name: _tags(tags) for name, tags in data["facets"].items()}
    data["given"] = frozenset(data["given"])
    data["sections"] = tuple(Section(*section) for section in data["sections"])
    data["source"] = Source(**data["source"])
    return Record(**data)


def content_digest(record: Record) -> bytes:
    """16 bytes that tell two contents apart, wherever they were read."""
    out = record.to_dict()
    del out["source"]
    out["given"] = sorted(record.given)
    out["title_given"] = record.title_given
    canonical = json.dumps(out, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return blake2b(canonical.encode(), digest_size=16).digest()


def digest(record: Record, fingerprint: str) -> bytes:
    """24 bytes: the content's digest, then 8 over its place and the index's ``fingerprint``.

    Taken before tagging, whose result the content and the vocabulary decide.
    """
    place = f"{record.source.file}\n{record.source.line}\n{record.source.path}\n{fingerprint}"
    return (
        content_digest(record) + blake2b(place.encode("utf-8", "replace"), digest_size=8).digest()
    )


def searched(record: Record, analyzer: Analyzer) -> dict[str, FieldTokens]:
    """The tokens of each searched field of a record that has one."""
    out: dict[str, FieldTokens] = {}
    if record.title_given and record.title:
        out["title"] = field_tokens(analyzer.index_tokens(record.title), analyzer.term)
    headings = []
    position = offset = 0
    for section in record.sections:
        # Positions jump between headings, so that no phrase runs from one into the next.
        for token in analyzer.index_tokens(section.heading, position):
            headings.append(token.moved(offset))
            position = max(position, token.position + token.width)
        position += _HEADING_GAP
        offset += len(section.heading) + 1
    if headings:
        out["headings"] = field_tokens(headings, analyzer.term)
    if record.text:
        out["text"] = field_tokens(analyzer.index_tokens(record.text), analyzer.term)
    return out


def acronyms(record: Record, analyzer: Analyzer) -> list[str]:
    """The words of the field ``acronyms``: what the record's text abbreviates."""
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


def columns(record: Record, digest: bytes, fields: Mapping[str, FieldTokens]) -> dict[str, bytes]:
    """The column values of a record, whose searched fields are ``fields``."""
    lengths = array(
        "I", [fields[f][1] if f in fields else 0 for f in ("title", "headings", "text")]
    )
    further = {
        name: list(split_values(join_values(tag.value for tag in tags)))
        for name, tags in sorted(record.facets.items())
        if tags
    }
    period = record.period
    return {
        "id": record.id.encode("utf-8", "replace"),
        "digest": digest,
        "lengths": lengths.tobytes(),
        "kind": record.kind.encode("utf-8", "replace"),
        "path": (record.source.path or "").encode("utf-8", "replace"),
        "period": period_value(period) if period else b"",
        "agency": join_values(record.agencies),
        "mission": join_values(tag.value for tag in record.missions),
        "country": join_tags(record.countries),
        "further": json.dumps(further).encode() if further else b"",
    }
