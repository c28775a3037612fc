"""Words that set some records apart from the rest: a log-likelihood ratio over the postings.

The counts are of records (document frequencies), not of occurrences, so that one long text that
repeats a word does not pass for many. The statistic is G² of the table of records with and
without the word, selected and not: T. Dunning, Accurate Methods for the Statistics of Surprise and
Coincidence, Computational Linguistics 19 (1993); for comparing corpora P. Rayson and R. Garside,
Comparing Corpora using Frequency Profiling (2000). The size of the effect is the log ratio of
A. Hardie, Log Ratio: an informal introduction (2014).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import log2
from typing import NamedTuple

import numpy as np

from wpssearch.analysis import CAPITALS
from wpssearch.backends.arrays import Array, slices
from wpssearch.backends.whoosh.layout import APART
from wpssearch.backends.whoosh.segment import Segment, in_all_fields
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.backends.whoosh.strings import Strings

__all__ = ["Keyword", "keywords", "log_likelihood", "log_ratio"]

#: How many postings are looked at a time.
_AT_ONCE = 1 << 22
#: To how many decimals G² is given: as many as every version of numpy gives alike.
_DIGITS = 9


class Keyword(NamedTuple):
    """A word by its most frequent form, the selected records and the others with it, and G²."""

    term: str
    selected: int
    others: int
    score: float


def log_likelihood(selected: Array, others: Array, size: int, rest: int) -> Array:
    """G² of words that so many of ``size`` selected and of the ``rest`` of the records have."""
    total = size + rest
    having = selected + others
    score: Array = np.zeros(len(selected))
    for observed, row, column in (
        (selected, having, size),
        (others, having, rest),
        (size - selected, total - having, size),
        (rest - others, total - having, rest),
    ):
        some = observed > 0
        score[some] += observed[some] * np.log(observed[some] * total / (row[some] * column))
    # What independence makes of rounding errors is no evidence; nor is what one version or machine
    # makes of the last digits of a logarithm.
    positive: Array = np.round(np.maximum(2 * score, 0.0), _DIGITS)
    return positive


def log_ratio(selected: int, others: int, size: int, rest: int) -> float:
    """The binary logarithm of the ratio of the shares; half a record stands for none."""
    return log2((selected / size) / ((others or 0.5) / rest))


def keywords(
    snapshot: Snapshot, records: Sequence[Array], *, minimum: int, ratio: float, limit: int
) -> tuple[list[Keyword], int]:
    """The words that a greater share of the records, given by segment, have than of the others,
    ``ratio`` times as great at the least, and that at least ``minimum`` of them have; the first by
    G², and how many are left. What is in every text, if in more of some, is left out by the ratio:
    among many records the smallest difference of a function word is no chance.

    Forms of one stem are one word; one that is written in capitals alone is one of its own. The
    joined form of a hyphenated word is left to its parts.
    """
    size = sum(map(len, records))
    rest = snapshot.count - size
    if not size or not rest:
        return [], 0
    groups, names = _groups(snapshot)
    selected, having = np.zeros(len(names), np.int64), np.zeros(len(names), np.int64)
    simple = np.zeros(len(names), bool)
    chosen = [_flags(s, mine) for s, mine in zip(snapshot.segments, records, strict=True)]
    for segment, group, flags in zip(snapshot.segments, groups, chosen, strict=True):
        live = np.ones(segment.count, bool) if segment.live is None else segment.live
        selected += _having(segment, group, flags, len(names))
        having += _having(segment, group, live, len(names))
        simple[group[~_joined(segment)]] = True
    others = having - selected
    share, other_share = selected * rest, others * size
    often = (selected >= max(minimum, 1)) & (share > other_share) & (share >= ratio * other_share)
    candidates = np.flatnonzero(simple & often)
    scores = log_likelihood(selected[candidates], others[candidates], size, rest)
    # Ties by how many records, then by name.
    order = np.lexsort((-selected[candidates], -scores))[:limit]
    return [
        Keyword(
            _most_frequent_form(snapshot, groups, chosen, number),
            int(selected[number]),
            int(others[number]),
            score,
        )
        for number, score in zip(candidates[order].tolist(), scores[order].tolist(), strict=True)
    ], len(candidates) - len(order)


def _flags(segment: Segment, records: Array) -> Array:
    flags = np.zeros(segment.count, bool)
    flags[records] = True
    return flags


def _groups(snapshot: Snapshot) -> tuple[list[Array], list[bytes]]:
    """By segment, by the number of a stem, its word's number; and the words, sorted.

    A form that a segment keeps apart from its stem, since there it stands in capitals alone, is a
    word of its own where all segments keep it apart.
    """
    stems = [Strings(segment.container, "stems").all() for segment in snapshot.segments]
    if len(stems) == 1:
        return [np.arange(len(stems[0]))], stems[0]
    apart = {name for mine in stems for name in mine if APART in name}
    both = apart and _elsewhere_in_its_stem(
        snapshot, stems, {name.partition(APART)[2] for name in apart}
    )
    words = [
        [n.partition(APART)[0] if n in apart and n.partition(APART)[2] in both else n for n in mine]
        for mine in stems
    ]
    names = sorted(set().union(*words))
    places = {name: number for number, name in enumerate(names)}
    return [np.fromiter((places[n] for n in mine), np.int64, len(mine)) for mine in words], names


def _elsewhere_in_its_stem(
    snapshot: Snapshot, stems: Sequence[Sequence[bytes]], forms: set[bytes]
) -> set[bytes]:
    """Of some forms those that a segment has among its stem's other forms."""
    return {
        form
        for segment, names in zip(snapshot.segments, stems, strict=True)
        for form, rank in zip(
            Strings(segment.container, "forms").all(),
            segment.container.ints("forms.stem"),
            strict=True,
        )
        if form in forms and APART not in names[rank]
    }


def _having(segment: Segment, group: Array, flags: Array, size: int) -> Array:
    """By word, how many of the flagged records have it."""
    ends = segment.container.array("stems.postings").astype(np.int64)
    records = segment.container.array("postings.record")
    by_stem = np.zeros(len(group), np.int64)
    for first, stop in slices(ends, _AT_ONCE):
        begin = ends[first]
        sums = np.append(0, np.cumsum(flags[records[begin : ends[stop]]], dtype=np.int32))
        by_stem[first:stop] = np.diff(sums[ends[first : stop + 1] - begin])
    out = np.zeros(size, np.int64)
    np.add.at(out, group, by_stem)
    # A record that has a word by two of its stems has it once.
    order = np.argsort(group, kind="stable")
    for number in np.flatnonzero(np.bincount(group, minlength=size) > 1).tolist():
        a, b = np.searchsorted(group[order], (number, number + 1))
        lists = [segment.postings(rank).records for rank in order[a:b].tolist()]
        out[number] = np.count_nonzero(flags[np.unique(np.concatenate(lists))])
    return out


def _joined(segment: Segment) -> Array:
    """By stem, whether it has nothing but the joined forms of hyphenated words."""
    begins = segment.container.array("stems.terms").astype(np.int64)[:-1]
    widths = segment.container.array("terms.width")
    least: Array = np.minimum.reduceat(widths, begins) if len(begins) else np.zeros(0)
    return least > 1


def _most_frequent_form(
    snapshot: Snapshot, groups: Sequence[Array], chosen: Sequence[Array], word: int
) -> str:
    """The form of a word that the selected records have most often, in capitals where it is."""
    forms: Counter[str] = Counter()
    capitals: Counter[str] = Counter()
    for segment, group, flags in zip(snapshot.segments, groups, chosen, strict=True):
        for rank in np.flatnonzero(group == word).tolist():
            postings = segment.postings(rank)
            times = in_all_fields(segment.frequencies(postings.first, postings.stop))
            kept = np.repeat(flags[postings.records], times)
            first = postings.occurrences
            terms = segment.packed("occurrences.term").slice(first, first + len(kept))[kept]
            found = segment.all_terms(rank)
            for term, count in zip(found, np.bincount(terms, minlength=len(found)), strict=True):
                if term is not None and count:
                    forms[term.form] += int(count)
                    capitals[term.form] += int(count) if term.case == CAPITALS else 0
    form = min(forms, key=lambda form: (-forms[form], form))
    return form.upper() if 2 * capitals[form] > forms[form] else form
