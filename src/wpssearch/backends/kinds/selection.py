"""Records chosen by what they have besides words: a facet's value, or a field at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wpssearch.backends.plan import Kind
from wpssearch.backends.scoring import FIELDS

if TYPE_CHECKING:
    from wpssearch.backends.arrays import Array
    from wpssearch.backends.matching import InSegment
    from wpssearch.backends.whoosh.facetcolumns import FacetColumn

__all__ = ["HasField", "Selected"]


@dataclass(frozen=True, slots=True, eq=False)
class Selected(Kind):
    """The records whose combination of a facet's values is allowed: as a filter decides.

    By segment, ``columns`` has the facet and ``allowed`` the combinations; ``None`` where a
    segment has no such facet.
    """

    columns: Sequence[FacetColumn | None]
    allowed: Sequence[Array | None]
    marks = False

    def matches(self, segment: InSegment) -> Array:
        column, allowed = self.columns[segment.number], self.allowed[segment.number]
        if column is None or allowed is None:
            return np.zeros(0, np.int64)
        has, live = allowed[column.records], segment.segment.live
        return np.flatnonzero(has if live is None else has & live)


@dataclass(frozen=True, slots=True)
class HasField(Kind):
    """The records that have a word in one of the fields."""

    fields: tuple[int, ...]
    marks = False

    def matches(self, segment: InSegment) -> Array:
        has = np.zeros(segment.segment.count, bool)
        for field in self.fields:
            has |= segment.segment.lengths(FIELDS[field]) > 0
        live = segment.segment.live
        return np.flatnonzero(has if live is None else has & live)
