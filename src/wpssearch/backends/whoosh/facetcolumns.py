"""Facets as columns: each distinct combination of values once, and its number for each record."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from math import prod

import numpy as np

from wpssearch.backends.arrays import Array, distinct, ranges
from wpssearch.backends.whoosh.container import Container, narrow
from wpssearch.backends.whoosh.strings import Strings, columns_of

__all__ = ["FacetColumn", "FacetWriter", "Joint", "Values"]

#: Up to so many possible combinations facets are joined.
_MOST_JOINED = 1 << 24

#: The values of a facet on a record, each with what qualifies it (a country's role and evidence).
Values = tuple[tuple[str, str], ...]


class FacetWriter:
    """Collects the values of one facet, record by record."""

    def __init__(self, records: int = 0) -> None:
        self._combinations: dict[Values, int] = {(): 0}
        self._numbers = array("I", bytes(4 * records))

    def add(self, values: Values) -> None:
        """Take the next record's values."""
        combinations = self._combinations
        number = combinations.get(values)
        if number is None:
            number = combinations[values] = len(combinations)
        self._numbers.append(number)

    def pad(self, records: int) -> None:
        """Let the records up to this number have no value."""
        self._numbers.frombytes(bytes(4 * (records - len(self._numbers))))

    def add_many(self, combinations: Sequence[Values], numbers: Array) -> None:
        """Take records whose combinations are given by number."""
        known = self._combinations
        mapped = [known.setdefault(values, len(known)) for values in combinations] or [0]
        self._numbers.frombytes(np.asarray(mapped, np.uint32)[numbers].tobytes())

    def columns(self, name: str) -> Iterator[tuple[str, Array | bytes]]:
        """The columns of the facet."""
        values = sorted({value for combination in self._combinations for value, _ in combination})
        marks = sorted({mark for combination in self._combinations for _, mark in combination})
        place = {value: number for number, value in enumerate(values)}
        entries = [pair for combination in self._combinations for pair in combination]
        counts = np.fromiter(map(len, self._combinations), np.int64, len(self._combinations))
        yield from columns_of(f"{name}.values", [value.encode() for value in values])
        yield from columns_of(f"{name}.marks", [mark.encode() for mark in marks])
        yield f"{name}.ends", narrow(np.append(0, np.cumsum(counts)))
        yield (
            f"{name}.value",
            narrow(np.fromiter((place[value] for value, _ in entries), np.int64, len(entries))),
        )
        yield (
            f"{name}.mark",
            np.fromiter((marks.index(m) for _, m in entries), np.uint8, len(entries)),
        )
        yield f"{name}.records", narrow(np.frombuffer(self._numbers, np.uint32))


class FacetColumn:
    """A facet of a segment: for each record the number of its combination of values."""

    def __init__(
        self,
        values: Strings | Sequence[bytes],
        marks: Sequence[str],
        ends: Array,
        value: Array,
        mark: Array,
        records: Array,
    ) -> None:
        self.values = values
        self.marks = marks
        self.ends = ends
        self.value = value
        self.mark = mark
        self.records = records
        self._owners: Array | None = None
        self._single: bool | None = None
        # Where that is so, by value its combination.
        self._order: Array | None = None
        self._pairs: tuple[Array, Array] | None = None

    @classmethod
    def read(cls, container: Container, name: str) -> FacetColumn:
        """The column of a segment's file."""
        return cls(
            Strings(container, f"{name}.values"),
            [mark.decode() for mark in Strings(container, f"{name}.marks").all()],
            *(container.array(f"{name}.{part}") for part in ("ends", "value", "mark", "records")),
        )

    def derive(self, brought: Callable[[str], Iterable[str]]) -> FacetColumn:
        """The column of a facet that follows from this one: what each value brings.

        What several values of a combination bring with one mark is there once.
        """
        made = [tuple(brought(name)) for name in self.names()]
        names = sorted({name for each in made for name in each})
        place = {name: number for number, name in enumerate(names)}
        counts = np.fromiter(map(len, made), np.int64, len(made))
        flat = np.fromiter((place[name] for each in made for name in each), np.int64)
        begins = np.cumsum(counts) - counts
        many = counts[self.value]
        value = flat[ranges(begins[self.value], many)]
        mark = np.repeat(self.mark.astype(np.int64), many)
        owner = np.repeat(self.owners, many)
        size, marks = max(len(names), 1), max(len(self.marks), 1)
        keys = (owner * size + value) * marks + mark
        entries = distinct(keys, self.combinations * size * marks)
        owner, value = np.divmod(entries // marks, size)
        ends = np.append(0, np.cumsum(np.bincount(owner, minlength=self.combinations)))
        return FacetColumn(
            [name.encode() for name in names], self.marks, ends, value, entries % marks,
            self.records,
        )  # fmt: skip

    def names(self) -> list[str]:
        """The values, sorted."""
        values = self.values
        return [v.decode() for v in (values.all() if isinstance(values, Strings) else values)]

    @property
    def combinations(self) -> int:
        return len(self.ends) - 1

    @property
    def owners(self) -> Array:
        """By entry, the combination that it belongs to."""
        if self._owners is None:
            counts: Array = np.diff(self.ends.astype(np.int64))
            self._owners = np.repeat(np.arange(self.combinations), counts)
        return self._owners

    def kept(self, marks: frozenset[str] | None) -> Array | None:
        """By entry, whether its mark is one of these; ``None`` where all are."""
        if marks is None:
            return None
        allowed = np.fromiter((mark in marks for mark in self.marks), bool, len(self.marks))
        return allowed[self.mark] if len(self.marks) else np.zeros(0, bool)

    def count(self, records: Array) -> Array:
        """By combination, how many of the records have it."""
        return np.bincount(self.records.take(records), minlength=self.combinations)

    def by_value(self, by_combination: Array, marks: frozenset[str] | None = None) -> Array:
        """By value, how many records have it, of counts by combination."""
        size = len(self.values)
        kept = self.kept(marks)
        if kept is None and self.single:
            if self._order is None:
                self._order = np.argsort(self.value) + 1
            return by_combination.take(self._order)
        owner, value = self.pairs(marks)
        return np.bincount(value, weights=by_combination[owner], minlength=size).astype(np.int64)

    def pairs(self, marks: frozenset[str] | None = None) -> tuple[Array, Array]:
        """The combinations, ascending, each with its values that have one of the marks."""
        kept = self.kept(marks)
        if kept is None and self._pairs is not None:
            return self._pairs
        owner = self.owners if kept is None else self.owners[kept]
        value = self.value if kept is None else self.value[kept]
        if len(self.marks) > 1:
            # A combination may hold a value twice, in two roles; the record counts once.
            size = max(len(self.values), 1)
            keys = owner * size + value.astype(np.int64)
            owner, value = np.divmod(distinct(keys, self.combinations * size), size)
        if kept is None:
            self._pairs = owner, value
        return owner, value

    @property
    def single(self) -> bool:
        """Whether each combination but the first, empty one is one value, and no two the same."""
        if self._single is None:
            counts = np.diff(self.ends.astype(np.int64))
            self._single = len(self.value) == len(self.values) and bool(
                counts[0] == 0 and (counts[1:] == 1).all()
            )
        return self._single

    def with_any(self, chosen: Array, marks: frozenset[str] | None = None) -> Array:
        """By combination, whether it has one of the values, given by number."""
        out = np.zeros(self.combinations, bool)
        wanted = np.zeros(len(self.values), bool)
        wanted[chosen] = True
        hits = wanted[self.value]
        kept = self.kept(marks)
        if kept is not None:
            hits &= kept
        out[self.owners[hits]] = True
        return out

    def of(self, record: int) -> list[tuple[str, str]]:
        """The values of a record with their marks."""
        number = int(self.records[record])
        return [
            (self.values[int(self.value[entry])].decode(), self.marks[int(self.mark[entry])])
            for entry in range(int(self.ends[number]), int(self.ends[number + 1]))
        ]


class Joint:
    """Facets of a segment that are counted together: each record has one number, of its combination
    in all of them, so that a count walks through the records once.
    """

    def __init__(self, columns: Sequence[FacetColumn]) -> None:
        self._sizes = [column.combinations for column in columns]
        size = prod(self._sizes)
        keys = np.zeros(len(columns[0].records), np.int64)
        for column in columns:
            keys *= column.combinations
            keys += column.records
        there = distinct(keys, size)
        self._records = narrow(np.searchsorted(there, keys))
        #: How many combinations there are.
        self.size = len(there)
        self._parts: list[Array] = []
        for part in reversed(self._sizes):
            there, mine = np.divmod(there, part)
            self._parts.insert(0, mine)

    @staticmethod
    def of(columns: Sequence[FacetColumn]) -> Joint | None:
        """The facets joined, ``None`` where that is no less work at any number of records."""
        if prod(column.combinations for column in columns) > _MOST_JOINED:
            return None
        made = Joint(columns)
        return made if made.size < len(columns[0].records) else None

    def count(self, records: Array) -> list[Array]:
        """By facet what its column would count."""
        counts = np.bincount(self._records.take(records), minlength=self.size)
        out = []
        for size, mine in zip(self._sizes, self._parts, strict=True):
            total = np.zeros(size, np.int64)
            np.add.at(total, mine, counts)
            out.append(total)
        return out
