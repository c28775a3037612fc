"""Numbers in bulk: what the modules that work on whole columns share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Array", "as_indices", "distinct", "nth_greatest", "ranges", "slices"]

Array = npt.NDArray[Any]
#: Up to so many possible keys a table of all is quicker than sorting those that there are.
_TABLE = 1 << 25
#: The share of a table's places below which keys are sorted instead.
_SPARSE = 16
#: How many numbers are looked at by the greatest of them, and how many more such runs than numbers
#: that are wanted make that quicker.
_RUN, _LONG = 64, 8


def ranges(firsts: Array, counts: Array) -> Array:
    """The numbers of several ranges one after another: each from its first on, so many."""
    # Methods: for a few numbers numpy's functions of the same names take twice as long.
    ends = counts.cumsum()
    numbers: Array = (firsts - ends + counts).repeat(counts)
    numbers += np.arange(len(numbers))
    return numbers


def distinct(keys: Array, size: int) -> Array:
    """Each key once, ascending; keys are below ``size``."""
    if size > _TABLE or len(keys) * _SPARSE < size:
        # Where numbers repeat, np.unique is slower by far: it keeps a table of hashes.
        keys = np.sort(keys)
        once = np.ones(len(keys), bool)
        once[1:] = keys[1:] != keys[:-1]
        return keys[once]
    there = np.zeros(size, bool)
    there[keys] = True
    return np.flatnonzero(there)


def as_indices(numbers: Array) -> Array:
    """The numbers as numpy indexes: with others it takes a slower path than the cast."""
    return numbers.astype(np.intp, copy=False)


def nth_greatest(numbers: Array, count: int) -> float:
    """What at least ``count`` of the numbers reach, and not many more; there are so many."""
    runs = len(numbers) // _RUN
    if runs >= count * _LONG:
        # Where so many runs have one that is as great, so many numbers are: runs are fewer.
        numbers = numbers[: runs * _RUN].reshape(_RUN, runs).max(axis=0)
    at = len(numbers) - count
    return float(np.partition(numbers, at)[at])


def slices(ends: Array, most: int) -> Iterator[tuple[int, int]]:
    """Runs of lists, so many entries at a time or one longer list: the first and the one after.

    ``ends`` are the lists' bounds among all entries, from 0 on.
    """
    begin, lists = 0, len(ends) - 1
    while begin < lists:
        reached = int(np.searchsorted(ends, int(ends[begin]) + most, side="right")) - 1
        stop = max(begin + 1, min(lists, reached))
        yield begin, stop
        begin = stop
