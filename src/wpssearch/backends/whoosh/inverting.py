"""A batch of records turned into columns at once: tokens are sorted by stem, not kept as objects.

A text is cut at blanks; each distinct chunk is analysed once and has a number. What a record costs
in Python is a look-up for each chunk; positions, offsets and postings are made for the whole batch
by numpy.

Offsets are kept in the order of the text, apart from postings: by position how far the word begins
from the end of the one before, and how long it is. Only what is shown needs them.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from wpssearch.analysis import CAPITALS, PLAIN, SHOUTED, Analyzer, chunk_tokens, is_shouted
from wpssearch.backends.arrays import Array
from wpssearch.backends.scoring import FIELDS
from wpssearch.backends.whoosh.container import narrow
from wpssearch.backends.whoosh.impacts import posting_columns
from wpssearch.backends.whoosh.layout import APART, CASES, POSTING_BLOCK
from wpssearch.backends.whoosh.packing import PackedWriter, width_of
from wpssearch.backends.whoosh.strings import columns_of

__all__ = ["Inverter", "Terms"]

_OTHER_BLANK = re.compile(r"[^\S ]")
_HEADING_GAP = 10
# The number of the chunk that holds no word and parts headings, so that no phrase spans two.
_GAP = 0
_SHOUT = "\n"
_MOST_CHUNKS = 1 << 18


class _Chunks(dict[str, int]):
    """Chunks of texts by number, each analysed once."""

    def __init__(self) -> None:
        super().__init__()
        # Form, case and width of each term, by number and the other way round.
        self.terms: list[tuple[str, str, int]] = []
        self._term_numbers: dict[tuple[str, str, int], int] = {}
        self._waiting: list[str] = []
        # By chunk: its first token, how many, how many positions, its code points and a blank.
        self.first = array("I", [0])
        self.tokens = array("I", [0])
        self.positions = array("I", [_HEADING_GAP])
        self.advance = array("I", [0])
        # By token of a chunk; one of a single position, not a joined form, is simple.
        self.term = array("I")
        self.relative = array("I")
        self.start = array("I")
        self.length = array("I")
        self.simple = array("B")

    def __missing__(self, chunk: str) -> int:
        # The first number is the gap's, which is no chunk.
        number = self[chunk] = len(self) + 1
        self._waiting.append(chunk)
        return number

    def analyse(self) -> None:
        """Bring what is known of chunks up to those that were met last."""
        written = [chunk.removeprefix(_SHOUT) for chunk in self._waiting]
        cut = chunk_tokens(written)
        for chunk, met, (tokens, positions) in zip(written, self._waiting, cut, strict=True):
            shouted = met.startswith(_SHOUT)
            self.first.append(len(self.term))
            self.tokens.append(len(tokens))
            self.positions.append(positions)
            self.advance.append(len(chunk) + 1)
            for form, case, position, width, start, end in tokens:
                if shouted and case == CAPITALS:
                    case = SHOUTED
                self.term.append(self._number((form, case, width)))
                self.relative.append(position)
                self.start.append(start)
                self.length.append(end - start)
                self.simple.append(width == 1)
        self._waiting = []

    def _number(self, term: tuple[str, str, int]) -> int:
        number = self._term_numbers.get(term)
        if number is None:
            number = self._term_numbers[term] = len(self.terms)
            self.terms.append(term)
        return number

    def common(self, numbers: Array) -> _Chunks:
        """The chunks alone that are more than once among the numbers."""
        often = np.bincount(numbers, minlength=len(self.first)) > 1
        kept = _Chunks()
        for chunk, number in self.items():
            if often[number]:
                kept[chunk]
        return kept


class Inverter:
    """Collects records and gives their postings as columns."""

    def __init__(self, analyzer: Analyzer) -> None:
        self._stem = analyzer.stemmer.stem
        self._chunks = _Chunks()
        self._clear()

    def _clear(self) -> None:
        self._numbers = array("I")
        # A run is a field of a record: its record, its field, how many chunks it has.
        self._run_record = array("I")
        self._run_field = array("B")
        self._run_chunks = array("I")
        self.records = 0

    @property
    def size(self) -> int:
        """How many chunks the batch has."""
        return len(self._numbers)

    def add(self, title: str, headings: Sequence[str], text: str) -> None:
        """Take a record's fields; it gets the next number."""
        for field, parts in enumerate(((title,), headings, (text,))):
            if not any(parts):
                continue
            begun = len(self._numbers)
            for number, part in enumerate(parts):
                if number:
                    self._numbers.append(_GAP)
                self._add(part)
            self._run_record.append(self.records)
            self._run_field.append(field)
            self._run_chunks.append(len(self._numbers) - begun)
        self.records += 1

    def _add(self, text: str) -> None:
        if any(map(is_shouted, text.splitlines())):
            for line in text.splitlines(keepends=True):
                # A line's end is the blank after its last chunk.
                written = line[:-1] if line[-1].isspace() else line
                self._add_chunks(written, _SHOUT if is_shouted(line) else "")
        else:
            self._add_chunks(text, "")

    def _add_chunks(self, text: str, mark: str) -> None:
        # Between two blanks stands an empty chunk: each blank ends one, so that offsets add up.
        words: Iterable[str] = _OTHER_BLANK.sub(" ", text).split(" ")
        if mark:
            words = (mark + word for word in words)
        self._numbers.extend(map(self._chunks.__getitem__, words))

    def columns(self) -> Iterator[tuple[str, Array | bytes]]:
        """The columns of the batch, which is then empty again."""
        chunks = self._chunks
        chunks.analyse()
        numbers = np.frombuffer(self._numbers, np.uint32)
        run_chunks = np.frombuffer(self._run_chunks, np.uint32)
        record_of_run = np.frombuffer(self._run_record, np.uint32)
        field_of_run = np.frombuffer(self._run_field, np.uint8)
        counts = np.frombuffer(chunks.tokens, np.uint32)[numbers]
        chunk_of = np.repeat(np.arange(len(numbers), dtype=np.uint32), counts)
        # Of each token, its number among those of all chunks.
        first = np.cumsum(counts, dtype=np.uint32) - counts
        flat = np.arange(len(chunk_of), dtype=np.uint32) - first[chunk_of]
        flat += np.frombuffer(chunks.first, np.uint32)[numbers][chunk_of]
        del first, counts
        run_of = np.repeat(np.arange(len(run_chunks), dtype=np.uint32), run_chunks)
        run_of_token = run_of[chunk_of]
        lengths = dict(self._lengths(flat, run_of_token, record_of_run, field_of_run))
        yield from ((f"lengths.{field}", values) for field, values in lengths.items())
        before, positions = _before(chunks.positions, numbers, run_chunks)
        yield from self._offsets(numbers, run_chunks, chunk_of, flat, before, positions)
        position = before[chunk_of] + _taken(chunks.relative, flat)
        del before, chunk_of
        term = _taken(chunks.term, flat)
        del flat
        rank, local, stems = yield from self._dictionary(term)
        order = _stable_order(rank[term])
        run = run_of_token[order]
        del run_of_token
        yield from _postings(
            rank[term[order]], record_of_run[run], field_of_run[run], stems, lengths
        )
        del run
        yield from _packed("occurrences.term", local[term[order]])
        del term
        yield from _packed("occurrences.position", position[order])
        if len(chunks) > _MOST_CHUNKS:
            self._chunks = chunks.common(numbers)
        self._clear()

    def _lengths(
        self, flat: Array, run_of_token: Array, record_of_run: Array, field_of_run: Array
    ) -> Iterator[tuple[str, Array]]:
        simple = _taken(self._chunks.simple, flat)
        by_run = np.bincount(run_of_token, weights=simple, minlength=len(record_of_run))
        for number, field in enumerate(FIELDS):
            lengths = np.zeros(self.records, np.int64)
            mine = field_of_run == number
            lengths[record_of_run[mine]] = by_run[mine]
            yield field, narrow(lengths)

    def _offsets(
        self,
        numbers: Array,
        run_chunks: Array,
        chunk_of: Array,
        flat: Array,
        before: Array,
        positions: Array,
    ) -> Iterator[tuple[str, Array | bytes]]:
        """By field and position, in the order of the text: the gap before the word, its length.

        A position between two headings, which no word has, is a word without length.
        """
        chunks = self._chunks
        simple = np.flatnonzero(_taken(chunks.simple, flat))
        chunk, flat = chunk_of[simple], flat[simple]
        begins, _ = _before(chunks.advance, numbers, run_chunks)
        gap = (begins[chunk] + _taken(chunks.start, flat)).astype(np.int32)
        length = _taken(chunks.length, flat).astype(np.int32)
        # Where the positions of each run begin among those of all.
        bases = np.cumsum(positions, dtype=np.uint32) - positions
        run = np.repeat(np.arange(len(run_chunks), dtype=np.uint32), run_chunks)[chunk]
        place = bases[run] + before[chunk] + _taken(chunks.relative, flat)
        del chunk, flat, begins
        # From the beginning of its run, or from the end of the word before it there.
        ends = gap + length
        gap[1:] -= ends[:-1] * (run[1:] == run[:-1])
        del ends, run
        gaps, lengths = np.zeros((2, int(positions.sum())), np.int32)
        gaps[place], lengths[place] = gap, length
        del gap, length, place
        field_of_run = np.frombuffer(self._run_field, np.uint8)
        for number, field in enumerate(FIELDS):
            mine = field_of_run == number
            if not mine.any():
                continue
            counts = np.zeros(self.records + 1, np.int64)
            counts[1:][np.frombuffer(self._run_record, np.uint32)[mine]] = positions[mine]
            kept = slice(None) if mine.all() else np.repeat(mine, positions)
            yield f"offsets.{field}.ends", narrow(np.cumsum(counts))
            yield from _packed(f"offsets.{field}.gap", gaps[kept])
            yield from _packed(f"offsets.{field}.length", lengths[kept])

    def _dictionary(
        self, term: Array
    ) -> Generator[tuple[str, Array | bytes], None, tuple[Array, Array, int]]:
        """The columns; returns by term its stem's rank and its number there, and how many stems."""
        terms = self._chunks.terms
        used = np.flatnonzero(np.bincount(term, minlength=len(terms)))
        mine = [terms[number] for number in used.tolist()]
        by_case = {case: {form for form, other, _ in mine if other == case} for case in CASES}
        apart = by_case[CAPITALS] - by_case[PLAIN]
        keys = {form: self._key(form, form in apart) for form, _, _ in mine}
        stems, forms = sorted(set(keys.values())), sorted(keys)
        ranks, places = ({name: n for n, name in enumerate(names)} for names in (stems, forms))
        numbered = {case: number for number, case in enumerate(CASES)}
        columns = [
            np.fromiter(values, np.int64, len(mine))
            for values in (
                (ranks[keys[form]] for form, _, _ in mine),
                (places[form] for form, _, _ in mine),
                (numbered[case] for _, case, _ in mine),
                (width for _, _, width in mine),
            )
        ]
        order = np.lexsort(columns[::-1])
        sorted_terms = Terms(*(column[order] for column in columns))
        # In Python, strings are in the order of their UTF-8.
        yield from columns_of("stems", [stem.encode() for stem in stems])
        yield from columns_of("forms", [form.encode() for form in forms])
        yield from sorted_terms.columns(len(stems), len(forms))
        rank = np.zeros(len(terms), np.uint32)
        local = np.zeros(len(terms), np.uint32)
        rank[used[order]], local[used[order]] = sorted_terms.stem, sorted_terms.local
        return rank, local, len(stems)

    def _key(self, form: str, apart: bool) -> str:
        """What a form's postings are under: its stem.

        The postings of a form that stands in capitals alone are kept apart. Whether it is an
        acronym, and no form of the stem, only all segments together can tell; apart, it costs a
        search for the stem nothing.
        """
        stem = self._stem(form)
        return stem + APART.decode() + form if apart else stem


class Terms(NamedTuple):
    """The terms of a dictionary, sorted: by term the numbers of its stem and its form, its case
    and its width in positions.
    """

    stem: Array
    form: Array
    case: Array
    width: Array

    @property
    def local(self) -> Array:
        """By term, its number among those of its stem."""
        counts = np.bincount(self.stem)
        return np.arange(len(self.stem)) - (np.cumsum(counts) - counts)[self.stem]

    def columns(self, stems: int, forms: int) -> Iterator[tuple[str, Array | bytes]]:
        """The columns of the terms, given how many stems and forms there are."""
        yield "stems.terms", narrow(np.searchsorted(self.stem, np.arange(stems + 1)))
        # A form that is kept apart from its stem counts with what comes last.
        stem_of = np.zeros(forms, np.int64)
        stem_of[self.form] = self.stem
        yield "forms.stem", narrow(stem_of)
        yield "terms.form", narrow(self.form)
        yield "terms.case", self.case.astype(np.uint8)
        yield "terms.width", self.width.astype(np.uint8)


def _before(values: array[int], numbers: Array, run_chunks: Array) -> tuple[Array, Array]:
    """By chunk the sum of a value of the chunks before it in its run, and by run the whole sum."""
    mine = np.frombuffer(values, np.uint32)[numbers]
    ends = np.cumsum(mine, dtype=np.uint32)
    before = ends - mine
    last = np.cumsum(run_chunks, dtype=np.int64)
    begun = before[last - run_chunks]
    sums = ends[last - 1] - begun
    before -= np.repeat(begun, run_chunks)
    return before, sums


def _packed(name: str, values: Array) -> Iterator[tuple[str, Array | bytes]]:
    writer = PackedWriter(width_of(values))
    writer.append(values)
    return writer.columns(name)


def _taken(values: array[int], where: Array) -> Array:
    if not len(values):
        return np.zeros(0, np.uint32)
    return np.frombuffer(values, values.typecode)[where]


def _stable_order(keys: Array) -> Array:
    """What sorts the keys and leaves equal ones in their order; by halves, as numbers are sorted
    by counting where they have sixteen bits.
    """
    order = np.argsort((keys & 0xFFFF).astype(np.uint16), kind="stable").astype(np.uint32)
    if len(keys) and int(keys.max()) > 0xFFFF:
        high = (keys >> 16).astype(np.uint16)[order]
        order = order[np.argsort(high, kind="stable")]
    return order


def _postings(
    stem: Array, record: Array, field: Array, stems: int, lengths: Mapping[str, Array]
) -> Iterator[tuple[str, Array | bytes]]:
    """The postings of sorted tokens: a record and its frequencies for each stem and record."""
    total = len(stem)
    begins = np.ones(total, bool)
    begins[1:] = (stem[1:] != stem[:-1]) | (record[1:] != record[:-1])
    begun = np.flatnonzero(begins)
    frequencies = np.diff(np.append(begun, total))
    by_field: dict[str, Array] = {}
    for number, name in enumerate(FIELDS):
        mine = field == number
        if mine.any():
            by_field[name] = narrow(
                frequencies if mine.all() else np.add.reduceat(mine.astype(np.int64), begun)
            )
    yield from posting_columns(narrow(record[begun]), by_field, lengths)
    yield "postings.before", narrow(begun[::POSTING_BLOCK])
    yield "stems.postings", narrow(np.searchsorted(stem[begun], np.arange(stems + 1)))
    yield "stems.occurrences", narrow(np.searchsorted(stem, np.arange(stems + 1)))
