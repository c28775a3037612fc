"""Where words stand in some records, as columns: what is added, sorted and joined into rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from wpssearch.backends.arrays import Array, ranges

__all__ = ["Places", "followed", "keys_of", "nowhere", "together"]

_NOTHING: Array = np.zeros(0, np.int64)
# A position is below 2^40; above it stand the field and the record's row.
_FIELD, _ROW = 40, 42


class Places(NamedTuple):
    """Where something stands in some records: by occurrence the record's row, its field, the first
    position and the one after the last.
    """

    row: Array
    field: Array
    position: Array
    stop: Array

    def where(self, kept: Array) -> Places:
        """Those that are flagged, or stand in a slice."""
        return Places(*(column[kept] for column in self))


def nowhere() -> Places:
    """No place at all."""
    return Places(*[_NOTHING] * 4)


def together(parts: Sequence[Places]) -> Places:
    """All places of several lists."""
    parts = [part for part in parts if len(part.row)]
    if len(parts) < 2:
        return parts[0] if parts else nowhere()
    return Places(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def keys_of(places: Places, position: Array) -> Array:
    """Numbers that sort places by record, field and position."""
    return (
        (places.row.astype(np.int64) << _ROW) + (places.field.astype(np.int64) << _FIELD) + position
    )


def followed(rows: Places, parts: Places) -> Places:
    """The rows that one of the parts continues."""
    begins, wanted = keys_of(parts, parts.position), keys_of(rows, rows.stop)
    # A pattern may have millions of places: to look for them in order takes half the time.
    order, asked = np.argsort(begins), np.argsort(wanted)
    begins, wanted = begins[order], wanted[asked]
    first = np.searchsorted(begins, wanted, "left")
    counts = np.searchsorted(begins, wanted, "right") - first
    which = np.repeat(asked, counts)
    after = order[ranges(first, counts)]
    made = Places(rows.row[which], rows.field[which], rows.position[which], parts.stop[after])
    # One row for each pair of ends: a word that is there in two ways gives the same row twice.
    key = keys_of(made, made.position)
    order = np.lexsort((made.stop, key))
    key, stop = key[order], made.stop[order]
    once = np.ones(len(order), bool)
    once[1:] = (key[1:] != key[:-1]) | (stop[1:] != stop[:-1])
    return Places(*(column[order[once]] for column in made))
