"""The forms of a segment that are spelled nearly like a word: all are looked at, at once."""

from __future__ import annotations

import numpy as np

from wpssearch.backends.arrays import Array, slices
from wpssearch.backends.whoosh.segment import Segment
from wpssearch.backends.whoosh.strings import Strings
from wpssearch.spelling import MOST_EDITS, believed, costs, likelihood

__all__ = ["NearForms"]

#: How many bytes of forms are looked at together when a segment's are prepared.
_AT_ONCE = 1 << 20


def _letter_bits() -> Array:
    """By byte the bit that stands for it: a letter's own, one for all else of ASCII, five."""
    bits = np.full(256, 1 << 26, np.uint32)
    bits[ord("a") : ord("z") + 1] = 1 << np.arange(26, dtype=np.uint32)
    bits[128:] = 1 << (27 + np.arange(128, dtype=np.uint32) % 5)
    return bits


_BITS = _letter_bits()


class NearForms:
    """The forms of a segment, with the set of letters of each as the bits of a number."""

    def __init__(self, segment: Segment) -> None:
        box = segment.container
        self._segment = segment
        self._forms = Strings(box, "forms")
        self._stem = box.array("forms.stem")
        self._postings = box.array("stems.postings")
        self._terms = box.array("stems.terms")
        self._term_form = box.array("terms.form")
        self._bytes, self._ends = self._forms.raw()
        # The analyzer bounds a form: half of a kilobyte is none.
        self._lengths = np.diff(self._ends).astype(np.int16)
        self._sets = np.zeros(len(self._lengths), np.uint32)
        for first, stop in slices(self._ends, _AT_ONCE):
            begins = self._ends[first:stop] - self._ends[first]
            letters = _BITS[self._bytes[self._ends[first] : self._ends[stop]]]
            self._sets[first:stop] = np.bitwise_or.reduceat(letters, begins)

    def near(self, form: bytes, most: int) -> list[tuple[bytes, float]]:
        """The forms that are likely meant by another, and what it costs to mistype each so.

        At most so many; what is likely goes by the records of a form's stem, dead ones included.
        """
        mine = np.bitwise_or.reduce(_BITS[np.frombuffer(form, np.uint8)])
        # An edit brings at most one letter that was not there, and takes at most one away.
        near = _at_most_two(self._sets & ~mine) & _at_most_two(mine & ~self._sets)
        near &= np.abs(self._lengths - len(form)) <= MOST_EDITS
        numbers = np.flatnonzero(near)
        lengths = self._lengths[numbers]
        rows = np.arange(len(form) + MOST_EDITS)[:, None]
        at = np.minimum(self._ends[numbers] + rows, len(self._bytes) - 1)
        cost = costs(form, np.where(rows < lengths, self._bytes[at], np.uint8(0)), lengths)
        kept = np.flatnonzero(believed(cost, len(form), lengths))
        stems = self._stem[numbers[kept]].astype(np.int64)
        records = self._postings[stems + 1].astype(np.int64) - self._postings[stems]
        best = kept[np.argsort(-likelihood(cost[kept], records), kind="stable")[:most]]
        places = zip(numbers[best].tolist(), cost[best].tolist(), strict=True)
        return [(self._forms[number], paid) for number, paid in places]

    def count(self, form: bytes) -> int:
        """How often a form stands in live records."""
        number = self._forms.find(form)
        if number < 0:
            return 0
        rank = int(self._stem[number])
        mine = self._term_form[self._terms[rank] : self._terms[rank + 1]] == number
        return int(self._segment.term_counts(rank)[mine].sum())


def _at_most_two(sets: Array) -> Array:
    """Which of the numbers have two bits or fewer."""
    for _ in range(MOST_EDITS):
        sets = sets & (sets - np.uint32(1))
    few: Array = sets == 0
    return few
