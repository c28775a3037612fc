"""Proof that an index is sound: everything in it is compared with what its records make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from io import BytesIO

import numpy as np

from wpssearch import facets
from wpssearch.analysis import Analyzer
from wpssearch.backends.arrays import Array
from wpssearch.backends.scoring import FIELDS
from wpssearch.backends.whoosh import records
from wpssearch.backends.whoosh.building import SegmentBuilder
from wpssearch.backends.whoosh.container import Container, write_container
from wpssearch.backends.whoosh.contents import occurring, terms_of
from wpssearch.backends.whoosh.files import Files, missing
from wpssearch.backends.whoosh.layout import APART
from wpssearch.backends.whoosh.segment import (
    MAKING,
    Segment,
    by_occurrence,
    lengths_of,
)
from wpssearch.backends.whoosh.strings import Strings
from wpssearch.backends.whoosh.structure import faults
from wpssearch.backends.whoosh.toc import Entry
from wpssearch.errors import IndexDamaged

__all__ = ["Checked", "checked", "ill_made", "problems"]

_ENOUGH = 20
_BATCH = 5000
# A position is below 2^40.
_FIELD = 40


def problems(files: Files, analyzer: Analyzer) -> list[str]:
    """What is wrong with the newest generation, a sentence each, the first twenty.

    Every file must have the checksums it was written with, and its columns must fit one another;
    every posting of every live record must be what analysing the stored text anew gives, every
    column value what the stored record says, every id there once.
    """
    found: list[str] = []
    try:
        for problem in _all(files, analyzer):
            found.append(problem)
            if len(found) >= _ENOUGH:
                break
    except FileNotFoundError as error:
        found.append(str(missing(error)))
    except IndexDamaged as error:
        found.append(str(error))
    return found


def _all(files: Files, analyzer: Analyzer) -> Iterator[str]:
    seen: set[bytes] = set()
    for entry in files.newest().segments:
        found = checked(files, entry)
        yield from found.problems
        if found.segment is None:
            continue
        for number in found.segment.live_numbers.tolist():
            id_ = found.segment.ids[number]
            if id_ in seen:
                yield f"The id {id_.decode()!r} is there twice; once in {entry.file}."
            seen.add(id_)
        yield from ill_made(found.segment, analyzer)


@dataclass(frozen=True, slots=True)
class Checked:
    """A segment whose columns fit one another, ``None`` where there is none; what is wrong with
    its files.
    """

    segment: Segment | None
    problems: list[str]


def checked(files: Files, entry: Entry) -> Checked:
    """A segment of a generation, judged by its checksums and by whether its columns fit."""
    found: list[str] = []
    try:
        for name in entry.files:
            box = files.container(name, trusted=True)
            found += [str(box.damaged(f"is damaged in {column}")) for column in box.changed()]
        segment = files.segment(entry, trusted=True)
        unfit = list(faults(segment))
        if not unfit and tuple(lengths_of(segment)) != entry.lengths:
            unfit = ["has other lengths than the table of contents says"]
    except FileNotFoundError as error:
        return Checked(None, [*found, str(missing(error))])
    except IndexDamaged as error:
        return Checked(None, list(dict.fromkeys([*found, str(error)])))
    # What was changed on disk explains what does not fit.
    found = found or [str(segment.container.damaged(fault)) for fault in unfit]
    return Checked(None if unfit else segment, found)


def ill_made(segment: Segment, analyzer: Analyzer) -> Iterator[str]:
    """The records of a segment that are not indexed as what is stored of them says."""
    numbers = segment.live_numbers
    other = _of_another_analyzer(segment, analyzer)
    stale = int(np.count_nonzero(other[numbers]))
    if stale:
        yield (
            f"The index file {segment.container.name} has {stale} records that another version of "
            "wpssearch has analysed, whose words are not all found; ingest their sources again."
        )
    numbers = numbers[~other[numbers]]
    hashes = _hashes(segment)
    for begin in range(0, len(numbers), _BATCH):
        yield from _of_batch(segment, hashes, numbers[begin : begin + _BATCH].tolist(), analyzer)


def _of_another_analyzer(segment: Segment, analyzer: Analyzer) -> Array:
    """By record, whether this analyzer is not the one that made it."""
    column = segment.facet(MAKING)
    if column is None:
        raise segment.container.damaged("does not say what made its records")
    mine = [
        number
        for number, making in enumerate(column.names())
        if making.split(" ")[0] == analyzer.fingerprint
    ]
    return ~column.with_any(np.asarray(mine, np.int64))[column.records]


def _of_batch(
    segment: Segment, hashes: Array, numbers: list[int], analyzer: Analyzer
) -> Iterator[str]:
    """Records are indexed anew, and what that gives is compared place by place."""
    builder = SegmentBuilder(analyzer)
    place = segment.container.name
    kept: list[int] = []
    for number in numbers:
        shown = f"The record {segment.ids[number].decode()!r} in {place}"
        try:
            record = segment.record(number)
            values_of = facets.facet_values(record)
            whole = records.encode(record).encode() == segment.stored("stored", number)
        except (IndexDamaged, ValueError, TypeError, AttributeError):
            whole = False
        if not whole:
            yield f"{shown} is not what was written."
            continue
        builder.add(record, segment.digest(number))
        kept.append(number)
        if record.id.encode("utf-8", "replace") != segment.ids[number]:
            yield f"{shown} has another id than its column says."
        for name in dict.fromkeys([*values_of, *segment.facet_names]):
            column = segment.facet(name)
            there = column.of(number) if column else []
            if name != MAKING and sorted(there) != sorted(values_of.get(name, ())):
                yield f"{shown} has another {name} than its column says."
    stream = BytesIO()
    write_container(stream, builder.columns())
    fresh = Segment(Container(stream.getvalue(), "a copy"), None)
    for at in np.flatnonzero(hashes[kept] != _hashes(fresh)).tolist():
        id_ = segment.ids[kept[at]].decode()
        yield f"The record {id_!r} in {place} is not indexed as its text is analysed."


def _hashes(segment: Segment) -> Array:
    """By record a sum of hashes of all that is indexed of it.

    Which forms are kept apart from their stem depends on the records beside it, and is no part.
    """
    box = segment.container
    out = np.zeros(segment.count, np.uint64)
    for name in FIELDS:
        out = _mixed(out, segment.lengths(name).astype(np.uint64))
    texts = _texts(
        b"\t".join((stem.partition(APART)[0], form, bytes(rest)))
        for stem, form, *rest in terms_of(segment)
    )
    for where, numbers, terms, frequencies in occurring(segment):
        value = _mixed(texts[terms], by_occurrence(frequencies).astype(np.uint64))
        position = segment.packed("occurrences.position").slice(where.start, where.stop)
        np.add.at(out, numbers, _mixed(value, position.astype(np.uint64)))
    for name in FIELDS:
        for numbers, place, starts, ends in _words(segment, name):
            np.add.at(out, numbers, _mixed(_mixed(place, starts), ends))
    words = _texts(Strings(box, "acronyms").all())
    counts: Array = np.diff(box.array("acronyms.until").astype(np.int64))
    np.add.at(out, box.array("acronyms.records"), np.repeat(words, counts))
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
