"""Which records of a segment a plan matches, and where: whole arrays at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial, reduce

import numpy as np

from wpssearch.analysis import Term
from wpssearch.backends.arrays import Array, as_indices, distinct, ranges
from wpssearch.backends.places import Places, followed, nowhere, together
from wpssearch.backends.plan import All, Group, Kind, Plan, QueryTerm, Synonyms
from wpssearch.backends.plan import Any as AnyOf
from wpssearch.backends.plan import Sequence as Row
from wpssearch.backends.scoring import FIELDS
from wpssearch.backends.whoosh.layout import POSTING_BLOCK
from wpssearch.backends.whoosh.segment import Postings, Segment, by_occurrence, in_all_fields

__all__ = [
    "DENSE",
    "MUCH_LONGER",
    "Found",
    "InSegment",
    "borrowed",
    "give_back",
    "union",
    "where",
]

_NOTHING: Array = np.zeros(0, np.int64)
#: How much longer one list is than another before its members are looked up one by one.
MUCH_LONGER = 32
#: The share of a segment's records from which on a table over all of them is used.
DENSE = 16
_MOST_CACHED = 1 << 14
_scratch = threading.local()


class Found:
    """A query term in a segment: the live records, ascending, and by field how often.

    Frequencies are read when they are asked for: where there are impacts, a score needs none.
    """

    def __init__(
        self,
        records: Array,
        frequencies: Callable[[], tuple[Array | None, ...]],
        impacts: Array | None = None,
    ) -> None:
        self.records = records
        self.impacts = impacts
        self._read = frequencies

    @cached_property
    def frequencies(self) -> tuple[Array | None, ...]:
        return self._read()


def borrowed(name: str, size: int, kind: type) -> Array:
    """A table of zeros for a segment's records, which is to be given back as it was.

    Whoever is interrupted gives nothing back, and the next makes a new one.
    """
    known: Array | None = _scratch.__dict__.pop(name, None)
    return np.zeros(size, kind) if known is None or len(known) < size else known


def give_back(name: str, table: Array) -> None:
    """Leave a table of zeros for the next."""
    _scratch.__dict__[name] = table


def union(lists: Sequence[Array], size: int) -> Array:
    """The records that are in any of the lists, ascending; ``size`` is the segment's."""
    lists = [records for records in lists if len(records)]
    if len(lists) < 2:
        return lists[0] if lists else _NOTHING
    if sum(map(len, lists)) * DENSE < size:
        return distinct(np.concatenate(lists), size)
    flags = borrowed("flags", size, bool)
    for records in lists:
        flags[as_indices(records)] = True
    out = flags.nonzero()[0]
    flags[out] = False
    give_back("flags", flags)
    return out


def _intersection(one: Array, other: Array, size: int) -> Array:
    few, many = (one, other) if len(one) <= len(other) else (other, one)
    if not len(few):
        return _NOTHING
    if len(few) * MUCH_LONGER < len(many):
        return few[where(many, few)[1]]
    flags = borrowed("flags", size, bool)
    many = as_indices(many)
    flags[many] = True
    out = few.compress(flags.take(few))
    flags[many] = False
    give_back("flags", flags)
    return out


def where(records: Array, wanted: Array) -> tuple[Array, Array]:
    """By wanted record, its place among ascending records, and whether it is there."""
    if not len(records):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), bool)
    # Of one type: numpy would copy the long list into the short one's.
    wanted = wanted.astype(records.dtype, copy=False)
    places = records.searchsorted(wanted)
    places[places == len(records)] = 0
    return places, records[places] == wanted


class InSegment:
    """The plan's groups in one segment."""

    def __init__(self, segment: Segment, number: int) -> None:
        self.segment = segment
        #: The segment's place in its snapshot.
        self.number = number
        self._found: dict[QueryTerm, Found] = {}
        # The records whose places were asked for last, and by record of the segment its place.
        self._table: tuple[Array, Array] | None = None

    def found(self, term: QueryTerm) -> Found:
        """The records of a query term, with its frequencies."""
        known = self._found.get(term)
        if known is None:
            if isinstance(term, Group):
                made = self.counted(self._ranks(term))
            elif isinstance(term, Synonyms):
                made = self._synonyms(term)
            else:
                made = term.found(self)
            known = self._found[term] = made
        return known

    def _ranks(self, group: Group) -> tuple[tuple[int, Array | None], ...]:
        """The group's stems, and which of their terms count; ``None``: all."""
        lookups = self.segment.lookups
        known = lookups.get(group)
        if known is None:
            if len(lookups) > _MOST_CACHED:
                lookups.clear()
            known = lookups[group] = tuple(self._looked_up(group))
        return known

    def _looked_up(self, group: Group) -> Iterator[tuple[int, Array | None]]:
        stems: dict[str, set[Term]] = {}
        for term in group.terms:
            stems.setdefault(term.stem, set()).add(term)
        for stem, wanted in stems.items():
            for rank, terms in self.segment.terms(stem.encode()):
                counts = [term in wanted for term in terms]
                if any(counts):
                    pairs = zip(counts, terms, strict=True)
                    whole = all(flag or term is None for flag, term in pairs)
                    yield rank, None if whole else np.asarray(counts)

    def counted(self, ranks: Sequence[tuple[int, Array | None]]) -> Found:
        """The records of some stems together, of each all its terms or those that count."""
        parts = [self._live(self._counted(self.segment.postings(r), kept)) for r, kept in ranks]
        if not parts:
            return Found(_NOTHING, lambda: (None,) * len(FIELDS))
        return parts[0] if len(parts) == 1 else self._added(parts)

    def _frequencies(self, postings: Postings) -> tuple[Array | None, ...]:
        return self.segment.frequencies(postings.first, postings.stop)

    def _counted(self, postings: Postings, kept: Array | None) -> Found:
        """Records and frequencies, of some terms of the stem alone where not all count."""
        if kept is None:
            return Found(postings.records, partial(self._frequencies, postings), postings.impacts)
        frequencies_of = self._frequencies(postings)
        totals = in_all_fields(frequencies_of)
        ends = np.cumsum(totals)
        first, count = postings.occurrences, int(ends[-1])
        terms = self.segment.packed("occurrences.term").slice(first, first + count)
        # Mostly few are left out: what those are is taken off.
        left_out = np.flatnonzero(~kept[terms])
        rows = np.searchsorted(ends, left_out, side="right")
        within = left_out - (ends[rows] - totals[rows])
        out: list[Array | None] = []
        for frequencies in frequencies_of:
            if frequencies is None:
                out.append(None)
                continue
            mine = (within >= 0) & (within < frequencies[rows])
            fewer = frequencies.astype(np.int64)
            np.subtract.at(fewer, rows[mine], 1)
            out.append(fewer)
            within = within - frequencies[rows]
        np.subtract.at(totals, rows, 1)
        some = totals > 0
        kept_frequencies = tuple(None if f is None else f[some] for f in out)
        return Found(postings.records[some], lambda: kept_frequencies)

    def _live(self, found: Found) -> Found:
        live = self.segment.live
        if live is None:
            return found
        kept = live.take(found.records)
        if kept.all():
            return found
        return Found(
            found.records.compress(kept),
            lambda: tuple(None if f is None else f[kept] for f in found.frequencies),
            None if found.impacts is None else found.impacts.compress(kept),
        )

    def _added(self, parts: Sequence[Found]) -> Found:
        records = union([part.records for part in parts], self.segment.count)

        def frequencies() -> tuple[Array | None, ...]:
            every = np.concatenate([part.records for part in parts])
            places = self._rows_of(records, every)
            out: list[Array | None] = []
            for number in range(len(FIELDS)):
                fields = [part.frequencies[number] for part in parts]
                if all(f is None for f in fields):
                    out.append(None)
                    continue
                flat = np.concatenate(
                    [
                        np.zeros(len(part.records)) if f is None else f
                        for part, f in zip(parts, fields, strict=True)
                    ]
                )
                out.append(np.bincount(places, flat, len(records)).astype(np.int64))
            return tuple(out)

        return Found(records, frequencies)

    def _synonyms(self, term: Synonyms) -> Found:
        records = union([self.matches(part) for part in term.parts], self.segment.count)
        places = self.places(term, records)
        return Found(
            records,
            lambda: tuple(
                np.bincount(places.row[places.field == number], minlength=len(records))
                for number in range(len(FIELDS))
            ),
        )

    # Matches

    def matches(self, plan: Plan) -> Array:
        """The live records that match, ascending."""
        size = self.segment.count
        match plan:
            case Group():
                return self.found(plan).records
            case AnyOf(parts) | Synonyms(parts):
                return union([self.matches(part) for part in parts], size)
            case All(parts):
                if not parts:
                    return self.segment.live_numbers
                return self.having_all(parts)
            case Kind():
                return plan.matches(self)
            case Row(parts):
                candidates = self.having_all(parts)
                if not len(candidates):
                    return candidates
                rows = self.places(plan, candidates).row
                kept: Array = candidates[distinct(rows, len(candidates))]
                return kept

    def having_all(self, parts: Sequence[Plan]) -> Array:
        """The records that match all of some plans."""
        size = self.segment.count
        # The cheap parts first: a phrase asks for the records of its words.
        lists = sorted((self.matches(part) for part in parts), key=len)
        return reduce(lambda one, other: _intersection(one, other, size), lists)

    # Places

    def places(self, plan: Plan, records: Array) -> Places:
        """Where the plan's words stand in ascending records; a row of words is one place."""
        match plan:
            case Group():
                return together([self.places_of(*part, records) for part in self._ranks(plan)])
            case Kind():
                return plan.places(self, records)
            case AnyOf(parts) | All(parts) | Synonyms(parts):
                return together([self.places(part, records) for part in parts])
            case Row(parts):
                rows = self.places(parts[0], records)
                for part in parts[1:]:
                    rows = followed(rows, self.places(part, records))
                return rows

    def _rows_of(self, records: Array, wanted: Array) -> Array:
        """By wanted record its place among ascending records, -1 where it is not among them."""
        if len(records) * DENSE < self.segment.count and len(wanted) < self.segment.count:
            places, there = where(records, wanted)
            return np.where(there, places, -1)
        if self._table is None or self._table[0] is not records:
            table = np.full(self.segment.count, -1, np.int64)
            table[records] = np.arange(len(records))
            self._table = records, table
        rows: Array = self._table[1].take(wanted)
        return rows

    def places_of(self, rank: int, kept: Array | None, records: Array) -> Places:
        """Where a stem stands in ascending records, all its terms or those that count."""
        postings = self.segment.postings(rank)
        if len(records) * MUCH_LONGER < len(postings.records):
            mine, there = where(postings.records, records)
            mine, rows = mine[there], there.nonzero()[0]
        else:
            rows = self._rows_of(records, postings.records)
            mine = (rows >= 0).nonzero()[0]
            rows = rows[mine]
        if not len(mine):
            return nowhere()
        if len(mine) * POSTING_BLOCK < len(postings.records):
            numbers = postings.first + mine
            frequencies = self.segment.frequencies_at(numbers)
            counts, begun = in_all_fields(frequencies), self.segment.first_occurrences(numbers)
        else:
            frequencies = self._frequencies(postings)
            totals = in_all_fields(frequencies)
            begun = (np.cumsum(totals) - totals + postings.occurrences)[mine]
            counts = totals[mine]
            frequencies = tuple(None if f is None else f[mine] for f in frequencies)
        at, row = ranges(begun, counts), rows.repeat(counts)
        out, term = self._stand(row, at, frequencies, postings.first_term)
        return out if kept is None else out.where(kept[term])

    def _stand(
        self,
        row: Array,
        at: Array,
        frequencies: Sequence[Array | None],
        first_term: Array | int,
    ) -> tuple[Places, Array]:
        """The occurrences of some postings, each with the number of its term among its stem's."""
        term = self.segment.packed("occurrences.term").take(at)
        position = self.segment.packed("occurrences.position").take(at)
        width = self.segment.container.array("terms.width")[first_term + term]
        return Places(row, by_occurrence(frequencies), position, position + width), term

    def places_of_each(
        self, groups: Sequence[Group], records: Array
    ) -> tuple[Places, Sequence[int]]:
        """Where the words of some groups stand in a few ascending records, group by group, and
        where the places of each group end. They are looked up all at once.
        """
        stems = [part for group in groups for part in self._ranks(group)]
        if not stems:
            return nowhere(), [0] * len(groups)
        postings = [self.segment.postings(rank) for rank, _ in stems]
        found = [where(each.records, records) for each in postings]
        numbers = np.concatenate(
            [p.first + at[there] for p, (at, there) in zip(postings, found, strict=True)]
        )
        rows = np.concatenate([there.nonzero()[0] for _, there in found])
        frequencies = self.segment.frequencies_at(numbers)
        counts = in_all_fields(frequencies)
        stem = np.repeat(np.arange(len(stems)), [np.count_nonzero(there) for _, there in found])
        stem = stem.repeat(counts)
        first_terms = np.asarray([each.first_term for each in postings])
        at = ranges(self.segment.first_occurrences(numbers), counts)
        row = rows.repeat(counts)
        out, term = self._stand(row, at, frequencies, first_terms[stem])
        if any(kept is not None for _, kept in stems):
            counted = np.ones(len(stem), bool)
            for number, (_, kept) in enumerate(stems):
                if kept is not None:
                    mine = stem == number
                    counted[mine] = kept[term[mine]]
            out, stem = out.where(counted), stem[counted]
        last = np.cumsum([len(self._ranks(group)) for group in groups])
        return out, np.searchsorted(stem, last).tolist()
