"""Columns of small whole numbers in as few bits as most of them need; the others stand apart.

This is patching as in Zukowski, Héman, Nes and Boncz, "Super-Scalar RAM-CPU Cache Compression"
(ICDE 2006), with one width for a whole column: any number is read without those before it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

import numpy as np

from wpssearch.backends.arrays import Array
from wpssearch.backends.whoosh.container import Container, Spool, narrow

__all__ = ["Packed", "PackedWriter", "places_apart", "widest", "width_of"]

_HALF = 4
_WIDTHS = (_HALF, 8, 16, 32)
_KINDS = {_HALF: np.uint8, 8: np.uint8, 16: np.uint16, 32: np.uint32}
#: What a number that stands apart takes besides its place in the column, in bits.
_APART = 64


def width_of(values: Array) -> int:
    """The number of bits in which numbers take the least room."""

    def cost(bits: int) -> int:
        apart = np.count_nonzero((values < 0) | (values >= (1 << bits) - 1))
        return len(values) * bits + int(apart) * _APART

    return min(_WIDTHS, key=cost)


class PackedWriter:
    """A column that is made piece by piece, so many bits a number."""

    def __init__(self, bits: int) -> None:
        self._bits = bits
        self._escape = (1 << bits) - 1
        self._low = Spool()
        self._at: list[Array] = []
        self._patches: list[Array] = []
        self._count = 0
        # Two numbers share a byte: one that waits for the next piece.
        self._waiting = np.zeros(0, np.uint8)

    def append(self, values: Array) -> None:
        """Take the next numbers; what lies outside the width is kept apart."""
        apart = np.flatnonzero((values < 0) | (values >= self._escape))
        low = values.astype(_KINDS[self._bits])
        if len(apart):
            low[apart] = self._escape
            self._at.append(apart + self._count)
            self._patches.append(values[apart].astype(np.int64))
        self._count += len(values)
        self._low.append(self._halved(low) if self._bits == _HALF else low)

    def _halved(self, low: Array) -> Array:
        low = np.concatenate([self._waiting, low])
        even = len(low) & ~1
        self._waiting = low[even:]
        packed: Array = low[0:even:2] | low[1:even:2] << _HALF
        return packed

    def columns(self, name: str) -> Iterator[tuple[str, Array | bytes]]:
        """The columns that hold the numbers."""
        if self._bits == _HALF:
            self._low.append(self._waiting)
        kind = np.dtype(_KINDS[self._bits])
        yield name if self._bits != _HALF else f"{name}.half", self._low.whole(kind)
        if self._at:
            yield f"{name}.at", narrow(np.concatenate(self._at))
            patches = np.concatenate(self._patches)
            yield f"{name}.patch", patches if patches.min() < 0 else narrow(patches)


class Packed:
    """The numbers of a column, read by their places."""

    def __init__(self, container: Container, name: str) -> None:
        self._is_half = f"{name}.half" in container
        self._low = container.array(f"{name}.half" if self._is_half else name)
        self.bits = _HALF if self._is_half else self._low.itemsize * 8
        self._escape = (1 << self.bits) - 1
        there = f"{name}.at" in container
        self._at = container.array(f"{name}.at") if there else None
        self._patches = container.array(f"{name}.patch") if there else None

    def take(self, places: Array) -> Array:
        """The numbers at some places."""
        if self._is_half:
            low = self._low.take(places >> 1).astype(np.int64)
            out = low >> ((places & 1) << 2) & self._escape
        else:
            out = self._low.take(places).astype(np.int64)
        if self._at is not None and self._patches is not None:
            apart = (out == self._escape).nonzero()[0]
            if len(apart):
                wanted = places[apart].astype(self._at.dtype)
                out[apart] = self._patches[self._at.searchsorted(wanted)]
        return out

    def slice(self, first: int, stop: int) -> Array:
        """The numbers from one place to before another."""
        if self._is_half:
            low = self._low[first >> 1 : (stop + 1) >> 1]
            both = np.empty(2 * len(low), np.int64)
            both[0::2], both[1::2] = low & self._escape, low >> _HALF
            out = both[first & 1 : (first & 1) + stop - first]
        else:
            out = self._low[first:stop].astype(np.int64)
        if self._at is not None and self._patches is not None:
            a, b = bisect_left(self._at, first), bisect_left(self._at, stop)
            out[self._at[a:b].astype(np.int64) - first] = self._patches[a:b]
        return out


def places_apart(container: Container, name: str, count: int) -> Array | None:
    """The places of the numbers that stand apart in a column of so many; ``None`` where it is of
    another length.
    """
    if f"{name}.half" in container:
        low = container.array(f"{name}.half")
        if len(low) != (count + 1) // 2:
            return None
        both = np.empty((len(low), 2), bool)
        both[:, 0], both[:, 1] = low & 15 == 15, low >> _HALF == 15
        return np.flatnonzero(both.ravel()[:count])
    low = container.array(name)
    if len(low) != count or low.dtype.kind != "u" or low.dtype.itemsize > 4:
        return None
    return np.flatnonzero(low == np.iinfo(low.dtype).max)


def widest(columns: Sequence[Packed]) -> int:
    """The width that none of some columns exceeds."""
    return max((column.bits for column in columns), default=_HALF)
