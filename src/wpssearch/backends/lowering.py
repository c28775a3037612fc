"""A query tree becomes a plan: which terms of the index its words find, and how they are joined.

Words and phrases are lowered here, all else of the language in ``lowering_operators``, which is
loaded where a query holds it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Sequence as Items
from dataclasses import dataclass, field
from itertools import takewhile
from typing import NamedTuple

from wpssearch.analysis import CAPITALS, PLAIN, SHOUTED, LongForms, Term, Token
from wpssearch.backends.plan import (
    All,
    Any,
    Group,
    Kind,
    Lexicon,
    Lowered,
    Plan,
    QueryTerm,
    Sequence,
    Synonyms,
)
from wpssearch.folding import fold
from wpssearch.query import Every, Phrase, Query, Word, Words
from wpssearch.vocab import LongForm

__all__ = ["Lowering", "Part", "Selecting", "Under", "lower", "no_facets", "terms_of"]

_LONGEST_FORM = 12
# In the place of a case: an acronym as it is written in capitals.
_WRITTEN = "written"
_MOST_CACHED = 1 << 14
_LONGEST_RESOLUTION = 6
_MAY_BE_RESOLUTION = re.compile(r"resolutions?$|res\.?$|(?:UN)?SCR|[SAE]/", re.IGNORECASE)
# A word of a phrase with a wildcard, which the analyzer would drop.
_WILD = re.compile(r"\w\*|\*\w|\w\?\w")

#: A facet's value as a plan, with notes; ``None`` where that can be no value of the facet.
Selecting = Callable[[str, str], tuple[Plan | None, tuple[str, ...]]]


def no_facets(name: str, value: str) -> tuple[Plan | None, tuple[str, ...]]:
    """For a query without facets."""
    return None, ()


class Under(NamedTuple):
    """What holds for a part of a query because of what it stands in.

    ``fields`` are the numbers of the fields where its words must stand, ``None`` for all;
    ``weight`` is how much its terms count, and ``counted`` whether they do.
    """

    fields: tuple[int, ...] | None = None
    weight: float = 1.0
    counted: bool = True


def lower(
    tree: Query,
    tokens: Callable[[str], tuple[Token, ...]],
    lexicon: Lexicon,
    long_forms: LongForms,
    selecting: Selecting = no_facets,
    *,
    exact: bool = False,
    loose: bool = False,
) -> Lowered:
    """The plan of a query tree; ``exact`` leaves acronyms and their long forms apart, ``loose``
    is content with any of the words that are joined by blanks at the top.
    """
    lowering = Lowering(tokens, lexicon, long_forms, selecting, exact=exact)
    # A part without a letter or digit (`&`, `--`) asks for nothing.
    plan = lowering.loosely(tree) if loose else lowering.walk(tree)
    widened = tuple(dict.fromkeys(lowering.widened))
    notes = tuple(dict.fromkeys(lowering.notes))
    return Lowered(plan, lowering.terms, widened, notes, bool(lowering.expanded))


@dataclass(slots=True)
class Part:
    """A typed word with its plan and the simple tokens that it was cut into."""

    plan: Plan
    tokens: list[Token] = field(default_factory=list)


class Lowering:
    """One query being lowered: what was met on the way."""

    def __init__(
        self,
        tokens: Callable[[str], tuple[Token, ...]],
        lexicon: Lexicon,
        long_forms: LongForms,
        selecting: Selecting,
        *,
        exact: bool,
    ) -> None:
        self.tokens = tokens
        self.lexicon = lexicon
        self.selecting = selecting
        self._long_forms = long_forms
        self._exact = exact
        self.under = Under()
        self.terms: dict[QueryTerm, float] = {}
        self.widened: list[tuple[str, str]] = []
        self.notes: list[str] = []
        #: The patterns and fuzzy words that were met.
        self.expanded: set[str] = set()
        #: How many forms these stand for.
        self.forms = 0

    def walk(self, node: Query) -> Plan | None:
        """The plan of a node, ``None`` where it asks for nothing."""
        match node:
            case Word():
                return self.joined(All, self.all_of((node,)))
            case Phrase(text):
                return self.joined(Sequence, [p.plan for p in self.row(text, shortened=True)])
            case Words(nodes):
                return self.joined(All, self.all_of(nodes))
            case Every() if self.under.fields is None:
                return All(())
        from wpssearch.backends import lowering_operators

        return lowering_operators.lowered(self, node)

    def loosely(self, tree: Query) -> Plan | None:
        """The plan of a query that any of its words will do for."""
        parts = tree.parts if isinstance(tree, Words) else (tree,)
        if isinstance(tree, Every):
            return All(())
        if all(isinstance(part, Word | Phrase) for part in parts):
            return self.joined(Any, self.all_of(parts, any_=True))
        from wpssearch.backends import lowering_operators

        return lowering_operators.loosely(self, parts)

    @staticmethod
    def joined(kind: type[All | Any | Sequence], plans: Items[Plan]) -> Plan | None:
        """Several plans as one, one as it is; what is asked for twice is found once."""
        if kind is not Sequence:
            plans = list(dict.fromkeys(plans))
        if len(plans) < 2:
            return plans[0] if plans else None
        return kind(tuple(plans))

    def all_of(self, nodes: Items[Query], *, any_: bool = False) -> list[Plan]:
        """The plans of nodes; in a run of words a long form is joined by its acronym.

        With ``any_`` any of them will do, and the words of a hyphenated one are taken each for
        itself.
        """
        out: list[Plan] = []
        run: list[Part] = []
        waiting: list[Query | None] = [*nodes, None]
        at = 0
        while at < len(waiting):
            node = waiting[at]
            at += 1
            if isinstance(node, Word):
                following = takewhile(
                    lambda n: isinstance(n, Word), waiting[at : at + _LONGEST_RESOLUTION - 1]
                )
                typed = [node.text, *(n.text for n in following if isinstance(n, Word))]
                words, value = self._resolution(typed)
                at += words - 1
                inside = [p for text in typed[:words] for p in self._parts(text, apart=any_)]
                if value is not None:
                    self.widened.append((" ".join(typed[:words]), value))
                    inside = [self._named(value, inside, any_=any_)]
                run += inside
                continue
            out += [part.plan for part in self._shortened(run, Any if any_ else All)]
            run = []
            plan = self.walk(node) if node is not None else None
            if plan is not None:
                out.append(plan)
        return out

    def _resolution(self, words: Items[str]) -> tuple[int, str | None]:
        """How many of the words name a resolution, and which: ``SCR 1325``, ``S/RES/1325``."""
        if self._exact or not _MAY_BE_RESOLUTION.match(words[0]):
            return 1, None
        from wpssearch import resolutions

        for count in range(min(len(words), _LONGEST_RESOLUTION), 0, -1):
            text = " ".join(words[:count])
            named = list(resolutions.mentions(text, 0))
            if len(named) == 1 and named[0][2] == len(text):
                return count, named[0][0]
        return 1, None

    def _named(self, value: str, typed: list[Part], *, any_: bool) -> Part:
        """A resolution as typed, or its number with any word that texts have for it."""
        words = tuple(part.plan for part in typed)
        symbol, _, number = value.partition("RES/")
        digits = [self.group(t.form, t.case) for t in self.tokens(number) if t.width == 1]
        symbol_words = [self.group(word, PLAIN) for word in (symbol[:1].lower(), "res")]
        spoken: list[Plan] = [self.group("resolution", PLAIN), Sequence(tuple(symbol_words))]
        glued: list[Group | Kind] = []
        if symbol == "S/":
            spoken += [self.group(word, PLAIN) for word in ("scr", "unscr")]
            glued = [self.group(word + number, PLAIN) for word in ("scr", "unscr")]
        other = All((Sequence(tuple(digits)) if len(digits) > 1 else digits[0], Any(tuple(spoken))))
        for group in (*digits, *glued):
            if group.terms and group not in self.terms:
                self.count(group)
        return Part(Any((Any(words) if any_ else All(words), other, *glued)))

    def row(self, text: str, *, shortened: bool) -> list[Part]:
        """The words of a phrase, one part each; ``shortened`` takes acronyms for long forms."""
        parts: list[Part] = []
        if _WILD.search(text):
            from wpssearch.backends.lowering_operators import pattern

            for chunk in text.split():
                if _WILD.search(chunk):
                    parts += [Part(plan) for plan in pattern(self, chunk)]
                else:
                    parts += self._parts(chunk)
        else:
            parts = self._parts(text)
        return self._shortened(parts, Sequence) if shortened else parts

    def _parts(self, text: str, *, apart: bool = False) -> list[Part]:
        """One part for each typed word; a hyphenated one is its words in a row, or their join."""
        out: list[Part] = []
        simple: list[tuple[int, Plan]] = []
        for token in self.tokens(text):
            found = self._term(token)
            if token.width == 1:
                simple.append((token.position, found))
                out.append(Part(found, [token]))
            elif apart:
                out.append(Part(found))
            else:
                inside = tuple(plan for at, plan in simple if at >= token.position)
                joined = [t for part in out[-len(inside) :] for t in part.tokens]
                out[-len(inside) :] = [Part(Any((Sequence(inside), found)), joined)]
        return out

    def count(self, term: QueryTerm) -> None:
        """Let a query term count in the score, once more or with the weight that holds here."""
        if self.under.counted:
            self.terms[term] = self.terms.get(term, 0.0) + self.under.weight

    def group(self, form: str, case: str) -> Group | Kind:
        """The index terms of a word, in the fields that are asked for."""
        groups = self.lexicon.groups
        known = groups.get((form, case))
        if known is None:
            known = Group(form, terms_of(form, case, self.lexicon))
            if len(groups) > _MOST_CACHED:
                groups.clear()
            groups[form, case] = known
        return self.inside(known)

    def inside(self, found: Group | Kind) -> Group | Kind:
        """The same in the fields that are asked for alone."""
        if self.under.fields is None:
            return found
        from wpssearch.backends.kinds.infields import InFields

        return InFields(found, self.under.fields)

    def _term(self, token: Token) -> Group | Synonyms | Kind:
        """The query term of a token, with what it stands for where it is an acronym."""
        group = self.group(token.form, token.case)
        rows = [] if self._exact or token.width > 1 else self._rows(token)
        term = Synonyms((group, *rows)) if rows else group
        self.count(term)
        return term

    def _rows(self, token: Token) -> list[Plan]:
        rows: list[Plan] = []
        for known in self._long_forms.of(token.form):
            if not known.exact or token.case == CAPITALS:
                rows += self._row(token, known)
        if token.case == CAPITALS:
            for known in self.lexicon.defined(token.form):
                rows += self._row(token, known)
        return list(dict.fromkeys(rows))

    def _row(self, token: Token, known: LongForm) -> list[Plan]:
        """The long form as a row of words, where the index knows all of them."""
        words = (word for word in self.tokens(known.long_form) if word.width == 1)
        groups = [self.group(word.form, word.case) for word in words]
        if len(groups) < 2 or not all(group.terms for group in groups):
            return []
        self.widened.append((known.acronym, known.long_form))
        return [Sequence(tuple(groups))]

    def _shortened(self, parts: list[Part], joined: type[All | Any | Sequence]) -> list[Part]:
        """The parts, with the acronym as another way to say each long form among them."""
        if self._exact:
            return parts
        out: list[Part] = []
        at = 0
        while at < len(parts):
            stop, known = self._long_form_at(parts, at)
            group = None if known is None else self._acronym(known)
            if known is None or group is None:
                out.append(parts[at])
                at += 1
                continue
            self.widened.append((known.long_form, known.acronym))
            self.count(group)
            whole = joined(tuple(part.plan for part in parts[at:stop]))
            out.append(Part(Any((whole, group))))
            at = stop
        return out

    def _acronym(self, known: LongForm) -> Group | Kind | None:
        """The group of an acronym as it is written in capitals."""
        form = fold(known.acronym)
        groups = self.lexicon.groups
        group = groups.get((form, _WRITTEN))
        if group is None:
            every = terms_of(form, CAPITALS, self.lexicon)
            written = (t for t in every if t.form == form and t.case in (CAPITALS, SHOUTED))
            # One for all times that the long form stands in a query, whose plans are then equal.
            group = groups[form, _WRITTEN] = Group(form, frozenset(written))
        return self.inside(group) if group.terms else None

    def _long_form_at(self, parts: list[Part], at: int) -> tuple[int, LongForm | None]:
        """The longest long form that begins with a part, and the part after its last."""
        # A single word is no long form.
        if not parts[at].tokens or (at + 1 == len(parts) and len(parts[at].tokens) == 1):
            return at, None
        first = parts[at].tokens[0].form
        candidates = self._long_forms.beginning(first)
        for known in self.lexicon.abbreviated(self.lexicon.stem(first)):
            words = tuple(t.form for t in self.tokens(known.long_form) if t.width == 1)
            candidates = [*candidates, (known, words)]
        if not candidates:
            return at, None
        typed: list[str] = []
        ends: dict[int, int] = {}
        for index in range(at, min(len(parts), at + _LONGEST_FORM)):
            typed += [token.form for token in parts[index].tokens]
            ends[len(typed)] = index + 1
        best: tuple[int, LongForm | None] = (at, None)
        for known, words in candidates:
            stop = ends.get(len(words), at)
            if stop > best[0] and len(words) > 1 and self._same(words, typed):
                best = stop, known
        return best

    def _same(self, words: Items[str], typed: Items[str]) -> bool:
        """Whether the first typed words are of the same stems as these."""
        others = [(a, b) for a, b in zip(words, typed, strict=False) if a != b]
        # Words of one stem begin alike. Stems are asked for where that leaves a doubt alone: of a
        # word that no record has only the stemmer knows it, which is slow to load.
        stem = self.lexicon.stem
        return all(a[:3] == b[:3] for a, b in others) and all(stem(a) == stem(b) for a, b in others)


def terms_of(form: str, case: str, lexicon: Lexicon) -> frozenset[Term]:
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
