"""Numbers in bulk: what the modules that work on whole columns share."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Array", "ranges"]

Array = npt.NDArray[Any]


def ranges(firsts: Array, counts: Array) -> Array:
    """The numbers of several ranges one after another: each from its first on, so many."""
    begun = np.cumsum(counts) - counts
    numbers: Array = np.arange(int(counts.sum())) + np.repeat(firsts - begun, counts)
    return numbers
