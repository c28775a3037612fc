"""The words that set records apart."""

from __future__ import annotations

import math

from wpssearch.analysis import Analyzer
from wpssearch.backends import keyness
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.errors import UsageError
from wpssearch.model import Search
from wpssearch.overviews import Term, Terms
from wpssearch.searching import select
from wpssearch.surveying.scope import check, scope
from wpssearch.vocab import Vocabulary

__all__ = ["terms"]


def terms(
    snapshot: Snapshot,
    analyzer: Analyzer,
    vocabulary: Vocabulary,
    request: Search,
    *,
    limit: int,
    minimum: int,
    ratio: float,
) -> Terms:
    """The words that set the selected records apart from all others of the index; see
    ``backends.keyness`` for the measure. Raises ``UsageError`` for a ratio that is no number.
    """
    check(limit, minimum)
    if not 0 <= ratio < math.inf:
        raise UsageError(f"A ratio of shares is a number, 0 or more, not {ratio!r}.")
    selected = select(snapshot, analyzer, vocabulary, request)
    size, rest = selected.total, snapshot.count - selected.total
    found, more = keyness.keywords(
        snapshot, selected.selection.hits, minimum=minimum, ratio=ratio, limit=limit
    )
    notes = []
    if size and not rest:
        notes.append("All records are selected: there are no others to set them apart from.")
    elif size and not found and limit:
        notes.append(
            f"No word that {minimum} or more of the selected records have sets them apart."
        )
    return Terms(
        scope(request, selected, notes),
        rest,
        tuple(
            Term(
                word.term,
                word.selected,
                word.others,
                word.selected / size,
                word.others / rest,
                word.score,
                keyness.log_ratio(word.selected, word.others, size, rest),
            )
            for word in found
        ),
        more,
    )
