"""What a posting brings to a score depends on its frequencies and its fields' lengths alone, and
few such pairs are distinct: each posting keeps the number of its own. Their saturated weights are
computed once for a state of the index, whose mean lengths they need; ranking looks them up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import prod

import numpy as np

from wpssearch.backends.arrays import Array
from wpssearch.backends.whoosh.container import Spool, narrow

__all__ = ["posting_columns"]

_SLICE = 1 << 21
#: What is looked up in a table, not among the sorted: so many pairs are possible.
_MOST_IN_TABLE = 1 << 22
#: What a whole number can tell apart.
_MOST_PAIRS = 1 << 62


def posting_columns(
    records: Array, frequencies: Mapping[str, Array], lengths: Mapping[str, Array]
) -> Iterator[tuple[str, Array | bytes]]:
    """By posting its record and the number of its pair of frequencies and lengths, and by pair what
    it is; or the frequencies themselves, where a column cannot tell so many pairs apart.
    """
    yield "postings.record", records
    columns = [(name, kind) for name in frequencies for kind in ("frequency", "length")]
    bases = [
        1 + int((frequencies if kind == "frequency" else lengths)[name].max(initial=0))
        for name, kind in columns
    ]
    space = prod(bases)
    if space > _MOST_PAIRS:
        yield from ((f"postings.{name}", values) for name, values in frequencies.items())
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

    pairs, numbered = _numbering((keys(n) for n in range(0, len(records), _SLICE)), space)
    spool, kind_ = Spool(), np.min_scalar_type(max(len(pairs) - 1, 0))
    for first in range(0, len(records), _SLICE):
        spool.append(numbered(keys(first)).astype(kind_))
    yield "postings.impact", spool.whole(kind_)
    for (name, kind), base in zip(reversed(columns), reversed(bases), strict=True):
        yield f"impacts.{name}.{kind}", narrow(pairs % base)
        pairs = pairs // base


def _numbering(keys: Iterable[Array], space: int) -> tuple[Array, Callable[[Array], Array]]:
    """The distinct keys, ascending, and what gives keys their numbers."""
    if space > _MOST_IN_TABLE:
        distinct = np.zeros(0, np.int64)
        for some in keys:
            distinct = np.union1d(distinct, some)
        return distinct, lambda some: np.searchsorted(distinct, some)
    table = np.zeros(space, np.int32)
    for some in keys:
        table[some] = 1
    distinct = np.flatnonzero(table)
    table[distinct] = np.arange(len(distinct))
    return distinct, table.take
