"""A segment: records that were written together, as columns that are mapped and read."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from wpssearch.analysis import Term
from wpssearch.backends.arrays import Array, ranges
from wpssearch.backends.scoring import FIELDS
from wpssearch.backends.whoosh import records
from wpssearch.backends.whoosh.container import Container
from wpssearch.backends.whoosh.facetcolumns import FacetColumn
from wpssearch.backends.whoosh.layout import APART, CASES, POSTING_BLOCK
from wpssearch.backends.whoosh.packing import Packed
from wpssearch.backends.whoosh.strings import Strings
from wpssearch.model import Record

__all__ = [
    "DIGEST",
    "MAKING",
    "Offsets",
    "Postings",
    "Segment",
    "by_occurrence",
    "in_all_fields",
    "lengths_of",
]

_MOST_CACHED = 1 << 14
#: The bytes of what tells a record from others.
DIGEST = 24
#: By record, which analyzer and vocabulary made it: a column like a facet's, whose name none has.
MAKING = "\x1fmaking"


class Postings(NamedTuple):
    """The records that have a stem, ascending.

    ``first`` and ``stop`` bound them among all postings; ``occurrences`` is the number of the first
    occurrence, ``first_term`` that of the stem's first term, ``impacts`` are the numbers of the
    postings' pairs of frequencies and lengths.
    """

    records: Array
    first: int
    stop: int
    occurrences: int
    first_term: int
    impacts: Array | None


class Offsets(NamedTuple):
    """Where the words of a field of some records stand: by position the first code point and the
    one after the last. ``begins`` is by record the place of its first position.
    """

    begins: Array
    starts: Array
    ends: Array


class Segment:
    """The columns of a segment, and which of its records are live."""

    def __init__(self, container: Container, live: Array | None) -> None:
        self.container = container
        #: By record, whether it is live; ``None`` where all are.
        self.live = live
        self.ids = Strings(container, "ids")
        self.count = len(self.ids)
        self._stems = Strings(container, "stems")
        self._forms = Strings(container, "forms")
        self._acronyms = Strings(container, "acronyms")
        self._form_stem = container.ints("forms.stem")
        self._stem_terms = container.ints("stems.terms")
        self._stem_postings = container.ints("stems.postings")
        self._stem_occurrences = container.ints("stems.occurrences")
        self._record = container.array("postings.record")
        #: What an evaluator has looked up in the dictionary, by query term.
        self.lookups: dict[object, tuple[tuple[int, Array | None], ...]] = {}
        # The stem that was met last, and its number.
        self._begins = b"", 0
        self._terms: dict[bytes, tuple[tuple[int, list[Term | None]], ...]] = {}
        impact = "postings.impact"
        self._impact = container.array(impact) if impact in container else None
        place = "impacts.{}.frequency" if self._impact is not None else "postings.{}"
        #: By field the frequencies of postings, or of impacts; ``None`` where no record has it.
        self._by_field = tuple(
            container.array(place.format(name)) if place.format(name) in container else None
            for name in FIELDS
        )
        #: By form how often live records have it, where that has been counted.
        self.form_counts: Array | None = None
        self._packed: dict[str, Packed] = {}
        self._facets: dict[str, FacetColumn | None] = {}
        self._blocks: dict[str, tuple[int, bytes]] = {}

    # Words

    def stem(self, form: bytes) -> str | None:
        """The stem of a form that the segment has."""
        at = self._forms.find(form)
        if at < 0:
            return None
        rank = self._form_stem[at]
        name = self._stems[rank]
        stem = name.partition(APART)[0]
        if stem == name:
            # What comes next is to ask for the stem's terms.
            self._begins = stem, rank
        return stem.decode()

    def _stem(self, rank: int) -> str:
        return self._stems[rank].partition(APART)[0].decode()

    def ranks(self, stem: bytes) -> range:
        """The numbers of a stem and of the forms that are kept apart from it."""
        met, first = self._begins
        if met != stem:
            first = self._stems.bisect(stem)
        last = first
        while last < len(self._stems):
            name = self._stems[last]
            if name != stem and not name.startswith(stem + APART):
                break
            last += 1
        return range(first, last)

    def terms(self, stem: bytes) -> tuple[tuple[int, list[Term | None]], ...]:
        """The numbers of a stem and of the forms that are kept apart from it, each with its
        terms by number; ``None`` for one that no live record has.
        """
        known = self._terms.get(stem)
        if known is None:
            if len(self._terms) >= _MOST_CACHED:
                self._terms.clear()
            known = tuple((rank, self.all_terms(rank)) for rank in self.ranks(stem))
            self._terms[stem] = known
        return known

    def all_terms(self, rank: int) -> list[Term | None]:
        """The terms of a stem by number; ``None`` for one that no live record has."""
        first, stop = self._stem_terms[rank], self._stem_terms[rank + 1]
        stem = self._stem(rank)
        form, case = self.container.ints("terms.form"), self.container.ints("terms.case")
        found: list[Term | None] = [
            Term(stem, self._forms[form[at]].decode(), CASES[case[at]]) for at in range(first, stop)
        ]
        if self.live is not None:
            counts = self.term_counts(rank)
            found = [term if counts[n] else None for n, term in enumerate(found)]
        return found

    @property
    def forms(self) -> Strings:
        """All forms, sorted."""
        return self._forms

    def terms_of_forms(self, numbers: Array) -> tuple[Array, Array]:
        """By term whether its form is one of these, given by number; by stem its first term."""
        wanted = np.zeros(len(self._forms), bool)
        wanted[numbers] = True
        return wanted[self.container.array("terms.form")], self.container.array("stems.terms")

    def term_counts(self, rank: int) -> Array:
        """By term of a stem, how often it stands in live records."""
        first, stop = self._stem_occurrences[rank], self._stem_occurrences[rank + 1]
        terms = self.packed("occurrences.term").slice(first, stop)
        if self.live is not None:
            terms = terms[self.alive(np.asarray([rank]))]
        return np.bincount(terms, minlength=self._stem_terms[rank + 1] - self._stem_terms[rank])

    def alive(self, stems: Array) -> Array:
        """By occurrence of some stems, whether its record is live."""
        begun = self.container.array("stems.postings")
        firsts = begun.take(stems).astype(np.int64)
        places = ranges(firsts, begun.take(stems + 1) - firsts)
        totals = in_all_fields(self.frequencies_at(places))
        records = self._record.take(places)
        flags = np.ones(len(records), bool) if self.live is None else self.live.take(records)
        return np.repeat(flags, totals)

    def postings(self, rank: int) -> Postings:
        """The postings of a stem, dead records included."""
        first, stop = self._stem_postings[rank], self._stem_postings[rank + 1]
        return Postings(
            self._record[first:stop],
            first,
            stop,
            self._stem_occurrences[rank],
            self._stem_terms[rank],
            None if self._impact is None else self._impact[first:stop],
        )

    def frequencies(self, first: int, stop: int) -> tuple[Array | None, ...]:
        """By field how often each of some postings has its stem there; ``None``: none has."""
        return self._frequencies(slice(first, stop))

    def frequencies_at(self, numbers: Array) -> tuple[Array | None, ...]:
        """The same of some postings by their numbers among all."""
        return self._frequencies(numbers)

    def _frequencies(self, which: slice | Array) -> tuple[Array | None, ...]:
        if self._impact is None:
            return tuple(None if f is None else f[which] for f in self._by_field)
        impacts = self._impact[which]
        return tuple(None if f is None else f.take(impacts) for f in self._by_field)

    def first_occurrences(self, numbers: Array) -> Array:
        """The numbers of the first occurrences of some postings, by their numbers among all.

        What stands before a posting is counted from the beginning of its block.
        """
        blocks = numbers // POSTING_BLOCK
        begins = blocks * POSTING_BLOCK
        counts = numbers - begins
        totals = in_all_fields(self.frequencies_at(ranges(begins, counts)))
        ends, sums = counts.cumsum(), np.zeros(len(totals) + 1, np.int64)
        totals.cumsum(out=sums[1:])
        before: Array = sums.take(ends) - sums.take(ends - counts)
        before += self.container.array("postings.before").take(blocks)
        return before

    def has(self, field: str) -> bool:
        """Whether a record has words in the field."""
        return self._by_field[FIELDS.index(field)] is not None

    def packed(self, name: str) -> Packed:
        """A packed column."""
        known = self._packed.get(name)
        if known is None:
            known = self._packed[name] = Packed(self.container, name)
        return known

    def offsets(self, field: str, records: Array) -> Offsets:
        """Where the words of a field of some records stand; every record is in bounds."""
        name = f"offsets.{field}"
        if f"{name}.ends" not in self.container:
            return Offsets(np.zeros(len(records), np.int64), *np.zeros((2, 0), np.int64))
        bounds = self.container.array(f"{name}.ends")
        firsts = bounds.take(records).astype(np.int64)
        counts = bounds.take(records + 1) - firsts
        places = ranges(firsts, counts)
        lengths = self.packed(f"{name}.length").take(places)
        ends = np.zeros(len(places) + 1, np.int64)
        (self.packed(f"{name}.gap").take(places) + lengths).cumsum(out=ends[1:])
        begins = counts.cumsum() - counts
        # Each record's offsets count from its own beginning.
        before, ends = ends.take(begins).repeat(counts), ends[1:]
        ends -= before
        return Offsets(begins, ends - lengths, ends)

    def impacts(self) -> Iterator[tuple[str, Array, Array]]:
        """By field that the segment has: the frequencies and the lengths of the pairs."""
        for name in FIELDS:
            if f"impacts.{name}.frequency" in self.container:
                yield (
                    name,
                    self.container.array(f"impacts.{name}.frequency"),
                    self.container.array(f"impacts.{name}.length"),
                )

    def long_forms(self, prefix: bytes) -> Iterator[bytes]:
        """The definitions of acronyms that begin so and that live records make."""
        words = self._acronyms
        ends = self.container.ints("acronyms.until")
        numbers = self.container.array("acronyms.records")
        at = words.bisect(prefix)
        while at < len(words) and (word := words[at]).startswith(prefix):
            if self.live is None or self.live[numbers[ends[at] : ends[at + 1]]].any():
                yield word
            at += 1

    # Records

    @property
    def live_numbers(self) -> Array:
        """The numbers of the live records, ascending."""
        return np.arange(self.count) if self.live is None else np.flatnonzero(self.live)

    def find(self, id_: bytes) -> int:
        """The number of the live record that has this id, -1 where there is none."""
        hashes = self.container.array("ids.hash")
        wanted = np.uint32(zlib.crc32(id_))
        at = int(np.searchsorted(hashes, wanted))
        numbers = self.container.ints("ids.number")
        while at < self.count and hashes[at] == wanted:
            number = numbers[at]
            if self.ids[number] == id_ and (self.live is None or self.live[number]):
                return int(number)
            at += 1
        return -1

    def find_all(self, ids: Sequence[bytes]) -> Iterator[tuple[int, int]]:
        """The ids that live records have: the place of each among these, and its number."""
        hashes = self.container.array("ids.hash")
        wanted = np.fromiter(map(zlib.crc32, ids), np.uint32, len(ids))
        at = np.minimum(np.searchsorted(hashes, wanted), max(self.count - 1, 0))
        for place in np.flatnonzero(hashes[at] == wanted).tolist() if self.count else ():
            number = self.find(ids[place])
            if number >= 0:
                yield place, number

    @property
    def id_ranks(self) -> Array:
        """By record, its place in the order of ids."""
        return self.container.array("ids.rank")

    def digest(self, record: int) -> bytes:
        """What tells the record's content, place and making from others."""
        return bytes(self.container.raw("digests")[record * DIGEST : (record + 1) * DIGEST])

    def stored(self, name: str, record: int) -> bytes:
        """The record's text (``texts``), or the rest of it as it was encoded (``stored``)."""
        try:
            return self._stored(name, record)
        except (zlib.error, IndexError) as error:
            raise self.container.damaged(f"is damaged in {name}") from error

    def _stored(self, name: str, record: int) -> bytes:
        blocks = self.container.ints(f"{name}.block")
        begins = self.container.ints(f"{name}.begin")
        block = blocks[record]
        # Read once: another thread may put another block in its place.
        number, data = self._blocks.get(name, (-1, b""))
        if number != block:
            data = zlib.decompress(Strings(self.container, name)[block])
            self._blocks[name] = (block, data)
        following = record + 1 < self.count and blocks[record + 1] == block
        stop = begins[record + 1] if following else len(data)
        return data[begins[record] : stop]

    def text(self, number: int) -> str:
        """The text of a record."""
        return self.stored("texts", number).decode("utf-8", "replace")

    def record(self, number: int) -> Record:
        """The whole record."""
        try:
            return records.decode(self.stored("stored", number).decode(), self.text(number))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise self.container.damaged("holds a record that nobody wrote") from error

    # Facets and lengths

    def facet(self, name: str) -> FacetColumn | None:
        """A facet's column, ``None`` where no record of the segment has the facet."""
        if name not in self._facets:
            column = f"facet:{name}"
            there = f"{column}.records" in self.container
            self._facets[name] = FacetColumn.read(self.container, column) if there else None
        return self._facets[name]

    @cached_property
    def facet_names(self) -> list[str]:
        """The facets that the segment has a column for."""
        return [
            name.removeprefix("facet:").removesuffix(".records")
            for name in self.container.names()
            if name.startswith("facet:") and name.endswith(".records")
        ]

    def lengths(self, field: str) -> Array:
        """By record, the length of a field in tokens."""
        return self.container.array(f"lengths.{field}")


def in_all_fields(frequencies: Sequence[Array | None]) -> Array:
    """By posting, how many occurrences it has in all fields."""
    present = [f for f in frequencies if f is not None]
    total: Array = present[0].astype(np.int64) if present else np.zeros(0, np.int64)
    for more in present[1:]:
        total = total + more
    return total


def by_occurrence(frequencies: Sequence[Array | None]) -> Array:
    """By occurrence of some postings, the number of its field."""
    present = [(number, f) for number, f in enumerate(frequencies) if f is not None]
    if not present:
        return np.zeros(0, np.int64)
    counts = np.empty((len(present[0][1]), len(present)), np.int64)
    numbers = np.empty(counts.shape, np.int64)
    for column, (number, f) in enumerate(present):
        counts[:, column], numbers[:, column] = f, number
    return numbers.ravel().repeat(counts.ravel())


def lengths_of(segment: Segment) -> list[int]:
    """The lengths of each field, summed over live records."""
    out = []
    for field in FIELDS:
        lengths = segment.lengths(field)
        out.append(int(lengths.sum() if segment.live is None else lengths[segment.live].sum()))
    return out
