"""How what a query holds besides words and phrases becomes a plan.

Under NOT a word finds what it finds elsewhere, but no term of it counts in the score. A pattern or
a fuzzy word is one query term: the union of the forms that it stands for, with one document
frequency. So a rare form does not outweigh a common one because of how it happens to be spelt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence as Items
from typing import TYPE_CHECKING

from wpssearch.analysis import PLAIN
from wpssearch.backends.kinds.exclusion import Without
from wpssearch.backends.kinds.near import Near as NearPlan
from wpssearch.backends.kinds.selection import HasField
from wpssearch.backends.plan import All, Any, Group, Kind, Plan, Sequence
from wpssearch.backends.scoring import FIELDS
from wpssearch.folding import fold
from wpssearch.query import Every, Query, Word, Words
from wpssearch.query.operators import (
    And,
    Boost,
    Facet,
    Field,
    Fuzzy,
    Near,
    Not,
    Or,
    Required,
    Wildcard,
)

if TYPE_CHECKING:
    from wpssearch.backends.kinds.expansion import Expansion
    from wpssearch.backends.lowering import Lowering

__all__ = ["loosely", "lowered", "pattern"]

#: How many words of a query may stand for others of a pattern or spelling.
MOST_EXPANDED = 32
#: For how many forms one such word stands at most, all of a query together, and one in any case.
MOST_FORMS, _MOST_TOGETHER, _LEAST_FORMS = 1024, 4096, 64
#: And where other words must stand beside it: all its places are read.
_IN_ROW = 256
# To a shorter word all short words are near; a longer one is none of any language, and the time
# for its neighbours grows with its length.
_SHORTEST_FUZZY, _LONGEST_FUZZY = 3, 40
_FIELD_NAMES = {"heading": "headings"}
_POSSESSIVE = re.compile(r"['\u2019\u02bc]s(?![^\W_])")


def lowered(lowering: Lowering, node: Query) -> Plan | None:
    """The plan of a node that is neither word nor phrase nor words."""
    match node:
        case And(parts):
            return lowering.joined(All, _each(lowering, parts))
        case Or(parts):
            return lowering.joined(Any, _each(lowering, parts))
        case Not(part):
            plan = _under(lowering, part, counted=False)
            return None if plan is None else Without(plan)
        case Required(part):
            return lowering.walk(part)
        case Boost(part, weight):
            return _under(lowering, part, weight=lowering.under.weight * weight)
        case Field(name, part):
            return _under(lowering, part, fields=(FIELDS.index(_FIELD_NAMES.get(name, name)),))
        case Facet(name, value):
            return _facet(lowering, name, value)
        case Every():
            return HasField(lowering.under.fields or ())
        case Near(text, distance):
            return _near(lowering, text, distance)
        case Wildcard(text):
            return lowering.joined(Sequence, pattern(lowering, text, in_row=False))
        case Fuzzy(text, edits):
            return _fuzzy(lowering, text, edits)
    raise AssertionError(node)


def loosely(lowering: Lowering, parts: Items[Query]) -> Plan | None:
    """Any of the words will do; what is excluded, required or selected by a facet holds still."""
    firm: list[Query] = []
    free: list[Query] = []
    for part in parts:
        fixed = isinstance(part, Required) or not _has_words(lowering, part)
        (firm if fixed else free).append(part)
    plans = _each(lowering, firm)
    wanted = lowering.joined(Any, lowering.all_of(free, any_=True))
    if any(isinstance(part, Required) for part in firm):
        # The others need not be there at all; where they are they count and are marked.
        wanted = None if wanted is None else Any((All(()), wanted))
    return lowering.joined(All, [*plans, *([wanted] if wanted is not None else [])])


def _has_words(lowering: Lowering, node: Query) -> bool:
    """Whether there is a word in it that a record can be ranked by."""
    match node:
        case Words(parts) | And(parts) | Or(parts):
            return any(_has_words(lowering, part) for part in parts)
        case Required(part) | Boost(part) | Field(_, part):
            return _has_words(lowering, part)
        case Facet(name, value):
            return lowering.selecting(name, value)[0] is None
    return not isinstance(node, Not | Every)


def _each(lowering: Lowering, parts: Items[Query]) -> list[Plan]:
    plans = (lowering.walk(part) for part in parts)
    return [plan for plan in plans if plan is not None]


def _under(
    lowering: Lowering,
    part: Query,
    *,
    fields: tuple[int, ...] | None = None,
    weight: float | None = None,
    counted: bool = True,
) -> Plan | None:
    """The plan of a part for whose inside something more holds."""
    before = lowering.under
    lowering.under = before._replace(
        fields=before.fields if fields is None else fields,
        weight=before.weight if weight is None else weight,
        counted=before.counted and counted,
    )
    plan = lowering.walk(part)
    lowering.under = before
    return plan


def _facet(lowering: Lowering, name: str, value: str) -> Plan | None:
    plan, notes = lowering.selecting(name, value)
    lowering.notes += notes
    if plan is not None:
        return plan
    lowering.notes.append(f"`{name}:{value}` was read as words.")
    return lowering.walk(Words((Word(name), *map(Word, value.split()))))


def _near(lowering: Lowering, text: str, distance: int) -> Plan | None:
    parts = lowering.row(text, shortened=False)
    if len(parts) < 2:
        return parts[0].plan if parts else None
    # A hyphenated word counts as its parts.
    words = sum(max(1, len(part.tokens)) for part in parts)
    # Two words that find the same are one word given twice.
    same: dict[object, Plan] = {}
    plans = tuple(same.setdefault(_finds(part.plan), part.plan) for part in parts)
    return NearPlan(plans, words + distance)


def _finds(plan: Plan) -> object:
    """What tells a word of a query from others: its terms, where it has any."""
    return getattr(plan, "terms", None) or plan


def pattern(lowering: Lowering, text: str, *, in_row: bool = True) -> list[Plan]:
    """The plans of a run with wildcards: one for each word of it, in a row.

    ``in_row`` says that they stand in a row with others.
    """
    marks = fold(_POSSESSIVE.sub("", text))
    pieces = "".join(c if c.isalnum() or c in "*?" else " " for c in marks).split()
    plans: list[Plan] = []
    for piece in pieces:
        if not {"*", "?"} & set(piece):
            plans.append(_word(lowering, piece))
        elif piece.strip("*?"):
            most = _IN_ROW if in_row or len(pieces) > 1 else MOST_FORMS
            plans.append(_expanded(lowering, piece, most))
    return plans


def _word(lowering: Lowering, form: str) -> Group | Kind:
    group = lowering.group(form, PLAIN)
    lowering.count(group)
    return group


def _expanded(lowering: Lowering, piece: str, most: int) -> Plan:
    """What the forms find that a pattern matches.

    At the end of a word a question mark may be one: then the word itself is found, too.
    """
    word = piece.rstrip("?")
    also = () if {"*", "?"} & set(word) else _forms(lowering, word)
    if _too_many(lowering, piece):
        return _word(lowering, piece.replace("*", "").replace("?", ""))
    return _term(lowering, lowering.lexicon.like(piece, also, min(most, _most(lowering))))


def _fuzzy(lowering: Lowering, text: str, edits: int) -> Plan | None:
    plans: list[Plan] = []
    for token in lowering.tokens(text):
        if token.width > 1:
            continue
        alone = not _SHORTEST_FUZZY <= len(token.form) <= _LONGEST_FUZZY
        if alone or _too_many(lowering, f"{token.form}~{edits}"):
            plans.append(_word(lowering, token.form))
        else:
            also = _forms(lowering, token.form)
            found = lowering.lexicon.spelt(token.form, edits, also, _most(lowering))
            plans.append(_term(lowering, found))
    return lowering.joined(Sequence, plans)


def _forms(lowering: Lowering, form: str) -> tuple[str, ...]:
    """The forms that a word finds."""
    from wpssearch.backends.lowering import terms_of

    return tuple({term.form for term in terms_of(form, PLAIN, lowering.lexicon)})


def _too_many(lowering: Lowering, word: str) -> bool:
    known = lowering.expanded
    if len(known) < MOST_EXPANDED:
        known.add(word)
    if word not in known:
        lowering.notes.append(
            f"A query holds at most {MOST_EXPANDED} patterns and fuzzy words; "
            "the others were read as plain words."
        )
        return True
    return False


def _most(lowering: Lowering) -> int:
    """How many forms the next such word stands for at most."""
    return max(_LEAST_FORMS, min(MOST_FORMS, _MOST_TOGETHER - lowering.forms))


def _term(lowering: Lowering, found: Expansion) -> Plan:
    lowering.forms += len(found.terms)
    if found.matched > len(found.terms):
        lowering.notes.append(
            f"{found.word!r} stands for {found.matched:,} words; "
            f"the {len(found.terms):,} most frequent were searched for."
        )
    term = lowering.inside(found)
    lowering.count(term)
    return term
