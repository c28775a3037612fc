"""A query term where only some fields count: ``title:police``."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wpssearch.backends.matching import Found
from wpssearch.backends.places import Places
from wpssearch.backends.plan import Group, Kind
from wpssearch.backends.whoosh.segment import in_all_fields

if TYPE_CHECKING:
    from wpssearch.backends.arrays import Array
    from wpssearch.backends.matching import InSegment

__all__ = ["InFields"]


@dataclass(frozen=True, slots=True)
class InFields(Kind):
    """A query term of its own: its document frequency is over these fields alone."""

    term: Group | Kind
    fields: tuple[int, ...]

    @property
    def word(self) -> str:  # type: ignore[override]
        return self.term.word

    @property
    def terms(self) -> Collection[object]:  # type: ignore[override]
        return self.term.terms

    def matches(self, segment: InSegment) -> Array:
        return segment.found(self).records

    def found(self, segment: InSegment) -> Found:
        whole = segment.found(self.term)
        mine = tuple(
            f if number in self.fields else None for number, f in enumerate(whole.frequencies)
        )
        if not any(f is not None for f in mine):
            return Found(whole.records[:0], lambda: mine)
        some = in_all_fields(mine) > 0
        return Found(
            whole.records[some], lambda: tuple(None if f is None else f[some] for f in mine)
        )

    def places(self, segment: InSegment, records: Array) -> Places:
        whole = segment.places(self.term, records)
        return whole.where(np.isin(whole.field, self.fields))
