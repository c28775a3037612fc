"""Key words in context: every place that a query's words stand in, from the index's own offsets.

A record's text is read where a line of it is shown, or where the lines are put in the order of
their contexts; it is never analysed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from heapq import nsmallest
from itertools import islice
from typing import NamedTuple

import numpy as np

from wpssearch.analysis import Analyzer
from wpssearch.backends.arrays import Array
from wpssearch.backends.scoring import FIELDS
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.errors import UsageError
from wpssearch.findings import Concordance, KwicLine
from wpssearch.folding import fold
from wpssearch.model import SORTS, Search
from wpssearch.querying import Matched
from wpssearch.ranking import ordered
from wpssearch.searching import field_of, marked, named_filters, select
from wpssearch.vocab import Vocabulary

__all__ = ["CONTEXT", "KWIC_SORTS", "concordance"]

#: The orders of lines: as a search orders their records, by record, by what stands beside.
KWIC_SORTS = (*SORTS, "record", "left", "right")
#: Code points of context on each side.
CONTEXT = 40
#: How many records' places are looked up at once, and how many of their texts.
_COUNTED, _READ = 1 << 14, 1 << 11
#: How many words of the context decide the order of lines, and how far they may reach.
_SORTED_WORDS, _REACH = 8, 200
#: A run of text that is longer than this is no word of a context.
_LONGEST_WORD = 60
# As in `matching`: below stand the code points, above them the field, then the row.
_FIELD, _ROW = 40, 42

_BLANKS = re.compile(r"\s+")


class _Place(NamedTuple):
    """A line before its text is read."""

    segment: int
    number: int
    field: int
    start: int
    end: int


def concordance(
    snapshot: Snapshot,
    analyzer: Analyzer,
    vocabulary: Vocabulary,
    request: Search,
    *,
    context: int = CONTEXT,
    words: int | None = None,
    order: str | None = None,
) -> Concordance:
    """The lines from ``offset`` on, at most ``limit``, of the records that a search selects.

    ``context`` is how much stands on each side, in code points; ``words`` gives so many words
    instead. ``order`` is one of ``KWIC_SORTS``; without it the search's ``sort``. What stands at
    places that overlap is one line. Memory grows with ``offset`` and ``limit``, not with the lines.
    Raises ``UsageError`` where a number or sort makes no sense, and as a search does.
    """
    sort = order or request.sort
    if sort not in KWIC_SORTS:
        raise UsageError(f"The order is one of {', '.join(KWIC_SORTS)}, not {sort!r}.")
    if context < 0 or (words or 0) < 0:
        raise UsageError("A context is 0 or more.")
    selected = select(snapshot, analyzer, vocabulary, request)
    matched, hits = selected.matched, selected.selection.hits
    counts = [_counts(matched, segment, records) for segment, records in enumerate(hits)]
    total, notes = sum(int(count.sum()) for count in counts), selected.notes
    if selected.total and not total:
        notes = (*notes, "A concordance needs a word to stand in the middle.")
    places: Sequence[_Place]
    if sort in ("left", "right"):
        places = _by_context(snapshot, matched, hits, request, sort)
    else:
        places = _by_record(snapshot, matched, hits, counts, request, sort)
    return Concordance(
        query=str(request.query),
        match=matched.mode,
        total=total,
        records=sum(int(np.count_nonzero(count)) for count in counts),
        lines=tuple(_line(snapshot, place, context, words) for place in places),
        sort=sort,
        offset=request.offset,
        limit=request.limit,
        filters=named_filters(request),
        notes=notes,
    )


def _spans(matched: Matched, segment: int, records: Array) -> tuple[Array, Array, Array, Array]:
    """By line of some records, ascending: the record's row, the field, the start and the end."""
    found = [places for _, places in marked(matched, segment, records)]
    keys = [(f.row.astype(np.int64) << _ROW) + (f.field.astype(np.int64) << _FIELD) for f in found]
    nothing = [np.zeros(0, np.int64)]
    start = np.concatenate([k + f.start for k, f in zip(keys, found, strict=True)] or nothing)
    end = np.concatenate([k + f.end for k, f in zip(keys, found, strict=True)] or nothing)
    order = np.argsort(start, kind="stable")
    start, end = start[order], np.maximum.accumulate(end[order])
    # A line begins where all places before it have ended.
    begins = np.flatnonzero(np.append(True, start[1:] >= end[:-1])) if len(start) else start
    start, end = start[begins], end[np.append(begins[1:], len(end)) - 1] if len(end) else end
    low = (1 << _FIELD) - 1
    return start >> _ROW, (start >> _FIELD) & 3, start & low, end & low


def _counts(matched: Matched, segment: int, records: Array) -> Array:
    """By record, how many lines it has."""
    out = np.zeros(len(records), np.int64)
    for begin in range(0, len(records), _COUNTED):
        some = records[begin : begin + _COUNTED]
        out[begin : begin + len(some)] = np.bincount(
            _spans(matched, segment, some)[0], minlength=len(some)
        )
    return out


def _places(matched: Matched, segment: int, records: Array) -> Iterator[_Place]:
    """The lines of ascending records of a segment."""
    columns = (column.tolist() for column in _spans(matched, segment, records))
    for row, field, start, end in zip(*columns, strict=True):
        yield _Place(segment, int(records[row]), field, start, end)


def _by_record(
    snapshot: Snapshot,
    matched: Matched,
    hits: Sequence[Array],
    counts: Sequence[Array],
    request: Search,
    sort: str,
) -> list[_Place]:
    """The lines of the page, record after record."""
    order = ordered(snapshot, matched.evaluation, hits, "id" if sort == "record" else sort)
    skipped = taken = 0
    wanted: list[tuple[int, int]] = []
    for place in order:
        if taken >= request.limit:
            break
        records = hits[place.segment]
        row = np.searchsorted(records, records.dtype.type(place.number))
        count = int(counts[place.segment][row])
        if not wanted and skipped + count <= request.offset:
            skipped += count
        elif count:
            wanted.append((place.segment, place.number))
            taken += count - (request.offset - skipped if len(wanted) == 1 else 0)
    lines: dict[tuple[int, int], list[_Place]] = {}
    for segment in {segment for segment, _ in wanted}:
        numbers = np.asarray(sorted(number for at, number in wanted if at == segment))
        for line in _places(matched, segment, numbers):
            lines.setdefault((segment, line.number), []).append(line)
    page = (line for record in wanted for line in lines[record])
    begin = request.offset - skipped
    return list(islice(page, begin, begin + request.limit))


def _by_context(
    snapshot: Snapshot, matched: Matched, hits: Sequence[Array], request: Search, side: str
) -> list[_Place]:
    """The lines of the page in the order of the words on one side, the nearest first."""

    def keyed() -> Iterator[tuple[list[str], bytes, _Place]]:
        for segment, records in enumerate(hits):
            reader = snapshot.segments[segment]
            for begin in range(0, len(records), _READ):
                key, text = (-1, -1), ""
                for place in _places(matched, segment, records[begin : begin + _READ]):
                    if key != (place.number, place.field):
                        key = place.number, place.field
                        text = field_of(reader, place.number, FIELDS[place.field])
                    yield _beside(text, place, side), reader.ids[place.number], place

    last = request.offset + request.limit
    return [place for _, _, place in nsmallest(last, keyed())[request.offset :]]


def _beside(text: str, place: _Place, side: str) -> list[str]:
    """The words on one side of a place, folded, the nearest first."""
    if side == "right":
        beside = text[place.end : place.end + _REACH]
    else:
        beside = text[max(0, place.start - _REACH) : place.start]
    words = [word for word in re.split(r"[\W_]+", fold(beside)) if word]
    return words[:_SORTED_WORDS] if side == "right" else words[: -_SORTED_WORDS - 1 : -1]


def _line(snapshot: Snapshot, place: _Place, context: int, words: int | None) -> KwicLine:
    reader = snapshot.segments[place.segment]
    record = reader.record(place.number)
    name = FIELDS[place.field]
    text = field_of(reader, place.number, name)
    # Runs of blanks are one: more of the text is looked at than is shown.
    reach = 4 * context + _LONGEST_WORD if words is None else (words + 1) * _LONGEST_WORD
    left = _BLANKS.sub(" ", text[max(0, place.start - reach) : place.start]).lstrip()
    right = _BLANKS.sub(" ", text[place.end : place.end + reach]).rstrip()
    if words is None:
        left, right = left[len(left) - context :] if context < len(left) else left, right[:context]
    else:
        left, right = _last(left, words), _first(right, words)
    return KwicLine(
        id=record.id,
        title=record.title,
        agencies=record.agencies,
        period=record.period,
        field=name,
        start=place.start,
        end=place.end,
        left=left,
        match=_BLANKS.sub(" ", text[place.start : place.end]),
        right=right,
    )


def _first(text: str, words: int) -> str:
    """What stands up to the end of the first words, and what touches the place before them."""
    found = list(re.finditer(r"\S+", text))
    count = words + (1 if found and found[0].start() == 0 else 0)
    return text[: found[count - 1].end()] if 0 < count <= len(found) else text if count else ""


def _last(text: str, words: int) -> str:
    """What stands from the beginning of the last words on, and what touches the place."""
    found = list(re.finditer(r"\S+", text))
    count = words + (1 if found and found[-1].end() == len(text) else 0)
    return text[found[-count].start() :] if 0 < count <= len(found) else text if count else ""
