"""Which records match a plan, how well, and where, over all segments of a snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from wpssearch.backends.arrays import Array, as_indices, nth_greatest
from wpssearch.backends.matching import (
    DENSE,
    MUCH_LONGER,
    Found,
    InSegment,
    borrowed,
    give_back,
    union,
    where,
)
from wpssearch.backends.places import Places
from wpssearch.backends.plan import All, Group, Kind, Plan, QueryTerm, Synonyms
from wpssearch.backends.plan import Any as AnyOf
from wpssearch.backends.scoring import FIELDS, K1, idf
from wpssearch.backends.whoosh.segment import Offsets
from wpssearch.backends.whoosh.snapshot import Snapshot

__all__ = ["Evaluation", "Occurrences"]

#: A smaller weight could leave a record that has the term without a score.
_LEAST_WEIGHT = 1e-100
#: The share of a segment's records below which those with a score are marked, not looked for.
_FEW = 6
#: How many times more postings a list has than records that are looked up in it.
_FEWER = 16
#: Up to so many records the words of a query are marked all at once.
_PAGE = 64
#: How much a bound of a sum is raised, so that no order of adding exceeds it.
_ROUNDED = 1 + 1e-9


class Occurrences(NamedTuple):
    """Where something stands in some records: by occurrence the record's row, its field, the first
    position and the one after the last, the first code point and the one after the last.
    """

    row: Array
    field: Array
    position: Array
    stop: Array
    start: Array
    end: Array


#: Which of some records match, and what made them match.
Marked = tuple[Array, list[tuple[Plan, Occurrences]]]


class Evaluation:
    """One query against one state of the index; postings are read once."""

    def __init__(self, snapshot: Snapshot, terms: Mapping[QueryTerm, float]) -> None:
        self._snapshot = snapshot
        self._terms = terms
        self._segments = [InSegment(segment, n) for n, segment in enumerate(snapshot.segments)]
        self._weights: dict[QueryTerm, float] = {}
        # By segment, records with their scores where finding them gave those.
        self._kept: dict[int, tuple[Array, Array]] = {}
        self._read: dict[tuple[int, int], tuple[Array, Offsets]] = {}

    @property
    def terms(self) -> tuple[QueryTerm, ...]:
        """The query terms, each once."""
        return tuple(self._terms)

    def matches(self, plan: Plan) -> list[Array]:
        """By segment the numbers of the records that match, ascending."""
        if self._is_any_of_terms(plan):
            # Who has any of the terms is who has a score.
            return [self._scored(number) for number in range(len(self._segments))]
        return [segment.matches(plan) for segment in self._segments]

    def _is_any_of_terms(self, plan: Plan) -> bool:
        parts = plan.parts if isinstance(plan, AnyOf) else (plan,)
        return self._terms.keys() == set(parts) and all(
            times > _LEAST_WEIGHT for times in self._terms.values()
        )

    def best(self, plan: Plan, count: int) -> tuple[list[Array], bool]:
        """By segment the numbers of records that match, ascending, those among them that are the
        first ``count`` by score; and whether they are all that match.

        MaxScore (Turtle & Flood, "Query evaluation: strategies and optimizations", Information
        Processing & Management 31(6), 1995): a record that has nothing but terms that together
        cannot bring it among the first is not looked at.
        """
        if not self._is_any_of_terms(plan):
            return self.matches(plan), True
        least, whole = 0.0, True
        out: list[Array] = []
        for number in range(len(self._segments)):
            records, scores, least, all_of_them = self._best_in(number, count, least)
            self._kept[number] = records, scores
            whole &= all_of_them
            out.append(records)
        return out, whole

    def _best_in(self, number: int, count: int, least: float) -> tuple[Array, Array, float, bool]:
        """The same in a segment, with scores, given what a record must reach to be among the
        first; and what it must reach after them.
        """
        found = sorted(self._all_found(number), key=lambda pair: -pair[0])
        size = self._segments[number].segment.count
        if len(found) < 2 or _length(found) * DENSE < size:
            records, scores = self._everyone(number, found)
            return records, scores, max(least, _least_of_first(scores, count)), True
        saturated = self._snapshot.most_saturated(number)
        # What a term and those after it can bring at the most; sums are rounded.
        rest = [0.0]
        for weight, f in reversed(found):
            most = K1 + 1 if f.impacts is None else saturated
            rest.insert(0, rest[0] + weight * most * _ROUNDED)
        sums = borrowed("sums", size, np.float64)
        added: list[Array] = []
        for (weight, f), most in zip(found, rest, strict=False):
            if most < least:
                # Many records are looked up in a list more slowly than the whole list is added.
                still = sum(np.count_nonzero(sums.take(one) + most >= least) for one in added)
                if still * _FEWER < len(f.records):
                    break
            np.add.at(sums, as_indices(f.records), self._contributions(number, weight, f))
            added.append(f.records)
            if len(added) < len(found):
                least = max(least, _least_of_first(sums.take(f.records), count))
        others = found[len(added) :]
        if others:
            most = rest[len(added)]
            kept = [one.compress(sums.take(one) + most >= least) for one in added]
            records, scores = _taken(sums, added, union(kept, size), size)
        else:
            records, scores = _taken(sums, added, None, size)
        for (weight, f), most in zip(others, rest[len(added) :], strict=False):
            reached = scores + most >= least
            records, scores = records.compress(reached), scores.compress(reached)
            places, there = where(f.records, records)
            scores[there] += self._contributions(number, weight, f, places[there])
        return records, scores, max(least, _least_of_first(scores, count)), not others

    def _scored(self, number: int) -> Array:
        """The records that have any query term; their scores are kept."""
        kept = self._kept[number] = self._everyone(number, self._all_found(number))
        return kept[0]

    def _everyone(self, number: int, found: Sequence[tuple[float, Found]]) -> tuple[Array, Array]:
        """The records of a segment that have any of some terms, ascending, with their scores."""
        if not found:
            return np.zeros(0, np.int64), np.zeros(0)
        if len(found) == 1:
            return found[0][1].records, self._contributions(number, *found[0])
        size = self._segments[number].segment.count
        if _length(found) * DENSE < size:
            return self._summed_up(number, found)
        lists = [f.records for _, f in found]
        return _taken(self._summed(number, found), lists, None, size)

    def _summed_up(self, number: int, found: Sequence[tuple[float, Found]]) -> tuple[Array, Array]:
        """The same with work that is that of the postings, whatever the size of the segment."""
        every = np.concatenate([f.records for _, f in found])
        brought = np.concatenate([self._contributions(number, *pair) for pair in found])
        order = every.argsort(kind="stable")
        every = every[order]
        first = np.ones(len(every), bool)
        np.not_equal(every[1:], every[:-1], out=first[1:])
        starts = first.nonzero()[0]
        return every[starts], np.add.reduceat(brought[order], starts)

    def _all_found(self, number: int) -> list[tuple[float, Found]]:
        """The query terms that records of a segment have, each with its weight."""
        segment = self._segments[number]
        found = ((term, times, segment.found(term)) for term, times in self._terms.items())
        return [(times * self.weight(term), f) for term, times, f in found if len(f.records)]

    def _summed(self, number: int, found: Sequence[tuple[float, Found]]) -> Array:
        """The scores of all records, zero where a record has no query term; to be cleared."""
        sums = borrowed("sums", self._segments[number].segment.count, np.float64)
        for weight, f in found:
            np.add.at(sums, as_indices(f.records), self._contributions(number, weight, f))
        return sums

    def found(self, term: QueryTerm, number: int) -> Found:
        """The records of a segment that have a query term, with its frequencies."""
        return self._segments[number].found(term)

    def frequency(self, term: QueryTerm) -> int:
        """How many records have a query term."""
        return sum(len(segment.found(term).records) for segment in self._segments)

    def weight(self, term: QueryTerm) -> float:
        """The idf of a query term."""
        known = self._weights.get(term)
        if known is None:
            known = self._weights[term] = idf(self._snapshot.count, self.frequency(term))
        return known

    def scores(self, number: int, records: Array) -> Array:
        """The scores of ascending records of a segment; see ``scoring`` for the formula."""
        kept = self._kept.get(number)
        if kept is not None:
            known, scores = kept
            return scores if records is known else scores[np.searchsorted(known, records)]
        found = self._all_found(number)
        if not len(records) or not found:
            return np.zeros(len(records))
        size = self._segments[number].segment.count
        dense = max(len(f.records) for _, f in found) <= len(records) * MUCH_LONGER
        if dense and _length(found) * DENSE >= size:
            lists = [f.records for _, f in found]
            return _taken(self._summed(number, found), lists, records, size)[1]
        out = np.zeros(len(records))
        for weight, f in found:
            places, there = where(f.records, records)
            if there.all():
                out += self._contributions(number, weight, f, places)
            elif there.any():
                out[there] += self._contributions(number, weight, f, places[there])
        return out

    def _contributions(
        self, number: int, weight: float, found: Found, which: Array | None = None
    ) -> Array:
        """What a term brings to the scores of its records, or of those at some places."""
        if found.impacts is not None:
            impacts = found.impacts if which is None else found.impacts[which]
            table = self._snapshot.saturations(number)
            if len(impacts) > len(table):
                return (table * weight).take(impacts)
            brought: Array = table.take(impacts)
            brought *= weight
            return brought
        records = found.records if which is None else found.records[which]
        f: Array | None = None
        for field, frequencies in enumerate(found.frequencies):
            if frequencies is not None:
                share = self._snapshot.norms(number, field, records)
                share *= frequencies if which is None else frequencies[which]
                f = share if f is None else f + share
        assert f is not None
        bottom = f + K1
        f *= weight * (K1 + 1)
        f /= bottom
        return f

    def occurrences(self, plan: Plan, number: int, records: Array) -> Occurrences:
        """Where the plan's words stand in ascending records of a segment."""
        return self._located(self._segments[number].places(plan, records), number, records)

    def _located(self, places: Places, number: int, records: Array) -> Occurrences:
        """Places with where they stand in the text."""
        starts, ends = np.zeros((2, len(places.row)), np.int64)
        for field in range(len(FIELDS)):
            mine = (places.field == field).nonzero()[0]
            if not len(mine):
                continue
            offsets = self._offsets(number, field, records)
            base = offsets.begins[places.row[mine]]
            starts[mine] = offsets.starts[base + places.position[mine]]
            ends[mine] = offsets.ends[base + places.stop[mine] - 1]
        return Occurrences(*places, starts, ends)

    def marked(self, plan: Plan, number: int, records: Array) -> Marked:
        """Which of some ascending records of a segment match, and the words that made them match.

        A part's words count where the part itself, and all that it must stand with, match: in a
        record that has ``c`` alone, ``(a AND b) OR c`` marks no ``a``.
        """
        if isinstance(plan, All):
            every = self._each_marked(plan.parts, number, records)
            flags = np.ones(len(records), bool)
            for matched, _ in every:
                flags &= matched
            found = [entry for _, entries in every for entry in entries]
            return flags, found if flags.all() else _within(found, flags)
        if isinstance(plan, AnyOf | Synonyms):
            every = self._each_marked(plan.parts, number, records)
            flags = np.zeros(len(records), bool)
            for matched, _ in every:
                flags |= matched
            return flags, [entry for _, entries in every for entry in entries]
        if isinstance(plan, Kind) and not plan.marks:
            return np.isin(records, self._segments[number].matches(plan)), []
        return _flagged(plan, self.occurrences(plan, number, records), records)

    def _each_marked(self, parts: Iterable[Plan], number: int, records: Array) -> list[Marked]:
        """The parts of a plan, each marked; what is typed often is marked once."""
        parts = list(dict.fromkeys(parts))
        groups = [part for part in parts if isinstance(part, Group)]
        known: dict[Plan, Marked] = {}
        if len(groups) > 1 and len(records) <= _PAGE:
            places, stops = self._segments[number].places_of_each(groups, records)
            every = self._located(places, number, records)
            for group, start, stop in zip(groups, [0, *stops], stops, strict=False):
                mine = Occurrences(*(column[start:stop] for column in every))
                known[group] = _flagged(group, mine, records)
        return [known.get(part) or self.marked(part, number, records) for part in parts]

    def _offsets(self, number: int, field: int, records: Array) -> Offsets:
        """The offsets of a field of the records; those read last are kept."""
        known = self._read.get((number, field))
        if known is None or known[0] is not records:
            made = self._segments[number].segment.offsets(FIELDS[field], records)
            known = self._read[number, field] = records, made
        return known[1]


def _flagged(plan: Plan, occurrences: Occurrences, records: Array) -> Marked:
    flags = np.zeros(len(records), bool)
    flags[occurrences.row] = True
    return flags, [(plan, occurrences)]


def _within(
    found: Sequence[tuple[Plan, Occurrences]], flags: Array
) -> list[tuple[Plan, Occurrences]]:
    """Of some occurrences those in records that are flagged."""
    out = []
    for plan, places in found:
        kept = flags[places.row]
        out.append((plan, Occurrences(*(column[kept] for column in places))))
    return out


def _taken(
    sums: Array, lists: Sequence[Array], records: Array | None, size: int
) -> tuple[Array, Array]:
    """Some records, or all of the lists, ascending, with their sums. The table of these, in which
    nothing but the lists' records has any, is cleared and given back.
    """
    few = sum(map(len, lists)) * _FEW < size
    if records is None:
        # Of booleans, numpy finds the true ones ten times faster than the others of floats.
        records = union(lists, size) if few else (sums != 0).nonzero()[0]
    scores: Array = sums.take(records)
    if few:
        for one in lists:
            sums[as_indices(one)] = 0.0
    else:
        sums.fill(0.0)
    give_back("sums", sums)
    return records, scores


def _least_of_first(scores: Array, count: int) -> float:
    """The least of the first scores, or less; 0 where there are fewer."""
    return nth_greatest(scores, count) if len(scores) >= count else 0.0


def _length(found: Sequence[tuple[float, Found]]) -> int:
    """How many postings the terms have together."""
    return sum(len(f.records) for _, f in found)
