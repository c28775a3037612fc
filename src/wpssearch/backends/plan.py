"""From what was asked for to what the index holds: a query tree becomes a tree of groups.

A *group* is one query term: the set of index terms (forms of one stem, in their cases) that a
typed word finds. It is what has a document frequency and a weight in the score. Whether a word is
an acronym, and so exempt from stemming, only the corpus can tell: that is asked of a ``Lexicon``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from wpssearch.analysis import CAPITALS, PLAIN, Term, Token
from wpssearch.query import And, Node, Or, Phrase, Word

__all__ = ["All", "Any", "Group", "Lexicon", "Plan", "Sequence", "lower"]


class Lexicon(Protocol):
    """What a backend knows of its words."""

    def stem(self, form: str) -> str:
        """The stem of a form; looked up where the index knows the form."""

    def forms(self, stem: str) -> Iterable[Term]:
        """The terms of live records that have this stem."""


@dataclass(frozen=True, slots=True)
class Group:
    """One query term: the index terms that a word finds, none where nothing is known of it."""

    word: str
    terms: frozenset[Term]


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts that stand next to each other."""

    parts: tuple[Plan, ...]


@dataclass(frozen=True, slots=True)
class All:
    """Records that match all parts; every record where there is none."""

    parts: tuple[Plan, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """Records that match any part; no record where there is none."""

    parts: tuple[Plan, ...]


Plan = Group | Sequence | All | Any


def lower(
    tree: Node, tokens: Callable[[str], list[Token]], lexicon: Lexicon
) -> tuple[Plan, tuple[Group, ...]]:
    """The plan of a query tree, and its query terms in the order typed, repetitions included."""
    groups: list[Group] = []

    def group(form: str, case: str) -> Group:
        found = Group(form, _terms(form, case, lexicon))
        groups.append(found)
        return found

    def parts(text: str, *, apart: bool) -> list[Plan]:
        """One part for each typed word; a hyphenated one is its words in a row, or their join.

        ``apart`` takes the words of a hyphenated one, and the join, each for itself.
        """
        out: list[Plan] = []
        simple: list[tuple[int, Group]] = []
        for token in tokens(text):
            found = group(token.form, token.case)
            if token.width == 1:
                simple.append((token.position, found))
                out.append(found)
            elif apart:
                out.append(found)
            else:
                inside = tuple(g for at, g in simple if at >= token.position)
                out[-len(inside) :] = [Any((Sequence(inside), found))]
        return out

    def walk(node: Node, *, apart: bool) -> Plan:
        match node:
            case Word(text):
                found = parts(text, apart=apart)
                if len(found) == 1:
                    return found[0]
                return Any(tuple(found)) if apart else All(tuple(found))
            case Phrase(text):
                row = parts(text, apart=False)
                return row[0] if len(row) == 1 else Sequence(tuple(row))
            case And(nodes):
                return All(tuple(p for n in nodes if (p := walk(n, apart=apart)) not in _EMPTY))
            case Or(nodes):
                return Any(tuple(p for n in nodes if (p := walk(n, apart=True)) not in _EMPTY))

    # A part without a letter or digit (`&`, `--`) asks for nothing.
    plan = walk(tree, apart=False)
    return plan, tuple(groups)


_EMPTY = (All(()), Any(()), Sequence(()))


def _terms(form: str, case: str, lexicon: Lexicon) -> frozenset[Term]:
    """The index terms that a typed word finds."""
    stem = lexicon.stem(form)
    known = frozenset(lexicon.forms(stem))
    acronyms = _acronyms(known)
    if form in acronyms or stem.startswith("="):
        return frozenset(term for term in known if term.form == form)
    if case == PLAIN and form.endswith("s") and all(term.form != form for term in known):
        # `ngos` for NGO, which the corpus knows as an acronym.
        single = form[:-1]
        stem_of_single = lexicon.stem(single)
        others = frozenset(lexicon.forms(stem_of_single))
        if others and (stem_of_single.startswith("=") or single in _acronyms(others)):
            return frozenset(term for term in others if term.form == single)
    return frozenset(term for term in known if term.form not in acronyms)


def _acronyms(terms: frozenset[Term]) -> frozenset[str]:
    """The forms that the corpus writes in capitals only."""
    capitals = {term.form for term in terms if term.case == CAPITALS}
    return frozenset(capitals - {term.form for term in terms if term.case == PLAIN})
