"""The parts of a score, term by term and field by field; computed for the hits shown alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wpssearch.backends.evaluator import Evaluation
from wpssearch.backends.kinds.infields import InFields
from wpssearch.backends.plan import Group, Lowered, Plan, QueryTerm, Synonyms
from wpssearch.backends.plan import Sequence as Row
from wpssearch.backends.scoring import FIELDS, K1, WEIGHTS, B, length_norms
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.explanation import Explanation, FieldShare, HitExplanation, Term, TermShare
from wpssearch.query import Query

__all__ = ["explain"]


def explain(
    snapshot: Snapshot,
    evaluation: Evaluation,
    tree: Query,
    lowered: Lowered,
    places: Sequence[tuple[int, int, float]],
) -> Explanation:
    """The account of a query; ``places`` are the hits' segments, numbers there and scores."""
    terms = [
        Term(_name(term), times, evaluation.frequency(term), evaluation.weight(term), _forms(term))
        for term, times in lowered.terms.items()
    ]
    hits = []
    for segment, number, score in places:
        shares = (
            _share(snapshot, evaluation, term, times, segment, number)
            for term, times in lowered.terms.items()
        )
        id_ = snapshot.segments[segment].ids[number].decode()
        hits.append(HitExplanation(id_, score, tuple(share for share in shares if share)))
    return Explanation(
        query=str(tree),
        tree=tree.to_dict(),
        records=snapshot.count,
        k1=K1,
        b=B,
        widened=lowered.widened,
        terms=tuple(terms),
        hits=tuple(hits),
    )


def _share(
    snapshot: Snapshot,
    evaluation: Evaluation,
    term: QueryTerm,
    times: float,
    segment: int,
    number: int,
) -> TermShare | None:
    """What a term brings to a record's score; ``None`` where the record does not have it."""
    found = evaluation.found(term, segment)
    place = int(np.searchsorted(found.records, number))
    if place == len(found.records) or found.records[place] != number:
        return None
    fields = []
    for name, frequencies, average in zip(
        FIELDS, found.frequencies, snapshot.averages, strict=True
    ):
        tf = 0 if frequencies is None else int(frequencies[place])
        if tf:
            lengths = snapshot.segments[segment].lengths(name)[number : number + 1]
            share = tf * float(length_norms(name, lengths, average)[0])
            fields.append(FieldShare(name, tf, int(lengths[0]), average, WEIGHTS[name], share))
    f = sum(field.share for field in fields)
    idf = evaluation.weight(term)
    score = times * idf * f * (K1 + 1) / (f + K1)
    return TermShare(_name(term), times, idf, f, score, tuple(fields))


def _name(term: Plan) -> str:
    """What a query term is called: as it was typed, folded."""
    if isinstance(term, InFields):
        return f"{'+'.join(FIELDS[field] for field in term.fields)}:{term.word}"
    if isinstance(term, Synonyms):
        return _name(term.parts[0])
    return "" if isinstance(term, Row) or not hasattr(term, "word") else term.word


def _forms(term: Plan) -> tuple[str, ...]:
    """The forms that a query term finds; a row of words is one."""
    if isinstance(term, Synonyms):
        return tuple(form for part in term.parts for form in _forms(part))
    if isinstance(term, Row):
        return (" ".join(map(_name, term.parts)),)
    if isinstance(term, InFields):
        return _forms(term.term)
    if isinstance(term, Group):
        return tuple(sorted({each.form for each in term.terms}))
    return tuple(map(str, getattr(term, "terms", ())))
