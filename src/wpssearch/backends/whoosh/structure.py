"""Whether the columns of a segment fit one another: what ``check`` proves before it reads records.

A checksum tells that a column is what was written, not that it makes sense: who made the file may
have been no index. Where nothing is found here, whatever is read from the segment lies in range.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from zlib import crc32

import numpy as np

from wpssearch.backends.arrays import Array
from wpssearch.backends.scoring import FIELDS
from wpssearch.backends.whoosh.building import id_columns
from wpssearch.backends.whoosh.container import Container
from wpssearch.backends.whoosh.contents import occurring
from wpssearch.backends.whoosh.layout import ABBREVIATION, CASES, LONG_FORM, POSTING_BLOCK
from wpssearch.backends.whoosh.packing import places_apart
from wpssearch.backends.whoosh.segment import DIGEST, Segment, by_occurrence, in_all_fields
from wpssearch.backends.whoosh.strings import Strings

__all__ = ["faults"]

_SLICE = 1 << 22
_ANY = 1 << 32
_PERIOD = re.compile(rb"(?:\d{4}-(?:0[1-9]|1[0-2])\x1f){2}")


class _Fault(Exception):
    """A column that does not fit, and why."""

    def __init__(self, column: str, why: str) -> None:
        super().__init__(f"is damaged in {column}: {why}")


def faults(segment: Segment) -> Iterator[str]:
    """What of a segment's columns does not fit; a part of a sentence for each group of columns.

    ``IndexDamaged`` where a column is not there.
    """
    for prove in (_ids, _texts, _facets, _acronyms):
        try:
            prove(segment)
        except _Fault as fault:
            yield str(fault)
    try:
        # Each of these reads by what those before it have proved.
        _dictionary(segment.container)
        _postings(segment)
        _occurrences(segment)
    except _Fault as fault:
        yield str(fault)


def _require(fits: bool | np.bool_, column: str, why: str) -> None:
    if not fits:
        raise _Fault(column, why)


def _numbers(box: Container, name: str, count: int, below: int) -> Array:
    """A column of so many numbers, all of them below a bound."""
    values = box.array(name)
    _require(len(values) == count, name, f"it has {len(values)} numbers for {count}")
    _require(values.dtype.itemsize < 8, name, "its numbers are too wide")
    in_range = not count or (int(values.max()) < below and int(values.min()) >= 0)
    _require(in_range, name, "a number is out of range")
    return values


def _ends(box: Container, name: str, total: int) -> Array:
    """Where each of several lists begins in a column of so many entries, and the last one ends."""
    ends = box.array(name)
    fits = len(ends) and int(ends[0]) == 0 and int(ends[-1]) == total
    _require(bool(fits) and not (ends[1:] < ends[:-1]).any(), name, "its offsets do not ascend")
    return ends.astype(np.int64)


def _strings(box: Container, name: str, *, ordered: bool = True) -> list[bytes]:
    _ends(box, f"{name}.ends", len(box.raw(f"{name}.bytes")))
    values = Strings(box, name).all()
    for value in values:
        try:
            value.decode()
        except UnicodeDecodeError:
            raise _Fault(name, "it holds what is no text") from None
    if ordered:
        _ascending(values, name)
    return values


def _ascending(values: list[bytes], name: str) -> None:
    _require(all(map(bytes.__lt__, values, values[1:])), name, "it is not sorted")


def _ids(segment: Segment) -> None:
    box, ids = segment.container, _strings(segment.container, "ids", ordered=False)
    hashes = np.fromiter(map(crc32, ids), np.uint32, len(ids))
    ranks = np.empty(len(ids), np.int64)
    ranks[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids))
    for name, expected in id_columns(hashes, ranks):
        assert not isinstance(expected, bytes)
        _require(np.array_equal(box.array(name), expected), name, "it does not fit the ids")
    _require(len(box.raw("digests")) == DIGEST * len(ids), "digests", "it is of another length")


def _texts(segment: Segment) -> None:
    box = segment.container
    for name in ("stored", "texts"):
        _ends(box, f"{name}.ends", len(box.raw(f"{name}.bytes")))
        blocks = len(Strings(box, name))
        block = _numbers(box, f"{name}.block", segment.count, blocks).astype(np.int64)
        begin = _numbers(box, f"{name}.begin", segment.count, _ANY)
        if not segment.count:
            continue
        steps = np.diff(block, prepend=-1)
        _require(((steps == 0) | (steps == 1)).all(), f"{name}.block", "its blocks do not ascend")
        _require(int(block[-1]) == blocks - 1, f"{name}.block", "a block has no record")
        fits = (begin[steps == 1] == 0).all() and not (
            (begin[1:] < begin[:-1]) & (steps[1:] == 0)
        ).any()
        _require(fits, f"{name}.begin", "its offsets do not ascend")


def _facets(segment: Segment) -> None:
    box = segment.container
    for facet in segment.facet_names:
        name = f"facet:{facet}"
        values, marks = _strings(box, f"{name}.values"), _strings(box, f"{name}.marks")
        if facet == "period":
            whole = all(map(_PERIOD.match, values))
            _require(whole, f"{name}.values", "a period is not of two months and a label")
        entries = len(box.array(f"{name}.value"))
        counts = np.diff(_ends(box, f"{name}.ends", entries))
        fits = len(counts) and counts[0] == 0 and (counts[1:] > 0).all()
        _require(bool(fits), f"{name}.ends", "another combination than the first is empty")
        for part, named in (("value", values), ("mark", marks)):
            used = np.unique(_numbers(box, f"{name}.{part}", entries, len(named)))
            _require(len(used) == len(named), f"{name}.{part}s", "it holds what no record has")
        _numbers(box, f"{name}.records", segment.count, len(counts))


def _acronyms(segment: Segment) -> None:
    box, words = segment.container, _strings(segment.container, "acronyms")
    for word in words:
        fits = word.startswith((ABBREVIATION.encode(), LONG_FORM.encode()))
        _require(fits and word.count(b"\t") == 2, "acronyms", "it holds what is no definition")
    records = box.array("acronyms.records")
    ends = _ends(box, "acronyms.until", len(records))
    _require(len(ends) == len(words) + 1, "acronyms.until", "it is of another length")
    _numbers(box, "acronyms.records", len(records), segment.count)


def _dictionary(box: Container) -> None:
    stems, forms = _strings(box, "stems"), _strings(box, "forms")
    count = len(box.array("terms.form"))
    ends = _ends(box, "stems.terms", count)
    _require(len(ends) == len(stems) + 1, "stems.terms", "it is of another length")
    _require((np.diff(ends) > 0).all(), "stems.terms", "a stem has no term")
    rank = np.repeat(np.arange(len(stems)), np.diff(ends))
    form = _numbers(box, "terms.form", count, len(forms))
    case = _numbers(box, "terms.case", count, len(CASES))
    width = _numbers(box, "terms.width", count, 1 << 8)
    order = np.lexsort((width, case, form, rank))
    _require(np.array_equal(order, np.arange(count)), "terms.form", "it is not sorted")
    expected = np.full(len(forms), -1)
    expected[form] = rank
    fits = np.array_equal(_numbers(box, "forms.stem", len(forms), len(stems)), expected)
    _require(fits, "forms.stem", "it does not fit the terms")


def _packed(box: Container, name: str, count: int) -> None:
    """A packed column of so many numbers: what stands apart is what the others leave out."""
    found = places_apart(box, name, count)
    if found is None:
        raise _Fault(name, f"it has not {count} numbers")
    there = f"{name}.at" in box
    at = box.array(f"{name}.at") if there else np.zeros(0, np.int64)
    _require(np.array_equal(at, found), f"{name}.at", "it has other places than the numbers")
    if there:
        patches = box.array(f"{name}.patch")
        fits = len(patches) == len(at) and bool(((patches > -_ANY) & (patches < _ANY)).all())
        _require(fits, f"{name}.patch", "a number is out of range")


def _postings(segment: Segment) -> None:
    box = segment.container
    stems = len(Strings(box, "stems"))
    record = box.array("postings.record")
    count = len(_numbers(box, "postings.record", len(record), segment.count))
    postings = _ends(box, "stems.postings", count)
    ends = box.array("stems.occurrences")
    occurrences = _ends(box, "stems.occurrences", int(ends[-1]) if len(ends) else 0)
    for name, bounds in (("postings", postings), ("occurrences", occurrences)):
        _require(len(bounds) == stems + 1, f"stems.{name}", "it is of another length")
    falls = np.flatnonzero(record[1:] <= record[:-1]) + 1
    _require(np.isin(falls, postings).all(), "postings.record", "its records do not ascend")
    for field in FIELDS:
        _numbers(box, f"lengths.{field}", segment.count, _ANY)
    _frequencies(segment)
    sums = np.zeros(count + 1, np.int64)
    for first in range(0, count, _SLICE):
        stop = min(first + _SLICE, count)
        sums[first + 1 : stop + 1] = in_all_fields(segment.frequencies(first, stop))
    _require((sums[1:] > 0).all(), "postings", "one has no occurrence")
    np.cumsum(sums, out=sums)
    _require(np.array_equal(sums[postings], occurrences), "postings", "occurrences are not theirs")
    before = box.array("postings.before")
    fits = np.array_equal(before, sums[:-1][::POSTING_BLOCK])
    _require(fits, "postings.before", "it does not fit the postings")
    for name in ("term", "position"):
        _packed(box, f"occurrences.{name}", int(occurrences[-1]))


def _frequencies(segment: Segment) -> None:
    """How often each field has a posting's stem: by posting, or by its pair with a length."""
    box = segment.container
    record = box.array("postings.record")
    if "postings.impact" not in box:
        for field in filter(segment.has, FIELDS):
            _numbers(box, f"postings.{field}", len(record), _ANY)
        return
    for name, frequencies, lengths in segment.impacts():
        column = f"impacts.{name}"
        _numbers(box, f"{column}.frequency", len(frequencies), _ANY)
        _numbers(box, f"{column}.length", len(frequencies), _ANY)
        impact = _numbers(box, "postings.impact", len(record), len(frequencies))
        for first in range(0, len(record), _SLICE):
            part = slice(first, first + _SLICE)
            there = box.array(f"lengths.{name}")[record[part]]
            fits = np.array_equal(lengths[impact[part]], there)
            _require(fits, "postings.impact", "it does not fit the lengths")


def _offsets(segment: Segment) -> dict[int, Array]:
    """By field the number of positions of each record."""
    box = segment.container
    out: dict[int, Array] = {}
    for number, field in enumerate(FIELDS):
        name = f"offsets.{field}"
        counts = np.zeros(segment.count, np.int64)
        if f"{name}.ends" in box:
            ends = box.array(f"{name}.ends")
            bounds = _ends(box, f"{name}.ends", int(ends[-1]) if len(ends) else 0)
            _require(len(bounds) == segment.count + 1, f"{name}.ends", "it is of another length")
            for part in ("gap", "length"):
                _packed(box, f"{name}.{part}", int(bounds[-1]))
            counts = np.diff(bounds)
        out[number] = counts
    return out


def _occurrences(segment: Segment) -> None:
    box = segment.container
    ends = box.array("stems.terms").astype(np.int64)
    width = box.array("terms.width").astype(np.int64)
    positions = np.stack(list(_offsets(segment).values()))
    for where, records, terms, frequencies in occurring(segment):
        owned = segment.packed("occurrences.term").slice(where.start, where.stop)
        # The number among all terms, less the number among the stem's: where the stem begins.
        begins = terms - owned
        most = ends[np.searchsorted(ends, begins, side="right")] - begins
        fits = (owned >= 0) & (owned < most)
        _require(fits.all(), "occurrences.term", "a number is out of range")
        field = by_occurrence(frequencies)
        position = segment.packed("occurrences.position").slice(where.start, where.stop)
        within = (position >= 0) & (position + width[terms] <= positions[field, records])
        _require(within.all(), "occurrences.position", "a position is none of its field")
        same = (records[1:] == records[:-1]) & (field[1:] == field[:-1])
        same &= begins[1:] == begins[:-1]
        falls = (position[1:] < position[:-1]) & same
        _require(not falls.any(), "occurrences.position", "its positions do not ascend")
