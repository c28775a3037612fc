"""Strings as two columns: looked up by halving, read one by one, put in order all at once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from wpssearch.backends.arrays import Array, ranges, slices
from wpssearch.backends.whoosh.container import Container, Spool, narrow

__all__ = ["Strings", "Table", "columns_of"]

#: So many bytes of strings are compared at once, as one number.
_WORD = 8
_SLICE = 1 << 20
#: Of each column every so manieth string parts all strings into those less and the others.
_PART = 1 << 14
#: After so many searches every so manieth string is kept, which the next ones halve first.
_OFTEN, _APART = 64, 128


def columns_of(name: str, values: Sequence[bytes]) -> list[tuple[str, Array | bytes]]:
    """The columns that hold some strings, in their order."""
    ends = np.zeros(len(values) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, values), np.int64, len(values)), out=ends[1:])
    return [(f"{name}.ends", narrow(ends)), (f"{name}.bytes", b"".join(values))]


class Strings:
    """Strings of a container, as UTF-8 bytes, by number."""

    __slots__ = ("_bytes", "_ends", "_sample", "_searches")

    def __init__(self, container: Container, name: str) -> None:
        self._ends = container.ints(f"{name}.ends")
        self._bytes = container.raw(f"{name}.bytes")
        self._sample: list[bytes] | None = None
        self._searches = 0

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, index: int) -> bytes:
        return bytes(self._bytes[self._ends[index] : self._ends[index + 1]])

    def bisect(self, wanted: bytes) -> int:
        """The number of sorted strings that are less."""
        low, high = 0, len(self)
        ends, data = self._ends, self._bytes
        if self._sample is not None:
            after = bisect_left(self._sample, wanted)
            low = max(0, (after - 1) * _APART + 1)
            high = min(high, after * _APART)
        elif self._searches < _OFTEN:
            self._searches += 1
        else:
            self._sample = [self[number] for number in range(0, high, _APART)]
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

    def raw(self) -> tuple[Array, Array]:
        """The bytes of all strings, and their bounds."""
        return np.frombuffer(self._bytes, np.uint8), np.asarray(self._ends, np.int64)


class Table:
    """The strings of several columns together, numbered one column after another.

    ``orders`` are the numbers of each column's strings in their order; without it they stand in it.
    """

    def __init__(
        self, columns: Sequence[Strings], orders: Sequence[Sequence[int]] | None = None
    ) -> None:
        self._columns = columns
        self._orders = orders or [range(len(column)) for column in columns]
        raw = [column.raw() for column in columns]
        bases = np.cumsum([0, *(len(data) for data, _ in raw)])[:-1].tolist()
        # The last word of the last string is read whole.
        self._data = np.concatenate([*(data for data, _ in raw), np.zeros(_WORD, np.uint8)])
        none = np.zeros(0, np.int64)
        starts = [ends[:-1] + base for base, (_, ends) in zip(bases, raw, strict=True)]
        self._starts = narrow(np.concatenate([none, *starts]))
        self._lengths = narrow(np.concatenate([none, *(np.diff(ends) for _, ends in raw)]))

    def __len__(self) -> int:
        return len(self._starts)

    def ranks(self) -> Array:
        """By string how many of the strings are less than it: equal ones have the same rank."""
        out = np.zeros(len(self), np.uint32)
        before = 0
        for strings in self._parts():
            out[strings] = before + self._ranked(strings)
            before += len(strings)
        return out

    def _parts(self) -> Iterator[Array]:
        """The numbers of all strings in parts, each of which is less than the next."""
        columns = list(zip(self._columns, self._orders, strict=True))
        pivots = {column[order[n]] for column, order in columns
                  for n in range(_PART, len(order), _PART)}  # fmt: skip
        bases = np.cumsum([0, *map(len, self._columns)]).tolist()
        begins = [0] * len(columns)
        for pivot in [*sorted(pivots), None]:
            part = []
            for place, (column, order) in enumerate(columns):
                begin, stop = begins[place], len(order)
                if pivot is not None:
                    stop = bisect_left(order, pivot, begin, key=column.__getitem__)
                part.append(np.asarray(order[begin:stop], np.int64) + bases[place])
                begins[place] = stop
            yield np.concatenate([np.zeros(0, np.int64), *part])

    def _ranked(self, strings: Array) -> Array:
        """The ranks of some strings among these, which are compared a word at a time, those that
        are still alike by their next.
        """
        out = np.zeros(len(strings), np.int64)
        words = sliding_window_view(self._data, _WORD)
        masks = np.asarray([(1 << 64) - (1 << 8 * (_WORD - n)) for n in range(_WORD + 1)],
                           np.uint64)  # fmt: skip
        alike, depth = np.arange(len(strings)), 0
        while len(alike):
            mine = strings[alike]
            left = np.minimum(self._lengths[mine].astype(np.int64) - depth, _WORD + 1)
            places = np.minimum(self._starts[mine].astype(np.int64) + depth, len(words) - 1)
            word = words[places].view(">u8")[:, 0].astype(np.uint64)
            word &= masks[np.minimum(left, _WORD)]
            group = out[alike]
            order = np.lexsort((left, word, group))
            alike, left, word, group = alike[order], left[order], word[order], group[order]
            fresh = np.ones(len(alike), bool)
            regrouped = fresh.copy()
            regrouped[1:] = group[1:] != group[:-1]
            fresh[1:] = regrouped[1:] | (word[1:] != word[:-1]) | (left[1:] != left[:-1])
            number = np.arange(len(alike))
            begun = np.maximum.accumulate(np.where(fresh, number, 0))
            out[alike] = group + begun - np.maximum.accumulate(np.where(regrouped, number, 0))
            single = fresh & np.append(fresh[1:], True)
            alike = alike[~single & (left > _WORD)]
            depth += _WORD
        return out

    def columns(self, name: str, chosen: Array) -> Iterator[tuple[str, Array | bytes]]:
        """The columns that hold some of the strings, by number, in that order."""
        lengths = self._lengths[chosen].astype(np.int64)
        ends = np.append(0, np.cumsum(lengths))
        yield f"{name}.ends", narrow(ends)
        starts = self._starts[chosen].astype(np.int64)
        spool = Spool()
        for begin, stop in slices(ends, _SLICE):
            spool.append(self._data[ranges(starts[begin:stop], lengths[begin:stop])])
        yield f"{name}.bytes", spool.whole(np.dtype(np.uint8))
