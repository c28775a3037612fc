"""Two searches side by side: what only one of them has, what both have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from wpssearch.analysis import Analyzer
from wpssearch.backends import faceting
from wpssearch.backends.arrays import Array
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.findings import Comparison, FacetShare, RecordTitle
from wpssearch.model import Search
from wpssearch.ranking import ordered
from wpssearch.searching import Selected, named_filters, select
from wpssearch.vocab import Vocabulary

__all__ = ["compare"]

_PARTS = ("only_a", "both", "only_b")


def compare(
    snapshot: Snapshot, analyzer: Analyzer, vocabulary: Vocabulary, request: Search, other: str
) -> Comparison:
    """What the search and the same with another query's text find, and what both do.

    ``limit`` and ``offset`` are of the records named of each part, ``facet_limit`` of the values
    of each facet. Raises as a search does.
    """
    one = select(snapshot, analyzer, vocabulary, request)
    two = select(snapshot, analyzer, vocabulary, replace(request, query=other))
    pairs = list(zip(one.selection.hits, two.selection.hits, strict=True))
    parts = {
        "only_a": [np.setdiff1d(a, b, assume_unique=True) for a, b in pairs],
        "both": [np.intersect1d(a, b, assume_unique=True) for a, b in pairs],
        "only_b": [np.setdiff1d(b, a, assume_unique=True) for a, b in pairs],
    }
    found_by = {"only_a": one, "both": one, "only_b": two}
    shares = {name: _shares(snapshot, name, parts, request) for name in request.facets}
    limit = request.facet_limit
    return Comparison(
        queries=(str(request.query), other),
        matches=(one.matched.mode, two.matched.mode),
        totals={part: sum(map(len, parts[part])) for part in _PARTS},
        records={
            part: _named(snapshot, found_by[part], parts[part], request) for part in _PARTS
        },
        facets={name: values[:limit] for name, values in shares.items()},
        more={name: len(values[limit:]) if limit is not None else 0
              for name, values in shares.items()},
        filters=named_filters(request),
        notes=tuple(dict.fromkeys((*one.notes, *two.notes))),
    )  # fmt: skip


def _named(
    snapshot: Snapshot, selected: Selected, records: Sequence[Array], request: Search
) -> tuple[RecordTitle, ...]:
    places = ordered(snapshot, selected.matched.evaluation, records, request.sort)
    page = islice(places, request.offset, request.offset + request.limit)
    found = (snapshot.segments[place.segment].record(place.number) for place in page)
    return tuple(RecordTitle(record.id, record.title) for record in found)


def _shares(
    snapshot: Snapshot, facet: str, parts: dict[str, list[Array]], request: Search
) -> tuple[FacetShare, ...]:
    """The values of a facet that any of the records has, those that differ most first."""
    every = replace(request, facet_limit=None, facet_offset=0, facet_min=1)
    counts: dict[tuple[str, str | None, str | None], dict[str, int]] = {}
    for part in _PARTS:
        selection = faceting.Selection(parts[part], {})
        for value in faceting.count(facet, selection, (), snapshot, every)[0]:
            counts.setdefault((value.value, value.start, value.end), {})[part] = value.count
    shares = (
        FacetShare(
            value, mine.get("only_a", 0), mine.get("both", 0), mine.get("only_b", 0), start, end
        )
        for (value, start, end), mine in counts.items()
    )
    return tuple(sorted(shares, key=_difference))


def _difference(share: FacetShare) -> tuple[int, int, str]:
    total = share.only_a + share.both + share.only_b
    return -abs(share.only_a - share.only_b), -total, share.value
