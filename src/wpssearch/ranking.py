"""The order of the records that a search selects: the first of them, or all one after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import merge
from typing import Any, NamedTuple

import numpy as np

from wpssearch import facets
from wpssearch.backends.arrays import Array, nth_greatest
from wpssearch.backends.evaluator import Evaluation
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.model import Search

__all__ = ["Place", "first", "ordered"]

#: How much longer a list is than its first page before that is parted from the rest.
_LONG = 4
#: How many numbers become Python's at once.
_RUN = 1024


class Place(NamedTuple):
    """A record of an answer: its segment, its number there, its score."""

    segment: int
    number: int
    score: float


def first(
    snapshot: Snapshot, evaluation: Evaluation, hits: Sequence[Array], request: Search
) -> list[Place]:
    """The records of the page that a search asks for, in their order."""
    last = request.offset + request.limit
    relevance = request.sort == "relevance"
    best: list[tuple[Any, Place]] = []
    for segment, records in enumerate(hits):
        if not len(records):
            continue
        if relevance:
            scores = evaluation.scores(segment, records)
            keys = [scores]
        else:
            keys = _bounds(snapshot, segment, records, newest=request.sort == "newest")
        chosen_at = _first(keys, snapshot.segments[segment].id_ranks, records, last, relevance)
        chosen = records[chosen_at]
        if not relevance:
            scores = np.zeros(len(records))
            order = np.argsort(chosen)
            scores[chosen_at[order]] = evaluation.scores(segment, chosen[order])
        if len(hits) == 1:
            found = zip(chosen.tolist(), scores[chosen_at].tolist(), strict=True)
            return [Place(segment, number, score) for number, score in found][request.offset :]
        ids = snapshot.segments[segment].ids
        for at, number in zip(chosen_at.tolist(), chosen.tolist(), strict=True):
            sign = -1 if relevance else 1
            key = (*(sign * float(column[at]) for column in keys), ids[number])
            best.append((key, Place(segment, number, float(scores[at]))))
    best.sort(key=lambda entry: entry[0])
    return [place for _, place in best[request.offset : last]]


def ordered(
    snapshot: Snapshot, evaluation: Evaluation, hits: Sequence[Array], sort: str
) -> Iterator[Place]:
    """All records in their order, one after another: by a search's ``sort``, or by ``id``.

    Numbers and scores of all of them are held as arrays; what is walked through is made as it is
    walked.
    """
    runs = [
        _run(snapshot, evaluation, segment, records, sort)
        for segment, records in enumerate(hits)
        if len(records)
    ]
    return (place for _, place in (runs[0] if len(runs) == 1 else merge(*runs)))


def _run(
    snapshot: Snapshot, evaluation: Evaluation, segment: int, records: Array, sort: str
) -> Iterator[tuple[tuple[Any, ...], Place]]:
    """The records of a segment in order, each with what puts it among those of the others."""
    reader = snapshot.segments[segment]
    scores = evaluation.scores(segment, records)
    if sort == "id":
        keys: list[Array] = []
    elif sort == "relevance":
        keys = [-scores]
    else:
        keys = _bounds(snapshot, segment, records, newest=sort == "newest")
    order = np.lexsort((reader.id_ranks[records], *reversed(keys)))
    for begin in range(0, len(order), _RUN):
        run = order[begin : begin + _RUN]
        columns = [key[run].tolist() for key in keys]
        numbers = records[run].tolist()
        ids = [reader.ids[number] for number in numbers]
        places = zip([segment] * len(run), numbers, scores[run].tolist(), strict=True)
        yield from zip(zip(*columns, ids, strict=True), map(Place._make, places), strict=True)


def _first(keys: Sequence[Array], ranks: Array, records: Array, count: int, most: bool) -> Array:
    """The places of the records that come first: by the keys (``most``: the greatest), then id."""
    primary = keys[0]
    some = None
    if len(records) > _LONG * count > 0:
        # Ties with the last of the first are put in order, too.
        if most:
            some = (primary >= nth_greatest(primary, count)).nonzero()[0]
        else:
            some = (primary <= -nth_greatest(-primary, count)).nonzero()[0]
    chosen = records if some is None else records[some]
    columns = [key if some is None else key[some] for key in reversed(keys)]
    if most:
        columns = [-column for column in columns]
    order = np.lexsort((ranks[chosen], *columns))[:count]
    return order if some is None else some[order]


def _bounds(snapshot: Snapshot, segment: int, records: Array, *, newest: bool) -> list[Array]:
    """What puts records in the order of their periods; undated ones come last."""
    column = snapshot.column(segment, "period")
    if column is None:
        return [np.zeros(len(records)), np.zeros(len(records))]
    ends = np.full(column.combinations, np.inf)
    starts = np.full(column.combinations, np.inf)
    for entry, owner in enumerate(column.owners.tolist()):
        start, end, _ = facets.period_of(column.values[int(column.value[entry])].decode())
        sign = -1 if newest else 1
        ends[owner] = sign * int(end.replace("-", ""))
        starts[owner] = sign * int(start.replace("-", ""))
    numbers = column.records[records]
    return [ends[numbers], starts[numbers]]
