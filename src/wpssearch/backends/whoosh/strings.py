"""Sorted strings as two columns: looked up by halving, read one by one, never loaded whole."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from wpssearch.backends.arrays import Array
from wpssearch.backends.whoosh.container import Container, narrow

__all__ = ["Strings", "columns_of"]


def columns_of(name: str, values: Sequence[bytes]) -> list[tuple[str, Array | bytes]]:
    """The columns that hold some strings, in their order."""
    ends = np.zeros(len(values) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, values), np.int64, len(values)), out=ends[1:])
    return [(f"{name}.ends", narrow(ends)), (f"{name}.bytes", b"".join(values))]


class Strings:
    """Strings of a container, as UTF-8 bytes, by number."""

    __slots__ = ("_bytes", "_ends")

    def __init__(self, container: Container, name: str) -> None:
        self._ends = container.ints(f"{name}.ends")
        self._bytes = container.raw(f"{name}.bytes")

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, index: int) -> bytes:
        return bytes(self._bytes[self._ends[index] : self._ends[index + 1]])

    def bisect(self, wanted: bytes) -> int:
        """The number of sorted strings that are less."""
        low, high = 0, len(self)
        ends, data = self._ends, self._bytes
        while low < high:
            middle = (low + high) >> 1
            if bytes(data[ends[middle] : ends[middle + 1]]) < wanted:
                low = middle + 1
            else:
                high = middle
        return low

    def find(self, wanted: bytes) -> int:
        """The number of a sorted string, -1 where it is not there."""
        at = self.bisect(wanted)
        return at if at < len(self) and self[at] == wanted else -1

    def all(self) -> list[bytes]:
        """All strings."""
        ends = self._ends.tolist()
        data = bytes(self._bytes)
        return [data[a:b] for a, b in pairwise(ends)]
