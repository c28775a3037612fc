"""Several segments as one, without their dead records: columns are merged, nothing is analysed.

Strings are put in order and numbered as whole arrays; postings, occurrences and offsets are taken a
slice at a time, so that memory is bounded by the dictionary and a few numbers for each record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from wpssearch.backends.arrays import Array, ranges, slices
from wpssearch.backends.scoring import FIELDS
from wpssearch.backends.whoosh.building import Blocks, acronym_columns, id_columns
from wpssearch.backends.whoosh.container import Spool, narrow
from wpssearch.backends.whoosh.contents import used
from wpssearch.backends.whoosh.facetcolumns import FacetColumn, FacetWriter, Values
from wpssearch.backends.whoosh.impacts import posting_columns
from wpssearch.backends.whoosh.inverting import Terms
from wpssearch.backends.whoosh.layout import POSTING_BLOCK
from wpssearch.backends.whoosh.packing import PackedWriter, widest
from wpssearch.backends.whoosh.segment import Segment, in_all_fields
from wpssearch.backends.whoosh.strings import Strings, Table

__all__ = ["merged_columns"]

_SLICE = 500_000
_DEAD = -1
_OF_OCCURRENCES = ("term", "position")
#: Some postings: pieces of columns, by posting the new number of its stem and its occurrences.
_Part = tuple[dict[str, Array], Array, Array]


def merged_columns(segments: Sequence[Segment]) -> Iterator[tuple[str, Array | bytes]]:
    """The columns of one segment that holds the live records of several, in their order."""
    numbers = _numbers(segments)
    yield from _ids(segments, numbers)
    yield "digests", b"".join(_digests(segment) for segment in segments)
    for name in ("stored", "texts"):
        blocks = Blocks(name)
        for segment in segments:
            _copy(segment, name, blocks)
        yield from blocks.columns()
    for name in dict.fromkeys(name for segment in segments for name in segment.facet_names):
        yield from _facet(segments, name).columns(f"facet:{name}")
    yield from acronym_columns(_acronyms(segments, numbers))
    lengths = {
        field: narrow(np.concatenate([s.lengths(field)[s.live_numbers] for s in segments]))
        for field in FIELDS
    }
    yield from ((f"lengths.{field}", values) for field, values in lengths.items())
    for field in FIELDS:
        yield from _offsets(segments, field)
    postings: dict[str, Array] = {}
    for name, column in _Dictionary(segments).columns(numbers):
        field = name.removeprefix("postings.")
        if field in ("record", *FIELDS) and not isinstance(column, bytes):
            postings[field] = column
        else:
            yield name, column
    yield from posting_columns(postings.pop("record"), postings, lengths)


def _ids(
    segments: Sequence[Segment], numbers: Sequence[Array]
) -> Iterator[tuple[str, Array | bytes]]:
    orders, hashes = [], []
    for segment in segments:
        order, hash_of = np.empty((2, segment.count), np.uint32)
        order[segment.id_ranks] = np.arange(segment.count)
        hash_of[segment.container.array("ids.number")] = segment.container.array("ids.hash")
        orders.append(order.data)
        hashes.append(hash_of)
    table = Table([segment.ids for segment in segments], orders)
    live = np.flatnonzero(np.concatenate([new >= 0 for new in numbers]))
    yield from table.columns("ids", live)
    ranks = np.empty(len(live), np.uint32)
    ranks[np.argsort(table.ranks()[live], kind="stable")] = np.arange(len(live))
    yield from id_columns(np.concatenate(hashes)[live], ranks)


def _copy(segment: Segment, name: str, blocks: Blocks) -> None:
    """Put a segment's texts into blocks: a block whose records are all live is taken as it is."""
    owners = segment.container.array(f"{name}.block")
    begins = segment.container.array(f"{name}.begin")
    packed = segment.container.array(f"{name}.bytes")
    ends = segment.container.ints(f"{name}.ends")
    firsts = np.searchsorted(owners, np.arange(len(ends))).tolist()
    for block, (first, stop) in enumerate(pairwise(firsts)):
        if segment.live is None or segment.live[first:stop].all():
            blocks.copy(packed[ends[block] : ends[block + 1]], begins[first:stop])
        else:
            for number in (first + np.flatnonzero(segment.live[first:stop])).tolist():
                blocks.add(segment.stored(name, number))


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
    names = column.names()
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


def _offsets(segments: Sequence[Segment], field: str) -> Iterator[tuple[str, Array | bytes]]:
    name = f"offsets.{field}"
    having = [segment for segment in segments if f"{name}.ends" in segment.container]
    if not having:
        return
    counts = []
    for segment in segments:
        if segment in having:
            mine = np.diff(segment.container.array(f"{name}.ends").astype(np.int64))
            counts.append(mine[segment.live_numbers])
        else:
            counts.append(np.zeros(len(segment.live_numbers), np.int64))
    yield f"{name}.ends", narrow(np.cumsum(np.concatenate([[0], *counts])))
    for kind in ("gap", "length"):
        writer = PackedWriter(widest([s.packed(f"{name}.{kind}") for s in having]))
        for segment in having:
            ends = segment.container.array(f"{name}.ends").astype(np.int64)
            column = segment.packed(f"{name}.{kind}")
            for begin, stop in slices(ends, _SLICE):
                piece = column.slice(int(ends[begin]), int(ends[stop]))
                if segment.live is not None:
                    kept = segment.live[begin:stop]
                    counts_of = ends[begin + 1 : stop + 1] - ends[begin:stop]
                    piece = piece[np.repeat(kept, counts_of)]
                writer.append(piece)
        yield from writer.columns(f"{name}.{kind}")


class _Dictionary:
    """The merged term dictionary, and where each segment's terms went."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments = segments
        self._stems = Table([Strings(segment.container, "stems") for segment in segments])
        self._forms = Table([Strings(segment.container, "forms") for segment in segments])
        sizes = [len(segment.container.array("terms.form")) for segment in segments]
        every = self._every()
        kept = np.flatnonzero(np.concatenate([used(segment) for segment in segments]))
        order = kept[np.lexsort([column[kept] for column in reversed(every)])]
        fresh = np.zeros(len(order), bool)
        fresh[:1] = True
        for column in every:
            fresh[1:] |= column[order[1:]] != column[order[:-1]]
        stem, form, case, width = (column[order[fresh]] for column in every)
        self._stem_ranks, stem = np.unique(stem, return_inverse=True)
        self._form_ranks, form = np.unique(form, return_inverse=True)
        self._terms = Terms(stem, form, case, width)
        local = self._terms.local
        # By segment and term the stem's new number and the term's own among the stem's, -1 for a
        # term that no live record has.
        place = np.full(sum(sizes), _DEAD, np.int32)
        place[order] = np.cumsum(fresh) - 1
        bounds = np.cumsum(sizes)[:-1]
        self._rank = np.split(np.append(stem, _DEAD).astype(np.int32)[place], bounds)
        self._local = np.split(np.append(local, 0).astype(np.int32)[place], bounds)

    def _every(self) -> tuple[Array, ...]:
        """Of all terms of all segments the ranks of stem and form, the case and the width."""
        self._stem_rank, self._form_rank = self._stems.ranks(), self._forms.ranks()
        owners, forms = [], []
        stems_before = forms_before = 0
        for segment in self._segments:
            box = segment.container
            counts: Array = np.diff(box.array("stems.terms").astype(np.int64))
            numbers = np.arange(stems_before, stems_before + len(counts), dtype=np.uint32)
            owners.append(np.repeat(numbers, counts))
            forms.append(box.array("terms.form").astype(np.uint32) + np.uint32(forms_before))
            stems_before += len(counts)
            forms_before += len(box.array("forms.stem"))
        boxes = [segment.container for segment in self._segments]
        return (
            self._stem_rank[np.concatenate(owners)],
            self._form_rank[np.concatenate(forms)],
            np.concatenate([box.array("terms.case") for box in boxes]),
            np.concatenate([box.array("terms.width") for box in boxes]),
        )

    def columns(self, numbers: Sequence[Array]) -> Iterator[tuple[str, Array | bytes]]:
        """The dictionary, then postings and occurrences."""
        for name, table, known, ranks in (
            ("stems", self._stems, self._stem_rank, self._stem_ranks),
            ("forms", self._forms, self._form_rank, self._form_ranks),
        ):
            # Of strings that are equal, the last one.
            string = np.zeros(len(known), np.uint32)
            string[known] = np.arange(len(known))
            yield from table.columns(name, string[ranks])
        count = len(self._stem_ranks)
        yield from self._terms.columns(count, len(self._form_ranks))
        posting_counts = np.zeros(count, np.int64)
        occurrence_counts = np.zeros(count, np.int64)
        fields = [f"postings.{field}" for field in FIELDS if self._has(field)]
        spools = {name: Spool() for name in ("postings.record", *fields)}
        most = max((int(new.max()) for new in numbers if len(new)), default=0)
        kinds = {name: np.dtype(np.uint32) for name in fields}
        kinds["postings.record"] = np.dtype(np.min_scalar_type(max(most, 0)))
        packed = {
            f"occurrences.{name}": PackedWriter(
                widest([s.packed(f"occurrences.{name}") for s in self._segments])
            )
            for name in _OF_OCCURRENCES
        }
        before: list[Array] = []
        postings = occurrences = 0
        for pieces, stems, totals in self._slices(numbers):
            begun = occurrences + np.cumsum(totals) - totals
            # A copy, which does not keep the rest.
            before.append(begun[-postings % POSTING_BLOCK :: POSTING_BLOCK].copy())
            postings, occurrences = postings + len(totals), occurrences + int(totals.sum())
            posting_counts += np.bincount(stems, minlength=count)
            occurrence_counts += np.bincount(stems, weights=totals, minlength=count).astype(
                np.int64
            )
            for name, spool in spools.items():
                spool.append(pieces[name].astype(kinds[name]))
            for name, writer in packed.items():
                writer.append(pieces[name])
        yield from ((name, spool.whole(kinds[name])) for name, spool in spools.items())
        for name, writer in packed.items():
            yield from writer.columns(name)
        none = np.zeros(0, np.int64)
        yield "postings.before", narrow(np.concatenate([none, *before]))
        yield "stems.postings", narrow(np.append(0, np.cumsum(posting_counts)))
        yield "stems.occurrences", narrow(np.append(0, np.cumsum(occurrence_counts)))

    def _has(self, field: str) -> bool:
        return any(segment.has(field) for segment in self._segments)

    def _slices(self, numbers: Sequence[Array]) -> Iterator[_Part]:
        """The postings of all stems, in their order, some at a time."""
        # By segment: the new rank of each of its stems; a stem that is gone goes to a neighbour.
        ranks = []
        count = len(self._stem_ranks)
        weight = np.zeros(count + 1, np.int64)
        for segment, rank in zip(self._segments, self._rank, strict=True):
            first = np.asarray(segment.container.array("stems.terms")[:-1], np.int64)
            stem_rank = np.maximum.reduceat(rank, first) if len(first) else rank[:0]
            # Ranks ascend; those of vanished stems are filled so that they do.
            filled = np.maximum.accumulate(stem_rank) if len(stem_rank) else stem_rank
            ranks.append((stem_rank, np.maximum(filled, 0)))
            occurrences = np.asarray(segment.container.array("stems.occurrences"), np.int64)
            np.add.at(weight, np.maximum(filled, 0), np.diff(occurrences))
        ends = np.append(0, np.cumsum(weight))[: count + 1]
        for begin, stop in slices(ends, _SLICE):
            parts = self._parts(numbers, ranks, begin, stop)
            if stop == begin + 1:
                # Of one stem, a segment's postings come after those of the segment before.
                yield from parts
            elif made := list(parts):
                yield _in_order(made)

    def _parts(
        self,
        numbers: Sequence[Array],
        ranks: Sequence[tuple[Array, Array]],
        begin: int,
        stop: int,
    ) -> Iterator[_Part]:
        """What each segment has of some stems, a bounded number of postings at a time."""
        for index, segment in enumerate(self._segments):
            stem_rank, filled = ranks[index]
            first, last = (int(np.searchsorted(filled, bound)) for bound in (begin, stop))
            stems = np.asarray(segment.container.array("stems.postings")[first : last + 1])
            for a in range(int(stems[0]), int(stems[-1]), _SLICE) if last > first else ():
                b = min(a + _SLICE, int(stems[-1]))
                owner = first + np.searchsorted(stems, np.arange(a, b), side="right") - 1
                yield self._part(numbers[index], index, stem_rank, owner, a, b)

    def _part(
        self, numbers: Array, index: int, stem_rank: Array, owner: Array, a: int, b: int
    ) -> _Part:
        """The live postings of a segment from one to before another, given their stems."""
        segment = self._segments[index]
        box = segment.container
        record = numbers[box.array("postings.record")[a:b]]
        frequencies = segment.frequencies(a, b)
        totals = in_all_fields(frequencies)
        alive = record >= 0
        lived = np.repeat(alive, totals)
        begun = int(segment.first_occurrences(np.asarray([a]))[0])
        end = begun + len(lived)
        base = box.array("stems.terms")[owner].astype(np.int64)
        term = np.repeat(base, totals) + segment.packed("occurrences.term").slice(begun, end)
        position = segment.packed("occurrences.position").slice(begun, end)
        pieces = {
            "postings.record": record[alive],
            **{
                f"postings.{field}": np.zeros(int(alive.sum()), np.uint8)
                if values is None
                else values[alive]
                for field, values in zip(FIELDS, frequencies, strict=True)
            },
            "occurrences.term": self._local[index][term[lived]],
            "occurrences.position": position[lived],
        }
        return pieces, stem_rank[owner[alive]], totals[alive]


def _in_order(parts: Sequence[_Part]) -> _Part:
    """Several segments' postings as one, by stem, then in the order of the segments."""
    stems = np.concatenate([mine for _, mine, _ in parts])
    totals = np.concatenate([mine for _, _, mine in parts])
    order = np.argsort(stems, kind="stable")
    sorted_totals = totals[order]
    occurrence_order = ranges((np.cumsum(totals) - totals)[order], sorted_totals)
    pieces = {
        name: np.concatenate([mine[name] for mine, _, _ in parts])[
            order if name.startswith("postings") else occurrence_order
        ]
        for name in parts[0][0]
    }
    return pieces, stems[order], sorted_totals
