"""Is a quotation, word for word, in the corpus; and if not, what is most like it.

The index says which records may have it: those that have its words in a row. Their texts alone
are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np

from wpssearch.analysis import Analyzer
from wpssearch.backends.arrays import Array
from wpssearch.backends.evaluator import Evaluation
from wpssearch.backends.plan import All, Group, Lowered, Plan, QueryTerm
from wpssearch.backends.plan import Any as AnyOf
from wpssearch.backends.scoring import FIELDS
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.findings import NearestPassage, Passage, Quotation
from wpssearch.model import Search
from wpssearch.quoting import Written, aligned, may_stand_in, paragraphs, places, runs, same_writing
from wpssearch.ranking import first
from wpssearch.reading.words import evaluation_of, lowered
from wpssearch.searching import field_of

__all__ = ["verify"]

#: How many places of a quotation are told.
_PLACES = 10
#: How many words in a row are asked of the index at once, and how many such rows.
_ROW, _ROWS = 6, 16
#: How many of the rarest words are searched for, and how many records are compared at their best.
_RAREST, _NEAREST = 30, 10
#: How many words of a run are laid on the passages that are most like it.
_LONGEST = 2000

_Candidate = tuple[int, int]


def verify(snapshot: Snapshot, analyzer: Analyzer, text: str) -> Iterator[Quotation]:
    """Each quotation of a text, a paragraph each, with where it stands or what is nearest."""
    verifier = _Verifier(snapshot, analyzer)
    return (verifier.verify(line, quotation) for line, quotation in paragraphs(text))


class _Verifier:
    def __init__(self, snapshot: Snapshot, analyzer: Analyzer) -> None:
        self._snapshot = snapshot
        self._analyzer = analyzer

    def verify(self, line: int, text: str) -> Quotation:
        """A quotation looked for in the records that may have it."""
        quoted = runs(text)
        if not quoted:
            return Quotation(text, line, ())
        rows = [row for run in quoted for row in _rows(run)]
        rows = rows or [row for run in quoted for row in _as_written(run)]
        plans = [self._lowered(row) for row in dict.fromkeys(rows)]
        found = self._found(text, quoted, self._having_all(plans))
        if found:
            return Quotation(text, line, tuple(found[:_PLACES]), more=len(found) > _PLACES)
        likely = self._likely(plans, quoted)
        # A record may break a word at a line's end, which the index then has in two parts.
        found = self._found(text, quoted, iter(likely))
        if found:
            return Quotation(text, line, tuple(found[:_PLACES]), more=True)
        return Quotation(text, line, (), nearest=self._nearest(quoted, likely))

    def _lowered(self, text: str) -> Lowered:
        return lowered(text, self._snapshot, self._analyzer)

    def _having_all(self, plans: Sequence[Lowered]) -> Iterator[_Candidate]:
        """The records that have the rarest of the rows of words."""
        evaluation = evaluation_of(self._snapshot)
        rarest = sorted(plans, key=lambda plan: -self._weight(evaluation, plan))[:_ROWS]
        every = All(tuple(plan.plan or All(()) for plan in rarest))
        for segment, numbers in enumerate(evaluation.matches(every)):
            yield from ((segment, number) for number in numbers.tolist())

    @staticmethod
    def _weight(evaluation: Evaluation, plan: Lowered) -> float:
        return max((evaluation.weight(term) for term in plan.terms), default=0.0)

    def _found(
        self, text: str, quoted: Sequence[Written], candidates: Iterator[_Candidate]
    ) -> list[Passage]:
        """The first places where the quotation stands, one more than are told."""
        out: list[Passage] = []
        for candidate in candidates:
            for field, field_text in self._fields(candidate):
                if not may_stand_in(quoted, field_text):
                    continue
                written = Written.of(field_text)
                for place in places(quoted, written):
                    out.append(self._place(candidate, field, text, quoted, written, place))
                    if len(out) > _PLACES:
                        return out
        return out

    def _fields(self, candidate: _Candidate) -> Iterator[tuple[str, str]]:
        """The searched fields of a record that have words, the text first."""
        segment, number = candidate
        reader = self._snapshot.segments[segment]
        for field in reversed(FIELDS):
            if reader.lengths(field)[number]:
                yield field, field_of(reader, number, field)

    def _place(
        self,
        candidate: _Candidate,
        field: str,
        text: str,
        quoted: Sequence[Written],
        written: Written,
        place: Sequence[tuple[int, int]],
    ) -> Passage:
        segment, number = candidate
        record = self._snapshot.segments[segment].record(number)
        spans = tuple(written.span(*words) for words in place)
        exact = all(
            same_writing(run, written, span) for run, span in zip(quoted, spans, strict=True)
        )
        shown = " … ".join(written.slice(*words) for words in place)
        return Passage(record.id, record.title, field, spans, shown, exact, record.source)

    def _likely(self, plans: Sequence[Lowered], quoted: Sequence[Written]) -> list[_Candidate]:
        """The records that have most rows of the quotation's words, and those that score best."""
        snapshot = self._snapshot
        counted: list[tuple[int, int, int]] = []
        evaluation = evaluation_of(snapshot)
        rows = [evaluation.matches(plan.plan or All(())) for plan in plans[: 4 * _ROWS]]
        for segment, numbers in enumerate(zip(*rows, strict=True)):
            records, counts = np.unique(np.concatenate(numbers), return_counts=True)
            best = np.argsort(-counts, kind="stable")[:_NEAREST]
            counted += [(-int(counts[at]), segment, int(records[at])) for at in best]
        by_rows = [(segment, number) for _, segment, number in sorted(counted)[:_NEAREST]]
        by_score = self._best(dict.fromkeys(chain.from_iterable(run.words for run in quoted)))
        return list(dict.fromkeys((*by_rows, *by_score)))

    def _best(self, words: dict[str, None]) -> list[_Candidate]:
        """The records that score best for the rarest of some words."""
        terms: dict[QueryTerm, None] = {}
        for word in words:
            terms.update(dict.fromkeys(self._lowered(word).terms))
        weighing = evaluation_of(self._snapshot)
        known = [term for term in terms if isinstance(term, Group) and term.terms]
        rarest = tuple(sorted(known, key=lambda term: -weighing.weight(term))[:_RAREST])
        if not rarest:
            return []
        evaluation = evaluation_of(self._snapshot, rarest)
        any_of: Plan = AnyOf(rarest)
        hits: list[Array] = evaluation.matches(any_of)
        page = first(self._snapshot, evaluation, hits, Search(limit=_NEAREST))
        return [(place.segment, place.number) for place in page]

    def _nearest(
        self, quoted: Sequence[Written], candidates: Sequence[_Candidate]
    ) -> NearestPassage | None:
        """Of the candidates' passages the one that takes the fewest changes."""
        best: NearestPassage | None = None
        quoted = [run.beginning(_LONGEST) for run in quoted]
        words = sum(len(run.words) for run in quoted)
        for candidate in candidates:
            segment, number = candidate
            for field, field_text in self._fields(candidate):
                written = Written.of(field_text)
                laid = aligned(quoted, written) if written.letters else None
                if laid is not None and (best is None or laid.changed < best.changed):
                    record = self._snapshot.segments[segment].record(number)
                    begin, end = laid.span
                    text = " ".join(written.text[begin:end].split())
                    best = NearestPassage(record.id, record.title, field, laid.span, text, words,
                                laid.changed, laid.differences, record.source)  # fmt: skip
        return best


def _rows(run: Written) -> Iterator[str]:
    """The words of a run that every writing of it has as words of the index, in rows.

    Those are words of letters with no dash beside them: one may be a part of a longer word where
    the dash is left out, and letters alone may be initials.
    """
    row: list[str] = []
    count = len(run.words)
    for at in range(count):
        start, end = run.spans[at]
        word = run.words[at]
        parted = not run.dashed[at] and not (at + 1 < count and run.dashed[at + 1])
        if parted and len(word) > 1 and word.isalpha():
            row.append(run.text[start:end])
        elif row:
            yield " ".join(row)
            row = []
        if len(row) == _ROW:
            yield " ".join(row)
            row = []
    if row:
        yield " ".join(row)


def _as_written(run: Written) -> Iterator[str]:
    """What stands between the blanks of a run, in rows: for one without words of letters."""
    chunks = [chunk for chunk in run.text.split() if any(map(str.isalnum, chunk))]
    for at in range(0, len(chunks), _ROW):
        yield " ".join(chunks[at : at + _ROW])
