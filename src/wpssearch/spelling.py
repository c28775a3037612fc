"""Which word somebody meant who typed another.

A noisy channel: the best word is the one for which ``P(typed | word) * P(word)`` is greatest
(Kernighan, Church & Gale, "A Spelling Correction Program Based on a Noisy Channel Model",
COLING 1990). Everything here is in natural logarithms of probabilities, up to a constant.

The edits are Damerau's four (Communications of the ACM 7(3), 1964): a letter left out, one too
many, one for another, two neighbours exchanged. Which of them are likely follows Yannakoudakis &
Fawthrop, "The rules of spelling errors" (Information Processing & Management 19(2), 1983): vowels
stand for each other, consonants that sound alike do, letters are doubled or singled, neighbours
change places, the first letter is seldom wrong. To that comes the key beside the right one. The
numbers were chosen by ``benchmarks/spelling.py``, on other errors than those of its report.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "DIVIDED",
    "MOST_EDITS",
    "SHORTEST",
    "association",
    "believed",
    "costs",
    "likelihood",
]

#: Errors in a word; words with more are not found.
MOST_EDITS = 2
#: The fewest letters of a word that is looked for in another spelling.
SHORTEST = 3
#: What it costs to type two words as one, or one as two.
DIVIDED = 1.0

#: Two errors are believed where the longer of both words has so many letters.
_LONG = 6

# What edits cost. The dearest one is cheaper than any two.
_PLAIN, _LIKELY, _AT_FIRST = 1.0, 0.75, 0.25
_DEAREST = _PLAIN + _AT_FIRST

_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_ALIKE = ("aeiouy", "ckqs", "gj", "mn", "sz", "fv", "bp", "dt")

#: An edit of cost 1 is made once in about 150 words.
_EDIT = 5.0
#: How much the number of times that a word is there counts. People ask for what is rare, too.
_PRIOR = 0.6
#: How many records a word is taken to be in besides, that tell nothing of its company.
_UNSEEN = 0.5

Costs = npt.NDArray[np.float32]
Lengths = npt.NDArray[np.integer[Any]]


@cache
def _substitutions() -> Costs:
    """By two letters, as bytes, what it costs to type one for the other."""
    table = np.full((256, 256), _PLAIN, np.float32)
    likely = [(one, other) for letters in _ALIKE for one in letters for other in letters]
    for one, other in [*likely, *(pair for row in _KEYS for pair in pairwise(row))]:
        table[ord(one), ord(other)] = table[ord(other), ord(one)] = _LIKELY
    np.fill_diagonal(table, 0.0)
    return table


def costs(typed: bytes, letters: npt.NDArray[np.uint8], lengths: Lengths) -> Costs:
    """What it costs to have typed this for each of some words, that differ in length by two.

    A column of ``letters`` is a word in UTF-8, zeros after its end: the first row are the first
    letters of all words. A cost is right up to ``MOST_EDITS``; what needs more costs more than
    those. The restricted Damerau-Levenshtein distance, weighted, by rows of its matrix near the
    diagonal, for all words at once.
    """
    most, count = letters.shape
    table = _substitutions()
    never = np.full(count, np.inf, np.float32)
    omitted = np.full(letters.shape, _PLAIN, np.float32)
    omitted[1:][letters[1:] == letters[:-1]] = _LIKELY
    omitted[:1] += _AT_FIRST
    before: list[Costs] = []
    above: list[Costs] = []
    for i in range(len(typed) + 1):
        row = [never] * (most + 1)
        if not i:
            row[0] = np.zeros(count, np.float32)
        for j in range(max(0, i - MOST_EDITS), min(most, i + MOST_EDITS) + 1):
            best = row[j]
            if i:
                best = np.minimum(best, above[j] + _added(typed, i))
            if j:
                best = np.minimum(best, row[j - 1] + omitted[j - 1])
            if i and j:
                changed = table[typed[i - 1]][letters[j - 1]]
                if i == j == 1:
                    changed[changed > 0] += _AT_FIRST
                best = np.minimum(best, above[j - 1] + changed)
            if i > 1 and j > 1:
                swapped = (letters[j - 1] == typed[i - 2]) & (letters[j - 2] == typed[i - 1])
                cost = np.float32(_PLAIN if i == j == 2 else _LIKELY)
                best = np.where(swapped, np.minimum(best, before[j - 2] + cost), best)
            row[j] = best
        before, above = above, row
    out: Costs = np.stack(above)[lengths, np.arange(count)]
    return out


def _added(typed: bytes, i: int) -> np.float32:
    """What the ``i``-th letter typed costs where it is one too many."""
    if i == 1:
        return np.float32(_DEAREST)
    return np.float32(_LIKELY if typed[i - 1] == typed[i - 2] else _PLAIN)


def believed(cost: Costs, typed: int, words: Lengths) -> npt.NDArray[np.bool_]:
    """Which of some words may be meant, given what each costs and the lengths of all.

    Two errors are many in few letters.
    """
    long = np.maximum(words, typed) >= _LONG
    out: npt.NDArray[np.bool_] = cost <= np.where(long, MOST_EDITS * _DEAREST, _DEAREST)
    return out


def likelihood(cost: npt.ArrayLike, count: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """How likely words are that are there ``count`` times and that it costs so much to mistype."""
    out: npt.NDArray[np.float64] = _PRIOR * np.log(count) - _EDIT * np.asarray(cost)
    return out


def association(together: int, word: int, other: int, records: int) -> float:
    """How much likelier another word is in the company of a word than anywhere.

    ``together``, ``word`` and ``other`` are how many of the ``records`` have both, the one, the
    other: ``ln P(other | word) / P(other)``, smoothed by a Dirichlet prior (Zhai &
    Lafferty, "A study of smoothing methods for language models applied to information retrieval",
    ACM TOIS 22(2), 2004).
    """
    anywhere = other / records
    return float(np.log((together / anywhere + _UNSEEN) / (word + _UNSEEN)))
