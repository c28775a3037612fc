"""From what was asked for to what the index holds: a query tree becomes a tree of groups.

A *group* is one query term: the set of index terms (forms of one stem, in their cases) that a
typed word finds. It is what has a document frequency and a weight in the score. Whether a word is
an acronym, and so exempt from stemming, only the corpus can tell: that is asked of a ``Lexicon``.

An acronym and what it stands for find each other: ``CRSV`` is *synonyms* of itself and the phrase
``conflict-related sexual violence``, one query term together; the words of a long form are joined
by the acronym.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from collections.abc import Sequence as Items
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Protocol

from wpssearch.analysis import CAPITALS, PLAIN, SHOUTED, LongForms, Term, Token
from wpssearch.folding import fold
from wpssearch.query import And, Node, Or, Phrase, Word
from wpssearch.vocab import LongForm

__all__ = ["All", "Any", "Group", "Lexicon", "Lowered", "Plan", "Sequence", "Synonyms", "lower"]

_LONGEST_FORM = 12
_MOST_CACHED = 1 << 14
_LONGEST_RESOLUTION = 6
_MAY_BE_RESOLUTION = re.compile(r"resolutions?$|res\.?$|(?:UN)?SCR|[SAE]/", re.IGNORECASE)


class Lexicon(Protocol):
    """What a backend knows of its words."""

    groups: dict[tuple[str, str], Group]
    """The groups that were made before, by form and case."""

    def stem(self, form: str) -> str:
        """The stem of a form; looked up where the index knows the form."""

    def forms(self, stem: str) -> Iterable[Term]:
        """The terms of live records that have this stem."""

    def defined(self, acronym: str) -> Iterable[LongForm]:
        """What live records say that an acronym, folded, stands for."""

    def abbreviated(self, stem: str) -> Iterable[LongForm]:
        """The long forms that live records abbreviate and whose first word has this stem."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """One query term: the index terms that a word finds, none where nothing is known of it.

    A lexicon has one group for a word: groups are told apart by being others.
    """

    word: str
    terms: frozenset[Term]


@dataclass(frozen=True, slots=True)
class Synonyms:
    """One query term that is said in several ways: a word, and rows of words that mean it."""

    parts: tuple[Plan, ...]


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


Plan = Group | Synonyms | Sequence | All | Any


@dataclass(frozen=True, slots=True)
class Lowered:
    """The plan of a query, its query terms in the order typed, and what was widened.

    Repetitions count. ``widened`` are what was typed and what it finds besides.
    """

    plan: Plan
    terms: tuple[Group | Synonyms, ...]
    widened: tuple[tuple[str, str], ...]


def lower(
    tree: Node,
    tokens: Callable[[str], tuple[Token, ...]],
    lexicon: Lexicon,
    long_forms: LongForms,
    *,
    exact: bool = False,
) -> Lowered:
    """The plan of a query tree; ``exact`` leaves acronyms and their long forms apart."""
    lowering = _Lowering(tokens, lexicon, long_forms, exact=exact)
    # A part without a letter or digit (`&`, `--`) asks for nothing.
    plan = lowering.walk(tree, apart=False)
    return Lowered(plan, tuple(lowering.terms), tuple(dict.fromkeys(lowering.widened)))


_EMPTY = (All(()), Any(()), Sequence(()))


@dataclass(slots=True)
class _Part:
    """A typed word with its plan and the simple tokens that it was cut into."""

    plan: Plan
    tokens: list[Token] = field(default_factory=list)


class _Lowering:
    """One query being lowered: what was met on the way."""

    def __init__(
        self,
        tokens: Callable[[str], tuple[Token, ...]],
        lexicon: Lexicon,
        long_forms: LongForms,
        *,
        exact: bool,
    ) -> None:
        self._tokens = tokens
        self._lexicon = lexicon
        self._long_forms = long_forms
        self._exact = exact
        self.terms: list[Group | Synonyms] = []
        self.widened: list[tuple[str, str]] = []

    def walk(self, node: Node, *, apart: bool) -> Plan:
        """The plan of a node; ``apart`` takes the words of a hyphenated one each for itself."""
        match node:
            case Word(text):
                found = [part.plan for part in self._parts(text, apart=apart)]
                if len(found) == 1:
                    return found[0]
                return Any(tuple(found)) if apart else All(tuple(found))
            case Phrase(text):
                parts = self._parts(text, apart=False)
                row = [part.plan for part in self._shortened(parts, Sequence)]
                return row[0] if len(row) == 1 else Sequence(tuple(row))
            case And(nodes):
                return All(tuple(self._all(nodes, apart=apart)))
            case Or(nodes):
                return Any(tuple(self._all(nodes, apart=True, any_=True)))

    def _all(self, nodes: Items[Node], *, apart: bool, any_: bool = False) -> list[Plan]:
        """The plans of nodes; in a run of words a long form is joined by its acronym."""
        out: list[Plan] = []
        run: list[_Part] = []
        waiting: list[Node | None] = [*nodes, None]
        while waiting:
            node = waiting.pop(0)
            if isinstance(node, Word):
                following = takewhile(lambda n: isinstance(n, Word), waiting)
                typed = [node.text, *(n.text for n in following if isinstance(n, Word))]
                words, value = self._resolution(typed)
                del waiting[: words - 1]
                inside = [p for text in typed[:words] for p in self._parts(text, apart=apart)]
                if value is not None:
                    self.widened.append((" ".join(typed[:words]), value))
                    inside = [self._named(value, inside, any_=any_)]
                run += inside
                continue
            out += [part.plan for part in self._shortened(run, Any if any_ else All)]
            run = []
            plan = self.walk(node, apart=apart) if node is not None else All(())
            if plan not in _EMPTY:
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

    def _named(self, value: str, typed: list[_Part], *, any_: bool) -> _Part:
        """A resolution as typed, or its number with any word that texts have for it."""
        words = tuple(part.plan for part in typed)
        symbol, _, number = value.partition("RES/")
        digits = [self._group(t.form, t.case) for t in self._tokens(number) if t.width == 1]
        symbol_words = [self._group(word, PLAIN) for word in (symbol[:1].lower(), "res")]
        spoken: list[Plan] = [self._group("resolution", PLAIN), Sequence(tuple(symbol_words))]
        glued: list[Group] = []
        if symbol == "S/":
            spoken += [self._group(word, PLAIN) for word in ("scr", "unscr")]
            glued = [self._group(word + number, PLAIN) for word in ("scr", "unscr")]
        other = All((Sequence(tuple(digits)) if len(digits) > 1 else digits[0], Any(tuple(spoken))))
        known = [group for group in (*digits, *glued) if group.terms and group not in self.terms]
        self.terms += known
        return _Part(Any((Any(words) if any_ else All(words), other, *glued)))

    def _parts(self, text: str, *, apart: bool) -> list[_Part]:
        """One part for each typed word; a hyphenated one is its words in a row, or their join."""
        out: list[_Part] = []
        simple: list[tuple[int, Plan]] = []
        for token in self._tokens(text):
            found = self._term(token)
            if token.width == 1:
                simple.append((token.position, found))
                out.append(_Part(found, [token]))
            elif apart:
                out.append(_Part(found))
            else:
                inside = tuple(plan for at, plan in simple if at >= token.position)
                joined = [t for part in out[-len(inside) :] for t in part.tokens]
                out[-len(inside) :] = [_Part(Any((Sequence(inside), found)), joined)]
        return out

    def _group(self, form: str, case: str, *, capitals: bool = False) -> Group:
        """The index terms of a word; ``capitals`` takes those alone that are written so."""
        groups = self._lexicon.groups
        known = groups.get((form, case))
        if known is None:
            known = Group(form, _terms(form, case, self._lexicon))
            if len(groups) > _MOST_CACHED:
                groups.clear()
            groups[form, case] = known
        if not capitals:
            return known
        written = (t for t in known.terms if t.form == form and t.case in (CAPITALS, SHOUTED))
        return Group(form, frozenset(written))

    def _term(self, token: Token) -> Group | Synonyms:
        """The query term of a token, with what it stands for where it is an acronym."""
        group = self._group(token.form, token.case)
        rows = [] if self._exact or token.width > 1 else self._rows(token)
        term = Synonyms((group, *rows)) if rows else group
        self.terms.append(term)
        return term

    def _rows(self, token: Token) -> list[Plan]:
        rows: list[Plan] = []
        for known in self._long_forms.of(token.form):
            if not known.exact or token.case == CAPITALS:
                rows += self._row(token, known)
        if token.case == CAPITALS:
            for known in self._lexicon.defined(token.form):
                rows += self._row(token, known)
        return list(dict.fromkeys(rows))

    def _row(self, token: Token, known: LongForm) -> list[Plan]:
        """The long form as a row of words, where the index knows all of them."""
        row = Sequence(
            tuple(
                self._group(word.form, word.case)
                for word in self._tokens(known.long_form)
                if word.width == 1
            )
        )
        if len(row.parts) < 2 or not all(isinstance(p, Group) and p.terms for p in row.parts):
            return []
        self.widened.append((known.acronym, known.long_form))
        return [row]

    def _shortened(self, parts: list[_Part], joined: type[All | Any | Sequence]) -> list[_Part]:
        """The parts, with the acronym as another way to say each long form among them."""
        if self._exact:
            return parts
        out: list[_Part] = []
        at = 0
        while at < len(parts):
            stop, known = self._long_form_at(parts, at)
            group = None if known is None else self._acronym(known)
            if known is None or group is None:
                out.append(parts[at])
                at += 1
                continue
            self.widened.append((known.long_form, known.acronym))
            self.terms.append(group)
            whole = joined(tuple(part.plan for part in parts[at:stop]))
            out.append(_Part(Any((whole, group))))
            at = stop
        return out

    def _acronym(self, known: LongForm) -> Group | None:
        form = fold(known.acronym)
        group = self._group(form, CAPITALS, capitals=True)
        return group if group.terms else None

    def _long_form_at(self, parts: list[_Part], at: int) -> tuple[int, LongForm | None]:
        """The longest long form that begins with a part, and the part after its last."""
        if not parts[at].tokens:
            return at, None
        first = parts[at].tokens[0].form
        candidates = self._long_forms.beginning(first)
        for known in self._lexicon.abbreviated(self._lexicon.stem(first)):
            words = tuple(t.form for t in self._tokens(known.long_form) if t.width == 1)
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
            # A single word is no long form.
            if stop > best[0] and len(words) > 1 and all(map(self._same, words, typed)):
                best = stop, known
        return best

    def _same(self, word: str, typed: str) -> bool:
        if word == typed:
            return True
        # Words of one stem begin alike; a stem is asked for where that leaves a doubt alone.
        return word[:3] == typed[:3] and self._lexicon.stem(word) == self._lexicon.stem(typed)


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
