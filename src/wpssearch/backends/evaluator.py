"""Which records a plan matches, how well, and where: over any store that hands out postings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from wpssearch.backends.plan import All, Any, Group, Plan, Sequence, Synonyms
from wpssearch.backends.scoring import FIELDS, idf, saturated, weighted_tf

__all__ = ["Evaluation", "Occurrence", "PostingStore"]

#: Where something stands in a field: first position, one past the last, first and last code point.
Occurrence = tuple[int, int, int, int]

_Values = Mapping[int, Mapping[str, Iterable["_Array"]]]


class _Array(Protocol):
    def __getitem__(self, index: int, /) -> int: ...
    def __len__(self) -> int: ...


class PostingStore(Protocol):
    """What the evaluator asks of a store."""

    @property
    def count(self) -> int:
        """Live records."""

    def live(self) -> Iterable[int]:
        """Their numbers, ascending."""

    def postings(self, group: Group) -> _Values:
        """By record and field, arrays of the field's length and four numbers an occurrence."""

    def average_length(self, field: str) -> float:
        """The mean length of a field over live records, in tokens."""


def _groups(plan: Plan) -> Iterator[Group]:
    if isinstance(plan, Group):
        yield plan
    else:
        for part in plan.parts:
            yield from _groups(part)


class Evaluation:
    """One query against one state of a store; postings are read once."""

    def __init__(self, store: PostingStore, terms: tuple[Group | Synonyms, ...]) -> None:
        self._store = store
        self._terms = Counter(terms)
        self._read: dict[Group, _Values] = {}
        # The places of one record at a time: a phrase asks for those of a repeated word often.
        self._placed_record = -1
        self._placed: dict[tuple[Plan, str], set[Occurrence]] = {}

    def _postings(self, group: Group) -> _Values:
        known = self._read.get(group)
        if known is None:
            known = self._read[group] = self._store.postings(group) if group.terms else {}
        return known

    def matches(self, plan: Plan) -> set[int]:
        """The numbers of the records that match."""
        match plan:
            case Group():
                return set(self._postings(plan))
            case Any(parts) | Synonyms(parts):
                return set().union(*map(self.matches, parts))
            case All(parts):
                if not parts:
                    return set(self._store.live())
                return set.intersection(*map(self.matches, parts))
            case Sequence(parts):
                candidates = set.intersection(*map(self.matches, parts))
                return {
                    number
                    for number in candidates
                    if any(self.occurrences(plan, number, field) for field in FIELDS)
                }

    def scores(self, matches: Iterable[int]) -> dict[int, float]:
        """The score of each record; see ``scoring`` for the formula."""
        averages = {field: self._store.average_length(field) for field in FIELDS}
        scores = dict.fromkeys(matches, 0.0)
        for term, times in self._terms.items():
            found = self.matches(term)
            weight = times * idf(self._store.count, len(found))
            for number in found & scores.keys():
                f = sum(
                    weighted_tf(field, frequency, length, averages[field])
                    for field, frequency, length in self._frequencies(term, number)
                )
                scores[number] += weight * saturated(f)
        return scores

    def _frequencies(self, term: Group | Synonyms, number: int) -> Iterator[tuple[str, int, int]]:
        """Field, how often it has the term, and its length in tokens."""
        for field in FIELDS:
            arrays = [
                values
                for group in _groups(term)
                for values in self._postings(group).get(number, {}).get(field, ())
            ]
            if not arrays:
                continue
            if isinstance(term, Group):
                yield field, sum((len(values) - 1) // 4 for values in arrays), arrays[0][0]
            else:
                yield field, len(self.occurrences(term, number, field)), arrays[0][0]

    def weight(self, term: Group | Synonyms) -> float:
        """The idf of a query term."""
        return idf(self._store.count, len(self.matches(term)))

    def occurrences(self, plan: Plan, number: int, field: str) -> set[Occurrence]:
        """Where the plan's words stand in a field of a record; a row of words is one place."""
        if self._placed_record != number:
            self._placed_record, self._placed = number, {}
        known = self._placed.get((plan, field))
        if known is None:
            known = self._placed[plan, field] = self._occurrences(plan, number, field)
        return known

    def _occurrences(self, plan: Plan, number: int, field: str) -> set[Occurrence]:
        match plan:
            case Group():
                arrays = self._postings(plan).get(number, {}).get(field, ())
                return {
                    (values[i], values[i] + values[i + 1], values[i + 2], values[i + 3])
                    for values in arrays
                    for i in range(1, len(values), 4)
                }
            case Any(parts) | All(parts) | Synonyms(parts):
                return set().union(*(self.occurrences(part, number, field) for part in parts))
            case Sequence(parts):
                rows = self.occurrences(parts[0], number, field)
                for part in parts[1:]:
                    following: dict[int, list[Occurrence]] = {}
                    for occurrence in self.occurrences(part, number, field):
                        following.setdefault(occurrence[0], []).append(occurrence)
                    rows = {
                        (first, after[1], start, after[3])
                        for first, stop, start, _ in rows
                        for after in following.get(stop, ())
                    }
                return rows
