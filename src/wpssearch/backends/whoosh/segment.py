"""A segment: records that were written together, as columns, and how they are read."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from wpssearch.analysis import Analyzer, Term
from wpssearch.backends.arrays import Array
from wpssearch.backends.scoring import FIELDS
from wpssearch.backends.whoosh import records
from wpssearch.backends.whoosh.container import Container, Spool, narrow
from wpssearch.backends.whoosh.facetcolumns import FacetColumn, FacetWriter
from wpssearch.backends.whoosh.inverting import APART, CASES, Inverter
from wpssearch.backends.whoosh.strings import Strings, columns_of
from wpssearch.errors import IndexDamaged
from wpssearch.facets import facet_values
from wpssearch.model import Record

__all__ = [
    "Blocks",
    "Postings",
    "Segment",
    "SegmentBuilder",
    "by_occurrence",
    "in_all_fields",
    "lengths_of",
]

_BLOCK = 1 << 12
_DIGEST = 24
#: What inverting a chunk takes at its most, in bytes: a few arrays of numbers.
_CHUNK_MEMORY = 70
#: What is kept of a record besides its text.
_RECORD_MEMORY = 500
_LEVEL = 1


def _id_hash(id_: bytes) -> int:
    """A number for an id, by which a segment finds it."""
    return zlib.crc32(id_) << 32 | zlib.adler32(id_)


class Blocks:
    """Texts compressed in blocks: a block is unpacked for the text that is shown alone."""

    def __init__(self) -> None:
        self._blocks = Spool()
        self._lengths = array("I")
        self._block_of = array("I")
        self._begins = array("I")
        self._waiting: list[bytes] = []
        self._size = 0
        #: The bytes of all blocks.
        self.bytes = 0

    def add(self, text: bytes) -> None:
        """Take the next text."""
        self._block_of.append(len(self._lengths))
        self._begins.append(self._size)
        self._waiting.append(text)
        self._size += len(text)
        if self._size >= _BLOCK:
            self._compress()

    def _compress(self) -> None:
        block = zlib.compress(b"".join(self._waiting), _LEVEL)
        self._blocks.append(np.frombuffer(block, np.uint8))
        self._lengths.append(len(block))
        self.bytes += len(block)
        self._waiting, self._size = [], 0

    def columns(self, name: str) -> Iterator[tuple[str, Array | bytes]]:
        """The columns of the texts."""
        if self._waiting:
            self._compress()
        ends = np.cumsum(np.frombuffer(self._lengths, np.uint32), dtype=np.int64)
        yield f"{name}.ends", narrow(np.append(0, ends))
        yield f"{name}.bytes", self._blocks.whole(np.dtype(np.uint8))
        yield f"{name}.block", narrow(np.frombuffer(self._block_of, np.uint32))
        yield f"{name}.begin", narrow(np.frombuffer(self._begins, np.uint32))


class SegmentBuilder:
    """Collects records for one segment."""

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._inverter = Inverter(analyzer)
        self._clear()

    def _clear(self) -> None:
        self._ids: list[bytes] = []
        self._digests: list[bytes] = []
        self._stored = Blocks()
        self._texts = Blocks()
        self._facets: dict[str, FacetWriter] = {}
        self._acronyms: dict[bytes, list[int]] = {}

    @property
    def size(self) -> int:
        """About how many bytes of memory the batch and its inversion take."""
        kept = self._stored.bytes + self._texts.bytes + len(self._ids) * _RECORD_MEMORY
        return kept + self._inverter.size * _CHUNK_MEMORY

    def add(self, record: Record, digest: bytes) -> None:
        """Take a record; it gets the next number."""
        number = len(self._ids)
        self._ids.append(record.id.encode("utf-8", "replace"))
        self._digests.append(digest)
        self._stored.add(records.encode(record).encode())
        self._texts.add(record.text.encode("utf-8", "replace"))
        title = record.title if record.title_given else ""
        self._inverter.add(title, [s.heading for s in record.sections], record.text)
        for name, values in facet_values(record).items():
            writer = self._facets.get(name)
            if writer is None:
                writer = self._facets[name] = FacetWriter(number)
            writer.pad(number)
            writer.add(values)
        for word in records.acronyms(record, self._analyzer):
            self._acronyms.setdefault(word.encode(), []).append(number)

    def columns(self) -> Iterator[tuple[str, Array | bytes]]:
        """The columns of the segment; the builder is then empty again."""
        yield from columns_of("ids", self._ids)
        yield from id_columns(self._ids)
        yield "digests", b"".join(self._digests)
        yield from self._stored.columns("stored")
        yield from self._texts.columns("texts")
        for name, writer in self._facets.items():
            writer.pad(len(self._ids))
            yield from writer.columns(f"facet:{name}")
        yield from acronym_columns(self._acronyms)
        yield from self._inverter.columns()
        self._clear()


def id_columns(ids: list[bytes]) -> Iterator[tuple[str, Array | bytes]]:
    """What finds a record by its id, and each record's place in the order of ids."""
    hashes = np.fromiter(map(_id_hash, ids), np.uint64, len(ids))
    order = np.argsort(hashes, kind="stable")
    yield "ids.hash", hashes[order]
    yield "ids.number", narrow(order)
    ranks = np.empty(len(ids), np.int64)
    ranks[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids))
    yield "ids.rank", narrow(ranks)


def acronym_columns(words: Mapping[bytes, list[int]]) -> Iterator[tuple[str, Array | bytes]]:
    """The definitions of acronyms, sorted, each with the records that make it."""
    names = sorted(words)
    yield from columns_of("acronyms", names)
    yield "acronyms.until", narrow(np.append(0, np.cumsum([len(words[n]) for n in names])))
    flat = [number for name in names for number in words[name]]
    yield "acronyms.records", narrow(np.asarray(flat, np.int64))


class Postings(NamedTuple):
    """The records that have a stem, ascending, and how often each field has it.

    ``occurrences`` is the number of the first occurrence, ``first_term`` that of the stem's first
    term, ``impacts`` are the numbers of the postings' pairs of frequencies and lengths.
    """

    records: Array
    frequencies: tuple[Array | None, ...]
    occurrences: int
    first_term: int
    impacts: Array | None


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
        self._form_stem = container.ints("forms.stem")
        self._stem_terms = container.ints("stems.terms")
        self._stem_postings = container.ints("stems.postings")
        self._stem_occurrences = container.ints("stems.occurrences")
        self._record = container.array("postings.record")
        self._by_field = tuple(
            container.array(f"postings.{name}") if f"postings.{name}" in container else None
            for name in FIELDS
        )
        #: What an evaluator has looked up in the dictionary, by query term.
        self.lookups: dict[object, tuple[tuple[int, Array | None], ...]] = {}
        impact = "postings.impact"
        self._impact = container.array(impact) if impact in container else None
        self._facets: dict[str, FacetColumn | None] = {}
        self._blocks: dict[str, tuple[int, bytes]] = {}

    # Words

    def stem(self, form: bytes) -> str | None:
        """The stem of a form that the segment has."""
        at = self._forms.find(form)
        return self._stem(self._form_stem[at]) if at >= 0 else None

    def _stem(self, rank: int) -> str:
        return self._stems[rank].partition(APART)[0].decode()

    def ranks(self, stem: bytes) -> range:
        """The numbers of a stem and of the forms that are kept apart from it."""
        first = last = self._stems.bisect(stem)
        while last < len(self._stems):
            name = self._stems[last]
            if name != stem and not name.startswith(stem + APART):
                break
            last += 1
        return range(first, last)

    def terms(self, rank: int) -> list[Term]:
        """The terms of a stem that live records have, in the order of their numbers."""
        return [term for term in self.all_terms(rank) if term is not None]

    def all_terms(self, rank: int) -> list[Term | None]:
        """The terms of a stem by number; ``None`` for one that no live record has."""
        first, stop = self._stem_terms[rank], self._stem_terms[rank + 1]
        stem = self._stem(rank)
        form, case = self.container.ints("terms.form"), self.container.ints("terms.case")
        found: list[Term | None] = [
            Term(stem, self._forms[form[at]].decode(), CASES[case[at]]) for at in range(first, stop)
        ]
        if self.live is not None:
            used = np.bincount(self._live_terms(rank), minlength=stop - first)
            found = [term if used[n] else None for n, term in enumerate(found)]
        return found

    def _live_terms(self, rank: int) -> Array:
        postings = self.postings(rank)
        assert self.live is not None
        alive = np.repeat(self.live[postings.records], in_all_fields(postings.frequencies))
        first = postings.occurrences
        terms = self.container.array("occurrences.term")[first : first + len(alive)]
        kept: Array = terms[alive]
        return kept

    def postings(self, rank: int) -> Postings:
        """The postings of a stem, dead records included."""
        first, stop = self._stem_postings[rank], self._stem_postings[rank + 1]
        return Postings(
            self._record[first:stop],
            self.frequencies(first, stop),
            self._stem_occurrences[rank],
            self._stem_terms[rank],
            None if self._impact is None else self._impact[first:stop],
        )

    def frequencies(self, first: int, stop: int) -> tuple[Array | None, ...]:
        """By field how often each of some postings has its stem there; ``None``: none has."""
        return tuple(None if f is None else f[first:stop] for f in self._by_field)

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
        words = Strings(self.container, "acronyms")
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
        wanted = np.uint64(_id_hash(id_))
        at = int(np.searchsorted(hashes, wanted))
        numbers = self.container.ints("ids.number")
        while at < self.count and hashes[at] == wanted:
            number = numbers[at]
            if self.ids[number] == id_ and (self.live is None or self.live[number]):
                return int(number)
            at += 1
        return -1

    @property
    def id_ranks(self) -> Array:
        """By record, its place in the order of ids."""
        return self.container.array("ids.rank")

    def digest(self, record: int) -> bytes:
        """What tells the record's content, place and making from others."""
        return bytes(self.container.raw("digests")[record * _DIGEST : (record + 1) * _DIGEST])

    def stored(self, name: str, record: int) -> bytes:
        """The record's text (``texts``), or the rest of it as it was encoded (``stored``)."""
        blocks = self.container.ints(f"{name}.block")
        begins = self.container.ints(f"{name}.begin")
        block = blocks[record]
        # Read once: another thread may put another block in its place.
        number, data = self._blocks.get(name, (-1, b""))
        if number != block:
            try:
                data = zlib.decompress(Strings(self.container, name)[block])
            except zlib.error as error:
                raise IndexDamaged(
                    f"The index file {self.container.name} is damaged in {name}; "
                    "build the index anew with `wpssearch ingest`."
                ) from error
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
        except (ValueError, KeyError, TypeError) as error:
            raise IndexDamaged(
                f"The index file {self.container.name} holds a record that nobody wrote; "
                "build the index anew with `wpssearch ingest`."
            ) from error

    # Facets and lengths

    def facet(self, name: str) -> FacetColumn | None:
        """A facet's column, ``None`` where no record of the segment has the facet."""
        if name not in self._facets:
            column = f"facet:{name}"
            there = f"{column}.records" in self.container
            self._facets[name] = FacetColumn(self.container, column) if there else None
        return self._facets[name]

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
    counts = np.stack([f.astype(np.int64) for _, f in present], axis=1)
    numbers = np.asarray([number for number, _ in present])
    return np.repeat(np.tile(numbers, len(counts)), counts.ravel())


def lengths_of(segment: Segment) -> list[int]:
    """The lengths of each field, summed over live records."""
    out = []
    for field in FIELDS:
        lengths = segment.lengths(field)
        out.append(int(lengths.sum() if segment.live is None else lengths[segment.live].sum()))
    return out
