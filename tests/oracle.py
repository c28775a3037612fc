"""The truth over plain lists: matches, marks, scores, order and counts of any query tree.

It knows words of letters alone, parted by blanks, and takes its stems from NLTK directly.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import log
from typing import Any

from nltk.stem.snowball import EnglishStemmer

from wpssearch.query import Every, Phrase, Query, Word, Words, operators

Row = Mapping[str, Any]
Fields = tuple[str, ...]
Terms = dict[tuple[Query, Fields], float]
Marks = set[tuple[str, int]]
_WEIGHTS = {"title": 2.0, "text": 1.0}
_FACETS = {"country": "countries", "agency": "agencies"}
_snowball: Any = EnglishStemmer()


@cache
def stem_of(word: str) -> str:
    return str(_snowball.stem(word.lower()))


@cache
def edits(one: str, other: str) -> int:
    """The optimal string alignment distance."""
    if not one or not other:
        return len(one) + len(other)
    best = min(edits(one[1:], other) + 1, edits(one, other[1:]) + 1,
               edits(one[1:], other[1:]) + (one[0] != other[0]))  # fmt: skip
    if len(one) > 1 and len(other) > 1 and one[:2] == other[1::-1]:
        best = min(best, edits(one[2:], other[2:]) + 1)
    return best


def finds(leaf: Query, word: str) -> bool:
    """Whether a word of a query finds a word of a text."""
    match leaf:
        case Word(text):
            return stem_of(text) == stem_of(word)
        case operators.Fuzzy(text, most):
            return stem_of(text) == stem_of(word) or edits(text, word.lower()) <= most
        case operators.Wildcard(text):
            pattern = text.replace("*", "[a-z]*").replace("?", "[a-z]")
            plain = text.rstrip("?")
            same = plain.isalpha() and stem_of(plain) == stem_of(word)
            return bool(re.fullmatch(pattern, word.lower())) or same
    raise AssertionError(leaf)


def look(row: Row, tree: Query, fields: Fields = ()) -> tuple[bool, Marks]:
    """Whether a row matches, and the fields and places of the words that made it match."""
    texts = {field: row.get(field, "").split() for field in fields or _WEIGHTS}
    marks: Marks = set()
    match tree:
        case Every():
            return not fields or any(texts.values()), marks
        case operators.Facet(name, value):
            values = row.get(_FACETS[name], ())
            return (bool(values) if value == "*" else value in values), marks
        case operators.Not(part):
            return not look(row, part, fields)[0], marks
        case operators.Required(part) | operators.Boost(part):
            return look(row, part, fields)
        case operators.Field(name, part):
            return look(row, part, (name,))
        case Words(parts) | operators.And(parts) | operators.Or(parts):
            found = [look(row, part, fields) for part in parts]
            flags = [flag for flag, _ in found]
            matched = any(flags) if isinstance(tree, operators.Or) else all(flags)
            return matched, set().union(*(mine for _, mine in found)) if matched else marks
        case Phrase(text) | operators.Near(text):
            wanted = parts_of(text)
            near = tree.distance if isinstance(tree, operators.Near) else -1
            for field, words in texts.items():
                for at in range(len(words)):
                    marks |= {(field, at + n) for n in _stretch(wanted, words[at:], near)}
        case _:
            for field, words in texts.items():
                marks |= {(field, at) for at, word in enumerate(words) if finds(tree, word)}
    return bool(marks), marks


def parts_of(text: str) -> list[Query]:
    """The words and patterns of a phrase; a question mark at a word's end is one."""
    return [
        operators.Wildcard(word) if "*" in word or "?" in word.rstrip("?") else
        Word(word.rstrip("?"))
        for word in text.split()
    ]  # fmt: skip


def _stretch(wanted: Sequence[Query], words: Sequence[str], near: int) -> list[int]:
    """The places of a phrase, or of words near each other, in a stretch that begins here."""
    size = len(wanted)
    if near < 0:
        same = len(words) >= size and all(map(finds, wanted, words))
        return list(range(size)) if same else []
    places = [at for at, word in enumerate(words[: size + near])
              if any(finds(each, word) for each in wanted)]  # fmt: skip
    there = Counter(stem_of(words[at]) for at in places)
    # The trees have no patterns near each other.
    return places if there >= Counter(stem_of(str(word)) for word in wanted) else []


def terms(tree: Query, weight: float = 1.0, fields: Fields = ()) -> Terms:
    """The query terms that count, each with how often or how much."""
    match tree:
        case Every() | operators.Facet() | operators.Not():
            return {}
        case operators.Field(name, part):
            return terms(part, weight, (name,))
        case operators.Boost(part, times):
            return terms(part, weight * times, fields)
        case operators.Required(part):
            return terms(part, weight, fields)
        case Phrase(text) | operators.Near(text):
            return terms(Words(tuple(parts_of(text))), weight, fields)
        case Words(parts) | operators.And(parts) | operators.Or(parts):
            out: Terms = {}
            for part in parts:
                for term, times in terms(part, weight, fields).items():
                    out[term] = out.get(term, 0.0) + times
            return out
    return {(tree, fields): weight}


def score(row: Row, rows: Sequence[Row], tree: Query) -> float:
    """BM25F of a row among all rows."""
    total = 0.0
    for (leaf, fields), times in terms(tree).items():
        df = sum(look(other, leaf, fields)[0] for other in rows)
        f = 0.0
        for field in fields or _WEIGHTS:
            words = row.get(field, "").split()
            average = sum(len(other.get(field, "").split()) for other in rows) / len(rows)
            if words:
                tf = sum(finds(leaf, word) for word in words)
                f += _WEIGHTS[field] * tf / (1 - 0.75 + 0.75 * len(words) / average)
        total += times * log(1 + (len(rows) - df + 0.5) / (df + 0.5)) * f * 2.2 / (f + 1.2)
    return total


def loose(tree: Query) -> Query:
    """The same query, content with any of the words that are joined by blanks."""
    parts = tree.parts if isinstance(tree, Words) else (tree,)
    firm = [p for p in parts if isinstance(p, operators.Required) or not terms(p)]
    free = [part for part in parts if part not in firm]
    if any(isinstance(part, operators.Required) for part in firm) and free:
        free.append(Every())
    either = [operators.Or(tuple(free))] if len(free) > 1 else free
    every = [*firm, *either]
    return operators.And(tuple(every)) if len(every) > 1 else every[0]


def ranked(found: Sequence[Row], rows: Sequence[Row], tree: Query) -> list[tuple[str, float]]:
    """Ids and scores, best first, ties by id."""
    scored = ((row["id"], score(row, rows, tree)) for row in found)
    return sorted(scored, key=lambda entry: (-entry[1], entry[0]))


def counts(found: Sequence[Row], key: str) -> Counter[str]:
    """How many of the rows have each value."""
    return Counter(value for row in found for value in dict.fromkeys(row.get(key, ())))


def matches(rows: Sequence[Row], tree: Query) -> list[Row]:
    """The rows that match."""
    matched: Callable[[Row], bool] = lambda row: look(row, tree)[0]  # noqa: E731
    return list(filter(matched, rows))
