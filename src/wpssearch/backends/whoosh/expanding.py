"""The forms of the dictionary that a pattern matches or that are near to a word.

Nothing here loops over forms in Python before they have been chosen: a pattern is a bisection and
one pass of a regular expression that never goes back, neighbours are found for all forms at once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence

import numpy as np

from wpssearch.backends.arrays import Array, ranges, slices
from wpssearch.backends.kinds.expansion import Expansion
from wpssearch.backends.whoosh.segment import Segment
from wpssearch.backends.whoosh.strings import Strings

__all__ = ["like", "matching", "neighbours", "spelt"]

_SLICE = 1 << 21
#: From so many forms on the occurrences of all are counted, once for a state of the index.
_MANY = 4096
_LINE = ord("\n")
_CONTINUES, _CONTINUATION = 0xC0, 0x80


def like(segments: Sequence[Segment], pattern: str, also: Collection[str], most: int) -> Expansion:
    """What a pattern stands for: ``*`` is any letters, ``?`` is one."""
    return _expansion(segments, pattern, also, most, lambda forms: matching(forms, pattern))


def spelt(segments: Sequence[Segment], word: str, also: Collection[str], most: int) -> Expansion:
    """What a fuzzy word with its number of edits stands for: ``police~1``."""
    form, _, edits = word.rpartition("~")
    return _expansion(segments, word, also, most, lambda forms: neighbours(forms, form, int(edits)))


def _expansion(
    segments: Sequence[Segment],
    word: str,
    also: Collection[str],
    most: int,
    find: Callable[[Strings], Array],
) -> Expansion:
    """The forms that are found in any segment and that live records have.

    Of more than ``most`` those are taken that live records have most often, then in their
    order: which these are depends on the records alone. ``also`` are taken in any case.
    """
    numbers: list[Array] = []
    for segment in segments:
        others = [segment.forms.find(form.encode()) for form in also]
        there = np.asarray([number for number in others if number >= 0], np.int64)
        numbers.append(np.union1d(find(segment.forms), there))
    cut = sum(map(len, numbers)) > most + len(also)
    if cut or any(segment.live is not None for segment in segments):
        counts = [_live_occurrences(*pair) for pair in zip(segments, numbers, strict=True)]
    else:
        counts = [np.ones(len(found), np.int64) for found in numbers]
    if len(segments) == 1:
        # Numbers are in the order of the forms: those to be named are chosen first.
        alive = counts[0] > 0
        numbers, counts = [numbers[0][alive]], [counts[0][alive]]
        matched = len(numbers[0])
        if cut:
            first = np.lexsort((numbers[0], -counts[0]))[:most]
            kept = np.isin(numbers[0], [*numbers[0][first], *there])
            numbers = [numbers[0][kept]]
        names = {segments[0].forms[n] for n in numbers[0].tolist()}
    else:
        names, matched = _most_frequent(segments, numbers, counts, also, most)
        numbers = [
            np.asarray([n for n in found.tolist() if segment.forms[n] in names], np.int64)
            for segment, found in zip(segments, numbers, strict=True)
        ]
    return Expansion(word, tuple(name.decode() for name in sorted(names)), numbers, matched)


def _most_frequent(
    segments: Sequence[Segment],
    numbers: Sequence[Array],
    counts: Sequence[Array],
    also: Collection[str],
    most: int,
) -> tuple[set[bytes], int]:
    """Of the forms of several segments the most frequent ones, and how many there are."""
    total: Counter[bytes] = Counter()
    for segment, found, mine in zip(segments, numbers, counts, strict=True):
        for number, count in zip(found.tolist(), mine.tolist(), strict=True):
            if count:
                total[segment.forms[number]] += count
    kept = {form.encode() for form in also} & total.keys()
    if len(total) <= most + len(also):
        return set(total), len(total)
    ranked = sorted(total, key=lambda name: (-total[name], name))
    return kept | set(ranked[:most]), len(total)


def _live_occurrences(segment: Segment, forms: Array) -> Array:
    """By form, given by number, how often live records have it."""
    if segment.form_counts is None and len(forms) < _MANY:
        return _counted(segment, forms)[forms]
    if segment.form_counts is None:
        segment.form_counts = _counted(segment, np.arange(len(segment.forms)))
    return segment.form_counts[forms]


def _counted(segment: Segment, forms: Array) -> Array:
    """By form of the dictionary how often live records have it, if it is one of these."""
    hits, firsts = segment.terms_of_forms(forms)
    stems = np.unique(np.searchsorted(firsts, np.flatnonzero(hits), "right") - 1)
    box = segment.container
    form_of = box.array("terms.form")
    begun = box.array("stems.occurrences").astype(np.int64)
    counts = begun[stems + 1] - begun[stems]
    total = np.zeros(len(segment.forms), np.int64)
    for first, stop in slices(np.append(0, np.cumsum(counts)), _SLICE):
        mine = stems[first:stop]
        places = ranges(begun[mine], counts[first:stop])
        term = segment.packed("occurrences.term").take(places)
        term += np.repeat(firsts[mine].astype(np.int64), counts[first:stop])
        if segment.live is not None:
            term = term[segment.alive(mine)]
        total += np.bincount(form_of[term], minlength=len(total))
    return total


# Patterns


def matching(forms: Strings, pattern: str) -> Array:
    """The numbers of the sorted forms that a pattern matches, ascending."""
    prefix = re.split(r"[*?]", pattern, maxsplit=1)[0].encode()
    first = forms.bisect(prefix)
    # No byte of UTF-8 is as great.
    stop = forms.bisect(prefix + b"\xff") if prefix else len(forms)
    if pattern == prefix.decode() + "*":
        return np.arange(first, stop)
    data, ends = forms.raw()
    begin = int(ends[first])
    lines = np.insert(data[begin : int(ends[stop])], ends[first + 1 : stop] - begin, _LINE)
    text = lines.tobytes().decode()
    codes, _ = _code_points(text, lines)
    breaks = np.flatnonzero(codes == _LINE)
    starts = [m.start() for m in _expression(pattern).finditer(text)] if stop > first else []
    return np.searchsorted(breaks, np.asarray(starts, np.int64)) + first


def _expression(pattern: str) -> re.Pattern[str]:
    """The pattern for whole lines.

    After each star the first place that fits is as good as any later one, so what has been matched
    is never tried again (an atomic group): the time is linear in the length of the text.
    """
    pieces = [
        "".join("[^\\n]" if char == "?" else re.escape(char) for char in piece)
        for piece in pattern.split("*")
    ]
    if len(pieces) == 1:
        return re.compile(f"^{pieces[0]}$", re.MULTILINE)
    first, *middle, last = pieces
    inner = "".join(f"(?>[^\\n]*?{piece})" for piece in middle if piece)
    return re.compile(f"^{first}{inner}[^\\n]*{last}$", re.MULTILINE)


# Neighbours


def neighbours(forms: Strings, form: str, edits: int) -> Array:
    """The numbers of the forms at most so many edits from one, ascending.

    An edit puts in, leaves out or replaces a letter, or exchanges two neighbours; no letter is
    edited twice (the optimal string alignment distance: Damerau, "A technique for computer
    detection and correction of spelling errors", CACM 7(3), 1964, for one edit).
    """
    data, ends = forms.raw()
    if not len(data):
        return np.zeros(0, np.int64)
    codes, starts = _code_points(bytes(data).decode(), data)
    bounds = ends if starts is None else starts[ends]
    wanted = np.asarray([ord(char) for char in form], np.int64)
    lengths = np.diff(bounds)
    near = np.flatnonzero(np.abs(lengths - len(wanted)) <= edits)
    lengths = lengths[near]
    width = len(wanted) + edits
    # One column for each place of a letter; what lies beyond a form is no letter.
    places = bounds[near][:, None] + np.arange(width)
    letters = codes[np.minimum(places, len(codes) - 1)].astype(np.int64)
    letters[np.arange(width) >= lengths[:, None]] = -1
    # A letter that the word does not have costs an edit.
    strange = (letters >= 0) & ~np.isin(letters, wanted)
    few = strange.sum(axis=1) <= edits
    near, lengths, letters = near[few], lengths[few], letters[few]
    distances = _distances(wanted, letters)
    out: Array = near[distances[np.arange(len(near)), lengths] <= edits]
    return out


def _distances(word: Array, letters: Array) -> Array:
    """By row of letters and how many of them are taken, the distance from a word."""
    count, width = letters.shape
    before: Array = np.zeros((0, 0), np.int64)
    row = np.tile(np.arange(width + 1), (count, 1)).T
    columns = np.ascontiguousarray(letters.T)
    for at, letter in enumerate(word):
        earlier, before = before, row
        row = np.empty_like(before)
        row[0] = at + 1
        for place in range(width):
            same = columns[place] == letter
            best = np.minimum(before[place + 1], row[place]) + 1
            best = np.minimum(best, before[place] + ~same)
            if at and place:
                swapped = (columns[place] == word[at - 1]) & (columns[place - 1] == letter)
                best = np.where(swapped, np.minimum(best, earlier[place - 1] + 1), best)
            row[place + 1] = best
    return row.T


def _code_points(text: str, data: Array) -> tuple[Array, Array | None]:
    """A text as code points, and by byte of it the number of its code point, where they differ."""
    if len(text) == len(data):
        return data, None
    codes = np.frombuffer(text.encode("utf-32-le"), "<u4")
    begins = (data & _CONTINUES) != _CONTINUATION
    return codes, np.append(0, np.cumsum(begins))
