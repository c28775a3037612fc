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
from wpssearch.backends.whoosh.building import SegmentBuilder
from wpssearch.backends.whoosh.container import Container, write_container
from wpssearch.backends.whoosh.contents import occurring, terms_of
from wpssearch.backends.whoosh.inverting import APART
from wpssearch.backends.whoosh.segment import Segment, by_occurrence
from wpssearch.backends.whoosh.store import Store
from wpssearch.errors import IndexDamaged

__all__ = ["problems"]

_ENOUGH = 20
_BATCH = 5000
# A position is below 2^40.
_FIELD = 40


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
        hashes = _hashes(segment)
        for begin in range(0, len(numbers), _BATCH):
            yield from _of_batch(segment, hashes, numbers[begin : begin + _BATCH], analyzer)


def _of_batch(
    segment: Segment, hashes: Array, numbers: list[int], analyzer: Analyzer
) -> Iterator[str]:
    """Records are indexed anew, and what that gives is compared place by place."""
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
    for place in np.flatnonzero(hashes[numbers] != _hashes(fresh)).tolist():
        id_ = segment.ids[numbers[place]].decode()
        yield f"The record {id_!r} is not indexed as its text is analysed today."


def _hashes(segment: Segment) -> Array:
    """By record a sum of hashes of all that is indexed of it.

    Which forms are kept apart from their stem depends on the records beside it, and is no part.
    """
    out = np.zeros(segment.count, np.uint64)
    for name in FIELDS:
        out = _mixed(out, segment.lengths(name).astype(np.uint64))
    texts = _texts(
        b"\t".join((stem.partition(APART)[0], form, bytes(rest)))
        for stem, form, *rest in terms_of(segment)
    )
    for where, records, terms, frequencies in occurring(segment):
        value = _mixed(texts[terms], by_occurrence(frequencies).astype(np.uint64))
        position = segment.packed("occurrences.position").slice(where.start, where.stop)
        np.add.at(out, records, _mixed(value, position.astype(np.uint64)))
    for name in FIELDS:
        for records, place, starts, ends in _words(segment, name):
            value = _mixed(_mixed(place, starts), ends)
            np.add.at(out, records, value)
    return out


def _words(segment: Segment, field: str) -> Iterator[tuple[Array, Array, Array, Array]]:
    """By position of a field its record, its place and its bounds, some records at a time."""
    for first in range(0, segment.count, _BATCH):
        records = np.arange(first, min(first + _BATCH, segment.count))
        offsets = segment.offsets(field, records)
        counts = np.diff(np.append(offsets.begins, len(offsets.starts)))
        place = np.arange(len(offsets.starts)) - np.repeat(offsets.begins, counts)
        place += FIELDS.index(field) << _FIELD
        place, starts, ends = (
            column.astype(np.uint64) for column in (place, offsets.starts, offsets.ends)
        )
        yield np.repeat(records, counts), place, starts, ends


def _texts(texts: Iterable[bytes]) -> Array:
    digests = (blake2b(text, digest_size=8).digest() for text in texts)
    return np.fromiter((int.from_bytes(digest, "little") for digest in digests), np.uint64)


def _mixed(one: Array, other: Array) -> Array:
    mixed = (one ^ (other * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
    return mixed ^ (mixed >> np.uint64(31))
