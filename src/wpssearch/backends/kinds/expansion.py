"""A word that stands for others, of a pattern or of a near spelling: ``polic*``, ``police~``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wpssearch.backends.places import together
from wpssearch.backends.plan import Kind

if TYPE_CHECKING:
    from wpssearch.backends.arrays import Array
    from wpssearch.backends.matching import Found, InSegment
    from wpssearch.backends.places import Places

__all__ = ["Expansion"]


@dataclass(frozen=True, slots=True, eq=False)
class Expansion(Kind):
    """One query term: all forms that a word stands for, as if they were one.

    ``terms`` are the forms, ``numbers`` by segment theirs in its dictionary, ``matched`` how many
    there were before the most frequent were chosen. A lexicon has one expansion for a word.
    """

    word: str
    terms: tuple[str, ...]
    numbers: Sequence[Array]
    matched: int

    def matches(self, segment: InSegment) -> Array:
        return segment.found(self).records

    def found(self, segment: InSegment) -> Found:
        return segment.counted(self._ranks(segment))

    def places(self, segment: InSegment, records: Array) -> Places:
        return together([segment.places_of(*part, records) for part in self._ranks(segment)])

    def _ranks(self, segment: InSegment) -> tuple[tuple[int, Array | None], ...]:
        """The stems that have one of the forms, and which of their terms count."""
        lookups = segment.segment.lookups
        known = lookups.get(self)
        if known is None:
            known = lookups[self] = tuple(self._looked_up(segment))
        return known

    def _looked_up(self, segment: InSegment) -> Iterator[tuple[int, Array | None]]:
        hits, firsts = segment.segment.terms_of_forms(self.numbers[segment.number])
        ranks = np.searchsorted(firsts, np.flatnonzero(hits), "right") - 1
        for rank in np.unique(ranks).tolist():
            kept = hits[int(firsts[rank]) : int(firsts[rank + 1])]
            yield rank, None if kept.all() else kept
