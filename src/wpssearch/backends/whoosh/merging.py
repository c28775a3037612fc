"""Several segments as one, without their dead records: columns are merged, nothing is analysed.

The dictionary is merged whole; postings and occurrences a slice of it at a time, so that memory
is bounded whatever the segments' size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from wpssearch.backends.arrays import Array, ranges, slices
from wpssearch.backends.scoring import FIELDS
from wpssearch.backends.whoosh.container import Spool, narrow
from wpssearch.backends.whoosh.facetcolumns import FacetColumn, FacetWriter, Values
from wpssearch.backends.whoosh.impacts import impact_columns
from wpssearch.backends.whoosh.inverting import dictionary_columns, grouped
from wpssearch.backends.whoosh.segment import (
    Blocks,
    Segment,
    acronym_columns,
    id_columns,
    in_all_fields,
)
from wpssearch.backends.whoosh.strings import Strings, columns_of

__all__ = ["merged_columns", "occurring", "terms_of"]

_SLICE = 2_000_000
_DEAD = np.int64(-1)


def merged_columns(segments: Sequence[Segment]) -> Iterator[tuple[str, Array | bytes]]:
    """The columns of one segment that holds the live records of several, in their order."""
    numbers = _numbers(segments)
    ids = [
        id_
        for segment in segments
        for number, id_ in enumerate(segment.ids.all())
        if segment.live is None or segment.live[number]
    ]
    yield from columns_of("ids", ids)
    yield from id_columns(ids)
    yield "digests", b"".join(_digests(segment) for segment in segments)
    for name in ("stored", "texts"):
        blocks = Blocks()
        for segment in segments:
            for number in segment.live_numbers.tolist():
                blocks.add(segment.stored(name, number))
        yield from blocks.columns(name)
    for name in dict.fromkeys(name for segment in segments for name in segment.facet_names()):
        yield from _facet(segments, name).columns(f"facet:{name}")
    yield from acronym_columns(_acronyms(segments, numbers))
    lengths = {
        field: narrow(
            np.concatenate([s.lengths(field)[s.live_numbers] for s in segments]).astype(np.int64)
        )
        for field in FIELDS
    }
    yield from ((f"lengths.{field}", values) for field, values in lengths.items())
    postings: dict[str, Array] = {}
    for name, column in _Dictionary(segments).columns(numbers):
        if name.startswith("postings.") and not isinstance(column, bytes):
            postings[name.removeprefix("postings.")] = column
        yield name, column
    records = postings.pop("record")
    yield from impact_columns(records, postings, lengths)


def _numbers(segments: Sequence[Segment]) -> list[Array]:
    """By segment and record the new number, -1 for a dead one."""
    out: list[Array] = []
    base = 0
    for segment in segments:
        numbers = np.full(segment.count, _DEAD)
        live = segment.live_numbers
        numbers[live] = np.arange(base, base + len(live))
        base += len(live)
        out.append(numbers)
    return out


def _digests(segment: Segment) -> bytes:
    whole = np.frombuffer(segment.container.raw("digests"), np.uint8)
    return whole.reshape(segment.count, -1)[segment.live_numbers].tobytes()


def _facet(segments: Sequence[Segment], name: str) -> FacetWriter:
    writer = FacetWriter()
    for segment in segments:
        column = segment.facet(name)
        live = segment.live_numbers
        if column is None:
            writer.add_many((), np.zeros(len(live), np.int64))
        else:
            writer.add_many(_combinations(column), column.records[live])
    return writer


def _combinations(column: FacetColumn) -> list[Values]:
    names = [value.decode() for value in column.values.all()]
    pairs = [
        (names[value], column.marks[mark])
        for value, mark in zip(column.value.tolist(), column.mark.tolist(), strict=True)
    ]
    ends = column.ends.tolist()
    return [tuple(pairs[a:b]) for a, b in pairwise(ends)]


def _acronyms(segments: Sequence[Segment], numbers: Sequence[Array]) -> dict[bytes, list[int]]:
    out: dict[bytes, list[int]] = {}
    for segment, new in zip(segments, numbers, strict=True):
        ends = segment.container.ints("acronyms.until")
        records = segment.container.array("acronyms.records")
        for at, word in enumerate(Strings(segment.container, "acronyms").all()):
            kept = new[records[ends[at] : ends[at + 1]]]
            kept = kept[kept >= 0]
            if len(kept):
                out.setdefault(word, []).extend(kept.tolist())
    return out


class _Dictionary:
    """The merged term dictionary, and where each segment's terms went."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments = segments
        keys: list[list[tuple[bytes, bytes, int, int]]] = []
        used: list[Array] = []
        for segment in segments:
            keys.append(terms_of(segment))
            used.append(_used(segment))
        merged = sorted(
            {key for mine, flags in zip(keys, used, strict=True)
             for key, flag in zip(mine, flags.tolist(), strict=True) if flag}
        )  # fmt: skip
        self._stems, self._ends, rank, local = grouped([key[0] for key in merged])
        self._merged = merged
        place = {key: number for number, key in enumerate(merged)}
        # A term that no live record has is at place -1, the last.
        rank, local = np.append(rank, -1), np.append(local, 0)
        # By segment and term: the stem's new rank and the term's new number among the stem's.
        self._rank: list[Array] = []
        self._local: list[Array] = []
        for mine in keys:
            placed = np.fromiter((place.get(key, -1) for key in mine), np.int64, len(mine))
            self._rank.append(rank[placed])
            self._local.append(local[placed])

    def columns(self, numbers: Sequence[Array]) -> Iterator[tuple[str, Array | bytes]]:
        """The dictionary, then postings and occurrences."""
        yield from dictionary_columns(self._stems, self._ends, self._merged)
        count = len(self._stems)
        posting_counts = np.zeros(count, np.int64)
        occurrence_counts = np.zeros(count, np.int64)
        fields = [f"postings.{field}" for field in FIELDS if self._has(field)]
        places = [f"occurrences.{name}" for name in ("position", "start", "length", "term")]
        names = ["postings.record", *fields, *places]
        kinds = {name: self._kind(name, numbers) for name in names}
        columns = {name: Spool() for name in names}
        for pieces, stems, totals in self._slices(numbers):
            posting_counts += np.bincount(stems, minlength=count)
            occurrence_counts += np.bincount(stems, weights=totals, minlength=count).astype(
                np.int64
            )
            for name in names:
                columns[name].append(pieces[name].astype(kinds[name], copy=False))
        for name in names:
            yield name, columns[name].whole(kinds[name])
        yield "stems.postings", narrow(np.append(0, np.cumsum(posting_counts)))
        yield "stems.occurrences", narrow(np.append(0, np.cumsum(occurrence_counts)))

    def _has(self, field: str) -> bool:
        return any(f"postings.{field}" in segment.container for segment in self._segments)

    def _kind(self, name: str, numbers: Sequence[Array]) -> np.dtype[np.generic]:
        if name == "postings.record":
            most = max((int(new.max()) for new in numbers if len(new)), default=0)
            return np.dtype(np.min_scalar_type(max(most, 0)))
        if name == "occurrences.term":
            most = max((int(local.max()) for local in self._local if len(local)), default=0)
            return np.dtype(np.min_scalar_type(most))
        there = [s.container.array(name).dtype for s in self._segments if name in s.container]
        return max(there, key=lambda kind: kind.itemsize)

    def _slices(self, numbers: Sequence[Array]) -> Iterator[tuple[dict[str, Array], Array, Array]]:
        """Slices of the dictionary: pieces of columns, by posting its stem and occurrences."""
        # By segment: the new rank of each of its stems; a stem that is gone goes to a neighbour.
        ranks = []
        weight = np.zeros(len(self._stems) + 1, np.int64)
        for segment, rank in zip(self._segments, self._rank, strict=True):
            first = np.asarray(segment.container.array("stems.terms")[:-1], np.int64)
            stem_rank = np.maximum.reduceat(rank, first) if len(first) else rank[:0]
            # Ranks ascend; those of vanished stems are filled so that they do.
            filled = np.maximum.accumulate(stem_rank) if len(stem_rank) else stem_rank
            ranks.append((stem_rank, np.maximum(filled, 0)))
            occurrences = np.asarray(segment.container.array("stems.occurrences"), np.int64)
            np.add.at(weight, np.maximum(filled, 0), np.diff(occurrences))
        ends = np.append(0, np.cumsum(weight))[: len(self._stems) + 1]
        for begin, stop in slices(ends, _SLICE):
            yield self._slice(numbers, ranks, begin, stop)

    def _slice(
        self,
        numbers: Sequence[Array],
        ranks: Sequence[tuple[Array, Array]],
        begin: int,
        stop: int,
    ) -> tuple[dict[str, Array], Array, Array]:
        postings: dict[str, list[Array]] = {}
        stems_of: list[Array] = []
        totals_of: list[Array] = []
        for index, segment in enumerate(self._segments):
            stem_rank, filled = ranks[index]
            first, last = (int(np.searchsorted(filled, bound)) for bound in (begin, stop))
            box = segment.container
            starts = np.asarray(box.array("stems.postings")[first : last + 1], np.int64)
            if last <= first or starts[0] == starts[-1]:
                continue
            a, b = int(starts[0]), int(starts[-1])
            stem_local = np.repeat(np.arange(first, last), np.diff(starts))
            record = numbers[index][box.array("postings.record")[a:b]]
            frequencies = segment.frequencies(a, b)
            totals = in_all_fields(frequencies)
            alive = record >= 0
            lived = np.repeat(alive, totals)
            begun = int(box.array("stems.occurrences")[first])
            end = begun + len(lived)
            term = np.asarray(box.array("occurrences.term")[begun:end], np.int64)
            base = np.asarray(box.array("stems.terms")[:-1], np.int64)
            term = self._local[index][base[np.repeat(stem_local, totals)] + term]
            pieces = {
                "postings.record": record[alive],
                **{
                    f"postings.{field}": np.zeros(len(alive), np.uint8)[alive]
                    if values is None
                    else values[alive]
                    for field, values in zip(FIELDS, frequencies, strict=True)
                },
                "occurrences.term": term[lived],
                **{
                    f"occurrences.{name}": box.array(f"occurrences.{name}")[begun:end][lived]
                    for name in ("position", "start", "length")
                },
            }
            for name, piece in pieces.items():
                postings.setdefault(name, []).append(piece)
            stems_of.append(stem_rank[stem_local[alive]])
            totals_of.append(totals[alive])
        if not stems_of:
            empty = np.zeros(0, np.int64)
            return _Empty(), empty, empty
        stems, totals = np.concatenate(stems_of), np.concatenate(totals_of)
        order = np.argsort(stems, kind="stable")
        sorted_totals = totals[order]
        occurrence_order = ranges((np.cumsum(totals) - totals)[order], sorted_totals)
        out = {
            name: np.concatenate(pieces)[order if name.startswith("postings") else occurrence_order]
            for name, pieces in postings.items()
        }
        return out, stems[order], sorted_totals


class _Empty(dict[str, Array]):
    def __missing__(self, name: str) -> Array:
        return np.zeros(0, np.int64)


def terms_of(segment: Segment) -> list[tuple[bytes, bytes, int, int]]:
    """All terms of a segment in their order: stem, form, case, width."""
    box = segment.container
    stems, forms = Strings(box, "stems").all(), Strings(box, "forms").all()
    counts = np.diff(box.array("stems.terms").astype(np.int64)).tolist()
    owners = [stem for stem, count in zip(stems, counts, strict=True) for _ in range(count)]
    columns = (box.array(f"terms.{name}").tolist() for name in ("form", "case", "width"))
    return [
        (stem, forms[form], case, width)
        for stem, form, case, width in zip(owners, *columns, strict=True)
    ]


def occurring(segment: Segment) -> Iterator[tuple[slice, Array, Array, tuple[Array | None, ...]]]:
    """All occurrences, a slice of them at a time: by occurrence its record and its term's number;
    by posting the frequencies.
    """
    box = segment.container
    postings = np.asarray(box.array("stems.postings"), np.int64)
    occurrences = np.asarray(box.array("stems.occurrences"), np.int64)
    terms = np.asarray(box.array("stems.terms"), np.int64)
    for begin, stop in slices(occurrences, _SLICE):
        first, last = int(postings[begin]), int(postings[stop])
        where = slice(int(occurrences[begin]), int(occurrences[stop]))
        frequencies = segment.frequencies(first, last)
        counts = in_all_fields(frequencies)
        owner = np.repeat(terms[begin:stop], np.diff(postings[begin : stop + 1]))
        yield (
            where,
            np.repeat(box.array("postings.record")[first:last], counts),
            np.repeat(owner, counts) + box.array("occurrences.term")[where],
            frequencies,
        )


def _used(segment: Segment) -> Array:
    """By term, whether a live record has it."""
    count = len(segment.container.array("terms.form"))
    if segment.live is None:
        return np.ones(count, bool)
    used = np.zeros(count, bool)
    for _, records, terms, _ in occurring(segment):
        used[terms[segment.live[records]]] = True
    return used
