"""The truth in fifty lines: matches, scores, order and counts over plain lists.

It knows words of letters alone, parted by blanks, and takes its stems from NLTK directly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from math import log
from typing import Any

from nltk.stem.snowball import EnglishStemmer

Row = Mapping[str, Any]
_WEIGHTS = {"title": 2.0, "text": 1.0}
_snowball: Any = EnglishStemmer()


@cache
def stem_of(word: str) -> str:
    """The stem of a word in lower case."""
    return str(_snowball.stem(word))


def _words(row: Row, field: str) -> list[str]:
    return [stem_of(word.lower()) for word in row.get(field, "").split()]


def _has(row: Row, part: Sequence[str]) -> bool:
    """A word, or words in a row, in any field."""
    return any(
        words[i : i + len(part)] == list(part)
        for field in _WEIGHTS
        for words in [_words(row, field)]
        for i in range(len(words))
    )


def matches(rows: Sequence[Row], parts: Sequence[Sequence[str]], *, any: bool) -> list[Row]:
    """The rows that have all parts, or with ``any`` one of them; a part is a word or a phrase."""
    stemmed = [[stem_of(word.lower()) for word in part] for part in parts]
    found = [(row, [_has(row, part) for part in stemmed]) for row in rows]
    return [row for row, hits in found if (True in hits if any else False not in hits)]


def score(row: Row, rows: Sequence[Row], words: Sequence[str]) -> float:
    """BM25F of a row among all rows."""
    total = 0.0
    for word in map(stem_of, map(str.lower, words)):
        df = sum(_has(other, [word]) for other in rows)
        f = 0.0
        for field, weight in _WEIGHTS.items():
            terms = _words(row, field)
            average = sum(len(_words(other, field)) for other in rows) / len(rows)
            if terms:
                f += weight * terms.count(word) / (1 - 0.75 + 0.75 * len(terms) / average)
        total += log(1 + (len(rows) - df + 0.5) / (df + 0.5)) * f * 2.2 / (f + 1.2)
    return total


def ranked(
    found: Sequence[Row], rows: Sequence[Row], words: Sequence[str]
) -> list[tuple[str, float]]:
    """Ids and scores, best first, ties by id."""
    return sorted(
        ((row["id"], score(row, rows, words)) for row in found), key=lambda s: (-s[1], s[0])
    )


def counts(found: Sequence[Row], key: str) -> Counter[str]:
    """How many of the rows have each value."""
    return Counter(value for row in found for value in dict.fromkeys(row.get(key, ())))
