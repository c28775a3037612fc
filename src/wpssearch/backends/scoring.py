"""BM25F, one formula for every backend.

Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (Foundations and
Trends in Information Retrieval 3(4), 2009), section 3.6, with the idf that stays positive::

    score(d) = sum over query terms of idf * f * (k1 + 1) / (f + k1)
    f        = sum over fields of w * tf / (1 - b + b * len / avglen)
    idf      = ln(1 + (N - df + 0.5) / (df + 0.5))

All statistics are over live records: ``N`` records, of which ``df`` have the term in any field;
``len`` and ``avglen`` count tokens, records without the field included.
"""

from __future__ import annotations

from math import log

import numpy as np

from wpssearch.backends.arrays import Array

__all__ = ["FIELDS", "K1", "WEIGHTS", "B", "idf", "length_norms"]


K1 = 1.2
B = 0.75
#: The searched fields, in the order in which they are kept and summed, and their weights.
FIELDS = ("title", "headings", "text")
WEIGHTS = {"title": 2.0, "headings": 1.5, "text": 1.0}


def idf(records: int, frequency: int) -> float:
    """The inverse document frequency of a term that ``frequency`` of ``records`` have."""
    return log(1 + (records - frequency + 0.5) / (frequency + 0.5))


def length_norms(field: str, lengths: Array, average: float) -> Array:
    """By record, a field's ``w / (1 - b + b * len / avglen)``."""
    if not average:
        return np.full(len(lengths), WEIGHTS[field] / (1 - B))
    return WEIGHTS[field] / (1 - B + B * lengths.astype(np.float64) / average)
