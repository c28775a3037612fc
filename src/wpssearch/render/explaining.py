"""The account of a query and of its hits' scores as lines for people."""

from __future__ import annotations

from collections.abc import Iterator

from wpssearch.explanation import Explanation, HitExplanation

__all__ = ["hit_lines", "query_lines"]

_MOST_FORMS = 12


def query_lines(account: Explanation) -> Iterator[str]:
    """How the query was read, what was widened, what each term finds."""
    yield f"read as: {account.query}"
    for typed, also in account.widened:
        yield f"widened: {typed} also finds {also}"
    for term in account.terms:
        forms = ", ".join(term.forms[:_MOST_FORMS]) or "nothing"
        more = len(term.forms) - _MOST_FORMS
        forms += f" and {more:,} more" if more > 0 else ""
        yield (
            f"{term.term}: {forms}; in {term.df:,} of {account.records:,} records, "
            f"idf {term.idf:.3f}"
        )


def hit_lines(hit: HitExplanation, k1: float) -> Iterator[str]:
    """The terms that a score is the sum of."""
    for term in hit.terms:
        times = f"{term.times:g} x " if term.times != 1 else ""
        fields = " + ".join(
            f"{field.field} {field.weight:g} x {field.tf} in {field.length:,} words "
            f"(mean {field.average:.1f}): {field.share:.3f}"
            for field in term.fields
        )
        yield (
            f"{term.score:.3f} {term.term} = {times}idf {term.idf:.3f} x "
            f"{term.f:.3f} x {k1 + 1:g} / ({term.f:.3f} + {k1:g}); {fields}"
        )
    yield f"{hit.score:.3f} in all"
