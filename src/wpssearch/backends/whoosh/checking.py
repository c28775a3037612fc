"""Proof that an index is sound: everything in it is compared with what its records make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from io import BytesIO

import numpy as np

from wpssearch import facets
from wpssearch.analysis import Analyzer
from wpssearch.backends.arrays import Array
from wpssearch.backends.scoring import FIELDS
from wpssearch.backends.whoosh.container import Container, write_container
from wpssearch.backends.whoosh.merging import terms_of
from wpssearch.backends.whoosh.segment import Segment, SegmentBuilder, in_all_fields
from wpssearch.backends.whoosh.store import Store
from wpssearch.backends.whoosh.strings import Strings
from wpssearch.errors import IndexDamaged

__all__ = ["problems"]

_ENOUGH = 20
_BATCH = 5000


def problems(store: Store, analyzer: Analyzer) -> list[str]:
    """What is wrong, a sentence each, the first twenty.

    Every file must have the checksums it was written with; every posting of every live record must
    be what analysing the stored text anew gives, every column value what the stored record says,
    every id there once.
    """
    found: list[str] = []
    try:
        for problem in _all(store, analyzer):
            found.append(problem)
            if len(found) >= _ENOUGH:
                break
    except IndexDamaged as error:
        found.append(str(error))
    return found


def _all(store: Store, analyzer: Analyzer) -> Iterator[str]:
    damaged = list(store.problems())
    yield from damaged
    if damaged:
        return
    snapshot = store.snapshot()
    seen: set[bytes] = set()
    for segment in snapshot.segments:
        numbers = segment.live_numbers.tolist()
        for number in numbers:
            id_ = segment.ids[number]
            if id_ in seen:
                yield f"The id {id_.decode()!r} is there twice."
            seen.add(id_)
            if segment.find(id_) < 0:
                yield f"The record {id_.decode()!r} is not found by its id."
        for begin in range(0, len(numbers), _BATCH):
            yield from _of_batch(segment, numbers[begin : begin + _BATCH], analyzer)


def _of_batch(segment: Segment, numbers: list[int], analyzer: Analyzer) -> Iterator[str]:
    """Records are indexed anew, and what that gives is compared posting by posting."""
    builder = SegmentBuilder(analyzer)
    for number in numbers:
        record = segment.record(number)
        if record.id.encode("utf-8", "replace") != segment.ids[number]:
            yield f"The record {record.id!r} has another id than its column says."
        for name, values in facets.facet_values(record).items():
            column = segment.facet(name)
            if sorted(column.of(number) if column else ()) != sorted(values):
                yield f"The record {record.id!r} has another {name} than its column says."
        builder.add(record, segment.digest(number))
    stream = BytesIO()
    write_container(stream, builder.columns())
    fresh = Segment(Container(stream.getvalue(), "a copy"), None)
    there, expected = _hashes(segment, numbers), _hashes(fresh, list(range(len(numbers))))
    for place in np.flatnonzero(there != expected).tolist():
        id_ = segment.ids[numbers[place]].decode()
        yield f"The record {id_!r} is not indexed as its text is analysed today."


def _hashes(segment: Segment, numbers: list[int]) -> Array:
    """By record a sum of hashes of all that is indexed of it."""
    box = segment.container
    row = np.full(segment.count, -1, np.int64)
    row[numbers] = np.arange(len(numbers))
    ends = np.asarray(box.array("stems.postings"), np.int64)
    rows = row[box.array("postings.record")]
    stems = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
    by_field = segment.frequencies(0, len(rows))
    totals = in_all_fields(by_field)
    value = _texts(Strings(box, "stems").all())[stems]
    out = np.zeros(len(numbers), np.uint64)
    for name, frequencies in zip(FIELDS, by_field, strict=True):
        # A batch in which no record has the field has no column for it.
        present = np.zeros(len(rows), np.uint8) if frequencies is None else frequencies
        value = _mixed(value, present.astype(np.uint64))
        out = _mixed(out, segment.lengths(name)[numbers].astype(np.uint64))
    kept = rows >= 0
    np.add.at(out, rows[kept], value[kept])
    first = np.asarray(box.array("stems.terms")[:-1], np.int64)
    lived = np.repeat(kept, totals)
    term = np.repeat(first[stems], totals)[lived] + box.array("occurrences.term")[lived]
    value = _texts(b"\t".join((s, f, bytes(rest))) for s, f, *rest in terms_of(segment))[term]
    for name in ("position", "start", "length"):
        value = _mixed(value, box.array(f"occurrences.{name}")[lived].astype(np.uint64))
    np.add.at(out, np.repeat(rows, totals)[lived], value)
    return out


def _texts(texts: Iterable[bytes]) -> Array:
    digests = (blake2b(text, digest_size=8).digest() for text in texts)
    return np.fromiter((int.from_bytes(digest, "little") for digest in digests), np.uint64)


def _mixed(one: Array, other: Array) -> Array:
    mixed = (one ^ (other * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
    return mixed ^ (mixed >> np.uint64(31))
