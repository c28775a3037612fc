"""More like this: the words that set a record apart, searched for as any query."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import numpy as np

from wpssearch import tables
from wpssearch.analysis import Analyzer, tokenize
from wpssearch.backends.plan import Group
from wpssearch.backends.scoring import idf
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.findings import SharedWord, Similar
from wpssearch.model import Record, Search
from wpssearch.reading.words import evaluation_of, lowered
from wpssearch.results import Results
from wpssearch.searching import answer, named_filters, select
from wpssearch.vocab import Vocabulary

__all__ = ["WORDS", "similar"]

#: How many words of a record are searched for.
WORDS = 25
#: How many distinct words of a record are weighed: those that it has most often.
_WEIGHED = 2000


class _Chosen(NamedTuple):
    """A word of the record as a query term, and what it brings to the record's own score."""

    score: float
    word: str
    group: Group


def similar(
    snapshot: Snapshot,
    analyzer: Analyzer,
    vocabulary: Vocabulary,
    record: Record,
    request: Search,
    *,
    words: int = WORDS,
) -> Similar:
    """The records that score best for the words of a record that bring most to its own score.

    That score is the one of ``scoring``: frequency times inverse document frequency. ``request``
    says which records may be found and how they are shown; its own query is not used. The record
    itself is left out.
    """
    number = snapshot.find(record.id)
    assert number is not None
    chosen = _chosen(snapshot, analyzer, record, number)[:words]
    shown = tuple(SharedWord(word, score) for score, word, _ in chosen)
    if not chosen:
        note = "The record has no word that another record has."
        nothing = Results("", "any", 0, (), {}, {}, named_filters(request), notes=(note,))
        return Similar(record.id, record.title, (), nothing, ())
    query = " ".join(word for _, word, _ in chosen)
    asked = replace(request, query=query, any=True, exact=True)
    selected = select(snapshot, analyzer, vocabulary, asked, without=number)
    results = answer(snapshot, selected, asked)
    return Similar(record.id, record.title, shown, results, _why(snapshot, chosen, results))


@cache
def _function_words() -> frozenset[str]:
    return frozenset(row["word"] for row in tables.shipped("function_words"))


def _chosen(snapshot: Snapshot, analyzer: Analyzer, record: Record, number: int) -> list[_Chosen]:
    """The words of a record that other records have, too, those that bring most first.

    Function words are left out: in a small corpus they would look rare.
    """
    title = record.title if record.title_given else ""
    parts = [title, *(section.heading for section in record.sections), record.text]
    left_out = _function_words()
    written: dict[tuple[str, str], Counter[str]] = {}
    for part in parts:
        for token in tokenize(part):
            if token.width == 1 and token.form not in left_out:
                as_written = part[token.start : token.end]
                written.setdefault((token.form, token.case), Counter())[as_written] += 1
    often = sorted(written.values(), key=lambda forms: -forms.total())[:_WEIGHED]
    groups: dict[frozenset[object], tuple[str, Group]] = {}
    for forms in often:
        word = forms.most_common(1)[0][0]
        for term in lowered(word, snapshot, analyzer).terms:
            if isinstance(term, Group) and term.terms:
                groups.setdefault(frozenset(term.terms), (word, term))
    segment, local = snapshot.place(number)
    here = np.asarray([local])
    of_one_record = idf(snapshot.count, 1)
    out = []
    for word, group in groups.values():
        alone = evaluation_of(snapshot, [group])
        if alone.weight(group) < of_one_record:
            out.append(_Chosen(float(alone.scores(segment, here)[0]), word, group))
    return sorted(out, key=lambda chosen: (-chosen.score, chosen.word))


def _why(
    snapshot: Snapshot, chosen: list[_Chosen], results: Results
) -> tuple[tuple[SharedWord, ...], ...]:
    """By hit, the words that it shares, those that bring most first."""
    why: dict[str, list[SharedWord]] = {hit.id: [] for hit in results.hits}
    numbers = [n for n in map(snapshot.find, why) if n is not None]
    places = sorted(snapshot.place(number) for number in numbers)
    for _, word, group in chosen:
        alone = evaluation_of(snapshot, [group])
        for segment in {segment for segment, _ in places}:
            mine = np.asarray([local for at, local in places if at == segment])
            scores = alone.scores(segment, mine)
            for local, score in zip(mine.tolist(), scores.tolist(), strict=True):
                if score:
                    id_ = snapshot.segments[segment].ids[local].decode()
                    why[id_].append(SharedWord(word, score))
    return tuple(
        tuple(sorted(why[hit.id], key=lambda shared: (-shared.score, shared.word)))
        for hit in results.hits
    )
