"""A batch of records turned into columns at once: tokens are sorted by stem, not kept as objects.

A text is cut at blanks; each distinct chunk is analysed once and has a number. What a record costs
in Python is a look-up for each chunk; positions, offsets and postings are made for the whole batch
by numpy.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, compress, count
from operator import add

import numpy as np

from wpssearch.analysis import CAPITALS, PLAIN, SHOUTED, Analyzer, chunk_tokens, is_shouted
from wpssearch.backends.arrays import Array
from wpssearch.backends.scoring import FIELDS
from wpssearch.backends.whoosh.container import narrow
from wpssearch.backends.whoosh.impacts import impact_columns
from wpssearch.backends.whoosh.strings import columns_of

__all__ = [
    "ABBREVIATION",
    "APART",
    "CASES",
    "LONG_FORM",
    "Inverter",
    "dictionary_columns",
    "grouped",
]

#: With which the words of the column ``acronyms`` begin: ``<wpa TAB WPA TAB women's protection
#: adviser``, and the same long form by the stem of its first word.
ABBREVIATION, LONG_FORM = "<", ">"
#: Between a stem and a form that is kept apart from it.
APART = b"\0"
#: How a form was written, by number.
CASES = (PLAIN, CAPITALS, SHOUTED)

_OTHER_BLANK = re.compile(r"[^\S ]")
_HEADING_GAP = 10
# The number of the chunk that holds no word and parts headings, so that no phrase spans two.
_GAP = 0
_SHOUT = "\n"
_MOST_CHUNKS = 1 << 19


class _Chunks(dict[str, int]):
    """Chunks of texts by number, each analysed when it is first met."""

    def __init__(self, analyzer: Analyzer) -> None:
        super().__init__()
        self._analyzer = analyzer
        self._term_numbers: dict[tuple[str, str, int], int] = {}
        self.terms: list[tuple[bytes, bytes, int, int]] = []
        # By chunk: its first token, how many, how many of one position, how many positions.
        self.first = array("I", [0])
        self.tokens = array("I", [0])
        self.simple = array("I", [0])
        self.positions = array("I", [_HEADING_GAP])
        # By token of a chunk.
        self.term = array("I")
        self.relative = array("I")
        self.start = array("I")
        self.length = array("I")

    def __missing__(self, chunk: str) -> int:
        shouted = chunk.startswith(_SHOUT)
        tokens, positions = chunk_tokens(chunk.removeprefix(_SHOUT))
        self.first.append(len(self.term))
        self.tokens.append(len(tokens))
        self.simple.append(sum(width == 1 for _, _, _, width, _, _ in tokens))
        self.positions.append(positions)
        for form, case, position, width, start, end in tokens:
            if shouted and case == CAPITALS:
                case = SHOUTED
            self.term.append(self._number(form, case, width))
            self.relative.append(position)
            self.start.append(start)
            self.length.append(end - start)
        number = self[chunk] = len(self.first) - 1
        return number

    def _number(self, form: str, case: str, width: int) -> int:
        key = (form, case, width)
        number = self._term_numbers.get(key)
        if number is None:
            number = self._term_numbers[key] = len(self.terms)
            stem = self._analyzer.stemmer.stem(form)
            self.terms.append((stem.encode(), form.encode(), CASES.index(case), width))
        return number


class Inverter:
    """Collects records and gives their postings as columns."""

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._chunks = _Chunks(analyzer)
        self._clear()

    def _clear(self) -> None:
        self._numbers = array("I")
        self._starts = array("I")
        # A run is a field of a record: its record, its field, how many chunks it has.
        self._run_record = array("I")
        self._run_field = array("B")
        self._run_chunks = array("I")
        self.records = 0
        if len(self._chunks) > _MOST_CHUNKS:
            self._chunks = _Chunks(self._analyzer)

    @property
    def size(self) -> int:
        """How many chunks the batch has."""
        return len(self._numbers)

    def add(self, title: str, headings: Sequence[str], text: str) -> None:
        """Take a record's fields; it gets the next number."""
        for field, parts in enumerate(((title,), headings, (text,))):
            begun = len(self._numbers)
            offset = 0
            for number, part in enumerate(parts):
                if number:
                    self._numbers.append(_GAP)
                    self._starts.append(offset)
                self._add(part, offset)
                offset += len(part) + 1
            if len(self._numbers) > begun:
                self._run_record.append(self.records)
                self._run_field.append(field)
                self._run_chunks.append(len(self._numbers) - begun)
        self.records += 1

    def _add(self, text: str, offset: int) -> None:
        if any(map(is_shouted, text.splitlines())):
            for line in text.splitlines(keepends=True):
                self._add_line(line, offset, _SHOUT if is_shouted(line) else "")
                offset += len(line)
        else:
            self._add_line(text, offset, "")

    def _add_line(self, text: str, offset: int, mark: str) -> None:
        # Between two blanks stands an empty chunk, which is passed over.
        chunks = _OTHER_BLANK.sub(" ", text).split(" ")
        starts = map(add, accumulate(map(len, chunks), initial=0), count(offset))
        self._starts.extend(compress(starts, chunks))
        words: Iterable[str] = filter(None, chunks)
        if mark:
            words = (mark + word for word in words)
        self._numbers.extend(map(self._chunks.__getitem__, words))

    def columns(self) -> Iterator[tuple[str, Array | bytes]]:
        """The columns of the batch, which is then empty again."""
        chunks = self._chunks
        numbers = np.frombuffer(self._numbers, np.uint32)
        runs = len(self._run_record)
        run_of = np.repeat(
            np.arange(runs, dtype=np.uint32), np.frombuffer(self._run_chunks, np.uint32)
        )
        record_of_run = np.frombuffer(self._run_record, np.uint32)
        field_of_run = np.frombuffer(self._run_field, np.uint8)
        lengths = dict(self._lengths(numbers, run_of, record_of_run, field_of_run))
        yield from ((f"lengths.{field}", values) for field, values in lengths.items())
        run_chunks = np.frombuffer(self._run_chunks, np.uint32)
        counts = np.frombuffer(chunks.tokens, np.uint32)[numbers]
        chunk_of = np.repeat(np.arange(len(numbers), dtype=np.uint32), counts)
        # Of each token, its number among those of all chunks.
        first = np.cumsum(counts, dtype=np.uint32) - counts
        flat = np.arange(len(chunk_of), dtype=np.uint32) - first[chunk_of]
        flat += np.frombuffer(chunks.first, np.uint32)[numbers][chunk_of]
        del first, counts
        # Positions count within a run.
        positions = np.frombuffer(chunks.positions, np.uint32)[numbers]
        before = np.cumsum(positions, dtype=np.uint32) - positions
        del positions
        if runs:
            firsts = np.cumsum(run_chunks, dtype=np.int64) - run_chunks
            before -= np.repeat(before[firsts], run_chunks)
        term = _taken(chunks.term, flat)
        rank, local, stems = yield from self._dictionary(term)
        order = _stable_order(rank[term])
        run = run_of[chunk_of[order]]
        yield from _postings(
            rank[term[order]], record_of_run[run], field_of_run[run], stems, lengths
        )
        del run, run_of
        yield "occurrences.term", narrow(local[term[order]])
        del term
        position = before[chunk_of] + _taken(chunks.relative, flat)
        yield "occurrences.position", narrow(position[order])
        del position, before
        start = np.frombuffer(self._starts, np.uint32)[chunk_of] + _taken(chunks.start, flat)
        yield "occurrences.start", narrow(start[order])
        del start, chunk_of
        yield "occurrences.length", narrow(_taken(chunks.length, flat)[order])
        self._clear()

    def _lengths(
        self, numbers: Array, run_of: Array, record_of_run: Array, field_of_run: Array
    ) -> Iterator[tuple[str, Array]]:
        simple = np.frombuffer(self._chunks.simple, np.uint32)[numbers]
        by_run = np.bincount(run_of, weights=simple, minlength=len(record_of_run))
        for number, field in enumerate(FIELDS):
            lengths = np.zeros(self.records, np.int64)
            mine = field_of_run == number
            lengths[record_of_run[mine]] = by_run[mine]
            yield field, narrow(lengths)

    def _dictionary(
        self, term: Array
    ) -> Generator[tuple[str, Array | bytes], None, tuple[Array, Array, int]]:
        """The columns; returns by term its stem's rank and its number there, and how many stems."""
        terms = self._chunks.terms
        used = np.flatnonzero(np.bincount(term, minlength=len(terms))).tolist()
        plain = {terms[number][:2] for number in used if CASES[terms[number][2]] == PLAIN}
        capitals = {terms[number][:2] for number in used if CASES[terms[number][2]] == CAPITALS}
        alone = capitals - plain
        keyed = sorted(
            ((_key(*terms[n][:2]) if terms[n][:2] in alone else terms[n][0], *terms[n][1:]), n)
            for n in used
        )
        stems, ends, ranks, locals_ = grouped([entry[0] for entry, _ in keyed])
        yield from dictionary_columns(stems, ends, [entry for entry, _ in keyed])
        numbers = [number for _, number in keyed]
        rank = np.zeros(len(terms), np.uint32)
        local = np.zeros(len(terms), np.uint32)
        rank[numbers], local[numbers] = ranks, locals_
        return rank, local, len(stems)


def _key(stem: bytes, form: bytes) -> bytes:
    """The key of a form that stands in capitals alone: its postings are kept apart from its stem's.

    Whether it is an acronym, and no form of the stem, only all segments together can tell; apart,
    it costs a search for the stem nothing.
    """
    return stem + APART + form


def grouped(keys: Sequence[bytes]) -> tuple[list[bytes], list[int], Array, Array]:
    """Sorted keys, each once; where its entries begin, and the last ones end; by entry the number
    of its key and its own number under that key.
    """
    once: list[bytes] = []
    ends: list[int] = []
    for place, key in enumerate(keys):
        if not once or once[-1] != key:
            once.append(key)
            ends.append(place)
    ends.append(len(keys))
    rank = np.repeat(np.arange(len(once)), np.diff(ends))
    return once, ends, rank, np.arange(len(keys)) - np.asarray(ends)[rank]


def dictionary_columns(
    stems: Sequence[bytes], ends: Sequence[int], terms: Sequence[tuple[bytes, bytes, int, int]]
) -> Iterator[tuple[str, Array | bytes]]:
    """The term dictionary: sorted stems with their terms, sorted forms with their stems."""
    yield from columns_of("stems", stems)
    yield "stems.terms", narrow(np.asarray(ends, np.int64))
    forms: dict[bytes, int] = {}
    for rank in range(len(stems)):
        for _, form, _, _ in terms[ends[rank] : ends[rank + 1]]:
            forms[form] = rank
    names = sorted(forms)
    places = {form: place for place, form in enumerate(names)}
    yield from columns_of("forms", names)
    yield "forms.stem", narrow(np.fromiter((forms[f] for f in names), np.int64, len(names)))
    yield "terms.form", narrow(np.fromiter((places[t[1]] for t in terms), np.int64, len(terms)))
    yield "terms.case", np.fromiter((t[2] for t in terms), np.uint8, len(terms))
    yield "terms.width", np.fromiter((t[3] for t in terms), np.uint8, len(terms))


def _taken(values: array[int], where: Array) -> Array:
    return np.frombuffer(values, np.uint32)[where] if len(values) else np.zeros(0, np.uint32)


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
    records = narrow(record[begun])
    yield "postings.record", records
    frequencies = np.diff(np.append(begun, total))
    by_field: dict[str, Array] = {}
    for number, name in enumerate(FIELDS):
        mine = field == number
        if mine.any():
            by_field[name] = narrow(
                frequencies if mine.all() else np.add.reduceat(mine.astype(np.int64), begun)
            )
            yield f"postings.{name}", by_field[name]
    yield from impact_columns(records, by_field, lengths)
    yield "stems.postings", narrow(np.searchsorted(stem[begun], np.arange(stems + 1)))
    yield "stems.occurrences", narrow(np.searchsorted(stem, np.arange(stems + 1)))
