"""The values along one side of a table, in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wpssearch import derived
from wpssearch.backends import faceting
from wpssearch.backends.arrays import Array
from wpssearch.backends.pairs import Side
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.model import Search
from wpssearch.results import FacetValue

__all__ = ["Axis", "side"]


def side(facet: str, request: Search, snapshot: Snapshot) -> Side:
    """A facet as users name it as a side of a table."""
    marks = faceting.kept_marks(facet, request, snapshot)
    # Periods of one interval are one value.
    return Side(derived.INTERVAL if facet == "period" else facet, marks)


class Axis:
    """The values of a side that selected records have, the most frequent first, or in time."""

    def __init__(self, side: Side, records: Sequence[Array], snapshot: Snapshot) -> None:
        self.side = side
        self._snapshot = snapshot
        self.values = snapshot.facet(side.facet).values
        self.counts = snapshot.count_in(side.facet, records, side.marks)
        there = np.flatnonzero(self.counts)
        self.by_count: Array = there[np.argsort(-self.counts[there], kind="stable")]
        self.timed = snapshot.base(side.facet) == "period"

    def shown(self, limit: int | None) -> tuple[list[int], list[FacetValue]]:
        """The numbers of the values that are shown, -1 for one that no record of the index has,
        and the values: the most frequent ones, or the latest.

        Years and decades are shown without a break, from the first that records have.
        """
        if not self.timed:
            numbers = self.by_count[:limit].tolist()
            return numbers, [self.value(number) for number in numbers]
        numbers = np.sort(self.by_count).tolist()
        names = [self.values[number] for number in numbers]
        if names and faceting.in_years(self.side.facet, self._snapshot):
            names = list(derived.through(self.side.facet, names[0], names[-1]))
            known = {name: number for number, name in enumerate(self.values)}
            numbers = [known.get(name, -1) for name in names]
        first = 0 if limit is None else max(0, len(names) - limit)
        return numbers[first:], [
            self.value(number)
            if number >= 0
            else faceting.value_of(self.side.facet, name, 0, self._snapshot)
            for number, name in zip(numbers[first:], names[first:], strict=True)
        ]

    def value(self, number: int) -> FacetValue:
        """A value with its count."""
        name, count = self.values[number], int(self.counts[number])
        return faceting.value_of(self.side.facet, name, count, self._snapshot)

    @property
    def length(self) -> int:
        """How many values there are to be shown."""
        return len(self.shown(None)[0]) if self.timed else len(self.by_count)
