"""What must not match: ``-military``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wpssearch.backends.plan import Kind, Plan

if TYPE_CHECKING:
    from wpssearch.backends.arrays import Array
    from wpssearch.backends.matching import InSegment

__all__ = ["Without"]


@dataclass(frozen=True, slots=True)
class Without(Kind):
    """The live records that a plan does not match."""

    plan: Plan
    marks = False

    def matches(self, segment: InSegment) -> Array:
        live = segment.segment.live
        flags = np.ones(segment.segment.count, bool) if live is None else live.copy()
        flags[segment.matches(self.plan)] = False
        return np.flatnonzero(flags)
