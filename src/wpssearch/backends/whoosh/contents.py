"""All that a segment holds of words: its terms, and its occurrences some at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wpssearch.backends.arrays import Array
from wpssearch.backends.whoosh.segment import Segment, in_all_fields
from wpssearch.backends.whoosh.strings import Strings

__all__ = ["occurring", "terms_of", "used"]

#: How many postings are looked at together.
_AT_ONCE = 500_000


def terms_of(segment: Segment) -> list[tuple[bytes, bytes, int, int]]:
    """All terms of a segment in their order: stem, form, case, width."""
    box = segment.container
    stems, forms = Strings(box, "stems").all(), Strings(box, "forms").all()
    counts = np.diff(box.array("stems.terms").astype(np.int64)).tolist()
    owners = [stem for stem, count in zip(stems, counts, strict=True) for _ in range(count)]
    columns = (box.array(f"terms.{name}").tolist() for name in ("form", "case", "width"))
    return [
        (stem, forms[form], case, width)
        for stem, form, case, width in zip(owners, *columns, strict=True)
    ]


def occurring(segment: Segment) -> Iterator[tuple[slice, Array, Array, tuple[Array | None, ...]]]:
    """All occurrences, some at a time: by occurrence its record and its term's number; by posting
    the frequencies.
    """
    box = segment.container
    stems = np.asarray(box.array("stems.postings"), np.int64)
    terms = np.asarray(box.array("stems.terms"), np.int64)
    first = 0
    for a in range(0, int(stems[-1]), _AT_ONCE):
        b = min(a + _AT_ONCE, int(stems[-1]))
        frequencies = segment.frequencies(a, b)
        counts = in_all_fields(frequencies)
        where = slice(first, first + int(counts.sum()))
        owner = terms[np.searchsorted(stems, np.arange(a, b), side="right") - 1]
        yield (
            where,
            np.repeat(box.array("postings.record")[a:b], counts),
            np.repeat(owner, counts) + segment.packed("occurrences.term").slice(first, where.stop),
            frequencies,
        )
        first = where.stop


def used(segment: Segment) -> Array:
    """By term, whether a live record has it."""
    count = len(segment.container.array("terms.form"))
    if segment.live is None:
        return np.ones(count, bool)
    used = np.zeros(count, bool)
    for _, records, terms, _ in occurring(segment):
        used[terms[segment.live[records]]] = True
    return used
