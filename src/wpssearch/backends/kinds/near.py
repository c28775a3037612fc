"""Words near each other, in any order: ``"police desk"~5``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wpssearch.backends.arrays import distinct
from wpssearch.backends.places import Places, keys_of, nowhere, together
from wpssearch.backends.plan import Kind, Plan

if TYPE_CHECKING:
    from wpssearch.backends.arrays import Array
    from wpssearch.backends.matching import InSegment

__all__ = ["Near"]


@dataclass(frozen=True, slots=True)
class Near(Kind):
    """All parts within a stretch of at most ``length`` positions of one field.

    A part that is given twice needs two places; parts that are not the same may share one.
    """

    parts: tuple[Plan, ...]
    length: int

    def weighed(self) -> tuple[Plan, ...]:
        return self.parts

    def matches(self, segment: InSegment) -> Array:
        candidates = segment.having_all(self.parts)
        if not len(candidates):
            return candidates
        rows = self.places(segment, candidates).row
        kept: Array = candidates[distinct(rows, len(candidates))]
        return kept

    def places(self, segment: InSegment, records: Array) -> Places:
        """The places of the parts that stand in a stretch with all of them."""
        counts = Counter(self.parts)
        found = {part: self._short(segment.places(part, records)) for part in counts}
        if not all(len(places.row) for places in found.values()):
            return nowhere()
        begins = {part: keys_of(places, places.position) for part, places in found.items()}
        starts = distinct(np.concatenate(list(begins.values())), 1 << 62)
        full = np.ones(len(starts), bool)
        for part, times in counts.items():
            first, stop = _distinct(begins[part], keys_of(found[part], found[part].stop))
            # No place is longer than a stretch: what begins before one ends inside it.
            inside = np.searchsorted(stop, starts + self.length, "right")
            full &= inside - np.searchsorted(first, starts, "left") >= times
        before = np.append(0, np.cumsum(full))
        out: list[Places] = []
        for part, places in found.items():
            last = np.searchsorted(starts, begins[part], "right")
            stops = keys_of(places, places.stop)
            earliest = np.searchsorted(starts, stops - self.length, "left")
            kept = before[last] > before[np.minimum(earliest, last)]
            out.append(places.where(kept))
        return together(out)

    def _short(self, places: Places) -> Places:
        kept = places.stop - places.position <= self.length
        return places if kept.all() else places.where(kept)


def _distinct(begins: Array, stops: Array) -> tuple[Array, Array]:
    """Where places begin and end, both ascending; of those that begin alike the shortest."""
    order = np.lexsort((stops, begins))
    begins, stops = begins[order], stops[order]
    once = np.append(True, begins[1:] != begins[:-1])
    return begins[once], np.sort(stops[once])
