"""Why records rank as they do: the parts that a score is the sum of. Frozen values, no behaviour.

The formula is that of ``backends/scoring.py``: for each query term
``times * idf * f * (k1 + 1) / (f + k1)``, where ``f`` is the sum over fields of
``weight * tf / (1 - b + b * length / average)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Explanation", "FieldShare", "HitExplanation", "Term", "TermShare"]


@dataclass(frozen=True, slots=True)
class Term:
    """A query term: what was typed, how often it counts, what it finds.

    ``forms`` are the written forms, folded, and rows of words; ``df`` is how many live records have
    one of them in a field that is searched.
    """

    term: str
    times: float
    df: int
    idf: float
    forms: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "term": self.term,
            "times": self.times,
            "df": self.df,
            "idf": self.idf,
            "forms": list(self.forms),
        }


@dataclass(frozen=True, slots=True)
class FieldShare:
    """What a field of a record brings to ``f``: ``share`` of it.

    ``tf`` is how often the term stands there; ``length`` and ``average`` count words.
    """

    field: str
    tf: int
    length: int
    average: float
    weight: float
    share: float

    def to_dict(self) -> dict[str, Any]:
        return {
            "field": self.field,
            "tf": self.tf,
            "length": self.length,
            "average": self.average,
            "weight": self.weight,
            "share": self.share,
        }


@dataclass(frozen=True, slots=True)
class TermShare:
    """What a query term brings to the score of a record: ``score`` of it."""

    term: str
    times: float
    idf: float
    f: float
    score: float
    fields: tuple[FieldShare, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "term": self.term,
            "times": self.times,
            "idf": self.idf,
            "f": self.f,
            "score": self.score,
            "fields": [field.to_dict() for field in self.fields],
        }


@dataclass(frozen=True, slots=True)
class HitExplanation:
    """The score of a hit as the sum of its terms' shares."""

    id: str
    score: float
    terms: tuple[TermShare, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "score": self.score,
            "terms": [term.to_dict() for term in self.terms],
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a query was understood, and why its hits, in their order, rank as they do.

    ``query`` is the text of the query as it was read, ``tree`` the same as values for JSON,
    ``widened`` what was typed and what it finds besides, ``records`` the number of live records;
    ``k1`` and ``b`` are the formula's.
    """

    query: str
    tree: dict[str, Any]
    records: int
    k1: float
    b: float
    widened: tuple[tuple[str, str], ...]
    terms: tuple[Term, ...]
    hits: tuple[HitExplanation, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "query": self.query,
            "tree": self.tree,
            "records": self.records,
            "k1": self.k1,
            "b": self.b,
            "widened": [{"typed": typed, "also": also} for typed, also in self.widened],
            "terms": [term.to_dict() for term in self.terms],
            "hits": [hit.to_dict() for hit in self.hits],
        }
