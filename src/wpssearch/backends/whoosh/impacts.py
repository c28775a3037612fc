"""What a posting brings to a score depends on its frequencies and its fields' lengths alone, and
few such pairs are distinct: each posting keeps the number of its own. Their saturated weights are
computed once for a state of the index, whose mean lengths they need; ranking looks them up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from wpssearch.backends.arrays import Array

__all__ = ["impact_columns"]

_SLICE = 1 << 22
#: A segment with longer fields or higher frequencies does without: 2 to the power of 24.
_MOST_PAIRS = 1 << 24


def impact_columns(
    records: Array, frequencies: Mapping[str, Array], lengths: Mapping[str, Array]
) -> Iterator[tuple[str, Array | bytes]]:
    """By posting the number of its pair of frequencies and lengths, and by pair what it is."""
    columns = [(name, kind) for name in frequencies for kind in ("frequency", "length")]
    bases = [
        1 + int((frequencies if kind == "frequency" else lengths)[name].max(initial=0))
        for name, kind in columns
    ]
    space = 1
    for base in bases:
        space *= base
    if not len(records) or space > _MOST_PAIRS:
        return

    def keys(first: int) -> Array:
        stop = first + _SLICE
        out = np.zeros(len(records[first:stop]), np.int64)
        for (name, kind), base in zip(columns, bases, strict=True):
            out *= base
            out += (
                frequencies[name][first:stop]
                if kind == "frequency"
                else lengths[name][records[first:stop]]
            )
        return out

    present = np.zeros(space, bool)
    for first in range(0, len(records), _SLICE):
        present[keys(first)] = True
    pairs = np.flatnonzero(present)
    numbers = np.zeros(space, np.min_scalar_type(len(pairs)))
    numbers[pairs] = np.arange(len(pairs))
    yield (
        "postings.impact",
        np.concatenate([numbers[keys(first)] for first in range(0, len(records), _SLICE)]),
    )
    for (name, kind), base in zip(reversed(columns), reversed(bases), strict=True):
        yield f"impacts.{name}.{kind}", (pairs % base).astype(np.uint32)
        pairs = pairs // base
